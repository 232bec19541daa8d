"""Limits in four units and the instant at which each is due.

==========  ==================================================================================================
紧急工作时   URGENT_HOUR  hours of the clock, day and night
工作时       WORK_HOUR    hours within the city's work slots
工作日       WORK_DAY     eight working hours, however long the city's own day is
紧急工作日   URGENT_DAY   calendar days: the same wall-clock time so many days later
==========  ==================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from streetchief.casework.calendar import CountedDay, WorkCalendar
from streetchief.errors import BadInput

HOURS_A_WORK_DAY = 8
MOST = Decimal(3660)  # of any unit: ten years of days; more is a slip of the pen


class Unit(StrEnum):
    """The four units of time limits of the national standard."""

    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    URGENT_DAY = "urgent_day"

    @property
    def is_working_time(self) -> bool:
        """Whether it runs only within work slots, and so rests on the calendar."""
        return self in (Unit.WORK_HOUR, Unit.WORK_DAY)

    @property
    def length(self) -> timedelta:
        """One unit in its own time: working time, or time of the clock."""
        return {
            Unit.URGENT_HOUR: timedelta(hours=1),
            Unit.WORK_HOUR: timedelta(hours=1),
            Unit.WORK_DAY: timedelta(hours=HOURS_A_WORK_DAY),
            Unit.URGENT_DAY: timedelta(days=1),
        }[self]


class Step(StrEnum):
    """What a limit is set for: one step of the life of a case, or the whole of it."""

    REGISTER = "register"
    ANSWER = "answer"  # a chief of a tier
    DISPATCH = "dispatch"
    REPORT_IN = "report_in"
    HANDLE = "handle"
    VERIFY = "verify"
    CLOSE = "close"
    WHOLE = "whole"  # end to end


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """A limit and what it is for.

    amount       over 0, at most 3660; Decimal, so that half an hour is exact
    code         a whole code, a prefix ending in ``*``, or ``*`` for everything of the scheme and kind
    condition    None = under any condition
    basis        where the figure is from
    is_inferred  the unit is our reading of a word that leaves it open
    """

    amount: Decimal | int
    unit: Unit
    scheme: str = ""
    kind: str = ""
    code: str = ""
    condition: str | None = None
    step: Step = Step.HANDLE
    basis: str = ""
    is_inferred: bool = False

    def __post_init__(self) -> None:
        amount = Decimal(self.amount)
        if not amount.is_finite() or not 0 < amount <= MOST:
            raise BadInput("bad_limit", amount=self.amount)

    @property
    def length(self) -> timedelta:
        """The limit in the unit's own time, to the microsecond."""
        one = self.unit.length // timedelta(microseconds=1)
        return timedelta(microseconds=int(Decimal(self.amount) * one))


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit is due and what the answer rests on.

    at                aware UTC
    provisional       a day on the way, or the last, is not known yet: compute again when its notice comes
    calendar_version  of the calendar that said so
    days              the city days on the way and what each took of the limit; empty for units of the clock
    """

    at: datetime
    provisional: bool
    calendar_version: str
    level: ServiceLevel
    days: tuple[CountedDay, ...] = ()


def due_at(level: ServiceLevel, start: datetime, calendar: WorkCalendar) -> datetime:
    """The instant, aware UTC, at which `level` is due if its clock starts at `start`.

    Working time starts at the next slot if `start` is outside the slots, and an end exactly at the end of a slot
    stays there.  Raises BadInput for a naive `start`.
    """
    return due_of(level, start, calendar).at


def due_of(level: ServiceLevel, start: datetime, calendar: WorkCalendar) -> Due:
    """`due_at` with all that the answer rests on."""
    at, days = advance(level.unit, start, level.length, calendar)
    return Due(at, not all(day.is_known for day in days), calendar.version, level, days)


def advance(
    unit: Unit, start: datetime, length: timedelta, calendar: WorkCalendar
) -> tuple[datetime, tuple[CountedDay, ...]]:
    """The instant at which `length` of the unit's own time has passed, and the city days that the unit asked for.

    A calendar day ends at the same wall-clock time; a time that the clock leaps over is read with the offset before
    the leap, one that it shows twice is the first.
    """
    begin = aware(start)
    if unit.is_working_time:
        walk = calendar.walk(begin, length)
        return walk.at, walk.days
    if unit == Unit.URGENT_HOUR:
        return begin + length, ()
    wall = begin.astimezone(calendar.zone).replace(tzinfo=None) + length
    return wall.replace(tzinfo=calendar.zone).astimezone(UTC), ()


def elapsed(unit: Unit, start: datetime, end: datetime, calendar: WorkCalendar) -> timedelta:
    """How much of the unit's own time lies between two aware instants; negative if `end` comes first."""
    begin, last = aware(start), aware(end)
    if unit.is_working_time:
        return calendar.worked(begin, last)
    if unit == Unit.URGENT_HOUR:
        return last - begin
    walls = [at.astimezone(calendar.zone).replace(tzinfo=None) for at in (begin, last)]
    return walls[1] - walls[0]


def aware(at: datetime) -> datetime:
    """The instant in UTC.  Raises BadInput for a naive one: its zone would have to be guessed."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise BadInput("naive_time", at=at.isoformat())
    return at.astimezone(UTC)
