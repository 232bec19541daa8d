"""One name in Latin letters, taken apart: direction, core, suffix, quarter.

A piece of an address is read *as if it were a name*, by the same function as the names of the network, so that both
sides always agree: in "12 St Botolph St" the piece "St Botolph St" is Saint Botolph Street.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from streetchief.matching.address_words import (
    COMPOUND_ENDINGS,
    DIRECTIONS,
    INNER,
    LEADING_WORDS,
    ORDINALS,
    STRONG_SUFFIXES,
    SUFFIXES,
    TENS,
    TITLES,
    UNITS,
    is_number,
    ordinal,
)  # fmt: skip

_TOKEN = re.compile(r"\d+/\d+(?!\d)|[^\W_]+(?:['’`´ʼ][^\W_]+)*|[&@/,;()|+\n#]")
_LOWER_WORD = re.compile(r"\s+([a-z]+)\b")
_SIGNS = {"&": "and", "+": "and", "@": "at", "/": "/"}
_TITLE_WORDS = frozenset(TITLES.values())
_FOLDS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Parts:
    """A name taken apart; every word in full, "" where there is none.

    before   direction before the core ("north"), `after` the one behind the suffix ("northwest")
    core     the words between
    suffix   "street", "avenue", …
    """

    before: str
    core: tuple[str, ...]
    suffix: str
    after: str

    @property
    def text(self) -> str:
        """The whole name, words separated by one space."""
        return " ".join(word for word in (self.before, *self.core, self.suffix, self.after) if word)

    @property
    def key(self) -> str:
        """The whole name without spaces: "Jo-Anne", "Jo Anne" and "Joanne" are one."""
        return self.before + self.core_key + self.suffix + self.after

    @property
    def core_key(self) -> str:
        """The core without spaces."""
        return "".join(self.core)

    @property
    def says_street(self) -> bool:
        """Whether the name itself says that it is a street; "Broadway" and "Lafayette" do not."""
        if len(self.core) == 1:
            return bool(self.suffix) or self.core[0].endswith(COMPOUND_ENDINGS)
        return bool(self.suffix) or self.core[0] in LEADING_WORDS or not STRONG_SUFFIXES.isdisjoint(self.core)


def split_words(text: str, *, prose: bool = True) -> tuple[list[str], list[tuple[int, int]]]:
    """Folded words and signs of a text, and where in the text each was written.

    Folded: lower case, no accents, no apostrophes; ordinals in figures ("third" → "3rd", "twenty-first" → "21st");
    "&" is "and", "@" is "at", other signs are ","; in prose the article "a" is "the".
    Hyphens and full stops only separate.
    """
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for found in _TOKEN.finditer(text):
        word = _fold(found.group())
        if not word:
            continue
        joined = _joined(words[-1], word, text[spans[-1][1] : found.start()]) if words else None
        if joined:
            words[-1], spans[-1] = joined, (spans[-1][0], found.end())
        else:
            article = prose and word == "a" and _is_article(words[-1:], text[found.end() :])
            words.append("the" if article else ORDINALS.get(word, word))
            spans.append(found.span())
    return words, spans


def _is_article(before: list[str], behind: str) -> bool:
    """Whether an "a" is the article ("a street light"), not the letter of A Street, 12a or Avenue A."""
    following = _LOWER_WORD.match(behind)
    if following is None or (before and (is_number(before[0]) or is_street_word(before[0]))):
        return False
    return SUFFIXES.get(following.group(1), following.group(1)) == following.group(1)


def _joined(before: str, word: str, between: str) -> str | None:
    """The one word that two words make ("twenty-first", "N.W."); None if they are two."""
    if before in TENS and word in UNITS:
        return ordinal(TENS[before] + UNITS[word])
    return before + word if between == "." and before in ("n", "s") and word in ("e", "w") else None


def _fold(token: str) -> str:
    if not token[0].isalnum():
        return _SIGNS.get(token, ",")
    if not token.isascii():
        token = unicodedata.normalize("NFKD", token.casefold().translate(_FOLDS))
        token = "".join(c for c in token if c.isalnum() or c == "/")
    return token.replace("'", "").lower()


@lru_cache(maxsize=1 << 16)
def parse(words: tuple[str, ...]) -> Parts:
    """The words of one name (from `split_words`, at least one) taken apart.

    A direction counts only where a core is left beside it: "E Street" and "East Street" are streets called E and
    East, and differ; "Avenue N" is a street called N.
    """
    rest = _without_fillers(words)
    after = suffix = before = ""
    head = SUFFIXES.get(rest[0], rest[0])
    if head in LEADING_WORDS and len(rest) == 2 and rest[1] in DIRECTIONS:
        return Parts("", (head, rest[1]), "", "")
    if len(rest) > 1 and rest[-1] in DIRECTIONS:
        after = DIRECTIONS[rest.pop()]
    if len(rest) > 1 and rest[-1] in SUFFIXES:
        suffix = SUFFIXES[rest.pop()]
    if len(rest) > 1 and rest[0] in DIRECTIONS:
        before = DIRECTIONS[rest.pop(0)]
    return Parts(before, _core(rest, bool(suffix)), suffix, after)


def _without_fillers(words: Sequence[str]) -> list[str]:
    """The words without the articles at the head and without "No." before a number."""
    rest: list[str] = []
    for word in words:
        while len(rest) > 1 and word.isdecimal() and rest[-1] in ("no", "number"):
            rest.pop()
        if rest == ["the"]:
            rest.clear()
        rest.append(word)
    return rest


def _core(words: Sequence[str], has_suffix: bool) -> tuple[str, ...]:
    if len(words) == 1 and words[0].isdecimal() and has_suffix:
        return (ordinal(int(words[0])),)  # "127 Street"
    if len(words) == 1 and not has_suffix and len(words[0]) > 5 and words[0].endswith("str"):
        return (words[0] + "asse",)  # "Hauptstr."
    if has_suffix and words[-1].isdecimal() and words[0].isalpha() and words[-2].isalpha():
        words = [*words[:-1], ordinal(int(words[-1]))]  # "Beach 116 Street"
    last = len(words) - 1
    full = []
    for i, word in enumerate(words):
        ends = i == last and i > 0  # "Park St Pl": the first street of two
        one, other = (SUFFIXES, INNER) if ends else (INNER, SUFFIXES)
        full.append(one.get(word) or other.get(word, word))
    return tuple(full)


def name_parts(name: str) -> tuple[Parts, ...]:
    """The names that one entry of a street file holds: "Main Street;Elm Street" holds two, a bracket is dropped."""
    pieces = re.split(r"[;/|]", re.sub(r"\(.*?\)|\[.*?\]", " ", name))
    found = []
    for piece in pieces:
        words = [word for word in split_words(piece, prose=False)[0] if word != ","]
        if words:
            found.append(parse(tuple(words)))
    return tuple(found)


def variants(parts: Parts) -> set[str]:
    """Other keys under which a name is commonly written; valid only where they name one street alone.

    Without middle initials, without a title, without "junior"; given names as initials ("M L King"), the whole core
    as an acronym ("VFW"); the direction moved to the other end.
    """
    keys = set()
    for core in _cores(parts.core) if parts.suffix else ():
        keys.add(parts.before + "".join(core) + parts.suffix + parts.after)
    if parts.before and not parts.after:
        keys.add(parts.core_key + parts.suffix + parts.before)
    if parts.after and not parts.before:
        keys.add(parts.after + parts.core_key + parts.suffix)
    return keys - {parts.key}


def _cores(core: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Other ways to write the core; those of persons' names for every core of three words or more."""
    titled = core[0] in _TITLE_WORDS and len(core) > 2
    title, person = (core[:1], core[1:]) if titled else ((), core)
    ways = {person} | _short_names(person)
    if person[-1] == "junior" and len(person) > 2:
        ways |= {person[:-1]} | _short_names(person[:-1])
    return ways | {title + way for way in ways}


def _short_names(person: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Martin Luther King: Martin L King, M L King, MLK; William T Morrissey: William Morrissey."""
    plain = tuple(word for word in person if word not in ("of", "the", "and"))
    last = len(plain) - (2 if plain[-1] == "junior" else 1)  # where the family name stands
    if last < 2 or not all(word.isalpha() for word in plain):
        return set()
    first, middle, family = plain[:1], plain[1:last], plain[last:]
    ways = {first + tuple(word for word in middle if len(word) > 1) + family}
    ways.add(first + tuple(word[0] for word in middle) + family)
    if all(len(word) > 1 for word in plain):
        ways.add(tuple(word[0] for word in plain[:last]) + family)
        ways.add(("".join(word[0] for word in plain[: last + 1]), *plain[last + 1 :]))
    return ways


def is_street_word(word: str) -> bool:
    """Whether the folded word says "street" by itself (in full or short)."""
    return SUFFIXES.get(word) in STRONG_SUFFIXES


def is_plain(word: str) -> bool:
    """Whether the folded word may belong to a name: no number, no sign."""
    return word[0].isalnum() and not is_number(word)
