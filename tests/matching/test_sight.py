"""How far a street runs on, with a ruler on the toy town."""

from __future__ import annotations

import pytest

from streetchief.matching.candidates import SIGHT_M, candidates_near
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
    seen = dict(zip((INDEX.street_codes[s] for s in found.street), found.run_on_m, strict=True))
    assert seen[street] == pytest.approx(metres, abs=0.5), why


def test_nothing_runs_farther_than_sight() -> None:
    ((_, found),) = candidates_near(INDEX, paper((100, 10), (390, 30), (200, 190)), 60.0)
    assert (found.run_on_m <= 2 * SIGHT_M).all()


def test_no_candidates() -> None:
    ((_, found),) = candidates_near(INDEX, paper((9000, 9000)), 60.0)
    assert found.run_on_m.tolist() == []
