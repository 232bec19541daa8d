"""The candidates against a brute-force oracle of plain shapely, on drawings full of ties."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from streetchief.geo.crs import project_geometries
from streetchief.matching import candidates
from streetchief.matching.candidates import MOST_RIVALS, candidates_near
from streetchief.matching.index import StreetIndex
from streetchief.registry.model import Segment, Street
from tests.town.town import CORNER, SRID, on_map

place = st.tuples(st.integers(-12, 12), st.integers(-12, 12)).map(lambda p: (p[0] * 10.0, p[1] * 10.0))
line = st.lists(place, min_size=2, max_size=4).filter(lambda points: len(set(points)) > 1)
drawings = st.lists(st.tuples(st.integers(0, 8), line), min_size=1, max_size=14)
points = st.lists(place, min_size=1, max_size=12)


def drawn(drawing: list[tuple[int, list[tuple[float, float]]]]) -> list[Segment]:
    """Segments of a drawing: (street number, points) each."""
    return [
        Segment(f"s{number:02}", f"street {street}", on_map(LineString(line)))
        for number, (street, line) in enumerate(drawing)
    ]


def index_of(segments: list[Segment]) -> StreetIndex:
    streets = [Street(code, code) for code in sorted({segment.street for segment in segments})]
    return StreetIndex.from_segments(streets, segments, SRID)


def metres(places: list[tuple[float, float]]) -> np.ndarray:
    return np.array(places, dtype=np.float64).reshape(-1, 2) + CORNER


def oracle(segments: list[Segment], xy: np.ndarray, within_m: float) -> list[list[tuple[str, str, float]]]:
    """Per point: (street, segment, distance to 1 mm) of the nearest streets, by looking at every segment."""
    lines = project_geometries([segment.geometry for segment in segments], SRID)
    answers = []
    for point in map(Point, xy):
        ranked = sorted(
            (float(np.rint(shapely.distance(line, point) * 1000)) / 1000, segment.code, segment.street)
            for line, segment in zip(lines, segments, strict=True)
        )
        best: dict[str, tuple[str, str, float]] = {}
        for distance, code, street in ranked:
            if distance <= within_m:
                best.setdefault(street, (street, code, distance))
        answers.append(list(best.values())[:MOST_RIVALS])
    return answers


def found(index: StreetIndex, xy: np.ndarray, reach_m: float) -> list[list[tuple[str, str, float]]]:
    answers: list[list[tuple[str, str, float]]] = [[] for _ in xy]
    for rows, near in candidates_near(index, xy, reach_m):
        for k in range(len(near)):
            street, segment = index.street_codes[near.street[k]], index.segment_codes[near.segment[k]]
            answers[rows.start + near.point[k]].append((street, segment, float(near.distance_m[k])))
    return answers


@settings(max_examples=120, deadline=None)
@given(drawings, points, st.sampled_from([10.0, 60.0, 100.0]))
def test_the_same_candidates_as_by_looking_at_every_segment(drawing, places, reach_m) -> None:  # type: ignore[no-untyped-def]
    segments = drawn(drawing)
    xy = metres(places)
    assert found(index_of(segments), xy, reach_m) == oracle(segments, xy, max(80.0, reach_m))


@settings(max_examples=60, deadline=None)
@given(drawings, points)
def test_feet_and_offsets_are_those_of_shapely(drawing, places) -> None:  # type: ignore[no-untyped-def]
    segments = drawn(drawing)
    index, xy = index_of(segments), metres(places)
    lines = dict(zip((s.code for s in segments), project_geometries([s.geometry for s in segments], SRID), strict=True))
    for _, near in candidates_near(index, xy, 60.0):
        for k in range(len(near)):
            line, point = lines[index.segment_codes[near.segment[k]]], Point(xy[near.point[k]])
            assert abs(Point(near.foot[k]).distance(point) - near.distance_m[k]) < 0.001
            assert line.distance(Point(near.foot[k])) < 1e-6
            # a line may pass one place twice, so the offset is checked by where it leads
            assert line.interpolate(near.offset_m[k]).distance(Point(near.foot[k])) < 1e-3


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    segments = drawn([(0, [(0, 0), (100, 0)]), (1, [(0, 0), (0, 100)]), (2, [(0, 30), (100, 30)])])
    xy = np.vstack([metres([(x, y) for x in range(-20, 120, 10) for y in range(-20, 60, 10)]), [[np.nan, 0.0]]])
    whole = found(index_of(segments), xy, 60.0)
    monkeypatch.setattr(candidates, "_CHUNK", 7)
    assert found(index_of(segments), xy, 60.0) == whole
    assert whole[-1] == []


def test_how_far_to_the_end_and_beyond_it() -> None:
    # one street in two pieces, 0 … 50 … 100: the joint is no end
    segments = drawn([(0, [(0, 0), (50, 0)]), (0, [(100, 0), (50, 0)])])
    ((_, near),) = candidates_near(index_of(segments), metres([(10, 5), (45, 5), (60, 5), (110, 5), (-20, 0)]), 60.0)
    np.testing.assert_allclose(near.to_end_m, [10, 45, 40, 0, 0], atol=1e-3)
    np.testing.assert_allclose(near.past_end_m, [0, 0, 0, 10, 20], atol=1e-3)


def test_where_a_street_forks_it_does_not_end() -> None:
    segments = drawn([(0, [(0, 0), (50, 0)]), (0, [(50, 0), (90, 30)]), (0, [(50, 0), (90, -30)])])
    ((_, near),) = candidates_near(index_of(segments), metres([(55, 0), (10, 5), (88, 28)]), 60.0)
    assert near.past_end_m.tolist() == [0, 0, 0]
    np.testing.assert_allclose(near.to_end_m[1], 10, atol=1e-3)
    assert near.to_end_m[2] < 5


def test_a_ring_has_no_end_and_a_doubled_line_counts_once() -> None:
    ring = [(0, [(0, 0), (60, 0)]), (0, [(60, 0), (60, 60)]), (0, [(60, 60), (0, 0)])]
    double = [(1, [(0, 200), (60, 200)]), (1, [(60, 200), (0, 200)])]
    ((_, near),) = candidates_near(index_of(drawn(ring + double)), metres([(30, 5), (70, 205)]), 60.0)
    assert near.to_end_m[0] == np.inf
    np.testing.assert_allclose(near.past_end_m, [0, 10], atol=1e-3)
