"""Limits of a case as payloads carry them: started, extended, paused, read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from streetchief.casework.case import StepClock
from streetchief.casework.events import instant, read_instant
from streetchief.casework.facts import Times

Payload = dict[str, Any]


def started(times: Times, step: str, now: datetime, tier: int | None = None) -> StepClock | None:
    """A clock that starts now; None where no limit is configured."""
    due = times.due(step, now, tier=tier)
    return None if due is None else StepClock(step, now, due.at, due.provisional, due.calendar_version, tier)


def recomputed(times: Times, clock: StepClock) -> StepClock | None:
    """The clock by today's limits and calendar; as it is while it is paused; None where the limit is gone."""
    if clock.pauses and clock.pauses[-1][1] is None:
        return clock
    due = times.due(
        clock.step, clock.started_at, tier=clock.tier, pauses=clock.pauses, extensions=clock.extensions
    )  # fmt: skip
    if due is None:
        return None
    return replace(clock, due_at=due.at, provisional=due.provisional, calendar_version=due.calendar_version)


def extended(times: Times, clock: StepClock) -> StepClock | None:
    """The clock with its original limit added once more; None where the limit is gone."""
    return recomputed(times, replace(clock, extensions=clock.extensions + 1))


def paused(clock: StepClock | None, now: datetime) -> StepClock | None:
    """The clock stopped now."""
    return None if clock is None else replace(clock, due_at=None, pauses=(*clock.pauses, (now, None)))


def resumed(times: Times, clock: StepClock | None, now: datetime) -> StepClock | None:
    """The clock running again: what was left is left."""
    if clock is None or not clock.pauses:
        return clock
    return recomputed(times, replace(clock, pauses=(*clock.pauses[:-1], (clock.pauses[-1][0], now))))


def to_payload(clock: StepClock | None) -> Payload | None:
    """A clock as JSON."""
    if clock is None:
        return None
    return {
        "step": clock.step,
        "tier": clock.tier,
        "started_at": instant(clock.started_at),
        "due_at": instant(clock.due_at),
        "provisional": clock.provisional,
        "calendar": clock.calendar_version,
        "pauses": [[instant(begin), instant(end)] for begin, end in clock.pauses],
        "extensions": clock.extensions,
    }


def of_payload(value: Payload | None) -> StepClock | None:
    """A clock from JSON."""
    if value is None:
        return None
    return StepClock(
        value["step"],
        datetime.fromisoformat(value["started_at"]),
        read_instant(value["due_at"]),
        value["provisional"],
        value["calendar"],
        value["tier"],
        tuple((datetime.fromisoformat(begin), read_instant(end)) for begin, end in value["pauses"]),
        value["extensions"],
    )
