"""Every role at every edge, with the grants that accounts really gives: allowed exactly as the table and the policy say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from streetchief.accounts import policy
from streetchief.actors import Actor, Grant, Permission
from streetchief.casework.actions import Action, Given, WhistleKind, Who
from streetchief.casework.case import Case, Holder, Task, TaskState, Whistle
from streetchief.casework.permits import refusal
from streetchief.casework.states import EDGES, State
from tests.casework.cast import MORNING, fresh

P = Permission
SCOPES = {"chief": {"tier": 3, "street": "E"}, "officer": {"department": "waste"}}
ELSEWHERE = {"chief": {"tier": 3, "street": "F"}, "officer": {"department": "police"}}
HERE: dict[str, Actor] = {
    role: Actor("system:worker" if rule.machine else role, (policy.grant(role, **SCOPES.get(role, {})),))  # type: ignore[arg-type]
    for role, rule in policy.ROLES.items()
}
AWAY: dict[str, Actor] = {
    role: Actor(
        f"far-{role}",
        (policy.grant(role, **(ELSEWHERE.get(role) or ({"area": "Z"} if "area" in rule.may else {}))),),  # type: ignore[arg-type]
    )
    for role, rule in policy.ROLES.items()
    if role in ELSEWHERE or "area" in rule.may
}


def a_case(state: State, holder: Holder) -> Case:
    """A case that waste holds, or a chief; the chief called waste, which has not come yet."""
    task = Task(1, 1, "waste", "chief", TaskState.CALLED, MORNING)
    whistle = Whistle(1, WhistleKind.RESIDENT_MATTER, "chief", MORNING)
    return replace(fresh(), state=state, held_by=holder, tier=3, tasks=(task,), whistles=(whistle,))


def expected(role: str, action: Action, state: State, holder: Holder) -> bool:
    """The rule told once more, by role and not by grant."""
    edge, holds = EDGES[state, action], policy.PERMISSIONS[role]
    if edge.or_permission in holds or (edge.is_by_timer and role == "worker" and P.ESCALATE in holds):
        return True
    match edge.who:
        case Who.HOLDER:
            return role == ("chief" if holder == Holder.CHIEF else "officer")
        case Who.CHIEF | Who.CALLER:
            return role == "chief" and edge.permission in holds
        case Who.CALLED | Who.PARTY:
            return role == "officer" and edge.permission in holds
        case Who.SYSTEM:
            return role == "worker" and edge.permission in holds
        case _:
            return edge.permission in holds


@pytest.mark.parametrize("role", policy.ROLES)
@pytest.mark.parametrize("holder", Holder)
def test_allowed_exactly_as_table_and_policy_say(role: str, holder: Holder) -> None:
    for state, action in EDGES:
        edge = EDGES[state, action]
        given = Given(department="waste") if edge.who in (Who.CALLER, Who.CALLED) else Given()
        got = refusal(a_case(state, holder), action, edge, HERE[role], given) is None
        assert got == expected(role, action, state, holder), (role, state, action)


@pytest.mark.parametrize("role", AWAY)
@pytest.mark.parametrize("holder", Holder)
def test_of_another_street_area_or_department_nobody_may_anything(role: str, holder: Holder) -> None:
    for state, action in EDGES:
        given = Given(department="waste")
        assert refusal(a_case(state, holder), action, EDGES[state, action], AWAY[role], given), (role, state, action)


def test_every_step_is_somebodys_and_the_machines_and_the_administrator_have_none_of_a_persons() -> None:
    may: Counter[str] = Counter()
    for state, action in EDGES:
        roles = {r for r in policy.ROLES for h in Holder if expected(r, action, state, h)}
        assert roles, f"nobody may {action} in {state}"
        may.update(roles)
    assert set(policy.ROLES) - set(may) == {"analyst", "feed", "admin"}


def test_who_handled_it_and_who_is_of_their_department_verifies_nothing() -> None:
    case, edge = a_case(State.FINISHED, Holder.DEPARTMENT), EDGES[State.FINISHED, Action.VERIFY]
    both = (policy.grant("supervisor"), policy.grant("officer", department="waste"))
    for by, code in (
        (HERE["supervisor"], None),
        (Actor("handler", HERE["supervisor"].grants), "verifier_handled_it"),
        (Actor("two-hats", both), "verifier_handled_it"),
        (Actor("other-hat", (both[0], policy.grant("officer", department="parks"))), None),
        (HERE["officer"], "step_forbidden"),
        (HERE["director"], "step_forbidden"),
    ):
        assert refusal(replace(case, handlers=frozenset({"handler"})), Action.VERIFY, edge, by, Given()) == code, by.id


def test_a_person_who_calls_himself_a_program_is_none() -> None:
    """``system:`` alone gives nothing: the grant does, and no account holds the role worker."""
    edge = EDGES[State.WITH_CHIEF, Action.RECOMPUTE_DEADLINE]
    case = a_case(State.WITH_CHIEF, Holder.CHIEF)
    for by in (Actor("system:me"), Actor("system:me", HERE["supervisor"].grants), Actor("me", HERE["worker"].grants)):
        assert refusal(case, Action.RECOMPUTE_DEADLINE, edge, by, Given()) == "only_our_programs"


def test_a_grant_of_an_unknown_role_and_no_grant_at_all_allow_nothing() -> None:
    for by in (Actor("nobody"), Actor("old", (Grant("mayor", frozenset()),))):
        for state, action in EDGES:
            assert refusal(a_case(state, Holder.CHIEF), action, EDGES[state, action], by, Given(department="waste"))
