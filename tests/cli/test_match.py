"""``streetchief match`` from files to files, as a stranger calls it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import pyarrow.parquet as pq
import pytest

from streetchief.cli.main import run
from streetchief.words import group
from tests.town.town import STREETS, lonlat, segments

CONTRACT = ("id", "verdict", "reason", "confidence", "segment_code", "street_name", "distance_m", "runner_up_street",
            "margin_m", "evidence")  # fmt: skip
NAMES = {street.code: street.name for street in STREETS}
HERE = lonlat(-100, 15)


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy town as another town would give it: names in NAME, no codes, and a way without a name."""
    path = tmp_path_factory.mktemp("town") / "roads.geojson"
    ways = [{"NAME": NAMES[s.street], "KIND": "road", "geometry": s.geometry} for s in segments()]
    ways.append({"NAME": None, "KIND": "path", "geometry": ways[0]["geometry"]})
    geopandas.GeoDataFrame(ways, crs=4326).to_file(path, driver="GeoJSON")
    return path


@dataclass(frozen=True)
class Done:
    stdout: str
    stderr: str


def match(*words: object, code: int = 0) -> Done:
    """The whole program in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["streetchief", "match", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            run()
    assert ended.value.code == code, err.getvalue()
    return Done(out.getvalue(), err.getvalue())


def write_points(path: Path, rows: list[tuple[Any, ...]], header: str = "id,lon,lat,address") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        csv.writer(file).writerows(rows)
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    if path.suffix == ".geojson":
        return [feature["properties"] for feature in json.loads(path.read_text("utf-8"))["features"]]
    opened = (
        gzip.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".gz"
        else path.open(newline="", encoding="utf-8")
    )
    with opened as file:
        return list(csv.DictReader(file))


ODD: list[tuple[tuple[Any, ...], str, str]] = [
    # row, verdict, reason
    (("good", *HERE, "大街8号"), "matched", ""),
    (("nan", "NaN", HERE[1], ""), "rejected", "nan_coordinate"),
    (("inf", HERE[0], "-inf", ""), "rejected", "infinite_coordinate"),
    (("empty", "", HERE[1], ""), "rejected", "missing_coordinate"),
    (("words", "over there", HERE[1], ""), "rejected", "not_a_number"),
    (("formula", "=1+1", HERE[1], ""), "rejected", "not_a_number"),
    (("swapped", HERE[1], HERE[0], ""), "rejected", "swapped_coordinate"),
    (("zero", 0, 0, ""), "rejected", "zero_coordinate"),
    (("abroad", 10, 50, ""), "rejected", "outside_bounds"),
    (("short",), "rejected", "wrong_columns"),
    (("long", *HERE, "", "x"), "rejected", "wrong_columns"),
    (("meadow", *lonlat(600, 1000), ""), "too_far", "no_street_in_reach"),
    (("elsewhere", *HERE, "远路3号"), "suspect", "address_elsewhere"),
    (("good", *HERE, "=HYPERLINK(0)"), "matched", ""),
    (("=cmd|' /C calc'!A0", *HERE, ""), "matched", ""),
    (("-5", *HERE, ""), "matched", ""),
    (("", *HERE, ""), "matched", ""),
]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".geojson", ".parquet"])
def test_every_row_is_answered_in_its_order(tmp_path: Path, streets: Path, ending: str) -> None:
    points = write_points(tmp_path / "p.csv", [row for row, _, _ in ODD])
    out = tmp_path / "deep" / f"answers{ending}"
    done = match(points, "--streets", streets, "-o", out, "--address", "address")
    rows = rows_of(out)
    assert [(r["verdict"], r["reason"]) for r in rows] == [(verdict, reason) for _, verdict, reason in ODD]
    assert set(CONTRACT) <= set(rows[0])
    ids = [str(row[0]) for row, _, _ in ODD]
    if ending.startswith(".csv"):
        ids[14] = "'" + ids[14]
    assert [r["id"] for r in rows] == ids, "ids as they came; only a live formula is made inert, and only in CSV"
    for row in rows:
        assert bool(row["street_name"]) == (row["verdict"] not in ("rejected", "too_far"))
        assert row["evidence"] in ("geometry", "address", "both", "conflict")
        assert not row["reason"] or row["reason"] in group("reason")
    assert "matched" in done.stdout
    assert "segment_unnamed" in done.stderr
    assert list(tmp_path.joinpath("deep").iterdir()) == [out], "no half file is left"


def test_formats_of_points_agree(tmp_path: Path, streets: Path) -> None:
    places = [lonlat(x, 10) for x in range(-150, 500, 50)]
    plain = write_points(tmp_path / "p.csv", [(i, *place, "") for i, place in enumerate(places)])
    frame = geopandas.GeoDataFrame(
        {"id": range(len(places))}, geometry=geopandas.points_from_xy(*zip(*places, strict=True)), crs=4326
    )
    frame.to_file(tmp_path / "p.geojson", driver="GeoJSON", COORDINATE_PRECISION=12)
    frame.to_parquet(tmp_path / "p.parquet")
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    answers = {}
    for points in (plain, tmp_path / "p.csv.gz", tmp_path / "p.geojson", tmp_path / "p.parquet"):
        out = tmp_path / f"{points.name}.answers.csv"
        match(points, "--streets", streets, "-o", out)
        answers[points.name] = [(r["id"], r["verdict"], r["street_name"]) for r in rows_of(out)]
    assert len(answers["p.csv"]) == len(places)
    assert all(found == answers["p.csv"] for found in answers.values())


def test_several_files_follow_one_another(tmp_path: Path, streets: Path) -> None:
    first = write_points(tmp_path / "a.csv", [("a", *HERE, "")])
    second = write_points(tmp_path / "b.csv", [(*HERE, "b")], header="lng,lat,ID")
    match(first, second, "--streets", streets, "-o", tmp_path / "out.csv")
    assert [r["id"] for r in rows_of(tmp_path / "out.csv")] == ["a", "b"]


def test_a_kept_model_gives_the_same_bytes_again(tmp_path: Path, streets: Path) -> None:
    heap = [(f"p{i}", *lonlat(300, 8), "") for i in range(250)]
    spread = [(f"s{i}", *lonlat(2000 + i, 20), "") for i in range(400)]
    points = write_points(tmp_path / "p.csv", heap + spread)
    model = tmp_path / "model.json"
    match(points, "--streets", streets, "-o", tmp_path / "one.csv", "--save-model", model)
    match(points, "--streets", streets, "-o", tmp_path / "two.csv", "--model", model)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    rows = rows_of(tmp_path / "one.csv")
    assert {(r["verdict"], r["reason"]) for r in rows[:250]} == {("suspect", "default_point")}

    # order changes nothing, and one row alone, with the model, is what it was in the crowd
    write_points(points, (heap + spread)[::-1])
    match(points, "--streets", streets, "-o", tmp_path / "turned.csv")
    assert rows_of(tmp_path / "turned.csv")[::-1] == rows
    write_points(points, heap[:1])
    match(points, "--streets", streets, "-o", tmp_path / "alone.csv", "--model", model)
    assert rows_of(tmp_path / "alone.csv") == rows[:1]


def test_options_are_kept(tmp_path: Path, streets: Path) -> None:
    points = write_points(tmp_path / "p.csv", [("a", *lonlat(2100, 57), "")])
    found = {}
    for name, options in {
        "plain": [],
        "short": ["--reach-m", "40"],
        "bold": ["--min-confidence", "0.01"],
        "named": ["--street-name", "KIND"],
        "other metres": ["--metric-srid", "4527"],
    }.items():
        match(points, "--streets", streets, "-o", tmp_path / "out.csv", *options)
        (found[name],) = rows_of(tmp_path / "out.csv")
    assert found["plain"]["verdict"] == "ambiguous"
    assert found["short"]["verdict"] == "too_far"
    assert found["bold"]["verdict"] == "matched"
    assert found["named"]["street_name"] == "road"
    assert abs(float(found["other metres"]["distance_m"]) - 57) < 0.2


def test_the_datum_is_declared(tmp_path: Path, streets: Path) -> None:
    # the toy town lies in Jiangsu's sea, inside the rectangle of GCJ-02: undeclared, the points fall 500 m off
    points = write_points(tmp_path / "p.csv", [("a", *HERE, "")])
    match(points, "--streets", streets, "-o", tmp_path / "out.csv", "--datum", "gcj02")
    assert rows_of(tmp_path / "out.csv")[0]["verdict"] == "too_far"
    match(points, "--streets", streets, "-o", tmp_path / "out.csv", "--datum", "cgcs2000")
    assert rows_of(tmp_path / "out.csv")[0]["verdict"] == "matched"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lon", "length"], ["length", "id, lon, lat, address"]),
        (["--street-name", "Straße"], ["Straße", "NAME"]),
        (["--metric-srid", "4326"], ["4326"]),
        (["--model", "no-model.json"], ["no-model.json"]),
        (["-o", "answers.xlsx"], ["answers.xlsx", ".parquet"]),
    ],
)
def test_refusals_are_one_sentence_in_each_language(
    tmp_path: Path, streets: Path, options: list[str], words: list[str]
) -> None:
    points = write_points(tmp_path / "p.csv", [("a", *HERE, "")])
    done = match(points, "--streets", streets, "-o", tmp_path / "out.csv", *options, code=2)
    assert [word for word in words if word not in done.stderr] == []
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_breaks_off_leaves_no_answer(tmp_path: Path, streets: Path) -> None:
    rows = "".join(f"{i},{HERE[0]},{HERE[1]}\n" for i in range(50_000))
    points = tmp_path / "p.csv.gz"
    points.write_bytes(gzip.compress(f"id,lon,lat\n{rows}".encode())[:-2000])
    match(points, "--streets", streets, "-o", tmp_path / "out.csv", code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv.gz"]


def test_streets_without_names_are_refused(tmp_path: Path) -> None:
    points = write_points(tmp_path / "p.csv", [("a", *HERE, "")])
    nameless = [{"name": None, "geometry": segments()[0].geometry}]
    geopandas.GeoDataFrame(nameless, crs=4326).to_file(tmp_path / "s.geojson", driver="GeoJSON")
    match(points, "--streets", tmp_path / "s.geojson", "-o", tmp_path / "out.csv", code=2)


def test_a_file_without_rows_gives_a_file_without_rows(tmp_path: Path, streets: Path) -> None:
    points = write_points(tmp_path / "p.csv", [])
    match(points, "--streets", streets, "-o", tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv") == []


def test_a_column_called_code_need_not_be_codes(tmp_path: Path) -> None:
    # Geofabrik's extracts: ``code`` is the class of the road, the same for many
    points = write_points(tmp_path / "p.csv", [("a", *HERE, "")])
    found = {}
    for name, codes in {"classes": ["5115"] * 7, "codes": [s.code for s in segments()]}.items():
        ways = [
            {"name": NAMES[s.street], "code": c, "geometry": s.geometry} for s, c in zip(segments(), codes, strict=True)
        ]
        geopandas.GeoDataFrame(ways, crs=4326).to_file(tmp_path / f"{name}.geojson", driver="GeoJSON")
        match(points, "--streets", tmp_path / f"{name}.geojson", "-o", tmp_path / "out.csv")
        (row,) = rows_of(tmp_path / "out.csv")
        found[name] = row["segment_code"]
    assert found["codes"] == "high-1"
    assert found["classes"].startswith("sg-")


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".geojson", ".parquet"])
def test_one_answer_a_row_whatever_is_wrong_with_it(tmp_path: Path, streets: Path, ending: str) -> None:
    """An unclosed quote, an endless cell, half a character in an id or an address: rejected, and the rest is placed."""
    good = ",".join(map(str, HERE))
    lines = [f"a,{good},", f'b,{good},"open', f"c,{good},{'y' * 200_000}", *(f"d{i},{good}," for i in range(500))]
    (tmp_path / "p.csv").write_text("id,lon,lat,address\n" + "\n".join(lines) + "\n", "utf-8")
    features = [
        {
            "type": "Feature",
            "properties": {"id": known, "address": text},
            "geometry": {"type": "Point", "coordinates": HERE},
        }
        for known, text in (("e", ""), ("f\ud800", ""), ("g", "\udfff"))
    ]
    half = json.dumps({"type": "FeatureCollection", "features": features})[:-2] + ', {"type": "Feat'
    (tmp_path / "p.geojson").write_text(half, "utf-8")
    out = tmp_path / f"out{ending}"
    options = ("--streets", streets, "-o", out, "--address", "address")
    match(tmp_path / "p.csv", tmp_path / "p.geojson", *options)
    rows = rows_of(out)
    ids = ["a", "b", "c", *(f"d{i}" for i in range(500)), "e", "f\ufffd", "g", ""]
    assert [row["id"] or "" for row in rows] == ids
    rejected = {row["id"] or "": row["reason"] for row in rows if row["verdict"] == "rejected"}
    assert rejected == {
        "b": "malformed",
        "c": "malformed",
        "f\ufffd": "bad_encoding",
        "g": "bad_encoding",
        "": "malformed",
    }
