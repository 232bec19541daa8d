"""Timers: what must be looked at again and again (digests, due instants, escalation), never twice for one tick.

A timer is a name, a cron line and a callable ``(engine, now) -> int`` that finds what is due by SQL, decides and
commits by itself, and returns how much it did.  It must be idempotent: after a kill it runs again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert

from streetchief.casework.outbox_tables import TimerRow
from streetchief.storage.engine import transaction

Run = Callable[[Engine, datetime], int]
EVERY_MINUTE = "* * * * *"
TIMER_LOCK = 0x5C0006

log = logging.getLogger("streetchief.worker")


@dataclass(frozen=True, slots=True)
class Timer:
    """One thing to look at.

    cron  five fields in UTC, or six: the sixth is seconds
    """

    name: str
    run: Run
    cron: str = EVERY_MINUTE


def run_timer(engine: Engine, timer: Timer, *, tick: datetime, now: datetime) -> int | None:
    """Run a timer for one tick; returns what it did, None when another worker runs it, or ran this tick or a later.

    Whatever the timer raises is logged, noted in ``timers.fault`` and ends there: the next tick tries again.
    """
    with _alone(engine, timer.name) as is_alone:
        if not is_alone or not _is_new(engine, timer.name, tick):
            return None
        did, fault = 0, None
        try:
            did = timer.run(engine, now)
        except Exception as raised:  # whatever a room's timer raises: one broken timer must not stop the others
            fault = type(raised).__name__
            log.exception("timer %s failed", timer.name)
        _note(engine, timer.name, tick, now, did, fault)
        return did


@contextmanager
def _alone(engine: Engine, name: str) -> Iterator[bool]:
    """A lock on the timer's name that ends with this connection: a killed worker keeps nobody out."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        values = {"room": TIMER_LOCK, "name": name}
        got = connection.execute(text("select pg_try_advisory_lock(:room, hashtext(:name))"), values).scalar_one()
        try:
            yield bool(got)
        finally:
            if got:
                connection.execute(text("select pg_advisory_unlock(:room, hashtext(:name))"), values)


def _is_new(engine: Engine, name: str, tick: datetime) -> bool:
    with transaction(engine) as session:
        last = session.get(TimerRow, name)
        return last is None or last.tick_at < tick


def _note(engine: Engine, name: str, tick: datetime, now: datetime, did: int, fault: str | None) -> None:
    values = {"tick_at": tick, "done_at": now, "did": did, "fault": fault}
    new = insert(TimerRow).values(name=name, **values)
    with transaction(engine) as session:
        session.execute(new.on_conflict_do_update(index_elements=["name"], set_=values))
