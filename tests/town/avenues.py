"""A second town, made for calibration: long avenues 90 m apart, short lanes across, and rows whose street is known.

Most corner lots have their address on the avenue, which the default cannot know.
"""

from __future__ import annotations

import numpy as np
from shapely import LineString

from streetchief.matching.index import StreetIndex
from streetchief.registry.model import Segment, Street
from tests.town.town import CORNER, SRID, on_map

AVENUES, LANES, GAP_M = 8, 12, 90.0
LENGTH_M = (LANES + 1) * GAP_M


def avenue_town() -> StreetIndex:
    """The town as an index."""
    return StreetIndex.from_segments(*avenue_segments(), SRID)


def avenue_segments() -> tuple[list[Street], list[Segment]]:
    """Avenues east to west, each one segment; lanes north to south between two avenues, each a street of its own."""
    streets, segments = [], []
    for row in range(AVENUES):
        name = f"Avenue {chr(65 + row)}"
        streets.append(Street(f"a{row}", name, ()))
        y = row * GAP_M
        segments.append(Segment(f"a{row}-1", f"a{row}", on_map(LineString([(0, y), (LENGTH_M, y)]))))
        for column in range(LANES) if row + 1 < AVENUES else ():
            code, x = f"l{row}-{column}", (column + 1) * GAP_M
            streets.append(Street(code, f"{chr(65 + row)}{column} Lane", ()))
            segments.append(Segment(f"{code}-1", code, on_map(LineString([(x, y), (x, y + GAP_M)]))))
    return streets, segments


def known_rows(rows: int, seed: int = 5) -> tuple[np.ndarray, list[str]]:
    """(n, 2) metres of the index and the true street's name: lots 18 m from an avenue, or one in five from a lane."""
    lot = np.random.default_rng(seed)
    on_avenue = lot.random(rows) < 0.8
    row, column = lot.integers(0, AVENUES - 1, rows), lot.integers(0, LANES, rows)
    off = lot.normal(18, 4, rows) * lot.choice([-1, 1], rows)
    x = np.where(on_avenue, lot.uniform(30, LENGTH_M - 30, rows), (column + 1) * GAP_M + off)
    y = row * GAP_M + np.where(on_avenue, off, lot.uniform(12, 78, rows))
    names = [
        f"Avenue {chr(65 + r)}" if a else f"{chr(65 + r)}{c} Lane"
        for a, r, c in zip(on_avenue, row, column, strict=True)
    ]
    return np.column_stack([x, y]) + CORNER, names
