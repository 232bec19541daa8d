"""How quick the matcher is, as a ratio to ``STRtree.query_nearest`` in the same rounds; printed, never asserted."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import shapely
from shapely import STRtree

from streetchief.geo.crs import project_geometries, to_lonlat
from streetchief.matching.candidates import candidates_near
from streetchief.matching.index import StreetIndex
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.registry.model import Segment, Street

SRID = 4544
SEGMENTS, POINTS, ROUNDS = 20_000, 20_000, 5
BLOCK_M = 267.0


def grid_town(segments: int, lot: np.random.Generator) -> tuple[list[Street], list[Segment]]:
    """A jittered grid of bent streets round Chengdu, as in BASELINES.md."""
    side = int((segments / 2) ** 0.5)
    nodes = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * BLOCK_M
    nodes = nodes + lot.normal(0, 30, nodes.shape) + (400_000.0, 3_390_000.0)
    found, streets = [], {}
    for i in range(side):
        for j in range(side):
            for kind, other in (("h", nodes[i + 1, j]), ("v", nodes[i, j + 1])):
                bend = (nodes[i, j] + other) / 2 + lot.normal(0, 8, 2)
                street = f"{kind}{j if kind == 'h' else i}"
                streets.setdefault(street, Street(street, f"street {street}"))
                line = shapely.LineString(to_lonlat(np.array([nodes[i, j], bend, other]), SRID))
                found.append(Segment(f"{kind}-{i}-{j}", street, line))
    return list(streets.values()), found


def cpu_us(work: Callable[[], object], rows: int) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) / rows * 1e6


def test_matcher_against_query_nearest() -> None:
    lot = np.random.default_rng(11)
    streets, segments = grid_town(SEGMENTS, lot)
    start = time.process_time()
    index = StreetIndex.from_segments(streets, segments, SRID)
    _ = index.tree
    built = time.process_time() - start
    lines = project_geometries([s.geometry for s in segments], SRID)
    tree = STRtree(lines)
    picked = lines[lot.integers(0, len(lines), POINTS)]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(picked, lot.random(POINTS), normalized=True))
    xy = xy + lot.normal(0, 8, xy.shape)
    model = PlacingModel.shipped()
    works: dict[str, Callable[[], object]] = {
        "query_nearest": lambda: tree.query_nearest(shapely.points(xy), max_distance=60.0, return_distance=True),
        "candidates": lambda: list(candidates_near(index, xy, 60.0)),
        "match_points": lambda: match_points(index, xy, model),
    }
    rounds = [{name: cpu_us(work, POINTS) for name, work in works.items()} for _ in range(ROUNDS)]
    print(
        f"\n{len(segments):,} segments, {POINTS:,} points; index and tree {built:.2f} s CPU; medians of {ROUNDS} rounds"
    )
    for name in works:
        ratio = median(r["query_nearest"] / r[name] for r in rounds)
        print(f"  {name:16}{median(r[name] for r in rounds):8.1f} CPU µs/point  {ratio:6.2f} x query_nearest")
    assert len(match_points(index, xy, model)) == POINTS
