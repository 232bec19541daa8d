"""May a piece of an address be believed?  What stands before and behind it decides.

A network never has every name.  "Washington Street" inside "12 New Washington St" is another street's name, and a
wrong claim is worse than none: without a claim the geometry decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from streetchief.matching.address_parts import Parts, is_plain, is_street_word
from streetchief.matching.address_words import BREAKS, DIRECTIONS, HOUSE_EXTRAS, LEAD_INS, SUFFIXES, is_number

_LANDMARK_WORDS = 3
"""So many words before a street name, with no house number, are a sentence or a landmark, not part of the name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Words [start, end) of a text are the name of `streets`."""

    start: int
    end: int
    parts: Parts
    streets: frozenset[int]


def fits(claim: Claim, words: list[str], taken: list[bool]) -> bool:
    """Whether nothing around the words makes them part of another name.

    taken  which words belong to longer names that were believed already
    """
    if not begins_cleanly(claim.start, claim.parts, words, taken) or not _ends_cleanly(claim, words, taken):
        return False
    number_first = words[claim.start].isdecimal() and len(claim.parts.core) == 1 and claim.parts.suffix
    if number_first and runs_on(claim.end, words):
        return False  # "12 St Marks Place" is not 12th Street
    return claim.parts.says_street or _stands_as_street(claim, words, taken)


def begins_cleanly(start: int, parts: Parts, words: list[str], taken: list[bool]) -> bool:
    """Whether no word before `start` belongs to the name that starts there."""
    first = _run_start(start, words, taken)
    if first == start:
        return True
    if words[start - 1] in DIRECTIONS and not parts.before:
        return False
    if first > 0 and words[first - 1] != ",":
        return False
    return start - first >= _LANDMARK_WORDS


def _run_start(start: int, words: list[str], taken: list[bool]) -> int:
    """First of the plain words that stand unbroken before `start`."""
    first = start
    while first > 0 and not taken[first - 1] and is_plain(words[first - 1]):
        word = words[first - 1]
        if word in LEAD_INS or word in BREAKS or word in ("the", "in") or is_street_word(word):
            break
        house_letter = (len(word) == 1 and word not in DIRECTIONS) or word in HOUSE_EXTRAS
        if house_letter and first > 1 and is_number(words[first - 2]):
            break
        first -= 1
    return first


def _ends_cleanly(claim: Claim, words: list[str], taken: list[bool]) -> bool:
    end = claim.end
    if end == len(words) or taken[end]:
        return True
    word = words[end]
    last = end + 1 == len(words) or taken[end + 1] or not is_name_word(words[end + 1])
    if word in SUFFIXES and (last or words[end + 1] in DIRECTIONS):
        return False  # "Park Street Place" is not Park Street
    if word in DIRECTIONS and not claim.parts.after:
        return len(word) != 2 and not last  # "Main St South Boston" is a district, "Main St S" another street
    return True


def is_name_word(word: str) -> bool:
    """Whether the word may go on with a name: plain, and neither lead-in nor break."""
    return is_plain(word) and word not in LEAD_INS and word not in BREAKS


def runs_on(start: int, words: list[str]) -> bool:
    """Whether the plain words from `start` run on to a word that says street."""
    for word in words[start:]:
        if not is_name_word(word):
            return False
        if is_street_word(word):
            return True
    return False


def _stands_as_street(claim: Claim, words: list[str], taken: list[bool]) -> bool:
    """Whether a name that does not say "street" ("Broadway") stands where a street is named."""
    if runs_on(claim.end, words):
        return False
    if claim.start == 0:
        return claim.end == len(words) or taken[claim.end] or not is_plain(words[claim.end]) or (
            words[claim.end] in LEAD_INS
        )  # fmt: skip
    before = words[claim.start - 1]
    if is_number(before):
        return True
    if before in LEAD_INS:
        return claim.end == len(words) or taken[claim.end] or not is_name_word(words[claim.end])
    return (before in HOUSE_EXTRAS or len(before) == 1) and claim.start > 1 and is_number(words[claim.start - 2])


def street_like(words: list[str], claims: list[Claim]) -> list[tuple[int, int]]:
    """Spans of words that look like a street but were not claimed, in their order."""
    taken = [False] * len(words)
    for claim in claims:
        taken[claim.start : claim.end] = [True] * (claim.end - claim.start)
    spans: list[tuple[int, int]] = []
    for i, word in enumerate(words):
        if taken[i] or not is_street_word(word) or (spans and i < spans[-1][1]) or _opens_name(i, words):
            continue
        start = _run_start(i, words, taken)
        bare_number = i > 0 and start == i and words[i - 1].isdecimal() and not taken[i - 1]
        if start == i and not bare_number:
            continue
        end = i + 1
        while end < len(words) and not taken[end] and _goes_with(end, words):
            end += 1
        spans.append((start - bare_number, end))
    return spans


def _opens_name(i: int, words: list[str]) -> bool:
    """Whether a "St" or "Dr" is Saint or Doctor: a name word behind it, none before it."""
    if words[i] not in ("st", "dr") or i + 1 == len(words) or not is_name_word(words[i + 1]):
        return False
    before = words[i - 1] if i else ","
    return words[i + 1] not in SUFFIXES and (before in DIRECTIONS or not is_name_word(before))


def _goes_with(i: int, words: list[str]) -> bool:
    """Whether the word behind a street-like name belongs to it: another suffix, or the direction at its end."""
    last = i + 1 == len(words) or not is_name_word(words[i + 1])
    return words[i] in SUFFIXES or (words[i] in DIRECTIONS and (last or len(words[i]) == 2))
