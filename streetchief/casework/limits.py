"""Which limit holds for a category and condition, and what of a limit's text can be read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from streetchief.casework.deadlines import MOST, ServiceLevel, Step, Unit

NEEDS_CONDITION = "needs_condition"
OF_ANOTHER_ACT = "of_another_act"
UNREADABLE = "unreadable"
WHY_UNCLEAR = (NEEDS_CONDITION, OF_ANOTHER_ACT, UNREADABLE)

WORDS = {
    "紧急工作时": Unit.URGENT_HOUR,
    "紧急工作日": Unit.URGENT_DAY,
    "工作时": Unit.WORK_HOUR,
    "工作小时": Unit.WORK_HOUR,
    "工作日": Unit.WORK_DAY,
}
# Our reading [I]: 运城's table writes 紧急工作时 and 紧急工作日 where it means them, so its bare words are the ordinary
# units.  DOMAIN §2 gives 2 工作时 (0112), 4 工作时 (0110), 1 工作日 (0201), 5 工作日 (0111) where that table has 2小时,
# 4小时, 1天, 5天.
BARE_WORDS = {"小时": Unit.WORK_HOUR, "天": Unit.WORK_DAY}
_LIMIT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*个?\s*(.+)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a limit's text says: an amount and a unit, or why it cannot be read.

    is_inferred  the unit is our reading of a bare 小时 or 天
    reason       "" or one of `WHY_UNCLEAR`
    """

    amount: Decimal = Decimal(0)
    unit: Unit = Unit.WORK_HOUR
    is_inferred: bool = False
    reason: str = ""


def read_limit(text: str) -> Reading:
    """Read ``2紧急工作时``, ``4小时``, ``1 个工作日``; also our own words, ``2 urgent_hour``.

    Several limits joined by ``|`` depend on a condition that the text does not name; ``1紧急工作时制止`` says by when
    something must be stopped, not settled.  Neither is guessed at.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if len({part.strip() for part in plain.split("|")}) > 1:
        return Reading(reason=NEEDS_CONDITION)
    found = _LIMIT.fullmatch(plain.split("|")[0].strip())
    if not found:
        return Reading(reason=UNREADABLE)
    amount, word = Decimal(found[1]), found[2].strip()
    if not 0 < amount <= MOST:
        return Reading(reason=UNREADABLE)
    if word in BARE_WORDS:
        return Reading(amount, BARE_WORDS[word], is_inferred=True)
    if word in WORDS:
        return Reading(amount, WORDS[word])
    if word in tuple(Unit):
        return Reading(amount, Unit(word))
    is_act = any(word.startswith(known) for known in (*WORDS, *BARE_WORDS))
    return Reading(reason=OF_ANOTHER_ACT if is_act else UNREADABLE)


@dataclass(frozen=True, slots=True)
class UnclearLimit:
    """A line of the table that names a category but gives no limit to use; `reason` is one of `WHY_UNCLEAR`."""

    scheme: str
    kind: str
    code: str
    condition: str | None
    step: Step
    text: str
    reason: str


@dataclass(frozen=True)
class LimitTable:
    """All limits of a city; at most one for each (scheme, kind, code, condition, step)."""

    levels: tuple[ServiceLevel, ...] = ()
    unclear: tuple[UnclearLimit, ...] = ()

    @cached_property
    def _levels(self) -> dict[tuple[str, str, str, str | None, Step], ServiceLevel]:
        return {(level.scheme, level.kind, level.code, level.condition, level.step): level for level in self.levels}

    @cached_property
    def _unclear(self) -> dict[tuple[str, str, str, str | None, Step], UnclearLimit]:
        return {(one.scheme, one.kind, one.code, one.condition, one.step): one for one in self.unclear}

    def find(
        self, scheme: str, kind: str, code: str, condition: str | None = None, step: Step = Step.HANDLE
    ) -> ServiceLevel | None:
        """The limit that holds; None = no limit is known, and none is made up.

        The whole code is asked first, then its prefixes from the longest to the shortest, last ``*``, the default of
        the scheme and kind; each for the exact condition, then for any condition.
        """
        for pattern in patterns(code):
            for asked in dict.fromkeys((condition, None)):
                level = self._levels.get((scheme, kind, pattern, asked, step))
                if level is not None:
                    return level
        return None

    def why_none(
        self, scheme: str, kind: str, code: str, condition: str | None = None, step: Step = Step.HANDLE
    ) -> UnclearLimit | None:
        """The line that names the category without a usable limit, where `find` gave None; None = no line at all."""
        asked = dict.fromkeys((condition, None))
        return next((u for c in asked if (u := self._unclear.get((scheme, kind, code, c, step)))), None)


def patterns(code: str) -> tuple[str, ...]:
    """A code and what may stand for it, from the most to the least special: ``0505 050* 05* 0* *``."""
    return (code, *(f"{code[:length]}*" for length in range(len(code) - 1, -1, -1)))
