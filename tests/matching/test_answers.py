"""Answer files: nothing in them runs, and they are whole or not there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from streetchief.errors import BadInput
from streetchief.matching.answers import WRITTEN, inert, open_answers

ROW: dict[str, list[Any]] = {name: [None] for name in WRITTEN} | {"id": ["a"], "verdict": ["matched"], "side": [-1]}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("-inf", "'-inf"),  # Python reads it as a number, a spreadsheet as a name
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-5", "-5"),
        ("+86.5", "+86.5"),
        ("大街=1", "大街=1"),
        ("", ""),
        (None, None),
        (-5.0, -5.0),
    ],
)
def test_only_what_a_spreadsheet_would_run_is_changed(text: Any, written: Any) -> None:
    assert inert(text) == written


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.geojson", "a.parquet"])
def test_after_a_fault_the_old_file_stands(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), open_answers(path) as file:
        file.write(ROW)
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_equal_answers_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        with open_answers(tmp_path / name) as file:
            file.write(ROW)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()).startswith(b"id,verdict,reason,confidence,")


def test_names_of_streets_stay_data_in_geojson(tmp_path: Path) -> None:
    hostile = '</script><img src=x onerror=alert(1)>"\u2028'
    with open_answers(tmp_path / "a.geojson") as file:
        file.write(ROW | {"street_name": [hostile], "lon": [1.5], "lat": [2.5]})
    (feature,) = json.loads((tmp_path / "a.geojson").read_text("utf-8"))["features"]
    assert feature["properties"]["street_name"] == hostile
    assert feature["geometry"] == {"type": "Point", "coordinates": [1.5, 2.5]}


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.csv.zip"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_answers(tmp_path / name)
    assert refused.value.code == "unknown_answer_format"
