"""How a case stands against its limit: 正常, 将到期, 超期, 严重超期, or paused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from streetchief.casework.calendar import WorkCalendar
from streetchief.casework.clock import Clock
from streetchief.casework.deadlines import Due, advance, aware
from streetchief.city import BucketShares


class Bucket(StrEnum):
    """The four buckets, and that of a clock that stands still."""

    NORMAL = "normal"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    SEVERELY_OVERDUE = "severely_overdue"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Marks:
    """The instants at which the bucket changes; plain columns for SQL to compare with now.

    soon_at    from here on 将到期; None = the city has no such threshold
    severe_at  after here 严重超期; None likewise
    """

    due: Due
    soon_at: datetime | None = None
    severe_at: datetime | None = None


def marks(clock: Clock, calendar: WorkCalendar, shares: BucketShares | None) -> Marks | None:
    """The marks of a clock; None while it is paused.

    The shares are of the limit with its extensions, in the unit's own time: a quarter of 2 工作日 is 4 工作时.
    """
    due = clock.due(calendar)
    if due is None or shares is None:
        return None if due is None else Marks(due)
    soon = clock.due_after(clock.length * (1 - shares.soon), calendar)
    severe_at, _ = advance(clock.level.unit, due.at, clock.length * shares.severe, calendar)
    return Marks(due, soon.at if soon else None, severe_at)


def bucket_at(found: Marks | None, now: datetime) -> Bucket:
    """The bucket at `now`: due_soon from `soon_at` on; overdue only *after* the due instant; no marks = paused."""
    if found is None:
        return Bucket.PAUSED
    at = aware(now)
    if at > found.due.at:
        is_severe = found.severe_at is not None and at > found.severe_at
        return Bucket.SEVERELY_OVERDUE if is_severe else Bucket.OVERDUE
    return Bucket.DUE_SOON if found.soon_at is not None and at >= found.soon_at else Bucket.NORMAL
