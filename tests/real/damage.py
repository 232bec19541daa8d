"""Addresses spoilt by a seeded lot: one typo, a suffix or quarter dropped, both, or another row's address.

Nothing here is borrowed from the reader under test: what is a suffix or a quarter is listed anew.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

SUFFIXES = frozenset(
    "st ave rd dr ct pl ln ter way blvd pkwy sq cir hwy pk row park wharf aly street avenue road drive court place "
    "lane terrace boulevard parkway square circle highway alley".split()
)
QUARTERS = frozenset("n s e w ne nw se sw north south east west".split())
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEAD = re.compile(r"^(INTERSECTION\s+|\d+[A-Za-z]?(?:\s*-\s*\d+[A-Za-z]?)?\s+)?(.*)$", re.DOTALL)

Damage = Callable[[str, random.Random], str]


def _on_one_name(damage: Callable[[list[str], random.Random], list[str]], text: str, lot: random.Random) -> str:
    """Spoil one street's name of a text, of a crossing one that the lot picks."""
    head, rest = HEAD.match(text.strip()).groups()  # type: ignore[union-attr]
    names = rest.split(" & ")
    picked = lot.randrange(len(names))
    names[picked] = " ".join(damage(names[picked].split(), lot))
    return (head or "") + " & ".join(names)


def _core(words: list[str]) -> list[int]:
    """Where the words stand that are neither suffix nor quarter, and long enough for a typo: four letters."""
    plain = [i for i, word in enumerate(words) if word.isalpha() and len(word) >= 4]
    return [i for i in plain if word_kind(words, i) == "core"]


def word_kind(words: list[str], i: int) -> str:
    """``suffix``, ``quarter`` or ``core``: a suffix ends a name, a quarter begins it or stands behind the suffix."""
    word = words[i].lower()
    if i > 0 and word in SUFFIXES and all(w.lower() in QUARTERS for w in words[i + 1 :]):
        return "suffix"
    if len(words) > 2 and word in QUARTERS and (i == 0 or i == len(words) - 1):
        return "quarter"
    return "core"


def _misspelt(words: list[str], lot: random.Random) -> list[str]:
    places = _core(words)
    if not places:
        return words
    i = lot.choice(places)
    word, at = words[i], lot.randrange(1, len(words[i]))
    ways = (
        word[:at] + lot.choice([c for c in LETTERS if c != word[at].lower()]) + word[at + 1 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
    )
    return [*words[:i], lot.choice(ways), *words[i + 1 :]]


def _shortened(words: list[str], lot: random.Random) -> list[str]:
    parts = [i for i in range(len(words)) if word_kind(words, i) != "core"]
    if not parts or len(words) < 2:
        return words
    gone = lot.choice(parts)
    return [word for i, word in enumerate(words) if i != gone]


def typo(text: str, lot: random.Random) -> str:
    """One wrong, missing, doubled or transposed letter inside a word of the name."""
    return _on_one_name(_misspelt, text, lot)


def dropped(text: str, lot: random.Random) -> str:
    """The suffix or the quarter left out."""
    return _on_one_name(_shortened, text, lot)


def both(text: str, lot: random.Random) -> str:
    """A part left out and a typo in the same name."""
    return _on_one_name(lambda words, lot: _misspelt(_shortened(words, lot), lot), text, lot)


def spoil(texts: list[str], damage: Damage, seed: int = 20150101) -> list[str]:
    """Each text spoilt with a lot of its own, drawn from the seed and its row."""
    return [damage(text, random.Random(f"{seed} {row} {text}")) for row, text in enumerate(texts)]


def shuffled(texts: list[str], seed: int = 20150101) -> list[str]:
    """The same texts on other rows."""
    mixed = list(texts)
    random.Random(seed).shuffle(mixed)
    return mixed
