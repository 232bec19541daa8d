"""The clock of one limit: started once, stopped while the case is suspended, lengthened by extensions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from streetchief.casework.calendar import CountedDay, WorkCalendar
from streetchief.casework.deadlines import Due, ServiceLevel, advance, aware, elapsed
from streetchief.errors import BadInput

MOST_EXTENSIONS = 2  # DOMAIN §2: 延期 adds the original limit, at most twice

Pause = tuple[datetime, datetime | None]
"""From (aware) until; None = still paused.  The instant of the end runs again."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A running limit.

    start       aware; pauses  in order, not overlapping, only the last may be open
    extensions  granted ones; each adds the original limit once more

    Raises BadInput for a naive instant, pauses out of order and more than two extensions.
    """

    start: datetime
    level: ServiceLevel
    pauses: tuple[Pause, ...] = ()
    extensions: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.extensions <= MOST_EXTENSIONS:
            raise BadInput("too_many_extensions", count=self.extensions, most=MOST_EXTENSIONS)
        aware(self.start)
        before: datetime | None = None
        for number, (begin, end) in enumerate(self.pauses, start=1):
            first, last = aware(begin), None if end is None else aware(end)
            is_open_too_soon = last is None and number < len(self.pauses)
            if is_open_too_soon or (before and first < before) or (last and last < first):
                raise BadInput("pauses_out_of_order", begin=first.isoformat())
            before = last

    @property
    def length(self) -> timedelta:
        """The limit with its extensions, in the unit's own time."""
        return self.level.length * (1 + self.extensions)

    def due(self, calendar: WorkCalendar) -> Due | None:
        """When it is due; None while a pause that began before that is still open.

        What was left at the beginning of a pause is left, to the microsecond, at its end.  A pause that begins after
        the clock has run out changes nothing; one that begins at that very instant neither.
        """
        return self.due_after(self.length, calendar)

    def due_after(self, length: timedelta, calendar: WorkCalendar) -> Due | None:
        """When `length` of the unit's own time has run on this clock; None like `due`."""
        at, left, days = aware(self.start), length, list[CountedDay]()
        for begin, end in self.pauses:
            ran = max(elapsed(self.level.unit, at, aware(begin), calendar), timedelta())
            if ran >= left:
                break
            if ran:
                _, passed = advance(self.level.unit, at, ran, calendar)
                days += passed
            if end is None:
                return None
            left -= ran
            at = max(at, aware(end))
        at, passed = advance(self.level.unit, at, left, calendar)
        days += passed
        return Due(at, not all(day.is_known for day in days), calendar.version, self.level, tuple(days))

    def used(self, now: datetime, calendar: WorkCalendar) -> timedelta:
        """How much of the unit's own time has run until `now`, pauses left out."""
        at, total, last = aware(self.start), timedelta(), aware(now)
        for begin, end in self.pauses:
            if aware(begin) >= last:
                break
            total += max(elapsed(self.level.unit, at, aware(begin), calendar), timedelta())
            at = max(at, last if end is None else aware(end))
        return total + max(elapsed(self.level.unit, at, last, calendar), timedelta())

    def remaining(self, now: datetime, calendar: WorkCalendar) -> timedelta:
        """What is left at `now` in the unit's own time; negative = overrun by so much."""
        return self.length - self.used(now, calendar)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A due instant computed again: the old answer, kept, and the new one."""

    old: Due
    new: Due

    @property
    def has_moved(self) -> bool:
        """Whether the instant is another."""
        return self.old.at != self.new.at


def recompute(clock: Clock, old: Due, calendar: WorkCalendar) -> Recomputed | None:
    """The due instant of a clock by a newer calendar, beside the `old` answer; None while the clock is paused.

    It computes whatever it is given: whether only provisional answers are asked again is the caller's rule.
    """
    new = clock.due(calendar)
    return None if new is None else Recomputed(old, new)
