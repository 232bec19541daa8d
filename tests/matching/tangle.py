"""A town drawn to mislead a matcher: junctions, overlaps, slivers, dual carriageways, exact ties; and points to match.

Everything hangs on one seed.  Coordinates are squared paper in metres.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from streetchief.registry.model import Segment
from tests.town.town import on_map

SIDE = 10
BLOCK_M = 60.0
Line = list[tuple[float, float]]


def lines(lot: np.random.Generator) -> Iterator[tuple[str, Line]]:
    """Street and line of each segment."""
    knots = np.stack(np.meshgrid(np.arange(SIDE + 1), np.arange(SIDE + 1), indexing="ij"), axis=-1) * BLOCK_M
    crooked = lot.random((SIDE + 1, SIDE + 1)) < 0.4
    knots = knots + np.where(crooked[..., None], np.round(lot.normal(0, 6, knots.shape), 1), 0.0)
    for i in range(SIDE):
        for j in range(SIDE + 1):
            yield f"across {j}", [tuple(knots[i, j]), tuple(knots[i + 1, j])]
            if lot.random() < 0.9:  # gaps make dead ends and T-junctions
                yield f"along {j}", [tuple(knots[j, i]), tuple(knots[j, i + 1])]
    for j in range(0, SIDE, 3):  # dual carriageways: of one street, of two, and 0.4 mm apart: one millimetre, so a tie
        y = j * BLOCK_M
        for x in np.arange(0.0, SIDE * BLOCK_M, 75.0).tolist():
            yield f"across {j}", [(x + 75.0, y + 12.0), (x, y + 12.0)]
            yield f"opposite {j}", [(x, y + 24.0), (x + 75.0, y + 24.0)]
            yield f"double {j}", [(x, y + 24.0004), (x + 75.0, y + 24.0004)]
    for n in range(30):  # one road under two names, whole or in part, drawn either way
        i, j = lot.integers(0, SIDE, 2)
        a, b = knots[i, j], knots[i, j + 1]
        part = [tuple(a), tuple(a + (b - a) * lot.choice([0.5, 1.0]))]
        yield f"overlap {n}", part[:: int(lot.choice([1, -1]))]
    for n in range(
        40
    ):  # slivers: far shorter than the millimetre that counts, to a few metres; bent back on themselves
        x, y = np.round(lot.uniform(0, SIDE * BLOCK_M, 2), 1).tolist()
        size = float(lot.choice([0.0003, 0.002, 0.05, 3.0]))
        yield f"sliver {n % 25}", [(x, y), (x + size, y), (x + size / 2, y + size / 4), (x, y + size / 8)]
    for n in range(8):  # long diagonals, which cross whole rows of cells
        x, y = np.round(lot.uniform(-300, 900, 2), 0).tolist()
        yield f"diagonal {n}", [(x, y), (300.0, 300.0), (900.0 - y, x)]


def segments(seed: int = 3) -> list[Segment]:
    """The town; codes are dealt out by lot, and "S-10" comes before "S-9"."""
    lot = np.random.default_rng(seed)
    drawn = list(lines(lot))
    codes = [f"S-{n}" for n in lot.permutation(len(drawn)).tolist()]
    return [
        Segment(code, street, on_map(shapely.LineString(line)))
        for code, (street, line) in zip(codes, drawn, strict=True)
    ]


def points(rows: int, seed: int = 5) -> np.ndarray:
    """Points on paper, (rows, 2): anywhere, on knots and middles (ties), on a line, at the edge of sight, outside."""
    lot = np.random.default_rng(seed)
    anywhere = lot.uniform(-150, SIDE * BLOCK_M + 150, (rows, 2))
    knots = lot.integers(0, 2 * SIDE + 1, (rows, 2)) * (BLOCK_M / 2)
    between = np.column_stack([lot.uniform(0, SIDE * BLOCK_M, rows), lot.integers(0, SIDE, rows) * BLOCK_M + 6.0])
    edges = np.column_stack([lot.integers(0, 20, rows) * 30.0, lot.choice([-60.0, -80.0, -80.0004, -120.0, 720], rows)])
    outside = lot.uniform(-5000, 5000, (rows, 2))
    kinds = np.stack([anywhere, knots, between, edges, outside])
    kind = lot.choice(5, rows, p=[0.7, 0.1, 0.1, 0.07, 0.03])
    return kinds[kind, np.arange(rows)]
