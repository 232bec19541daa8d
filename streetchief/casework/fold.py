"""Events → the case.  Payloads carry all that was decided, so the past folds the same whatever the table says today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from streetchief.casework import clocks
from streetchief.casework.actions import Action
from streetchief.casework.case import CallBack, Case, Holder, Request, RequestKind
from streetchief.casework.events import CaseEvent, read_instant
from streetchief.casework.fold_tasks import TASK_FOLDS
from streetchief.casework.states import ENDED, WITH_DEPARTMENT, State

Change = Callable[[Case, CaseEvent], Case]
HANDLING = frozenset(
    {Action.FIX_ON_SPOT, Action.ACKNOWLEDGE, Action.START, Action.FINISH, Action.REPORT_IN, Action.TASK_FINISH}
)


def fold(events: Iterable[CaseEvent]) -> Case:
    """The case after these events, in order.

    Raises ValueError when there is none or the first does not open a case.  Does not check hashes (`verify_chain`).
    """
    case: Case | None = None
    for event in events:
        case = opened(event) if case is None else apply(case, event)
    if case is None:
        raise ValueError("a case begins with an event")
    return case


def opened(event: CaseEvent) -> Case:
    """The case after its first event."""
    if event.action != Action.OPEN:
        raise ValueError(f"a case begins with {Action.OPEN}, not with {event.action}")
    p = event.payload
    return Case(
        id=event.case_id,
        number=p["number"],
        complaints=(p["complaint"],),
        state=event.state,
        opened_at=event.at,
        **{name: p[name] for name in _COPIED},
        areas=tuple(p["areas"]),
        version=event.seq,
        last_at=event.at,
        last_hash=event.hash,
        clock=clocks.of_payload(p["clock"]),
        whole=clocks.of_payload(p["whole"]),
    )


_COPIED = (
    "scheme", "kind", "code", "condition", "registry_version", "segment", "street", "department", "supervisor",
    "needs_check",
)  # fmt: skip


def apply(case: Case, event: CaseEvent) -> Case:
    """The case after one more event."""
    change = _FOLDS.get(event.action)
    after = case if change is None else change(case, event)
    limits: dict[str, Any] = {
        name: clocks.of_payload(event.payload[name]) for name in ("clock", "answer", "whole") if name in event.payload
    }
    after = replace(
        after,
        state=event.state,
        version=event.seq,
        last_at=event.at,
        last_hash=event.hash,
        handlers=after.handlers | {event.by} if event.action in HANDLING else after.handlers,
        **limits,
    )
    if after.request is not None and event.state not in (*WITH_DEPARTMENT, State.CLOSED):
        after = replace(after, request=None)  # what was asked for went with the step
    if event.state in ENDED and case.state not in ENDED:
        after = replace(after, closed_at=event.at, clock=None, answer=None, request=None, suspended_until=None)
    return after


def _set(**values: Any) -> Change:
    return lambda case, _event: replace(case, **values)


def _place(case: Case, event: CaseEvent) -> Case:
    p = event.payload
    changed: Mapping[str, Any] = {name: p[name] for name in ("department", "supervisor", "tier") if name in p}
    return replace(
        case, segment=p["segment"], street=p["street"], areas=tuple(p["areas"]),
        registry_version=p["registry_version"], **changed,
    )  # fmt: skip


def _to_chief(case: Case, event: CaseEvent) -> Case:
    return replace(case, tier=event.payload["tier"], held_by=Holder.CHIEF, is_at_top=False)


def _to_department(case: Case, event: CaseEvent) -> Case:
    return replace(case, department=event.payload["department"], held_by=Holder.DEPARTMENT, request=None)


def _hand_over(case: Case, event: CaseEvent) -> Case:
    return _to_department(case, event) if "department" in event.payload else _to_chief(case, event)


def _escalate(case: Case, event: CaseEvent) -> Case:
    return replace(case, tier=event.payload["tier"])


def _send_back(case: Case, _event: CaseEvent) -> Case:
    return replace(case, department=None, held_by=None)


def _request(kind: RequestKind) -> Change:
    def change(case: Case, event: CaseEvent) -> Case:
        p = event.payload
        return replace(
            case, request=Request(kind, p["department"], event.by, event.at, read_instant(p.get("until")))
        )  # fmt: skip

    return change


def _extend(case: Case, _event: CaseEvent) -> Case:
    return replace(case, request=None, extensions=case.extensions + 1)


def _suspend(case: Case, event: CaseEvent) -> Case:
    until = datetime.fromisoformat(event.payload["until"])
    return replace(case, request=None, suspensions=case.suspensions + 1, suspended_until=until)


def _appeal_upheld(case: Case, event: CaseEvent) -> Case:
    if event.state != State.CLOSED:
        return replace(_send_back(case, event), request=None)
    number = event.payload["task"]
    tasks = tuple(replace(t, is_score_struck=True) if t.number == number else t for t in case.tasks)
    return replace(case, request=None, tasks=tasks)


def _rework(case: Case, _event: CaseEvent) -> Case:
    return replace(case, reworks=case.reworks + 1, is_passed=None, call_backs=(), is_at_top=False)


def _reopen(case: Case, _event: CaseEvent) -> Case:
    return replace(
        case, closed_at=None, is_forced=False, held_by=None, tier=None, is_passed=None, call_backs=(),
        is_at_top=False, is_checked=None if case.state == State.DECLINED else case.is_checked,
    )  # fmt: skip


def _urge(case: Case, event: CaseEvent) -> Case:
    return replace(case, urged=case.urged + 1, is_at_top=case.is_at_top or "because" in event.payload)


def _called_back(case: Case, event: CaseEvent) -> Case:
    p = event.payload
    said = CallBack(p["complaint"], p["answered"], p.get("solved"), p.get("satisfied"))
    return replace(case, call_backs=(*(c for c in case.call_backs if c.complaint != said.complaint), said))


def _attach(case: Case, event: CaseEvent) -> Case:
    return replace(case, complaints=(*case.complaints, event.payload["complaint"]))


def _merge(case: Case, event: CaseEvent) -> Case:
    return replace(case, complaints=(), merged_into=event.payload["other"])


def _absorb(case: Case, event: CaseEvent) -> Case:
    return replace(case, complaints=(*case.complaints, *event.payload["complaints"]))


def _recur(case: Case, event: CaseEvent) -> Case:
    return replace(_reopen(case, event), recurrences=case.recurrences + 1)


_FOLDS: Mapping[Action, Change] = {
    Action.CHECK_REPORT: lambda case, event: replace(case, is_checked=event.payload["result"]),
    Action.PLACE: _place,
    Action.HAND_TO_CHIEF: _to_chief,
    Action.HAND_OVER: _hand_over,
    Action.ESCALATE: _escalate,
    Action.DISPATCH: _to_department,
    Action.SEND_BACK: _send_back,
    Action.EXTEND_REQUEST: _request(RequestKind.EXTENSION),
    Action.EXTEND_GRANT: _extend,
    Action.EXTEND_REFUSE: _set(request=None),
    Action.SUSPEND_REQUEST: _request(RequestKind.SUSPENSION),
    Action.SUSPEND_GRANT: _suspend,
    Action.SUSPEND_REFUSE: _set(request=None),
    Action.RESUME: _set(suspended_until=None),
    Action.APPEAL: _request(RequestKind.APPEAL),
    Action.APPEAL_UPHOLD: _appeal_upheld,
    Action.APPEAL_DISMISS: _set(request=None),
    Action.VERIFY: lambda case, event: replace(case, is_passed=event.payload["passed"]),
    Action.REWORK: _rework,
    Action.REOPEN: _reopen,
    Action.FORCE_CLOSE: _set(is_forced=True),
    Action.URGE: _urge,
    Action.CALL_BACK: _called_back,
    Action.ATTACH_COMPLAINT: _attach,
    Action.MERGE: _merge,
    Action.ABSORB: _absorb,
    Action.RECUR: _recur,
    Action.SET_PARENT: lambda case, event: replace(case, parent_id=event.payload["parent"]),
    **TASK_FOLDS,
}
