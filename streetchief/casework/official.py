"""Published calendars of holidays and make-up days: today the one of China's State Council."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property

import chinese_calendar

from streetchief.errors import BadInput

FIRST_YEAR = 2004  # of chinesecalendar
SATURDAY = 5


@dataclass(frozen=True)
class Official:
    """What was published.  Other days of its years follow the plain rule (Monday to Friday are worked).

    rest   holidays, also those that fall on a weekend
    work   Saturdays and Sundays that are worked (调休)
    years  whose notice is known
    """

    rest: frozenset[date]
    work: frozenset[date]
    years: frozenset[int]

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits of the content: a new release of the library with the same days is the same calendar."""
        content = [sorted(d.isoformat() for d in self.rest), sorted(d.isoformat() for d in self.work)]
        return hashlib.blake2b(json.dumps([*content, sorted(self.years)]).encode(), digest_size=8).hexdigest()


@cache
def state_council() -> Official:
    """The State Council's calendar as the library chinesecalendar knows it.

    The library raises for a year that it does not know, which ends the years here; `holidays` is not asked, because
    it guesses such a year without its make-up days.
    """
    rest, work, years = set[date](), set[date](), set[int]()
    for year, days in _published():
        years.add(year)
        rest |= {day for day, (is_free, name) in days.items() if is_free and name}
        work |= {day for day, (is_free, _) in days.items() if not is_free and day.weekday() >= SATURDAY}
    return Official(frozenset(rest), frozenset(work), frozenset(years))


def official_calendar(name: str | None) -> Official | None:
    """The calendar that a city file names: ``china``, or None for none.  Raises BadInput for another name."""
    if name is None:
        return None
    if name != "china":
        raise BadInput("unknown_calendar", name=name)
    return state_council()


def _published() -> Iterator[tuple[int, dict[date, tuple[bool, str | None]]]]:
    """Year by year: day → (is it free, name of the holiday or None)."""
    year = FIRST_YEAR
    while True:
        first = date(year, 1, 1)
        days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
        try:
            yield year, {day: chinese_calendar.get_holiday_detail(day) for day in days}
        except NotImplementedError:
            return
        year += 1
