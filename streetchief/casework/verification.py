"""核实 before registering, 核查 before closing, rework, and what the complainant says afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streetchief.casework.actions import Action, Need
from streetchief.casework.asking import Ask, Decision, Outcome, refuse
from streetchief.casework.states import State
from streetchief.errors import BadInput, Key


def _check_report(ask: Ask) -> Outcome:
    return Outcome({"result": ask.given.result})


def _verify(ask: Ask) -> Outcome:
    if ask.case.is_passed is not None:
        refuse("verified_already")
    return Outcome({"passed": ask.given.passed}, fork=None if ask.given.passed else "failed")


def _rework(ask: Ask) -> Outcome:
    case = ask.case
    if case.state == State.FINISHED and case.is_passed is not False:
        refuse("not_verified_yet")
    if case.state == State.VERIFIED and not any(said.is_bad for said in case.call_backs):
        refuse("nobody_unhappy")
    return Outcome({"tier": case.tier, "department": case.department})


def _call_back(ask: Ask) -> Outcome:
    given = ask.given
    whose: dict[str, Any] = {"complaint": _whose(ask)}
    if not given.answered:
        return Outcome(whose | {"answered": False})
    for need in (Need.SOLVED, Need.SATISFIED):
        if getattr(given, need) is None:
            raise BadInput("missing_need", need=Key(f"case.need.{need}"))
    return Outcome(whose | {"answered": True, "solved": given.solved, "satisfied": given.satisfied})


def _whose(ask: Ask) -> int:
    """The complaint whose complainant was called.  Raises BadInput where that leaves a choice."""
    carried, named = ask.case.complaints, ask.given.complaint
    if named is None and len(carried) == 1:
        return carried[0]
    if named not in carried:
        raise BadInput("which_complaint", complaints=", ".join(map(str, carried)))
    return named


VERIFICATION_DECISIONS: Mapping[Action, Decision] = {
    Action.CHECK_REPORT: _check_report,
    Action.VERIFY: _verify,
    Action.REWORK: _rework,
    Action.CALL_BACK: _call_back,
}
