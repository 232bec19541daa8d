"""Streets that a text in Latin letters nearly names: one typo, or a suffix or direction left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import dropwhile, groupby

from rapidfuzz.distance import OSA

from streetchief.matching.address_context import begins_cleanly, is_name_word, runs_on
from streetchief.matching.address_latin import LatinNames
from streetchief.matching.address_parts import Parts, parse, split_words
from streetchief.matching.address_words import (
    CROSSING_WORDS,
    DIRECTIONS,
    JOINTS,
    LEAD_INS,
    ORDINALS,
    SUFFIXES,
    is_number,
)

_IN_WORDS = {figures: word for word, figures in ORDINALS.items()}
_LONG_ENOUGH = 4
"""Letters that a name needs before one typo is forgiven: Elm and Elk are two streets."""
_TYPO_RANK = 2
"""Ranks: 0 nothing but the suffix left out, 1 a direction left out or added, from 2 on the same with a typo."""


def likeness(names: LatinNames, text: str) -> Callable[[int], int | None]:
    """How likely the text nearly names a street, by its position: the lower, the liker; None = not at all."""
    words, _ = split_words(text)
    taken = [False] * len(words)
    for claim in names.claims(words):
        taken[claim.start : claim.end] = [True] * (claim.end - claim.start)
    pieces = [
        (end - start, piece)
        for start, end in _windows(words, taken, names.longest)
        if begins_cleanly(start, piece := parse(tuple(words[start:end])), words, taken)
        and not _goes_on(end, piece, words, taken)
    ]

    def rank(position: int) -> int | None:
        ranks: list[int] = []
        for parts in names.parts_of.get(position, ()):
            longest = len(parts.text.split()) + 1
            found = (_likeness(names, piece, parts) for length, piece in pieces if length <= longest)
            ranks.extend(r for r in found if r is not None)
        return min(ranks, default=None)

    return rank


def is_bare(names: LatinNames, text: str) -> bool:
    """Whether the text is an address whose street lacks a part; see `StreetNames.is_bare`."""
    words, _ = split_words(text)
    if not words or "," in words or not (is_number(words[0]) or words[0] in CROSSING_WORDS):
        return False
    runs = [list(run) for joint, run in groupby(words, JOINTS.__contains__) if not joint]
    named = (tuple(dropwhile(lambda word: is_number(word) or word in CROSSING_WORDS, run)) for run in runs)
    return any(_has_core(names, name) for name in named if name)


def _has_core(names: LatinNames, words: tuple[str, ...]) -> bool:
    piece = parse(words)
    return piece.core_key in names.suffixes_of or piece.core_key + piece.suffix in names.suffixes_of


def _windows(words: list[str], taken: list[bool], longest: int) -> Iterable[tuple[int, int]]:
    """Pieces of the text that may be a name: no sign, no lead-in, no word of another claim."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            if taken[end - 1] or words[end - 1] == "," or words[start] in LEAD_INS:
                break
            yield start, end


def _goes_on(end: int, piece: Parts, words: list[str], taken: list[bool]) -> bool:
    """Whether the words behind belong to the name as written: its suffix, its quarter, or more of its core."""
    if end == len(words) or taken[end]:
        return False
    word = words[end]
    last = end + 1 == len(words) or not is_name_word(words[end + 1])
    if word in SUFFIXES and (not piece.suffix or last):
        return True
    if word in DIRECTIONS and not piece.after and (last or len(word) == 2):
        return True
    return not piece.suffix and runs_on(end, words)


def _likeness(names: LatinNames, piece: Parts, parts: Parts) -> int | None:
    """How a piece, read as a name, may mean the name `parts`; None if it may not."""
    if piece.suffix and parts.suffix and parts.core[-1] == piece.suffix and piece.key not in names.streets:
        piece = Parts(piece.before, (*piece.core, piece.suffix), "", piece.after)  # "Blue Hill" of Blue Hill Avenue
    same_core = piece.core_key == parts.core_key
    if piece.suffix and parts.suffix and piece.suffix != parts.suffix:
        return None
    if piece.suffix and not parts.suffix and not same_core:
        return _misspelt_suffix(names, piece, parts)
    written, given = {piece.before, piece.after} - {""}, {parts.before, parts.after} - {""}
    if not (written <= given or given <= written):
        return None
    rank = int(written != given)
    if same_core:
        return None if piece.key in names.streets and not rank and piece.suffix == parts.suffix else rank
    if piece.core_key in SUFFIXES:
        return None  # "the street" is no misspelt K Street
    if not piece.suffix and parts.suffix and _is_typo(piece.core_key, parts.core_key + parts.suffix):
        return None if piece.core_key in names.suffixes_of else rank + _TYPO_RANK  # "Washington Stret"
    if not _is_typo(piece.core_key, _spelled_out(parts.core, piece.core)):
        return None
    elsewhere = names.suffixes_of.get(piece.core_key, frozenset())
    if elsewhere and (not piece.suffix or piece.suffix in elsewhere):
        return None  # as written it is the name of another street of the network
    return rank + _TYPO_RANK


def _misspelt_suffix(names: LatinNames, piece: Parts, parts: Parts) -> int | None:
    """A name of one word that ends like a suffix, misspelt: "Jamaica Way" with a wrong letter, for Jamaicaway."""
    if piece.core_key in names.suffixes_of or piece.before or piece.after:
        return None
    return _TYPO_RANK if _is_typo(piece.core_key + piece.suffix, parts.core_key) else None


def _spelled_out(core: tuple[str, ...], written: tuple[str, ...]) -> str:
    """The core without spaces; its ordinals in words where the written one has no figures ("Fifht" for 5th)."""
    if any(word[0].isdecimal() for word in written):
        return "".join(core)
    return "".join(_IN_WORDS.get(word, word) for word in core)


def _is_typo(written: str, name: str) -> bool:
    """Whether one wrong, missing, doubled or transposed letter parts the two; figures are never typos."""
    if len(name) < _LONG_ENOUGH or any(c.isdecimal() for c in written + name):
        return False
    return OSA.distance(written, name, score_cutoff=1) == 1
