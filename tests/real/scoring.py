"""Scoring by CONTRACTS.md: over the rows whose named street is in the network.

Right     `street_name` is one of the streets that the row names, after the same normalising on both sides.
Coverage  named rows called `matched` / all named rows, default points included.
Error     mean |confidence − share right| over ten equal-count bins.

What a row names is taken apart here, not by the reader under test: only the spelling of a name is normalised by it.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely import STRtree

from streetchief.geo.crs import project_geometries, to_xy
from streetchief.matching.address import normalise_name
from streetchief.registry.files import read_segments

SRID = 26986
HOUSE_NUMBER = re.compile(r"^\d+[A-Za-z]?(?:\s*-\s*\d+[A-Za-z]?)?\s+(?=\D)")


def named_streets(text: str) -> frozenset[str]:
    """``163-177 Allston St`` and ``INTERSECTION Avery St & Washington St`` as normalised names."""
    parts = text.removeprefix("INTERSECTION ").split(" & ") if text.startswith("INTERSECTION") else [text]
    return frozenset(normalise_name(HOUSE_NUMBER.sub("", part.strip())) for part in parts if part.strip())


@dataclass(frozen=True)
class Boston:
    """The rows that name a street of the network, and what the plain nearest line says of them."""

    ids: list[str]
    texts: list[str]
    lonlat: np.ndarray
    named: list[frozenset[str]]
    at_city_hall: np.ndarray
    month: np.ndarray
    nearest_right: np.ndarray
    passes_near: np.ndarray

    @classmethod
    def read(cls, realdata: Path) -> Boston:
        """Read complaints and streets."""
        _, segments, _ = read_segments(realdata / "boston_streets_osm" / "boston_streets.geojson.gz")
        streets, _, _ = read_segments(realdata / "boston_streets_osm" / "boston_streets.geojson.gz")
        name_of = {street.code: normalise_name(street.name) for street in streets}
        lines = project_geometries([s.geometry for s in segments], SRID)
        line_names = np.array([name_of[s.street] for s in segments], dtype=object)
        known = frozenset(line_names)
        rows = [
            (row, frozenset(named & known), month)
            for month, path in enumerate(sorted((realdata / "boston311_2015_jan_jun").glob("*.csv.gz")), 1)
            for row in csv.DictReader(gzip.open(path, "rt", encoding="utf-8", newline=""))
            if (named := named_streets(row["LOCATION_STREET_NAME"])) & known
        ]
        lonlat = np.array([(float(row["LONGITUDE"]), float(row["LATITUDE"])) for row, _, _ in rows])
        points = shapely.points(to_xy(lonlat, SRID))
        named = [names for _, names, _ in rows]
        point, line = STRtree(lines).query_nearest(points, all_matches=False)
        nearest = np.empty(len(rows), dtype=object)
        nearest[point] = line_names[line]
        return cls(
            ids=[row["CASE_ENQUIRY_ID"] for row, _, _ in rows],
            texts=[row["LOCATION_STREET_NAME"] for row, _, _ in rows],
            lonlat=lonlat,
            named=named,
            at_city_hall=(np.abs(lonlat - (-71.0587, 42.3594)) < 1e-6).all(axis=1),
            month=np.array([month for _, _, month in rows]),
            nearest_right=np.array([name in names for name, names in zip(nearest, named, strict=True)]),
            passes_near=_passes_near(points, named, lines, line_names),
        )

    def unseen_before(self, month: int) -> np.ndarray:
        """Rows from that month on at coordinates that no earlier row has."""
        _, place = np.unique(np.round(self.lonlat, 6), axis=0, return_inverse=True)
        place = place.reshape(-1)
        return (self.month >= month) & ~np.isin(place, place[self.month < month])


def names_elsewhere(realdata: Path, boston: Boston, texts: list[str]) -> np.ndarray:
    """Rows whose new text names a street of the network, but none that passes within 60 m of the row's point."""
    streets, segments, _ = read_segments(realdata / "boston_streets_osm" / "boston_streets.geojson.gz")
    name_of = {street.code: normalise_name(street.name) for street in streets}
    lines = project_geometries([s.geometry for s in segments], SRID)
    names = np.array([name_of[s.street] for s in segments], dtype=object)
    known = frozenset(names)
    named = [named_streets(text) & known for text in texts]
    rows = np.flatnonzero([bool(some) for some in named])
    points = shapely.points(to_xy(boston.lonlat[rows], SRID))
    elsewhere = np.zeros(len(texts), dtype=bool)
    elsewhere[rows] = ~_passes_near(points, [named[row] for row in rows], lines, names)
    return elsewhere


def _passes_near(points: np.ndarray, named: list[frozenset[str]], lines: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Whether one of the named streets passes within 60 m."""
    lines_of: dict[str, list[object]] = defaultdict(list)
    for line, name in zip(lines, names, strict=True):
        lines_of[name].append(line)
    whole = {name: shapely.union_all(some) for name, some in lines_of.items()}
    return np.array([min(whole[n].distance(p) for n in some) <= 60 for p, some in zip(points, named, strict=True)])


@dataclass(frozen=True)
class Score:
    """One table line; shares of the rows that name a street."""

    rows: int
    nearest: float
    best: float
    coverage: float
    matched_right: float
    calibration_error: float
    near_right: float
    city_hall_matched: int

    @classmethod
    def of(cls, boston: Boston, answers: dict[str, dict[str, str]], rows: np.ndarray) -> Score:
        """Score the answers (id → row of the answer file) over the masked rows."""
        picked = np.flatnonzero(rows)
        found = [answers[boston.ids[row]] for row in picked]
        right = np.array(
            [
                normalise_name(a["street_name"]) in boston.named[r] if a["street_name"] else False
                for a, r in zip(found, picked, strict=True)
            ]
        )
        matched = np.array([a["verdict"] == "matched" for a in found])
        confidence = np.array([float(a["confidence"] or 0) for a in found])
        bins = np.array_split(np.argsort(confidence, kind="stable"), 10)
        return cls(
            rows=len(picked),
            nearest=float(boston.nearest_right[picked].mean()),
            best=float(right.mean()),
            coverage=float(matched.mean()),
            matched_right=float(right[matched].mean()),
            calibration_error=float(np.mean([abs(confidence[b].mean() - right[b].mean()) for b in bins])),
            near_right=float(right[boston.passes_near[picked]].mean()),
            city_hall_matched=int(matched[boston.at_city_hall[picked]].sum()),
        )

    def line(self, label: str) -> str:
        """As a line under `HEADER`."""
        return (
            f"{label:26}{self.rows:>8,}{self.nearest:>9.1%}{self.best:>8.1%}{self.coverage:>10.1%}"
            f"{self.matched_right:>15.1%}{self.calibration_error:>8.3f}{self.near_right:>13.1%}{self.city_hall_matched:>11}"
        )


HEADER = (
    f"{'':26}{'rows':>8}{'nearest':>9}{'best':>8}{'coverage':>10}{'matched right':>15}{'error':>8}"
    f"{'near right':>13}{'city hall':>11}"
)
