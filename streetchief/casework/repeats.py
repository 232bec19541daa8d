"""Which cases likely are one matter, and which carries the others.  SQL finds, this chooses, a person merges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pair:
    """Two open cases alike in class, place and time; `other` is the older one.

    distance_m, apart   of their two nearest complaints
    """

    case: int
    other: int
    distance_m: float
    apart: timedelta


def proposals(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """The merges to propose, one a case at most, in the order of case ids: each into the oldest case that it is like.

    A case that is itself proposed for merging carries nothing in the same round: a row of parked bicycles must not
    run together through a whole street before a person has looked at its first pair.  What is left over is found again
    once the first merge is done.  Does not depend on the order of the pairs.
    """
    chosen: dict[int, Pair] = {}
    for pair in sorted(pairs, key=lambda p: (p.case, p.other)):
        if pair.other not in chosen and pair.case not in chosen:
            chosen[pair.case] = pair
    return tuple(chosen[case] for case in sorted(chosen))
