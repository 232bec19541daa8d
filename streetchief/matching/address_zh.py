"""Streets named in a Chinese text: longest dictionary match, since Chinese puts no space between words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from streetchief.matching.address_reading import NOTHING, Reading
from streetchief.matching.address_zh_text import (
    AREA,
    ASIDE,
    CROSSING,
    HAN,
    JOINT,
    LEAD_IN_RUN,
    LEAD_INS,
    LONGER_NAME,
    NO_NAME,
    PLACE,
    STREET_LIKE,
    bare_name,
    core,
    has_han,
    normalise_zh,
    section,
    suffix,
    without_direction,
    without_section,
    without_suffix,
)  # fmt: skip

Span = tuple[int, int]

_LONG_ENOUGH = 4
"""Characters that a name needs before one wrong character is forgiven: 玉兰路 and 玉林路 are two streets."""
_FIXED = frozenset("一二三四五六七八九十东西南北中上下前后内外正横新老大小0123456789")
"""Characters that are never a typo: 一巷 and 二巷, 东街 and 西街, 前街 and 后街 are two streets."""
_PART_DROPPED, _TYPO = 1, 2


@dataclass(frozen=True, slots=True)
class ChineseNames:
    """The Chinese names of a network, made for look-ups.

    streets   normalised name → positions of the streets that bear it
    names_of  position → its name and aliases, normalised
    lengths   first character → lengths of the names that start with it, longest first
    """

    streets: Mapping[str, frozenset[int]]
    names_of: Mapping[int, tuple[str, ...]]
    lengths: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, names: Iterable[tuple[int, str]]) -> ChineseNames:
        """From (position, name) pairs; a position may come several times, with its aliases."""
        names_of: dict[int, list[str]] = defaultdict(list)
        streets: dict[str, set[int]] = defaultdict(set)
        lengths: dict[str, set[int]] = defaultdict(set)
        for position, entry in names:
            for name in chinese_names(entry):
                names_of[position].append(name)
                streets[name].add(position)
                lengths[name[0]].add(len(name))
        return cls(
            {name: frozenset(at) for name, at in streets.items()},
            {position: tuple(found) for position, found in names_of.items()},
            {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
        )

    def read(self, text: str) -> Reading:
        """The streets that the text names; see `StreetNames.read`."""
        plain = normalise_zh(text)
        claims = self._claims(plain)
        unknown = _street_like(plain, claims)
        if not claims and not unknown:
            return NOTHING
        aside = ASIDE.search(plain, min(end for _, end in claims + unknown))
        until = aside.start() if aside else len(plain)
        kept = [plain[start:end] for start, end in claims if start < until]
        spans = sorted(span for span in claims + unknown if span[0] < until)
        joined = any(JOINT.fullmatch(plain[end:start]) for (_, end), (start, _) in pairwise(spans))
        return Reading(
            exact=frozenset().union(*(self.streets[name] for name in kept)),
            crossing=bool(kept) and (joined or bool(len(spans) > 1 and CROSSING.search(plain[:until]))),
            tokens=tuple(kept),
            unknown=next((plain[start:end] for start, end in unknown if start < until), ""),
        )

    def _claims(self, text: str) -> list[Span]:
        """Spans of the text that are names of the network; read from the left, the longest name first."""
        claims: list[Span] = []
        start = bound = 0
        while start < len(text):
            end = next((e for e in self._ends(text, start) if _fits(text, (start, e), bound)), None)
            if end is None:
                start += 1
            else:
                claims.append((start, end))
                start = bound = end
        return claims

    def _ends(self, text: str, start: int) -> Iterable[int]:
        for length in self.lengths.get(text[start], ()):
            if text[start : start + length] in self.streets:
                yield start + length

    def likeness(self, text: str) -> Callable[[int], int | None]:
        """How likely the text nearly names a street, by its position: 1 a part left out, 2 a typo, None not at all."""
        plain = normalise_zh(text)
        claims = self._claims(plain)
        written = [plain[start:end] for start, end in _street_like(plain, claims)]
        rest = _blanked(plain, claims)

        def rank(position: int) -> int | None:
            ranks: list[int] = []
            for name in self.names_of.get(position, ()):
                ranks.extend(rank for run in written for rank in self._likeness(run, name))
                if _stands_alone(without_suffix(name), rest) or (not claims and _names_place(name, plain)):
                    ranks.append(_PART_DROPPED)
            return min(ranks, default=None)

        return rank

    def _likeness(self, run: str, name: str) -> Iterable[int]:
        """In which ways a street-like piece of the text may mean a name."""
        for tail in (run, *(run[i:] for i in range(2, len(run) - 2))):  # without a town or a landmark before it
            if tail in self.streets:
                continue
            less_section = without_section(tail) == without_section(name) and not (section(tail) and section(name))
            if less_section or without_direction(tail) == name or without_direction(name) == tail:
                yield _PART_DROPPED
            elif _is_typo(tail, name):
                yield _TYPO


def chinese_names(entry: str) -> list[str]:
    """The normalised names that one entry of a street file holds; 甲路;乙路 holds two, a bracket is dropped."""
    pieces = re.split(r"[;；/|]", re.sub(r"[(（\[【].*?[)）\]】]", "", entry))
    names = (bare_name(normalise_zh(piece)) for piece in pieces if has_han(piece))
    return [name for name in names if len(name) > 1]


def _fits(text: str, span: Span, bound: int, *, of_place: bool = False) -> bool:
    """Whether the span may be a whole name, by what stands before it (since the last claim) and behind it.

    和平南路 is no 平南路: one odd character before a name belongs to it.  Two or more may be a town or a sentence;
    then the name must be long enough to stand by itself.  With `of_place` it may be the first part of a place's name.
    """
    start, end = span
    name, behind = text[start:end], text[end:]
    first = start
    while first > bound and re.match(f"[{HAN}a-z]", text[first - 1]):
        first -= 1
    before = text[first:start]
    if not suffix(without_section(name)):  # 胜利村, 锦里: only where a number, a joint or nothing follows
        return not before and (not has_han(behind[:1]) or JOINT.match(behind) is not None)
    if AREA.match(behind) or LONGER_NAME.match(behind) or (PLACE.match(behind) and not of_place):
        return False
    if not before or before.endswith(LEAD_INS) or (first == bound > 0 and JOINT.fullmatch(before)):
        return True
    return len(before) > 1 and len(core(name)) > 1


def _street_like(text: str, claims: list[Span]) -> list[Span]:
    """Spans that end like a street but were not claimed."""
    spans = []
    edges = [0, *(edge for claim in claims for edge in claim), len(text)]
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        for found in STREET_LIKE.finditer(text, left, right):
            start, end = found.span()
            joint = JOINT.match(text, start)
            if joint and start == left > 0:
                start = joint.end()
            lead = LEAD_IN_RUN.match(text, start, end)
            start = lead.end() if lead else start
            more = LONGER_NAME.match(text, end, right)
            end = more.end() if more else end
            name = text[start:end]
            if (
                len(name) > 2
                and not name.endswith(NO_NAME)
                and not AREA.match(text, end)
                and not PLACE.match(text, end)
            ):
                spans.append((start, end))
    return spans


def _is_typo(written: str, name: str) -> bool:
    """Whether one wrong, missing, doubled or transposed character parts the two; figures, directions, suffix stay."""
    if suffix(without_section(written)) != suffix(without_section(name)):
        return False
    if [c for c in written if c in _FIXED] != [c for c in name if c in _FIXED]:
        return False
    transposed = sorted(written) == sorted(name) and len(name) > 2
    if not transposed and min(len(written) + 1, len(name)) < _LONG_ENOUGH:
        return False
    return OSA.distance(written, name, score_cutoff=1) == 1


def _blanked(text: str, claims: list[Span]) -> str:
    for start, end in claims:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _names_place(name: str, text: str) -> bool:
    """Whether a place in the text is called after the street: 明珠路小学."""
    start = text.find(name)
    end = start + len(name)
    return start >= 0 and PLACE.match(text, end) is not None and _fits(text, (start, end), 0, of_place=True)


def _stands_alone(bare: str, text: str) -> bool:
    """Whether a name without its suffix stands in the text as a word of its own."""
    if not bare or bare not in text:
        return False
    return re.search(
        rf"(?<![{HAN}a-z]){bare}(?![{HAN}a-z])|(?:^|(?<=[^{HAN}a-z])|(?<=[与和及跟同])){bare}"
        rf"(?=[与和及跟同]|交叉|交汇|附近|对面|路口|街口|$)",
        text,
    ) is not None  # fmt: skip
