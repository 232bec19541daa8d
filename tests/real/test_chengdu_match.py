"""Chengdu's streets with Chinese names, and addresses made by hand from them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from streetchief.geo.datum import Datum, from_wgs84
from streetchief.registry.files import read_segments

PROGRAM = Path(sys.executable).with_name("streetchief")
DEGREE_M = 111_000.0


@dataclass(frozen=True)
class Made:
    """A made-up complaint: where, what it says, which streets are right."""

    lonlat: tuple[float, float]
    text: str
    right: frozenset[str]


@pytest.fixture(scope="module")
def streets_file() -> Path:
    return Path(os.environ["STREETCHIEF_REALDATA"]).resolve() / "chengdu_streets_osm" / "chengdu_south_streets.geojson"


@pytest.fixture(scope="module")
def made(streets_file: Path) -> list[Made]:
    """A door on every street, a corner of every two streets that meet, and doors far from their street."""
    streets, segments, faults = read_segments(streets_file)
    assert len(streets) == 117
    assert {(fault.code, fault.blocking) for fault in faults} == {("segment_unnamed", False)}
    assert len(faults) == 215
    name = {street.code: street.name for street in streets}
    longest = {s.street: s for s in sorted(segments, key=lambda s: s.geometry.length)}
    doors = []
    for number, (street, segment) in enumerate(sorted(longest.items()), 1):
        middle = segment.geometry.interpolate(0.5, normalized=True)
        place = (middle.x, middle.y + 12 / DEGREE_M)
        doors.append(Made(place, f"{name[street]}{number}号", frozenset({name[street]})))
    arrivals = defaultdict(set)
    for segment in segments:
        for node in (segment.geometry.coords[0], segment.geometry.coords[-1]):
            arrivals[node].add(name[segment.street])
    corners = [
        Made((node[0], node[1] + 15 / DEGREE_M), f"{'与'.join(sorted(names))}交叉口", frozenset(names))
        for node, names in sorted(arrivals.items())
        if len(names) == 2
    ]
    assert len(corners) > 50
    return doors + corners


def run(folder: Path, streets: Path, made: list[Made], *options: str, encoding: str = "utf-8") -> list[dict[str, str]]:
    points, out = folder / "points.csv", folder / "answers.csv"
    with points.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["案件编号", "经度", "纬度", "地址"])
        writer.writerows([number, *m.lonlat, m.text] for number, m in enumerate(made))
    command = [PROGRAM, "match", points, "--streets", streets, "-o", out, "--address", "地址", *options]
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    assert "215" in done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_chinese_addresses_find_their_street(streets_file: Path, made: list[Made], tmp_path: Path) -> None:
    answers = run(tmp_path, streets_file, made)
    wrong = [(m.text, a["verdict"], a["street_name"]) for m, a in zip(made, answers, strict=True)
             if a["verdict"] != "matched" or a["street_name"] not in m.right]  # fmt: skip
    print(f"\nChengdu: {len(made)} addresses, {len(wrong)} not matched to the street that they name {wrong}")
    assert len(wrong) <= 0.03 * len(made)


def test_another_encoding_and_datum_change_nothing(streets_file: Path, made: list[Made], tmp_path: Path) -> None:
    moved = from_wgs84(np.array([m.lonlat for m in made]), Datum.GCJ02)
    shifted = [Made((lon, lat), m.text, m.right) for (lon, lat), m in zip(moved.tolist(), made, strict=True)]
    plain = run(tmp_path, streets_file, made)
    again = run(tmp_path, streets_file, shifted, "--datum", "gcj02", encoding="gb18030")
    assert [(a["street_name"], a["verdict"]) for a in again] == [(a["street_name"], a["verdict"]) for a in plain]


def test_an_address_far_from_its_point_is_suspect(streets_file: Path, made: list[Made], tmp_path: Path) -> None:
    door = next(m for m in made if m.text.startswith("棕南正街"))
    there = [Made(m.lonlat, door.text, m.right) for m in made if abs(m.lonlat[1] - door.lonlat[1]) > 0.005]
    answers = run(tmp_path, streets_file, there)
    assert {(a["verdict"], a["reason"], a["evidence"]) for a in answers} == {
        ("suspect", "address_elsewhere", "conflict")
    }
    assert all(a["street_name"] for a in answers)
