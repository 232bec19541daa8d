"""How far a street runs on, with a ruler on the toy town; and the halving search against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from streetchief.matching.candidates import candidates_near
from streetchief.matching.runs import SIGHT_M, _piece_of, run_m
from tests.town.town import paper, town

INDEX = town()


@pytest.mark.parametrize(
    ("place", "street", "metres", "why"),
    [
        ((300, 20), "high", 800, "500 of it to the west, 300 to the east"),
        ((-150, 20), "high", 550, "50 to its end, 500 in sight over the joint of two segments"),
        ((230, 100), "church", 200, "the whole of a short one"),
        ((420, 59), "short", 60, "a dead end"),
        ((2050, 5), "far", 400, "far from all others"),
    ],
)
def test_with_a_ruler(place: tuple[float, float], street: str, metres: float, why: str) -> None:
    ((_, found),) = candidates_near(INDEX, paper(place), 60.0)
    seen = dict(zip((INDEX.street_codes[s] for s in found.street), run_m(INDEX, found), strict=True))
    assert seen[street] == pytest.approx(metres, abs=0.5), why


def test_nothing_runs_farther_than_sight() -> None:
    ((_, found),) = candidates_near(INDEX, paper((100, 10), (390, 30), (200, 190)), 60.0)
    assert (run_m(INDEX, found) <= 2 * SIGHT_M).all()


def test_no_candidates() -> None:
    ((_, found),) = candidates_near(INDEX, paper((9000, 9000)), 60.0)
    assert run_m(INDEX, found).tolist() == []


def test_the_piece_is_the_last_that_starts_no_later() -> None:
    lot = np.random.default_rng(2)
    segment = lot.integers(0, len(INDEX.segment_codes), 500)
    offset = lot.uniform(0, 400, 500)
    for s, o, found in zip(segment, offset, _piece_of(INDEX, segment, offset), strict=True):
        pieces = np.flatnonzero((INDEX.piece_segment == s) & (INDEX.piece_offset_m <= o))
        assert found == pieces[-1]
