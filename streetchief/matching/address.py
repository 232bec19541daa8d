"""Streets named in free text: addresses, crossings, whole sentences, in Chinese and in Latin letters.

What is claimed is claimed with care, since a wrong street is worse than none: a name counts only as a whole, with its
suffix and its direction, and only where the words round it do not make it part of another name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from streetchief.matching.address_fuzzy import is_bare, likeness
from streetchief.matching.address_latin import LatinNames
from streetchief.matching.address_parts import name_parts
from streetchief.matching.address_reading import NOTHING, Reading
from streetchief.matching.address_zh import ChineseNames, chinese_names
from streetchief.matching.address_zh_text import HAN, has_han

__all__ = ["NOTHING", "Reading", "StreetNames", "normalise_name"]

_LATIN_RANK = 10
"""Added to the rank of a Latin name: it counts only where no Chinese one is near."""


def normalise_name(text: str) -> str:
    """One written form of a street's name, for names of the network and names in texts alike.

    Latin: lower case, no accents, suffixes, directions, titles and Saint in full, ordinals in figures ("W Third St"
    → ``west 3rd street``, "127 STREET" → ``127th street``).  Chinese: half-width, simplified, no spaces, 3段 as 三段.
    Of a text that holds several names (a ";" between) the first.  "" where there is no name.
    """
    if has_han(text):
        return next(iter(chinese_names(text)), "")
    return next((parts.text for parts in name_parts(text)), "")


@dataclass(frozen=True, slots=True)
class StreetNames:
    """The names of the streets of a network, made for look-ups.  Immutable; may be pickled."""

    latin: LatinNames
    chinese: ChineseNames

    @classmethod
    def of(cls, names: Sequence[str | None], aliases: Sequence[tuple[str, ...]] = ()) -> StreetNames:
        """From the names of all streets, None where one has none, and their aliases (old names, other spellings).

        Positions in `names` are what `read` and `likeness` speak of.  `aliases` is empty or as long as `names`; an
        alias counts as much as the name.  Several streets may bear one name.
        """
        if aliases and len(aliases) != len(names):
            raise ValueError("aliases must be empty or as long as names")
        entries = list(_entries(names, aliases))
        return cls(
            LatinNames.of((position, latin) for position, name in entries if (latin := _latin_part(name))),
            ChineseNames.of((position, name) for position, name in entries if has_han(name)),
        )

    def read(self, text: str | None) -> Reading:
        """What the text says about the streets; `NOTHING` for an empty text.

        Of "X between Y and Z", "X near Y" and X路近Y路 only X is taken, of a crossing both streets.
        """
        if not text:
            return NOTHING
        reading = self.chinese.read(text) if self.chinese.streets and has_han(text) else NOTHING
        latin = _latin_part(text) if self.latin.streets and not reading.exact else ""
        return self.latin.read(latin) if latin else reading

    def likeness(self, text: str) -> Callable[[int], int | None]:
        """How likely the text nearly names a street, by its position: the lower, the liker; None = not at all.

        Forgiven are one typo (a wrong, missing, doubled or transposed letter), a missing suffix, section or
        direction.  Never forgiven: another suffix (Ct for St, 街 for 路), another direction, another number, and
        anything where the name as written is that of another street of the network.  A dropped part is liker than a
        typo, a Chinese name liker than a Latin one.
        """
        chinese = self.chinese.likeness(text) if self.chinese.streets and has_han(text) else None
        latin_text = _latin_part(text) if self.latin.streets else ""
        latin = likeness(self.latin, latin_text) if latin_text else None

        def rank(position: int) -> int | None:
            found = None if chinese is None else chinese(position)
            if found is None and latin is not None:
                found = latin(position)
                return None if found is None else found + _LATIN_RANK
            return found

        return rank

    def is_bare(self, text: str) -> bool:
        """Whether the text is nothing but an address whose street lacks its suffix or direction ("155 Kilsyth").

        That is: a house number, or a word for a crossing, and the core of a name of the network.  Latin letters only.
        """
        return not has_han(text) and is_bare(self.latin, text)


def _entries(names: Sequence[str | None], aliases: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    for position, name in enumerate(names):
        if name:
            yield position, name
        for alias in aliases[position] if aliases else ():
            if alias:
                yield position, alias


def _latin_part(text: str) -> str:
    """The text without its Chinese characters (新华路 Xinhua Road); "" where only figures or letters are left.

    The length stays, so that pieces can be shown as written.
    """
    if not has_han(text):
        return text
    rest = re.sub(f"[{HAN}]", " ", text)
    return rest if re.search(r"[^\W\d_]{3}", rest) else ""
