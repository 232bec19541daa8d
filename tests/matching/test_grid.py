"""The grid proposes every piece that can be the nearest of its street, and costs what the streets' ground costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetchief.matching.grid import SIDE, PieceGrid, spans
from streetchief.matching.runs import Runs

WITHIN_M = 80.0
metre = st.floats(-500, 500, allow_nan=False).map(lambda x: round(x, 2))
place = st.tuples(metre, metre)
pieces = st.lists(
    st.tuples(st.integers(0, 3), place, place).filter(lambda piece: piece[1] != piece[2]), min_size=1, max_size=20
)


def distances(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> np.ndarray:
    run = end - start
    share = np.clip(((point - start) * run).sum(axis=1) / (run * run).sum(axis=1), 0, 1)
    return np.hypot(*(point - start - share[:, None] * run).T)


def listed(grid: PieceGrid, xy: np.ndarray) -> list[list[int]]:
    first, count = grid.lists_of(xy)
    return [grid.pieces[a : a + n].tolist() for a, n in zip(first, count, strict=True)]


@settings(max_examples=150, deadline=None)
@given(pieces, st.lists(place, min_size=1, max_size=10), st.sampled_from([1.0, 80.0, 300.0]))
def test_the_nearest_piece_of_every_street_in_sight_is_listed(drawn, points, within_m) -> None:  # type: ignore[no-untyped-def]
    street = np.array([s for s, _, _ in drawn])
    start, end = np.array([a for _, a, _ in drawn]), np.array([b for _, _, b in drawn])
    xy = np.array(points)
    for point, found in zip(xy, listed(PieceGrid.of(start, end, street, within_m), xy), strict=True):
        away = distances(start, end, point)
        for one in range(4):
            mine = np.flatnonzero(street == one)
            if len(mine) and away[mine].min() <= within_m:
                nearest = mine[away[mine] <= away[mine].min() + 0.001]  # all that a millimetre cannot tell apart
                assert set(nearest.tolist()) <= set(found)
        assert found == sorted(found, key=lambda piece: (street[piece], piece))


def test_streets_elsewhere_do_not_move_the_cells() -> None:
    start, end = np.array([[0.0, 0.0], [500.0, 3.0]]), np.array([[100.0, 7.0], [500.0, 90.0]])
    far = np.array([[2e6, -3e6]])
    here = PieceGrid.of(start, end, np.array([0, 1]), WITHIN_M)
    both = PieceGrid.of(np.vstack([start, far]), np.vstack([end, far + 50.0]), np.array([0, 1, 2]), WITHIN_M)
    xy = np.random.default_rng(1).uniform(-200, 700, (500, 2))
    assert listed(here, xy) == listed(both, xy)
    assert listed(both, far) == [[2]]
    assert len(both.blocks) < len(here.blocks) + 5


def test_a_long_diagonal_costs_its_length_and_not_its_rectangle() -> None:
    grid = PieceGrid.of(np.array([[0.0, 0.0]]), np.array([[200_000.0, 150_000.0]]), np.array([0]), WITHIN_M)
    assert len(grid.pieces) < 60_000
    assert len(grid.first) < 60_000 * SIDE


def test_a_grid_wider_than_a_number_takes_larger_cells() -> None:
    start = np.array([[0.0, 0.0], [1e14, 1e14]])
    grid = PieceGrid.of(start, start + 10.0, np.array([0, 1]), WITHIN_M)
    assert grid.cell_m > WITHIN_M
    assert listed(grid, np.array([[1.0, 2.0], [1e14, 1e14], [5e13, 0.0]])) == [[0], [1], []]


@pytest.mark.parametrize(
    ("first", "count", "whole", "of"),
    [
        ([5, 2], [2, 3], [5, 6, 2, 3, 4], [0, 0, 1, 1, 1]),
        ([7, 1, 4], [0, 1, 0], [1], [1]),  # spans of nothing leave no trace
        ([], [], [], []),
    ],
)
def test_spans(first: list[int], count: list[int], whole: list[int], of: list[int]) -> None:
    found = spans(np.array(first, dtype=np.int64), np.array(count, dtype=np.int64))
    assert [part.tolist() for part in found] == [whole, of]


def test_the_best_and_the_next_of_each_run() -> None:
    runs = Runs.by(np.array([0, 0, 0, 4, 7, 7]))
    assert runs.rank.tolist() == [0, 1, 2, 0, 0, 1]
    best, second = runs.two_greatest(np.array([1.0, 3.0, 3.0, 2.0, 5.0, 4.0]))
    assert best.tolist() == [1, 3, 4]  # of equals the first
    assert second.tolist() == [2, -1, 5]
    nothing = Runs.by(np.array([], dtype=np.int64))
    assert [part.tolist() for part in nothing.two_greatest(np.array([]))] == [[], []]
