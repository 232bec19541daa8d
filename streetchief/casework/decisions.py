"""What each action puts on record: one small function an action, from what was asked to a payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streetchief.casework import clocks
from streetchief.casework.actions import Action
from streetchief.casework.asking import Ask, Decision, Outcome, known_department, plain, refuse
from streetchief.casework.case import Holder, Task
from streetchief.casework.chain import Answering, Link, above, answering
from streetchief.casework.events import instant
from streetchief.casework.facts import Joining
from streetchief.casework.joint import TASK_DECISIONS, task_limits
from streetchief.casework.requests import REQUEST_DECISIONS
from streetchief.casework.verification import VERIFICATION_DECISIONS
from streetchief.casework.whistle import is_open
from streetchief.errors import BadInput


def _chain(ask: Ask) -> tuple[Link, ...]:
    return ask.facts.chain(ask.case.segment) if ask.case.segment is not None else ()


def _answered(found: Answering) -> dict[str, Any]:
    return {"tier": found.tier, "stand_in": found.is_stand_in, "empty_tiers": list(found.empty)}


def _register(ask: Ask) -> Outcome:
    if ask.case.is_checked is False:
        refuse("report_not_true")
    if ask.case.needs_check and ask.case.is_checked is None:
        refuse("report_not_checked")
    return Outcome()


def _place(ask: Ask) -> Outcome:
    segment = ask.given.segment
    place = None if segment is None else ask.facts.place(segment)
    if segment is None or place is None:
        raise BadInput("unknown_segment", segment=segment)
    payload: dict[str, Any] = {
        "segment": segment, "street": place.street, "areas": list(place.areas),
        "registry_version": place.registry_version,
    }  # fmt: skip
    if ask.case.held_by != Holder.DEPARTMENT:
        payload |= {"department": place.department, "supervisor": place.supervisor}
    if ask.case.held_by == Holder.CHIEF:
        found = answering(ask.facts.chain(segment), ask.case.tier)
        payload |= {"tier": None} if found is None else _answered(found)
    return Outcome(payload)


def _hand_to_chief(ask: Ask) -> Outcome:
    if ask.case.segment is None:
        refuse("case_not_placed")
    found = answering(_chain(ask), ask.given.tier)
    if found is None:
        refuse("no_chief_on_segment", segment=ask.case.segment)
    return Outcome(_answered(found))


def _hand_over(ask: Ask) -> Outcome:
    if ask.case.held_by != Holder.CHIEF:
        refuse("department_holds_it")
    if ask.given.department is not None:
        return Outcome({"department": known_department(ask, ask.given.department)})
    found = above(_chain(ask), ask.case.tier)
    if found is None:
        refuse("highest_tier")
    return Outcome(_answered(found), fork="next_tier")


def _escalate(ask: Ask) -> Outcome:
    found = above(_chain(ask), ask.case.tier)
    if found is None:
        if ask.case.is_at_top:
            refuse("director_urged_already")
        return Outcome({"because": "highest_tier", "tier": ask.case.tier, "answer": None}, action=Action.URGE)
    payload = _answered(found) | {"from_tier": ask.case.tier}
    if ask.edge.starts is None:
        payload["answer"] = clocks.to_payload(clocks.started(ask.facts.times, "answer", ask.now, found.tier))
    return Outcome(payload)


def _dispatch(ask: Ask) -> Outcome:
    return Outcome({"department": known_department(ask, ask.given.department), "from": ask.case.department})


def _send_back(ask: Ask) -> Outcome:
    if ask.case.held_by == Holder.CHIEF:
        refuse("chief_hands_over")
    return Outcome({"department": ask.case.department, "answer": None})


def _fix(ask: Ask) -> Outcome:
    return Outcome({"tier": ask.case.tier})


def _attach(ask: Ask) -> Outcome:
    if ask.given.complaint not in ask.facts.complaints:
        refuse("complaint_has_case", complaint=ask.given.complaint)
    return Outcome({"complaint": ask.given.complaint})


def _other(ask: Ask) -> Joining:
    """The other half of a merge.  Raises Conflict where only one half was asked for."""
    joining = ask.facts.joining
    if joining is None or joining.other != ask.given.other or joining.other == ask.case.id:
        refuse("merge_is_of_two", other=ask.given.other)
    return joining


def _merge(ask: Ask) -> Outcome:
    joining = _other(ask)
    if joining.has_children:
        refuse("case_has_children")
    return Outcome({"other": joining.other, "complaints": list(ask.case.complaints)})


def _absorb(ask: Ask) -> Outcome:
    joining = _other(ask)
    return Outcome({"other": joining.other, "complaints": list(joining.complaints)})


def _recur(ask: Ask) -> Outcome:
    return Outcome({**_reopen(ask).payload, "other": ask.given.other})


def _set_parent(ask: Ask) -> Outcome:
    parent = ask.given.parent
    above_it = None if parent is None else ask.facts.ancestors(parent)
    if above_it is None:
        raise BadInput("unknown_parent", parent=parent)
    if ask.case.id in (parent, *above_it):
        refuse("parent_below_itself", parent=parent)
    return Outcome({"parent": parent})


def _reopen(ask: Ask) -> Outcome:
    whole = clocks.started(ask.facts.times, "whole", ask.now)
    return Outcome({"whole": clocks.to_payload(whole)})


def _recompute(ask: Ask) -> Outcome | None:
    """Nothing goes on record where no due instant changes; the old ones are kept where one does."""
    payload: dict[str, Any] = {}
    for name in ("clock", "answer", "whole"):
        old = getattr(ask.case, name)
        new = None if old is None else clocks.recomputed(ask.facts.times, old)
        if new != old:
            payload |= {name: clocks.to_payload(new), f"old_{name}": clocks.to_payload(old)}
    if tasks := [changed for task in ask.case.tasks if is_open(task) for changed in _recomputed_task(ask, task)]:
        payload["tasks"] = tasks
    return Outcome(payload) if payload else None


def _recomputed_task(ask: Ask, task: Task) -> list[dict[str, Any]]:
    """The limits of a called department at work, by today's calendar, beside the old ones; [] where they stay."""
    old = {"arrive_due_at": instant(task.arrive_due_at), "finish_due_at": instant(task.finish_due_at)}
    new = task_limits(ask.facts.times, task.called_at)
    return [] if new == old else [{"task": task.number, **new, "old": old}]


DECISIONS: Mapping[Action, Decision] = {
    Action.REGISTER: _register,
    Action.DECLINE: plain,
    Action.PLACE: _place,
    Action.HAND_TO_CHIEF: _hand_to_chief,
    Action.FIX_ON_SPOT: _fix,
    Action.HAND_OVER: _hand_over,
    Action.ESCALATE: _escalate,
    Action.DISPATCH: _dispatch,
    Action.ACKNOWLEDGE: plain,
    Action.SEND_BACK: _send_back,
    Action.START: plain,
    Action.FORCE_CLOSE: plain,
    Action.URGE: plain,
    Action.ATTACH_COMPLAINT: _attach,
    Action.SET_PARENT: _set_parent,
    Action.MERGE: _merge,
    Action.ABSORB: _absorb,
    Action.RECUR: _recur,
    Action.REOPEN: _reopen,
    Action.CLOSE: plain,
    Action.RECOMPUTE_DEADLINE: _recompute,
    **REQUEST_DECISIONS,
    **TASK_DECISIONS,
    **VERIFICATION_DECISIONS,
}
