"""What happens to cases when time passes: SQL finds what is due, Python decides by the table, our own program acts.

Every act carries a key that names the due instant: a second worker, or the same one after a kill, changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine, Row, text

from streetchief.accounts.policy import WORKER
from streetchief.casework.actions import Action
from streetchief.casework.events import instant
from streetchief.errors import StreetChiefError
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.casejoins import reopen_causes
from streetchief.pipeline.caselimits import tell_limits
from streetchief.pipeline.timers import Timer
from streetchief.storage.engine import transaction

MOST_AT_ONCE = 500
# `instant` of Python, so that a key that is there already is found
_INSTANT = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
_DUE = """
    select c.id, c.version, c.{column} as due_at from cases c
    where c.closed_at is null and c.{column} <= :now and {which}
        and not exists (select from case_events e where e.case_id = c.id and e.key = '{name}/' || {instant})
    order by c.{column}, c.id limit :most
"""
# a case that went up while a department has it waits for the tier's answer too
_ANSWERABLE = "c.state in ('with_chief', 'dispatched', 'acknowledged', 'in_hand')"
_HAS_CHIEF = """
    c.state = 'registered' and c.due_step = 'dispatch' and exists (
        select from appointments a
        where a.version = (select max(version) from registry_versions) and a.segment_code = c.segment_code
            and daterange(a.from_on, a.to_on) @> cast(:today as date)
    )
"""

log = logging.getLogger("streetchief.worker")


def case_timers(flow: CaseFlow) -> tuple[Timer, ...]:
    """The timers of cases, for the worker."""
    return (
        Timer("escalate", partial(escalate, flow)),
        Timer("to_chief", partial(hand_to_chief, flow)),
        Timer("resume", partial(resume, flow)),
        Timer("limits", partial(tell_limits, flow)),
        Timer("causes", partial(reopen_causes, flow)),
    )


def escalate(flow: CaseFlow, _engine: Engine, now: datetime) -> int:
    """逐级报告: a chief who does not answer in time is passed over; above the highest tier the director is urged, once.

    Returns how many cases went up.
    """
    return _act(flow, Action.ESCALATE, _due(flow, "escalate", "answer_due_at", _ANSWERABLE, now), now)


def hand_to_chief(flow: CaseFlow, _engine: Engine, now: datetime) -> int:
    """A registered case that nobody dispatched in time goes to the chief of its street; returns how many.

    One without a segment, or on a segment without any chief, waits for the dispatcher, who is told that it is overdue.
    """
    return _act(flow, Action.HAND_TO_CHIEF, _due(flow, "to_chief", "due_at", _HAS_CHIEF, now), now)


def resume(flow: CaseFlow, _engine: Engine, now: datetime) -> int:
    """挂账 has ended: the clocks run again; returns how many cases."""
    return _act(flow, Action.RESUME, _due(flow, "resume", "suspended_until", "c.state = 'suspended'", now), now)


def _due(flow: CaseFlow, name: str, column: str, which: str, now: datetime) -> list[tuple[Row[Any], str]]:
    """The cases that are due, longest first, each with the key of the act."""
    query = text(_DUE.format(column=column, which=which, name=name, instant=_INSTANT.format(f"c.{column}")))
    today = now.astimezone(flow.city.zone).date()
    values = {"now": now, "most": MOST_AT_ONCE} | ({"today": today} if ":today" in which else {})
    with transaction(flow.engine) as session:
        return [(row, f"{name}/{instant(row.due_at)}") for row in session.execute(query, values)]


def _act(flow: CaseFlow, action: Action, due: Iterable[tuple[Row[Any], str]], now: datetime) -> int:
    """Act on each; one that cannot be acted upon now keeps nobody waiting and is found again next time."""
    done = 0
    for row, key in due:
        try:
            case = flow.act(row.id, action, by=WORKER, now=now, version=row.version, key=key)
        except (StreetChiefError, ValueError, LookupError) as refused:
            log.warning("case %s: %s not done, %s", row.id, action, getattr(refused, "code", type(refused).__name__))
            continue
        done += case.version > row.version and case.last_at == now
    return done
