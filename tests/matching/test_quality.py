"""Figures of known rows, worked out by hand; the picture is a picture; a placed file is graded as it stands."""

from __future__ import annotations

import csv
import json
from math import log
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streetchief.errors import BadInput
from streetchief.matching.placedfile import read_placed
from streetchief.matching.quality import Graded, Quality
from streetchief.matching.quality_chart import quality_svg
from streetchief.matching.quality_table import bins_table, figures_table, steps_table

ROWS = Graded(
    confidence=np.array([0.9, 0.9, 0.6, 0.0]),
    right=np.array([True, False, True, False]),
    matched=np.array([True, True, False, False]),
    barred=np.array([False, False, False, False]),
)
NONE = ROWS.only(np.zeros(4, dtype=bool))
SVG = "{http://www.w3.org/2000/svg}"


def test_by_hand() -> None:
    found = Quality.of(ROWS)
    assert (found.rows, found.best_right, found.coverage, found.matched_right) == (4, 0.5, 0.5, 0.5)
    assert found.log_loss == pytest.approx(-(log(0.9) + log(0.1) + log(0.6) + log(1 - 1e-6)) / 4)
    assert found.calibration_error == pytest.approx((0.1 + 0.9 + 0.4 + 0.0) / 4)  # four bins of one row
    at = {step.threshold: (step.coverage, step.right) for step in found.steps}
    assert at[0.6] == (0.75, pytest.approx(2 / 3))
    assert at[0.9] == (0.5, 0.5)
    assert at[0.95] == (0.0, None)


def test_a_suspect_row_is_below_every_threshold() -> None:
    barred = Graded(ROWS.confidence, ROWS.right, ROWS.matched, np.array([True, False, False, False]))
    assert {s.threshold: s.coverage for s in Quality.of(barred).steps}[0.9] == 0.25


def test_bins_are_of_equal_count() -> None:
    rows = 103
    even = Graded(np.linspace(0, 1, rows), np.ones(rows, bool), np.ones(rows, bool), np.zeros(rows, bool))
    assert sorted({b.rows for b in Quality.of(even).bins}) == [10, 11]


def test_no_rows_give_no_figures_and_bare_axes() -> None:
    found = Quality.of(NONE)
    assert (found.rows, found.best_right, found.calibration_error, found.bins) == (0, None, None, ())
    assert "-" in figures_table({"none": found})
    assert "<circle" not in quality_svg(found)


def test_the_picture_is_well_formed_and_says_what_it_shows() -> None:
    found = Quality.of(ROWS)
    picture = ElementTree.fromstring(quality_svg(found, 0.6))
    assert picture.tag == f"{SVG}svg"
    dots = picture.findall(f"{SVG}circle")
    assert len(dots) == len(found.bins) + sum(step.right is not None for step in found.steps)
    width, height = float(picture.get("width", "0")), float(picture.get("height", "0"))
    assert all(0 <= float(d.get("cx", "-1")) <= width and 0 <= float(d.get("cy", "-1")) <= height for d in dots)
    words = [text.text or "" for text in picture.findall(f"{SVG}text")]
    assert "0.6" in words
    assert any("覆盖率" in word for word in words) and any("coverage" in word for word in words)


def test_the_tables_have_a_line_a_row() -> None:
    found = Quality.of(ROWS)
    assert len(bins_table(found).splitlines()) == 1 + len(found.bins)
    assert len(steps_table(found).splitlines()) == 1 + len(found.steps)
    assert "50.0%" in figures_table({"a rather long name.csv": found}).splitlines()[-1]
    assert json.loads(json.dumps(found.as_dict()))["rows"] == 4


PLACED = [
    # verdict, confidence, street_name, runner_up_street, label, right?
    ("matched", "0.93", "Church Street", "High Street", "12 Church St", True),  # an address, abbreviated
    ("matched", "0.9", "Church Street", "", "Church St & High St", True),  # a crossing
    ("ambiguous", "0.6", "大街", "教堂街", "教堂街", False),
    ("too_far", "", "", "", "Elm Street", False),
    ("suspect", "0.02", "High Street", "", "Oak Ave", False),  # a street that the answers never name
    ("matched", "0.99", "High Street", "", "", None),  # no label: does not count
]
HEADER = ("verdict", "confidence", "street_name", "runner_up_street", "真实街道")


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".geojson"])
def test_a_placed_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"placed{ending}"
    records = [dict(zip(HEADER, row[:5], strict=True)) for row in PLACED]
    if ending == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEADER)
            writer.writeheader()
            writer.writerows(records)
    elif ending == ".parquet":
        numbers = [{**r, "confidence": float(r["confidence"]) if r["confidence"] else None} for r in records]
        pq.write_table(pa.Table.from_pylist(numbers), path)
    else:
        features = [{"type": "Feature", "properties": r, "geometry": None} for r in records]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    graded = read_placed(path)
    assert graded.right.tolist() == [right for *_, right in PLACED if right is not None]
    assert graded.confidence.tolist() == [0.93, 0.9, 0.6, 0.0, 0.02]
    assert (graded.matched.tolist(), graded.barred.sum()) == ([True, True, False, False, False], 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("id,lon,lat,真实街道\n1,104,30,大街\n", "not_placed"),
        ("verdict,confidence,street_name,runner_up_street\nmatched,0.9,大街,\n", "no_label_column"),
        ("verdict,confidence,street_name,runner_up_street,label\nmatched,0.9,大街,,\n", "nothing_labelled"),
    ],
)
def test_what_cannot_be_graded_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "placed.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput) as refused:
        read_placed(path)
    assert refused.value.code == code
