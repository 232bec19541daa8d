"""The wait after failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streetchief.accounts.throttle import LIMITS, Kind, Limit


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 2), (6, 4), (9, 32), (13, 300), (10**9, 300)],  # the ceiling; no overflow
)
def test_it_doubles_up_to_a_ceiling(failures: int, seconds: float) -> None:
    assert LIMITS[Kind.LOGIN].wait(failures) == timedelta(seconds=seconds)


def test_it_never_grows_shorter() -> None:
    waits = [Limit(3, 1.0, 60.0).wait(n) for n in range(200)]
    assert waits == sorted(waits)
