"""What the texts of a batch say about the candidates of its points."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.address import Reading, StreetNames
from streetchief.matching.candidates import Candidates

_HOUSE_FIRST = re.compile(r"\s*\d+[A-Za-z]?(?:\s*-\s*\d+[A-Za-z]?)?\s+[^\W\d]")


class Heard(IntEnum):
    """What a text says about the streets in reach of its point."""

    NOTHING = 0
    NAMED = 1
    NEARLY_NAMED = 2
    ELSEWHERE = 3
    UNKNOWN = 4


@dataclass(frozen=True, slots=True)
class Hearing:
    """said: (n,) `Heard` a point; named: (k,) whether the text names the candidate, and it is in reach."""

    said: NDArray[np.int8]
    named: NDArray[np.bool_]


def hear(names: StreetNames, found: Candidates, reach_m: float, texts: Sequence[str | None]) -> Hearing:
    """Read the texts of the chunk of points that `found` belongs to.

    A street that is named in full and in reach outranks a misspelt one; one that is named in full but is out of reach
    says that text and point do not belong together.  A street that the network does not have is heard too,
    where the text gives it a house number: without every third street of Boston's network 90 % of the rows that name
    a missing one, and none of the 51,000 rows that name a street of the whole one.  Any other text says nothing.
    """
    said = np.zeros(len(texts), dtype=np.int8)
    named = np.zeros(len(found), dtype=np.bool_)
    firsts = np.searchsorted(found.point, np.arange(len(texts) + 1))
    in_reach = found.distance_m <= reach_m
    readings: dict[str, Reading] = {}
    for row, text in enumerate(texts):
        if not text:
            continue
        if text not in readings:
            readings[text] = names.read(text)
        near = np.arange(firsts[row], firsts[row + 1])
        near = near[in_reach[near]]
        streets = found.street[near].tolist()
        said[row], chosen = _weigh(names, text, readings[text], streets)
        named[near] = [street in chosen for street in streets]
    return Hearing(said, named)


def _weigh(names: StreetNames, text: str, reading: Reading, streets: list[int]) -> tuple[Heard, frozenset[int]]:
    if reading.exact:
        chosen = reading.exact & frozenset(streets)
        return (Heard.NAMED, chosen) if chosen else (Heard.ELSEWHERE, chosen)
    chosen = names.fuzzy(text, streets)
    if chosen:
        return Heard.NEARLY_NAMED, chosen
    return Heard.UNKNOWN if _is_address(text, reading.unknown) else Heard.NOTHING, chosen


def _is_address(text: str, unknown: str) -> bool:
    """Whether a street-like word is plainly a street: a house number stands with it, before it or as 号 behind it.

    Without one it may be anything: 三轮车堵路 ("tricycles block the road") ends like the name of a road.
    """
    if not unknown:
        return False
    return bool(_HOUSE_FIRST.match(text)) or re.search(re.escape(unknown) + r"\s*\d+\s*[号弄]", text) is not None
