"""What the texts of a batch say about the candidates of its points."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

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
    """Read the texts of the chunk of points that `found` belongs to; each distinct text, and each pair of a text and
    a street in its reach, is weighed once.

    A street that is named in full and in reach outranks a misspelt one, unless the two make a crossing; one that is
    named in full but is out of reach says that text and point do not belong together, unless it is said to cross a
    misspelt one in reach.  So does a bare "155 Kilsyth" where no Kilsyth Road is in reach.  A street that the network
    does not have is heard too, where the text gives it a house number or calls it a crossing: without every third
    street of Boston's network 90 % of the rows that name a missing one, and none of the 51,000 rows that name a
    street of the whole one.  Any other text says nothing.
    """
    number_of = {text: number for number, text in enumerate(dict.fromkeys(filter(None, texts)))}
    told = [_Told.of(names, text) for text in number_of]
    of = np.array([number_of.get(text, -1) if text else -1 for text in texts], dtype=np.int64)
    said = np.array([*(t.alone for t in told), Heard.NOTHING], dtype=np.int8)[of]
    named = np.zeros(len(found), dtype=np.bool_)
    near = np.flatnonzero((found.distance_m <= reach_m) & (of[found.point] >= 0))
    point = found.point[near]
    rank = _ranks(told, of[point], found.street[near])
    misspelt = (rank != _UNLIKE) & (rank != _IN_FULL)
    likest = np.full(len(texts), _UNLIKE)
    np.minimum.at(likest, point[misspelt], rank[misspelt])
    named[near] = (rank == _IN_FULL) | (misspelt & (rank == likest[point]))
    said[point[misspelt]] = Heard.NEARLY_NAMED
    said[point[rank == _IN_FULL]] = Heard.NAMED
    return Hearing(said, named)


_IN_FULL, _UNLIKE = 0, 1 << 30


@dataclass(frozen=True, slots=True)
class _Told:
    """One text, read.

    alone   what it says where it names no street in reach
    nearly  how likely it means a street by a misspelling, where that counts (`StreetNames.likeness`)
    """

    exact: frozenset[int]
    nearly: Callable[[int], int | None] | None
    alone: Heard

    @classmethod
    def of(cls, names: StreetNames, text: str) -> Self:
        reading = names.read(text)
        if reading.exact:
            return cls(reading.exact, names.likeness(text) if _half_read(reading) else None, Heard.ELSEWHERE)
        if not reading.unknown and names.is_bare(text):
            alone = Heard.ELSEWHERE
        else:
            alone = Heard.UNKNOWN if _is_address(text, reading.unknown) else Heard.NOTHING
        return cls(reading.exact, names.likeness(text), alone)

    def rank(self, street: int) -> int:
        """The lower, the surer that this street is meant."""
        if street in self.exact:
            return _IN_FULL
        likeness = None if self.nearly is None else self.nearly(street)
        return _UNLIKE if likeness is None else _IN_FULL + 1 + likeness


def _ranks(told: Sequence[_Told], of: NDArray[np.int64], street: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rank of every pair of a text (position in `told`) and a street."""
    many = int(street.max(initial=0)) + 1
    pairs, which = np.unique(of * many + street, return_inverse=True)
    ranks = [told[pair // many].rank(pair % many) for pair in pairs.tolist()]
    return np.array(ranks, dtype=np.int64)[which]


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
