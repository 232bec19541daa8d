"""Whether an actor may take a step of a case: the permission in its scope, and the rule of the edge beyond it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streetchief.actors import Actor, Permission, allowed, grants_for
from streetchief.casework.actions import Action, Given, Who
from streetchief.casework.case import Case, Holder
from streetchief.casework.states import Edge

SYSTEM = "system:"


def refusal(case: Case, action: Action, edge: Edge, by: Actor, given: Given) -> str | None:
    """The code of the sentence that refuses the actor; None = may."""
    if edge.or_permission is not None and allowed(by, edge.or_permission, case.subject):
        return None
    if edge.is_by_timer and is_ours(by) and allowed(by, Permission.ESCALATE, case.subject):
        return None
    return _RULES[edge.who](case, action, edge, by, given)


def is_ours(by: Actor) -> bool:
    """Whether it is one of our own programs."""
    return by.id.startswith(SYSTEM)


def departments_of(case: Case, permission: Permission, by: Actor) -> frozenset[str]:
    """The departments for which the actor holds the permission on this case."""
    grants = grants_for(by, permission, case.subject)
    return frozenset(grant.department for grant in grants if grant.department is not None)


def tier_of(case: Case, permission: Permission, by: Actor) -> int | None:
    """The highest tier in which the actor holds the permission on this case; None = is no chief here."""
    tiers = [grant.tier for grant in grants_for(by, permission, case.subject) if grant.tier is not None]
    return min(tiers, default=None)


def _anyone(case: Case, _action: Action, edge: Edge, by: Actor, _given: Given) -> str | None:
    return None if allowed(by, edge.permission, case.subject) else "step_forbidden"


def _holder(case: Case, _action: Action, _edge: Edge, by: Actor, _given: Given) -> str | None:
    if case.held_by == Holder.CHIEF:
        return None if tier_of(case, Permission.ANSWER, by) is not None else "not_the_holder"
    holds = case.held_by is not None and case.department in departments_of(case, Permission.HANDLE, by)
    return None if holds else "not_the_holder"


def _chief(case: Case, _action: Action, edge: Edge, by: Actor, _given: Given) -> str | None:
    return None if tier_of(case, edge.permission, by) is not None else "not_a_chief"


def _caller(case: Case, action: Action, edge: Edge, by: Actor, given: Given) -> str | None:
    if not allowed(by, edge.permission, case.subject):
        return "step_forbidden"
    if action == Action.SETTLE or given.department is None:
        return None if any(whistle.caller == by.id for whistle in case.whistles) else "not_the_caller"
    callers = [task.caller for task in case.tasks if task.department == given.department]
    return None if callers and callers[-1] == by.id else "not_the_caller"


def _called(case: Case, _action: Action, edge: Edge, by: Actor, given: Given) -> str | None:
    called = {task.department for task in case.tasks} & departments_of(case, edge.permission, by)
    return None if called and (given.department is None or given.department in called) else "not_called"


def _party(case: Case, _action: Action, edge: Edge, by: Actor, given: Given) -> str | None:
    parties = departments_of(case, edge.permission, by) & set(case.departments)
    return None if parties and (given.department is None or given.department in parties) else "not_the_holder"


def _verifier(case: Case, _action: Action, edge: Edge, by: Actor, _given: Given) -> str | None:
    if not allowed(by, edge.permission, case.subject):
        return "step_forbidden"
    at_work = {task.department for task in case.tasks}
    at_work |= {case.department} if case.held_by == Holder.DEPARTMENT and case.department is not None else set()
    is_of_them = any(grant.department in at_work for grant in by.grants)
    return "verifier_handled_it" if by.id in case.handlers or is_of_them else None


def _system(case: Case, _action: Action, edge: Edge, by: Actor, _given: Given) -> str | None:
    return None if is_ours(by) and allowed(by, edge.permission, case.subject) else "only_our_programs"


_RULES: Mapping[Who, Callable[[Case, Action, Edge, Actor, Given], str | None]] = {
    Who.ANYONE: _anyone,
    Who.HOLDER: _holder,
    Who.CHIEF: _chief,
    Who.CALLER: _caller,
    Who.CALLED: _called,
    Who.PARTY: _party,
    Who.VERIFIER: _verifier,
    Who.SYSTEM: _system,
}
