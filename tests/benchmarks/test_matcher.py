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
TOWN_ROUNDS = 3
TOWNS = (11, 1_000, 20_000, 100_000)
REACH_M = 60.0
MODEL = PlacingModel.shipped(REACH_M, 0.9)
Nearest = tuple[np.ndarray, np.ndarray]
"""Segment of each point, −1 = none within reach; whole millimetres to it."""


@dataclass(frozen=True)
class Bench:
    """One town with its rivals ready: shapely's tree over the segments, our grid over their pieces.

    The tree is asked about the first `asked` points only where it is there for comparison, since it takes its time.
    """

    index: StreetIndex
    tree: STRtree
    xy: np.ndarray
    asked: int
    built_s: float

    @classmethod
    def of(cls, segments: int, rows: int, asked: int) -> Self:
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
        return cls(index, tree, complaints(lines, rows, lot), asked, built_s)

    def query_nearest(self) -> np.ndarray:
        return self.tree.query_nearest(
            shapely.points(self.xy[: self.asked]), max_distance=REACH_M, return_distance=False
        )

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

    def round(self) -> dict[str, float]:
        """CPU µs a point of each way, one after the other."""
        return {
            "query_nearest": cpu_us(self.query_nearest, self.asked),
            "nearest step": cpu_us(self.nearest_step, len(self.xy)),
            "full verdict": cpu_us(self.verdict, len(self.xy)),
        }


def cpu_us(work: Callable[[], object], rows: int) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) / rows * 1e6


def same_answers(bench: Bench) -> int:
    """Checks the nearest step against `query_nearest`, ties by segment code; how many points it put on a segment."""
    point, line = bench.query_nearest()
    away = shapely.distance(shapely.points(bench.xy[point]), bench.tree.geometries[line])
    every_segment, every_mm = bench.nearest_step()
    segment, mm = every_segment[: bench.asked], every_mm[: bench.asked]
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
    assert ((placed.street >= 0) == (every_segment >= 0)).all()
    return int((every_segment >= 0).sum())


def test_matcher_against_query_nearest() -> None:
    bench = Bench.of(SEGMENTS, POINTS, POINTS)
    rounds = [bench.round() for _ in range(ROUNDS)]
    placed = same_answers(bench)
    print(
        f"\n{POINTS:,} points, {SEGMENTS:,} segments, {ROUNDS} interleaved rounds, medians;"
        f" grid built in {bench.built_s:.2f} s CPU; answers equal, {placed:,} points within {REACH_M:.0f} m"
    )
    for name in rounds[0]:
        ratio = median(r["query_nearest"] / r[name] for r in rounds)
        print(f"  {name:16}{median(r[name] for r in rounds):8.2f} CPU µs/point  {ratio:6.2f} x cheaper")


def test_cost_a_point_by_segments() -> None:
    asked = max(1000, POINTS // 10)
    benches = {segments: Bench.of(segments, POINTS, asked) for segments in TOWNS}
    rounds = [{n: bench.round() for n, bench in benches.items()} for _ in range(TOWN_ROUNDS)]
    for bench in benches.values():
        same_answers(bench)
    print(
        f"\n{POINTS:,} points ({asked:,} for query_nearest, answers equal),"
        f" {TOWN_ROUNDS} interleaved rounds, medians of CPU µs/point"
    )
    print(f"  {'segments':>10}{'query_nearest':>15}{'nearest step':>14}{'x':>7}{'full verdict':>14}{'x':>7}{'grid':>9}")
    for n, bench in benches.items():
        base, near, full = (median(r[n][name] for r in rounds) for name in rounds[0][n])
        print(
            f"  {n:>10,}{base:15.2f}{near:14.2f}{base / near:7.1f}{full:14.2f}{base / full:7.1f}{bench.built_s:7.2f} s"
        )
    for name in ("nearest step", "full verdict"):
        grows = median(r[TOWNS[-1]][name] / r[TOWNS[0]][name] for r in rounds)
        print(f"  {name}: {TOWNS[-1]:,} segments cost {grows:.2f} x of {TOWNS[0]}")
