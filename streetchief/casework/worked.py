"""A limit worked out: which one holds, when it is due, in which bucket it stands, and which days counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from streetchief.casework.buckets import Bucket, bucket_at, marks
from streetchief.casework.calendar import CountedDay, WorkCalendar
from streetchief.casework.clock import Clock
from streetchief.casework.deadlines import Due, ServiceLevel
from streetchief.casework.seeds import KINDS
from streetchief.city import City
from streetchief.errors import BadInput
from streetchief.registry.files import read_categories
from streetchief.registry.model import Fault
from streetchief.words import both, say

SHOWN_TIME = "%Y-%m-%d %H:%M:%S %z"


def refuse_faulty(faults: Sequence[Fault]) -> None:
    """Raise BadInput with the first fault of the tables, so that no answer rests on half a table."""
    for fault in faults:
        raise BadInput("deadline_seeds", detail=f"{fault.where}: {both(f'fault.{fault.code}')} {fault.detail}".strip())


def kind_of(city: City, scheme: str, code: str, kind: str | None) -> str:
    """The kind that was said, else the one that has this code in the city's categories.

    Raises BadInput for a word that is no kind, and where both kinds or none has the code.
    """
    if kind in KINDS:
        return kind
    categories, _ = read_categories(city.seeds.categories) if city.seeds.categories else ((), ())
    kinds = {c.kind for c in categories if (c.scheme, c.code) == (scheme, code)}
    if kind is not None or len(kinds) != 1:
        raise BadInput("deadline_kind", scheme=scheme, category=code)
    return kinds.pop()


@dataclass(frozen=True, slots=True)
class Worked:
    """All that is said about one running limit at one instant."""

    clock: Clock
    calendar: WorkCalendar
    city: City
    now: datetime

    @property
    def due(self) -> Due | None:
        """None while paused."""
        return self.clock.due(self.calendar)

    @property
    def bucket(self) -> Bucket:
        """The bucket at `now`."""
        return bucket_at(marks(self.clock, self.calendar, self.city.buckets), self.now)

    def page(self, language: str) -> str:
        """The lines of one language."""
        level, due = self.clock.level, self.due
        lines = [
            say("deadline.limit", language, **self._limit(level, language)),
            say("deadline.basis", language, basis=level.basis or "-"),
        ]
        if level.is_inferred:
            lines.append(say("deadline.inferred_unit", language))
        if self.city.calendar and self.city.calendar.inferred and level.unit.is_working_time:
            lines.append(say("deadline.inferred_hours", language))
        lines.append(say("deadline.start", language, at=self._shown(self.clock.start)))
        if due is None:
            left = self.clock.remaining(self.now, self.calendar)
            lines.append(say("deadline.paused", language, left=hours(left)))
        else:
            lines.append(say("deadline.due", language, at=self._shown(due.at)))
        bucket = say(f"bucket.{self.bucket}", language)
        lines.append(say("deadline.bucket", language, bucket=bucket, at=self._shown(self.now)))
        lines.append(say("deadline.calendar", language, version=self.calendar.version))
        if due is not None and level.unit.is_working_time:
            lines.append(say("deadline.provisional" if due.provisional else "deadline.settled", language))
            lines += [_day_line(day, language) for day in due.days]
        elif due is not None:
            lines.append(say("deadline.no_calendar_needed", language))
        return "\n".join(lines)

    def _limit(self, level: ServiceLevel, language: str) -> dict[str, str]:
        return {
            "amount": str(level.amount),
            "unit": say(f"unit.{level.unit}", language),
            "step": say(f"step.{level.step}", language),
            "what": " ".join(filter(None, (level.scheme, level.kind, level.code, level.condition))),
            "extensions": str(self.clock.extensions),
        }

    def _shown(self, at: datetime) -> str:
        return f"{at.astimezone(self.city.zone):{SHOWN_TIME}}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON; instants in UTC."""
        level, due = self.clock.level, self.due
        return {
            "limit": {
                "amount": str(level.amount),
                "unit": level.unit.value,
                "step": level.step.value,
                "scheme": level.scheme,
                "kind": level.kind,
                "code": level.code,
                "condition": level.condition,
                "basis": level.basis,
                "is_inferred": level.is_inferred,
            },
            "start_at": self.clock.start.isoformat(),
            "extensions": self.clock.extensions,
            "due_at": due.at.isoformat() if due else None,
            "provisional": due.provisional if due else None,
            "bucket": self.bucket.value,
            "asked_at": self.now.isoformat(),
            "calendar_version": self.calendar.version,
            "days": [_day_dict(day) for day in due.days] if due else [],
        }


def _day_dict(day: CountedDay) -> dict[str, Any]:
    seconds = int(day.counted.total_seconds())
    return {"day": day.day.isoformat(), "kind": day.kind.value, "is_known": day.is_known, "counted_s": seconds}


def _day_line(day: CountedDay, language: str) -> str:
    weekday = say(f"weekday.{day.day.isoweekday()}", language)
    known = "" if day.is_known else say("deadline.day_unknown", language)
    return f"  {day.day} {weekday}  {hours(day.counted)}  {say(f'daykind.{day.kind}', language)}{known}"


def hours(span: timedelta) -> str:
    """A span as hours and minutes: ``7:30``, ``-0:05``."""
    minutes = abs(span) // timedelta(minutes=1)
    return f"{'-' if span < timedelta() else ''}{minutes // 60}:{minutes % 60:02}"
