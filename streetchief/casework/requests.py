"""Extension (延期), suspension (挂账) and appeal (申诉): a department asks, a director grants or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from streetchief.actors import Permission
from streetchief.casework import clocks
from streetchief.casework.actions import Action
from streetchief.casework.asking import Ask, Decision, Outcome, refuse
from streetchief.casework.case import Case, Holder, Request, RequestKind
from streetchief.casework.events import instant
from streetchief.casework.permits import departments_of
from streetchief.casework.states import State
from streetchief.casework.whistle import latest_task
from streetchief.errors import BadInput

MOST_EXTENSIONS = 2  # DOMAIN §2: at most two, each adds the original limit
MOST_SUSPENSIONS = 1


def _asked(kind: RequestKind) -> Decision:
    def decision(ask: Ask) -> Outcome:
        case = ask.case
        if case.request is not None:
            refuse("request_waits")
        payload: dict[str, Any] = {"department": case.department if case.held_by == Holder.DEPARTMENT else None}
        if kind == RequestKind.EXTENSION:
            _extendable(case)
        if kind == RequestKind.SUSPENSION:
            payload["until"] = instant(_until(ask, ask.given.until))
        if kind == RequestKind.APPEAL and case.state == State.CLOSED:
            payload |= _scored(ask)
        return Outcome(payload)

    return decision


def _extendable(case: Case) -> None:
    if case.extensions >= MOST_EXTENSIONS:
        refuse("extended_enough", most=MOST_EXTENSIONS)
    if case.clock is None:
        refuse("no_limit_runs")


def _until(ask: Ask, until: datetime | None) -> datetime:
    """The end of a suspension: after now, within a year.  Raises BadInput, and Conflict where it was suspended once."""
    if ask.case.suspensions >= MOST_SUSPENSIONS:
        refuse("suspended_before")
    if until is None or until.tzinfo is None or until.utcoffset() is None:
        raise BadInput("step_naive_time")
    if not ask.now < until <= a_year_after(ask.now):
        raise BadInput("suspension_too_long")
    return until


def a_year_after(at: datetime) -> datetime:
    """The same instant of the next year; 28 February for the 29th."""
    leap_day = (at.month, at.day) == (2, 29)
    return at.replace(year=at.year + 1, day=28 if leap_day else at.day)


def _scored(ask: Ask) -> dict[str, Any]:
    """The score against which a department appeals after closing."""
    named = departments_of(ask.case, Permission.HANDLE, ask.by) & set(ask.case.departments)
    chosen = sorted(named if ask.given.department is None else named & {ask.given.department})
    tasks = [latest_task(ask.case, code) for code in chosen]
    scored = [task for task in tasks if task is not None and task.score is not None and not task.is_score_struck]
    if len(scored) != 1:
        refuse("no_score_to_appeal")
    return {"department": scored[0].department, "task": scored[0].number}


def waiting(ask: Ask, kind: RequestKind) -> Request:
    """The request that is answered.  Raises Conflict if none of that kind waits."""
    request = ask.case.request
    if request is None or request.kind != kind:
        refuse("no_request_waits")
    return request


def _answered_no(kind: RequestKind) -> Decision:
    def decision(ask: Ask) -> Outcome:
        return Outcome({"department": waiting(ask, kind).department})

    return decision


def _extend_grant(ask: Ask) -> Outcome:
    request = waiting(ask, RequestKind.EXTENSION)
    _extendable(ask.case)
    assert ask.case.clock is not None, "what can be extended runs"
    clock = clocks.extended(ask.facts.times, ask.case.clock)
    if clock is None:
        refuse("no_limit_runs")
    old = instant(ask.case.clock.due_at)
    return Outcome({"department": request.department, "old_due_at": old, "clock": clocks.to_payload(clock)})


def _suspend_grant(ask: Ask) -> Outcome:
    request = waiting(ask, RequestKind.SUSPENSION)
    until = _until(ask, ask.given.until or request.until)
    return Outcome(
        {
            "department": request.department,
            "until": instant(until),
            "clock": clocks.to_payload(clocks.paused(ask.case.clock, ask.now)),
            "whole": clocks.to_payload(clocks.paused(ask.case.whole, ask.now)),
            "answer": None,
        }
    )


def _resume(ask: Ask) -> Outcome:
    times = ask.facts.times
    return Outcome(
        {
            "clock": clocks.to_payload(clocks.resumed(times, ask.case.clock, ask.now)),
            "whole": clocks.to_payload(clocks.resumed(times, ask.case.whole, ask.now)),
        }
    )


def _appeal_uphold(ask: Ask) -> Outcome:
    request = waiting(ask, RequestKind.APPEAL)
    if ask.case.state != State.CLOSED:
        return Outcome({"department": request.department})
    task = latest_task(ask.case, request.department or "")
    if task is None or task.score is None:
        refuse("no_score_to_appeal")
    return Outcome({"department": request.department, "task": task.number})


REQUEST_DECISIONS: Mapping[Action, Decision] = {
    Action.EXTEND_REQUEST: _asked(RequestKind.EXTENSION),
    Action.EXTEND_GRANT: _extend_grant,
    Action.EXTEND_REFUSE: _answered_no(RequestKind.EXTENSION),
    Action.SUSPEND_REQUEST: _asked(RequestKind.SUSPENSION),
    Action.SUSPEND_GRANT: _suspend_grant,
    Action.SUSPEND_REFUSE: _answered_no(RequestKind.SUSPENSION),
    Action.RESUME: _resume,
    Action.APPEAL: _asked(RequestKind.APPEAL),
    Action.APPEAL_UPHOLD: _appeal_uphold,
    Action.APPEAL_DISMISS: _answered_no(RequestKind.APPEAL),
}
