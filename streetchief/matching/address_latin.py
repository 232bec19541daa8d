"""Streets named in a text in Latin letters: dictionary look-ups of pieces of the text, longest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from streetchief.matching.address_context import Claim, fits, street_like
from streetchief.matching.address_parts import Parts, name_parts, parse, split_words, variants
from streetchief.matching.address_reading import NOTHING, Reading
from streetchief.matching.address_words import ASIDE, CROSSING_WORDS, DIRECTIONS, INNER, JOINTS, SUFFIXES

_HEAD = 3


@dataclass(frozen=True, slots=True)
class LatinNames:
    """The names of a network in Latin letters, made for look-ups.

    streets      key of a name (see `Parts.key`) → positions of the streets that bear it
    parts_of     position → its name and aliases, taken apart
    suffixes_of  core without spaces → suffixes under which the network has it
    heads        first letters of all keys; a piece of text that starts otherwise is no name
    longest      words of the longest name
    """

    streets: Mapping[str, frozenset[int]]
    parts_of: Mapping[int, tuple[Parts, ...]]
    suffixes_of: Mapping[str, frozenset[str]]
    heads: frozenset[str]
    longest: int

    @classmethod
    def of(cls, names: Iterable[tuple[int, str]]) -> LatinNames:
        """From (position, name) pairs; a position may come several times, with its aliases."""
        parts_of: dict[int, list[Parts]] = defaultdict(list)
        for position, name in names:
            parts_of[position].extend(name_parts(name))
        keys: dict[str, set[int]] = defaultdict(set)
        other: dict[str, set[int]] = defaultdict(set)
        other_texts: dict[str, set[str]] = defaultdict(set)
        suffixes_of: dict[str, set[str]] = defaultdict(set)
        for position, found in parts_of.items():
            for parts in found:
                keys[parts.key].add(position)
                suffixes_of[parts.core_key].add(parts.suffix)
                for key in variants(parts):
                    other[key].add(position)
                    other_texts[key].add(parts.text)
        streets = {key: frozenset(at) for key, at in other.items() if key not in keys and len(other_texts[key]) == 1}
        streets |= {key: frozenset(at) for key, at in keys.items()}
        return cls(
            streets,
            {position: tuple(found) for position, found in parts_of.items()},
            {core: frozenset(found) for core, found in suffixes_of.items()},
            frozenset(key[:_HEAD] for key in streets),
            max((len(parts.text.split()) for found in parts_of.values() for parts in found), default=0) + 1,
        )

    def read(self, text: str) -> Reading:
        """The streets that the text names; see `StreetNames.read`."""
        words, spans = split_words(text)
        if not words:
            return NOTHING
        claims = self.claims(words)
        unknown = street_like(words, claims)
        aside = _first_aside(words, claims, unknown)
        kept = [claim for claim in claims if claim.start < aside]
        return Reading(
            exact=frozenset().union(*(claim.streets for claim in kept)),
            crossing=_is_crossing(words[:aside], kept, unknown),
            tokens=tuple(text[spans[claim.start][0] : spans[claim.end - 1][1]] for claim in kept),
            unknown=next((parse(tuple(words[start:end])).text for start, end in unknown if start < aside), ""),
        )

    def claims(self, words: list[str]) -> list[Claim]:
        """Which pieces of the text are names of the network, in their order; no two overlap, the longest wins."""
        found = self._candidates(words)
        # of equal length, a piece that starts with a bare number comes last: in "12 Court Street" the 12 is a house
        found.sort(key=lambda claim: (claim.start - claim.end, words[claim.start].isdecimal(), claim.start))
        taken = [False] * len(words)
        chosen: list[Claim] = []
        for claim in found:
            if not any(taken[claim.start : claim.end]) and fits(claim, words, taken):
                taken[claim.start : claim.end] = [True] * (claim.end - claim.start)
                chosen.append(claim)
        return sorted(chosen, key=lambda claim: claim.start)

    def _candidates(self, words: list[str]) -> list[Claim]:
        found = []
        for start in range(len(words)):
            if not self._may_start(words[start]):
                continue
            for end in range(start + 1, min(start + self.longest, len(words)) + 1):
                if words[end - 1] == ",":
                    break
                parts = parse(tuple(words[start:end]))
                streets = self.streets.get(parts.key)
                if streets is not None:
                    found.append(Claim(start, end, parts, streets))
        return found

    def _may_start(self, word: str) -> bool:
        if len(word) < _HEAD or word in ("the", *DIRECTIONS):
            return word != ","
        if word[:_HEAD] in self.heads or word.isdecimal():
            return True
        full = INNER.get(word) or SUFFIXES.get(word)
        return full is not None and full[:_HEAD] in self.heads


def _first_aside(words: list[str], claims: list[Claim], unknown: list[tuple[int, int]]) -> int:
    """Where the text turns from the street to what is near it ("Main St near Elm St"); its end if it never does."""
    first = min([claim.end for claim in claims] + [end for _, end in unknown], default=len(words))
    return next((i for i in range(first, len(words)) if words[i] in ASIDE), len(words))


def _is_crossing(words: list[str], claims: list[Claim], unknown: list[tuple[int, int]]) -> bool:
    if any(word in CROSSING_WORDS for word in words) and claims:
        return True
    spans = sorted([(claim.start, claim.end) for claim in claims] + [span for span in unknown if span[0] < len(words)])
    return any(not JOINTS.isdisjoint(words[end:start]) for (_, end), (start, _) in pairwise(spans))
