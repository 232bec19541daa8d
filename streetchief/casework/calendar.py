"""The working calendar of a city: which days are worked, in which slots, and how working time passes.

A day is decided by the first that speaks: the city's override table, the official calendar (State Council holidays
and make-up days 调休), the plain rule that Monday to Friday are worked.  Where only the plain rule speaks the day is
*not known* and what rests on it is provisional.  Nothing is guessed and nothing raises for a far year.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from streetchief.casework.official import Official
from streetchief.city import WorkHours
from streetchief.errors import BadInput

DAY = timedelta(days=1)
SATURDAY = 5
YEAR_END = (12, 29)  # the notice of the year after has changed days from here on: 2006, 2007, 2011 and 2018 did


class OverrideKind(StrEnum):
    """What a line of the override table says of its day; `NOTICE` says it of the whole year."""

    WORK = "work"
    REST = "rest"
    NOTICE = "notice"  # the year's notice is entered whole: its days are known, those not listed by the plain rule


class DayKind(StrEnum):
    """Why a day is worked or not."""

    WEEKDAY = "weekday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    OVERRIDE_WORK = "override_work"
    OVERRIDE_REST = "override_rest"

    @property
    def is_working(self) -> bool:
        """Whether work slots run on it."""
        return self in (DayKind.WEEKDAY, DayKind.MAKE_UP, DayKind.OVERRIDE_WORK)


@dataclass(frozen=True, slots=True)
class Override:
    """One line of the editable table; for `NOTICE` only the year of `day` counts."""

    day: date
    kind: OverrideKind
    basis: str = ""


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One city day that a limit ran over, and how much of the limit it took."""

    day: date
    kind: DayKind
    is_known: bool
    counted: timedelta


@dataclass(frozen=True, slots=True)
class Walk:
    """Where working time leads: the instant (aware UTC) and every city day on the way, first and last included."""

    at: datetime
    days: tuple[CountedDay, ...]


@dataclass(frozen=True)
class WorkCalendar:
    """Work slots, official days and overrides of one city, all fixed.

    hours      the first entry that holds on a day gives its slots; one entry must hold on every day of the year
    official   None where the city follows no published calendar that we know
    overrides  at most one WORK or REST a day

    A slot's ends are wall-clock times of `zone`; the time between them is real time, so that a slot across a change
    of the clock is an hour longer or shorter.  An end that the clock shows twice is the first; one that it leaps over
    is read with the offset before the leap.  Raises BadInput for hours that leave a day without slots and for a day
    overridden twice.
    """

    zone: ZoneInfo
    hours: tuple[WorkHours, ...]
    official: Official | None = None
    overrides: tuple[Override, ...] = ()
    _slots: dict[date, tuple[tuple[datetime, datetime], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        leap_year = (date(2024, 1, 1) + DAY * n for n in range(366))
        bare = next((day for day in leap_year if not any(h.holds(day) for h in self.hours)), None)
        if bare is not None:
            raise BadInput("no_work_hours", day=f"{bare:%m-%d}")
        days = [o.day for o in self.overrides if o.kind != OverrideKind.NOTICE]
        twice = next((day for day in sorted(days) if days.count(day) > 1), None)
        if twice is not None:
            raise BadInput("day_overridden_twice", day=twice)

    @cached_property
    def _overridden(self) -> dict[date, OverrideKind]:
        return {o.day: o.kind for o in self.overrides if o.kind != OverrideKind.NOTICE}

    @cached_property
    def _noticed_years(self) -> frozenset[int]:
        return frozenset(o.day.year for o in self.overrides if o.kind == OverrideKind.NOTICE)

    @cached_property
    def version(self) -> str:
        """16 hex digits of everything that can change an answer; the order of the overrides has no say."""
        content = [
            self.zone.key,
            [[h.slots, h.from_day, h.to_day] for h in self.hours],
            self.official.fingerprint if self.official else None,
            sorted([o.day.isoformat(), o.kind.value] for o in self.overrides),
        ]
        return hashlib.blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()

    def kind_of(self, day: date) -> DayKind:
        """Why a city day is worked or not."""
        override = self._overridden.get(day)
        if override is not None:
            return DayKind.OVERRIDE_WORK if override == OverrideKind.WORK else DayKind.OVERRIDE_REST
        if self.official and day in self.official.rest:
            return DayKind.HOLIDAY
        if self.official and day in self.official.work:
            return DayKind.MAKE_UP
        return DayKind.WEEKDAY if day.weekday() < SATURDAY else DayKind.WEEKEND

    def is_known(self, day: date) -> bool:
        """Whether somebody said what the day is: an override, or a notice for its year.

        29 to 31 December need the notice of the next year too, because notices have changed them.
        """
        if day in self._overridden:
            return True
        years = {day.year, day.year + 1} if (day.month, day.day) >= YEAR_END else {day.year}
        published = self.official.years if self.official else frozenset()
        return years <= self._noticed_years | published

    def slots_of(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The slots of a city day as aware UTC instants, in order; empty for a day of rest."""
        if day not in self._slots:
            hours = next(h for h in self.hours if h.holds(day)) if self.kind_of(day).is_working else None
            self._slots[day] = tuple((self._at(day, a), self._at(day, b)) for a, b in hours.slots) if hours else ()
        return self._slots[day]

    def _at(self, day: date, minute: int) -> datetime:
        midnight = datetime.combine(day, time(), self.zone)
        return (midnight + timedelta(minutes=minute)).astimezone(UTC)

    def city_day(self, at: datetime) -> date:
        """The day that the city's clock shows at an aware instant."""
        return at.astimezone(self.zone).date()

    def walk(self, start: datetime, amount: timedelta) -> Walk:
        """The instant at which `amount` of working time has passed since `start` (aware).

        A start outside the slots counts from the next slot.  An amount that is used up exactly at the end of a slot
        ends there (18:00) and not at the beginning of the next one (08:00); no amount ends at `start`.
        """
        at = start.astimezone(UTC)
        days: list[CountedDay] = []
        left = amount
        for day, counted, end in self._days(at, left):
            days.append(CountedDay(day, self.kind_of(day), self.is_known(day), counted))
            left -= counted
            at = end
        return Walk(at, tuple(days))

    def _days(self, at: datetime, left: timedelta) -> Iterator[tuple[date, timedelta, datetime]]:
        """City days from `at` on, what each gives to `left`, and the instant reached in it, until nothing is left."""
        day = self.city_day(at)
        while True:
            counted = timedelta()
            reached = at
            for begin, end in self.slots_of(day):
                begin = max(begin, at)
                if end <= begin or counted == left:
                    continue
                step = min(end - begin, left - counted)
                counted += step
                reached = begin + step
            left -= counted
            yield day, counted, reached
            if not left:
                return
            day += DAY

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two aware instants; negative if `end` is before `start`."""
        if end < start:
            return -self.worked(end, start)
        total = timedelta()
        day, last = self.city_day(start), self.city_day(end)
        while day <= last:
            total += sum((max(min(b, end) - max(a, start), timedelta()) for a, b in self.slots_of(day)), timedelta())
            day += DAY
        return total
