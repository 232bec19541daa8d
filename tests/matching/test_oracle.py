"""Grid and tree against a brute-force matcher in plain shapely and against PostGIS, on a town drawn to mislead.

No disagreement is allowed: not in a street, a segment, a millimetre, an order, or a byte of a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from streetchief.geo.crs import project_geometries
from streetchief.matching import candidates
from streetchief.matching.candidates import GRID_FROM, MOST_RIVALS, in_order_of_place, streets_near
from streetchief.matching.index import StreetIndex
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.result import MatchBatch, Verdict
from streetchief.registry.model import Segment
from tests.matching import tangle
from tests.matching.test_candidates import drawn, index_of
from tests.matching.test_match import answers
from tests.town.town import CORNER, SRID

ROWS = 15_000
LEAST_PAIRS = 200_000
Pairs = list[tuple[int, str, str, int]]
"""(point, street, segment, millimetres) by point, then nearness."""
Lookup = Callable[[StreetIndex, np.ndarray, float], Iterator[tuple[np.ndarray, np.ndarray]]]


@pytest.fixture(scope="module")
def segments() -> list[Segment]:
    return tangle.segments()


@pytest.fixture(scope="module")
def index(segments: list[Segment]) -> StreetIndex:
    return index_of(segments)


@pytest.fixture(scope="module")
def xy() -> np.ndarray:
    return tangle.points(ROWS) + CORNER


@pytest.fixture(scope="module")
def texts() -> list[str | None]:
    lot = np.random.default_rng(8)
    said = [None, "across 3", "along 4 no 7", "overlap 2", "sliver 1 / across 6", "nowhere at all"]
    return [said[n] for n in lot.choice(len(said), ROWS, p=[0.6, 0.1, 0.1, 0.08, 0.07, 0.05])]


def ours(index: StreetIndex, xy: np.ndarray, reach_m: float) -> Pairs:
    found: Pairs = []
    for rows, near in streets_near(index, xy, reach_m):
        streets, codes = index.piece_street[near.piece], index.piece_segment[near.piece]
        found += [
            (rows.start + point, index.street_codes[street], index.segment_codes[segment], mm)
            for point, street, segment, mm in zip(
                near.point.tolist(), streets.tolist(), codes.tolist(), near.mm.tolist(), strict=True
            )
        ]
    return found


def brute_force(segments: list[Segment], xy: np.ndarray, within_m: float) -> tuple[Pairs, int]:
    """Every point with every segment, and how many of these pairs were in sight."""
    lines = project_geometries([segment.geometry for segment in segments], SRID)
    found, in_sight = [], 0
    for number, point in enumerate(shapely.points(xy)):
        mm = np.rint(shapely.distance(lines, point) * 1000)
        near = np.flatnonzero(mm <= within_m * 1000).tolist()
        in_sight += len(near)
        best: dict[str, tuple[int, str, str, int]] = {}
        for distance, code, street in sorted((int(mm[n]), segments[n].code, segments[n].street) for n in near):
            best.setdefault(street, (number, street, code, distance))
        found += list(best.values())[:MOST_RIVALS]
    return found, in_sight


POSTGIS = """
with pair as (
    select p.row, s.street, s.code, round(ST_Distance(p.geom, s.geom) * 1000) as mm
    from tangle_points p join tangle_segments s on ST_DWithin(p.geom, s.geom, :within_m + 0.001)
), nearest as (
    select distinct on (row, street) row, street, code, mm
    from pair where mm <= :within_m * 1000
    order by row, street, mm, code collate "C"
), ranked as (
    select *, row_number() over (partition by row order by mm, code collate "C") as place from nearest
)
select row, street, code, mm::bigint from ranked where place <= :most order by row, place
"""


def by_postgis(session: Session, segments: list[Segment], xy: np.ndarray, within_m: float) -> Pairs:
    lines = project_geometries([segment.geometry for segment in segments], SRID)
    session.execute(text("create temp table tangle_segments (code text, street text, geom geometry)"))
    session.execute(text("create temp table tangle_points (row bigint, geom geometry)"))
    session.execute(
        text(
            "insert into tangle_segments select code, street, geom ::geometry from "
            "unnest(:codes ::text[], :streets ::text[], :geoms ::text[]) as s(code, street, geom)"
        ),
        {
            "codes": [s.code for s in segments],
            "streets": [s.street for s in segments],
            "geoms": shapely.to_wkb(lines, hex=True).tolist(),
        },
    )
    session.execute(
        text(
            "insert into tangle_points select n - 1, geom ::geometry from "
            "unnest(:geoms ::text[]) with ordinality as p(geom, n)"
        ),
        {"geoms": shapely.to_wkb(shapely.points(xy), hex=True).tolist()},
    )
    session.execute(text("create index on tangle_segments using gist (geom)"))
    session.execute(text("analyze tangle_segments"))
    return [tuple(row) for row in session.execute(text(POSTGIS), {"within_m": within_m, "most": MOST_RIVALS})]


@pytest.mark.parametrize("reach_m", [60.0, 120.0])
def test_nearest_streets_as_by_brute_force_and_by_postgis(segments, index, xy, session, reach_m) -> None:  # type: ignore[no-untyped-def]
    within_m = max(candidates.SEARCH_M, reach_m)
    found = ours(index, xy, reach_m)
    expected, in_sight = brute_force(segments, xy, within_m)
    assert in_sight >= LEAST_PAIRS
    assert [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]] == []
    asked = by_postgis(session, segments, xy, within_m)
    assert [pair for pair in zip(found, asked, strict=True) if pair[0] != pair[1]] == []


def test_the_town_is_as_misleading_as_it_should_be(index: StreetIndex, xy: np.ndarray) -> None:
    found = ours(index, xy, 60.0)
    streets: dict[int, list[int]] = {}
    for point, _, _, mm in found:
        streets.setdefault(point, []).append(mm)
    ties = sum(len(mm) > 1 and mm[0] == mm[1] for mm in streets.values())
    assert ties > 1000
    assert sum(len(mm) == MOST_RIVALS for mm in streets.values()) > 1000
    assert sum(len(mm) == 1 for mm in streets.values()) > 100
    assert ROWS - len(streets) > 100
    assert len(match_verdicts(index, xy)) == 3


def match_verdicts(index: StreetIndex, xy: np.ndarray) -> set[int]:
    """Of geometry alone: matched, ambiguous, too far."""
    return set(match_points(index, xy, PlacingModel.shipped()).verdict.tolist()) & {*Verdict}


def everything(index: StreetIndex, xy: np.ndarray, within_m: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs: what needs neither grid nor tree, nor the distance."""
    order = np.argsort(index.piece_street, kind="stable")
    near = np.flatnonzero((np.abs(xy - np.array(CORNER)) < 6000).all(axis=1))
    yield np.repeat(near, len(order)), np.tile(order, len(near))


def parts(batch: MatchBatch) -> list[object]:
    """The bytes of a batch."""
    return [
        column.tolist() if column.dtype == object else column.tobytes()
        for column in (getattr(batch, field.name) for field in fields(MatchBatch))
    ]


def rows_of(batch: MatchBatch, rows: np.ndarray | slice) -> MatchBatch:
    return replace(batch, **{field.name: getattr(batch, field.name)[rows] for field in fields(MatchBatch)})


@pytest.mark.parametrize("reach_m", [25.0, 60.0, 120.0])
def test_grid_tree_and_all_pairs_give_the_same_bytes(index, xy, texts, reach_m, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    model, rows = PlacingModel.shipped(reach_m, 0.9), slice(0, 2500)
    by_grid = match_points(index, xy[rows], model, evidence=texts[rows])
    monkeypatch.setattr(candidates, "GRID_FROM", ROWS)
    assert parts(match_points(index, xy[rows], model, evidence=texts[rows])) == parts(by_grid)
    monkeypatch.setattr(candidates, "_CHUNK", 500)
    monkeypatch.setattr(candidates, "_proposed", everything)
    assert parts(match_points(index, xy[rows], model, evidence=texts[rows])) == parts(by_grid)


@pytest.mark.parametrize("size", [1, GRID_FROM - 1, GRID_FROM, GRID_FROM + 1, 1000, ROWS])
def test_batches_change_no_byte(index, xy, texts, size) -> None:  # type: ignore[no-untyped-def]
    model = PlacingModel.shipped()
    rows = ROWS if size >= 1000 else 100 * size + 500
    whole = match_points(index, xy, model, evidence=texts)
    for first in range(0, rows, size):
        batch = slice(first, first + size)
        found = match_points(index, xy[batch], model, evidence=texts[batch])
        assert parts(found) == parts(rows_of(whole, batch))


def test_shuffled_rows_and_small_parts_change_no_byte(index, xy, texts, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    model = PlacingModel.shipped()
    whole = match_points(index, xy, model, evidence=texts)
    order = np.random.default_rng(1).permutation(ROWS)
    shuffled = match_points(index, xy[order], model, evidence=[texts[row] for row in order])
    assert parts(shuffled) == parts(rows_of(whole, order))
    monkeypatch.setattr(candidates, "_PAIRS_AT_ONCE", 7)
    monkeypatch.setattr(candidates, "_CHUNK", 601)
    assert parts(match_points(index, xy[:3000], model, evidence=texts[:3000])) == parts(rows_of(whole, slice(0, 3000)))


def test_far_streets_and_shuffled_segments_change_no_byte(segments, index, xy, texts) -> None:  # type: ignore[no-untyped-def]
    model = PlacingModel.shipped()
    whole = answers(index, match_points(index, xy, model, evidence=texts))
    far = drawn([(n, [(x, 9000.0 * n), (x + 40_000.0, 9000.0 * n + 77.0)]) for n, x in ((1, 9000.0), (2, -70_000.0))])
    # between the others by code, so that every position moves
    far = [replace(segment, code=f"S-1{n}-far", street=f"b far {n}") for n, segment in enumerate(far)]
    mixed = [*segments, *far]
    np.random.default_rng(2).shuffle(mixed)
    larger = index_of(mixed)
    assert larger.street_codes != index.street_codes
    assert answers(larger, match_points(larger, xy, model, evidence=texts)) == whole


def test_points_that_are_nowhere_have_no_street(index: StreetIndex) -> None:
    odd = np.array([[np.nan, 0.0], [np.inf, 1.0], [0.0, -np.inf], [1e300, -1e300], [0.0, 0.0], [-9e18, 9e18]] * 5)
    for rows in (odd, odd[:6]):  # by the grid and by the tree
        batch = match_points(index, rows, PlacingModel.shipped())
        assert (batch.street == -1).all()
        rejected = ~np.isfinite(rows).all(axis=1)
        assert (batch.verdict == np.where(rejected, Verdict.REJECTED, Verdict.TOO_FAR)).all()
        assert sorted(in_order_of_place(index, rows, 60.0).tolist()) == list(range(len(rows)))


def test_no_streets_and_no_points() -> None:
    empty, some = index_of([]), np.zeros((30, 2))
    assert (match_points(empty, some, PlacingModel.shipped()).verdict == Verdict.TOO_FAR).all()
    assert (match_points(empty, some[:3], PlacingModel.shipped()).verdict == Verdict.TOO_FAR).all()
    assert len(match_points(empty, some[:0], PlacingModel.shipped())) == 0
