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

_CROSSING_FIRST = re.compile(r"\s*(?:intersection|corner)\s+(?:of\s+)?[^\W\d]", re.IGNORECASE)
_HOUSE_AND_NAME = re.compile(r"\s*(?:\d+[A-Za-z]?(?:\s*-\s*\d+[A-Za-z]?)?)(?:\s+[A-Z][\w'’.]*){1,3}\s*")
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

    A street that is named in full and in reach outranks a misspelt one, unless the two make a crossing; one that is
    named in full but is out of reach says that text and point do not belong together, unless it is said to cross a
    misspelt one in reach.  So does a bare "155 Kilsyth" where no Kilsyth Road is in reach.  A street that the network
    does not have is heard too, where the text gives it a house number or calls it a crossing: without every third
    street of Boston's network 90 % of the rows that name a missing one, and none of the 51,000 rows that name a
    street of the whole one.  Any other text says nothing.
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
        other = names.fuzzy(text, streets) if _half_read(reading) else frozenset()
        if chosen:
            return Heard.NAMED, chosen | other
        return (Heard.NEARLY_NAMED, other) if other else (Heard.ELSEWHERE, chosen)
    chosen = names.fuzzy(text, streets)
    if chosen:
        return Heard.NEARLY_NAMED, chosen
    if not reading.unknown and names.is_bare(text):
        return Heard.ELSEWHERE, chosen
    return Heard.UNKNOWN if _is_address(text, reading.unknown) else Heard.NOTHING, chosen


def _half_read(reading: Reading) -> bool:
    """Whether the text speaks of a crossing of which only one street is spelt as in the network."""
    return reading.crossing and (len(reading.tokens) == 1 or bool(reading.unknown))


def _is_address(text: str, unknown: str) -> bool:
    """Whether a street-like word is plainly a street: a house number stands with it, before it or as 号 behind it.

    Without one it may be anything: 三轮车堵路 ("tricycles block the road") ends like the name of a road.  Where no
    word is like a street, a house number with nothing but names behind it is an address none the less ("24 Seavre").
    """
    if not unknown:
        return _HOUSE_AND_NAME.fullmatch(text) is not None
    housed = _HOUSE_FIRST.match(text) or _CROSSING_FIRST.match(text)
    return bool(housed) or re.search(re.escape(unknown) + r"\s*\d+\s*[号弄]", text) is not None
