"""How quick the matcher is, as a ratio to ``STRtree.query_nearest`` in the same rounds; printed, never asserted.

What is asserted is that the answers are equal.  ``STREETCHIEF_BENCH_SHARE=0.1`` takes a tenth of the points.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Self

import numpy as np
import shapely
from shapely import STRtree

from streetchief.geo.crs import project_geometries
from streetchief.matching.candidates import in_order_of_place, streets_near
from streetchief.matching.index import StreetIndex
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from tests.benchmarks.jittered import SRID, complaints, grid_town

SHARE = float(os.environ.get("STREETCHIEF_BENCH_SHARE", "1"))
POINTS, SEGMENTS, ROUNDS = max(1000, int(1_000_000 * SHARE)), 20_000, 5
TOWNS = (11, 1_000, 20_000, 100_000)
REACH_M = 60.0
MODEL = PlacingModel.shipped(REACH_M, 0.9)
Nearest = tuple[np.ndarray, np.ndarray]
"""Segment of each point, −1 = none within reach; whole millimetres to it."""


@dataclass(frozen=True)
class Bench:
    """One town with its rivals ready: shapely's tree over the segments, our grid over their pieces."""

    index: StreetIndex
    tree: STRtree
    xy: np.ndarray
    built_s: float

    @classmethod
    def of(cls, segments: int, rows: int) -> Self:
        lot = np.random.default_rng(11)
        streets, drawn = grid_town(segments, lot)
        drawn.sort(key=lambda segment: segment.code)  # so that positions are those of the index
        lines = project_geometries([segment.geometry for segment in drawn], SRID)
        index = StreetIndex.from_segments(streets, drawn, SRID)
        start = time.process_time()
        grid = index.grid(80.0)
        built_s = time.process_time() - start
        assert len(index.pieces.x) == len(index.piece_street) <= len(grid.pieces)
        tree = STRtree(lines)
        tree.query(shapely.Point(0, 0))  # shapely builds its tree at the first question
        return cls(index, tree, complaints(lines, rows, lot), built_s)

    def query_nearest(self) -> np.ndarray:
        return self.tree.query_nearest(shapely.points(self.xy), max_distance=REACH_M, return_distance=False)

    def nearest_step(self) -> Nearest:
        order = in_order_of_place(self.index, self.xy, REACH_M)
        segment, mm = np.full(len(order), -1, dtype=np.int64), np.full(len(order), -1, dtype=np.int64)
        ordered = self.xy[order]
        for rows, near in streets_near(self.index, ordered, REACH_M):
            firsts = np.flatnonzero(np.diff(near.point, prepend=-1))
            firsts = firsts[near.mm[firsts] <= REACH_M * 1000]
            mine = order[rows][near.point[firsts]]
            segment[mine], mm[mine] = self.index.piece_segment[near.piece[firsts]], near.mm[firsts]
        return segment, mm

    def verdict(self) -> object:
        return match_points(self.index, self.xy, MODEL)

    def works(self) -> dict[str, Callable[[], object]]:
        return {"query_nearest": self.query_nearest, "nearest step": self.nearest_step, "full verdict": self.verdict}


def cpu_us(work: Callable[[], object], rows: int) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) / rows * 1e6


def same_answers(bench: Bench) -> int:
    """Checks the nearest step against `query_nearest`, ties by segment code; how many points it put on a segment."""
    point, line = bench.query_nearest()
    away = shapely.distance(shapely.points(bench.xy[point]), bench.tree.geometries[line])
    segment, mm = bench.nearest_step()
    expected, expected_mm = np.full_like(segment, -1), np.full_like(mm, -1)
    backwards = np.lexsort((-line, point))
    expected[point[backwards]] = line[backwards]  # of equally near segments the lowest is written last
    expected_mm[point[backwards]] = np.rint(away[backwards] * 1000)
    # the tree knows ties to the last bit only, we to the millimetre: there a lower code may stand a hair farther
    other = np.flatnonzero(segment != expected)
    hair = shapely.distance(shapely.points(bench.xy[other]), bench.tree.geometries[segment[other]]) * 1000
    assert (mm == expected_mm).all()
    assert (segment[other] < expected[other]).all()
    assert (np.rint(hair) == mm[other]).all()
    placed = match_points(bench.index, bench.xy, MODEL)
    assert ((placed.street >= 0) == (segment >= 0)).all()
    return int((segment >= 0).sum())


def test_matcher_against_query_nearest() -> None:
    bench = Bench.of(SEGMENTS, POINTS)
    works = bench.works()
    rounds = [{name: cpu_us(work, POINTS) for name, work in works.items()} for _ in range(ROUNDS)]
    placed = same_answers(bench)
    print(
        f"\n{POINTS:,} points, {SEGMENTS:,} segments, {ROUNDS} interleaved rounds, medians;"
        f" grid built in {bench.built_s:.2f} s CPU; answers equal, {placed:,} points within {REACH_M:.0f} m"
    )
    for name in works:
        ratio = median(r["query_nearest"] / r[name] for r in rounds)
        print(f"  {name:16}{median(r[name] for r in rounds):8.2f} CPU µs/point  {ratio:6.2f} x cheaper")


def test_cost_a_point_by_segments() -> None:
    rows = POINTS // 2
    benches = {segments: Bench.of(segments, rows) for segments in TOWNS}
    rounds = [
        {(n, name): cpu_us(work, rows) for n, bench in benches.items() for name, work in bench.works().items()}
        for _ in range(ROUNDS)
    ]
    for bench in benches.values():
        same_answers(bench)
    print(f"\n{rows:,} points, {ROUNDS} interleaved rounds, medians of CPU µs/point; answers equal")
    print(f"  {'segments':>10}{'query_nearest':>15}{'nearest step':>14}{'x':>7}{'full verdict':>14}{'x':>7}{'grid':>9}")
    for n, bench in benches.items():
        base, near, full = (median(r[n, name] for r in rounds) for name in bench.works())
        print(
            f"  {n:>10,}{base:15.2f}{near:14.2f}{base / near:7.1f}{full:14.2f}{base / full:7.1f}{bench.built_s:7.2f} s"
        )
    for name in ("nearest step", "full verdict"):
        grows = median(r[TOWNS[-1], name] / r[TOWNS[0], name] for r in rounds)
        print(f"  {name}: {TOWNS[-1]:,} segments cost {grows:.2f} x of {TOWNS[0]}")
