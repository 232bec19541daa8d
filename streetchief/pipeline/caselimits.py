"""Limits that run out: whom it is told, once each; and limits that rested on days nobody knew yet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.accounts.policy import WORKER
from streetchief.casework import outbox_store, store
from streetchief.casework.actions import Action
from streetchief.casework.case import Case, Holder
from streetchief.casework.fold import fold
from streetchief.casework.notices import Facts, Notice
from streetchief.casework.states import State
from streetchief.errors import StreetChiefError
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.caseground import CaseGround
from streetchief.pipeline.casemarks import MOST_AT_ONCE, mark, running, unmarked
from streetchief.pipeline.casenotices import chiefs, departments, facts_of, holders
from streetchief.storage.engine import transaction

_TOLD = """
    with told as (
        select m.case_id, m.clock from case_marks m join cases c on c.id = m.case_id
        where c.closed_at is null and {which}
            and m.due_at = case m.clock when 'step' then c.due_at when 'whole' then c.whole_due_at end
        order by m.due_at, m.case_id limit :most for update of m skip locked
    )
    update case_marks m set {told} = :now from told t where m.case_id = t.case_id and m.clock = t.clock
    returning m.case_id, m.clock
"""
_IS_SOON = "m.soon_told_at is null and m.soon_at <= :now and :now <= m.due_at"
_IS_OVER = "m.overdue_told_at is null and m.due_at < :now"
_SOON = text(_TOLD.format(told="soon_told_at", which=_IS_SOON))
_OVERDUE = text(_TOLD.format(told="overdue_told_at", which=_IS_OVER))
_LIMITS = (("due_soon", _SOON), ("overdue", _OVERDUE))
_NOT_COME = text("""
    insert into case_marks (case_id, clock, due_at, calendar, overdue_told_at)
    select t.case_id, 'arrive-' || t.number, t.arrive_due_at, '', :now
    from case_tasks t join cases c on c.id = t.case_id
    where c.closed_at is null and t.state = 'called' and t.arrive_due_at < :now
    on conflict (case_id, clock) do update set due_at = excluded.due_at, overdue_told_at = excluded.overdue_told_at
        where case_marks.due_at <> excluded.due_at
    returning case_id, clock, due_at
""")
_PROVISIONAL = text("""
    select c.id, c.version from cases c
    where c.closed_at is null and c.state <> 'suspended' and (c.due_provisional or c.whole_provisional)
        and exists (
            select from case_marks m where m.case_id = c.id and m.clock in ('step', 'whole') and m.calendar <> :calendar
        )
    order by c.id limit :most
""")

log = logging.getLogger("streetchief.worker")


def tell_limits(flow: CaseFlow, _engine: Engine, now: datetime) -> int:
    """Compute anew what was provisional, then tell once each of limits that are due soon, or over, and of no-shows.

    Returns how many limits were told of.
    """
    recompute(flow, now)
    with transaction(flow.engine) as session:
        mark(session, flow, unmarked(session))
    with transaction(flow.engine) as session:
        values = {"now": now, "most": MOST_AT_ONCE}
        limits = [(word, row) for word, query in _LIMITS for row in session.execute(query, values).all()]
        no_shows = session.execute(_NOT_COME, {"now": now}).all()
        ground = flow.ground(session) if limits or no_shows else None  # before the first publication there is none
        if ground is None:
            return 0
        for word, row in limits:
            case = fold(store.load_events(session, row.case_id))
            told = _of_limit(session, ground, case, row.clock, word)
            outbox_store.enqueue_all(session, told, now=now)
        for row in no_shows:
            case = fold(store.load_events(session, row.case_id))
            number = int(row.clock.partition("-")[2])
            outbox_store.enqueue_all(session, _of_no_show(ground, case, number), now=now)
    return len(limits) + len(no_shows)


def recompute(flow: CaseFlow, now: datetime) -> int:
    """Provisional limits by the calendar of today, where it is another one; the old answers stay in the event."""
    calendar = flow.times.calendar
    if calendar is None:
        return 0
    done = 0
    with transaction(flow.engine) as session:
        found = session.execute(_PROVISIONAL, {"calendar": calendar.version, "most": MOST_AT_ONCE}).all()
    for row in found:
        key = f"calendar/{calendar.version}/{row.version}"
        try:
            flow.act(row.id, Action.RECOMPUTE_DEADLINE, by=WORKER, now=now, version=row.version, key=key)
        except (StreetChiefError, ValueError, LookupError) as refused:
            log.warning("case %s: not recomputed, %s", row.id, getattr(refused, "code", type(refused).__name__))
            continue
        with transaction(flow.engine) as session:
            mark(session, flow, [row.id])
        done += 1
    return done


def _of_limit(session: Session, ground: CaseGround, case: Case, clock: str, word: str) -> Iterator[Notice]:
    """Whoever has it in hand; of a limit that is over the dispatcher too, and of the end-to-end one the director."""
    due_at = next((limit.due_at for name, limit in running(case) if name == clock), None)
    if due_at is None:  # somebody took a step at this very moment
        return
    key = f"case/{case.number}/{word}/{clock}/{stamp(due_at)}"
    facts = _due(facts_of(ground, case), due_at)
    audiences = {audience: recipients for audience, recipients in responsible(session, case).items() if recipients}
    if word == "overdue":
        audiences.setdefault("dispatcher", holders(session, case, "dispatcher"))
        if clock == "whole":
            audiences.setdefault("director", holders(session, case, "director"))
    for audience, recipients in audiences.items():
        for recipient in recipients:
            yield Notice(key, f"{word}.{audience}", recipient, facts)


def _of_no_show(ground: CaseGround, case: Case, number: int) -> Iterator[Notice]:
    task = next(task for task in case.tasks if task.number == number)
    assert task.arrive_due_at is not None, "what is over was due"
    key = f"case/{case.number}/overdue/arrive/{stamp(task.arrive_due_at)}"  # whoever called three is told once
    facts = _due(facts_of(ground, case), task.arrive_due_at)
    yield Notice(key, "overdue.called", f"department:{task.department}", facts)
    yield Notice(key, "overdue.caller", f"user:{task.caller}", facts)


def responsible(session: Session, case: Case) -> dict[str, list[str]]:
    """Audience → recipients: whose turn it is in the state in which the case stands."""
    if case.state == State.FINISHED or (case.state == State.RECEIVED and case.needs_check and case.is_checked is None):
        return {"supervisor": holders(session, case, "supervisor")}
    if case.held_by == Holder.CHIEF and case.state in (State.WITH_CHIEF, State.IN_HAND):
        return {"chief": chiefs(session, case)}
    if case.held_by == Holder.DEPARTMENT and case.state != State.VERIFIED:
        return {"department": departments([case.department])}
    return {"dispatcher": holders(session, case, "dispatcher")}


def stamp(at: datetime) -> str:
    """An instant as a key carries it."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def _due(facts: Facts, due_at: datetime) -> Facts:
    return Facts(facts.case, facts.street, facts.category, due_at, facts.link, facts.reference)
