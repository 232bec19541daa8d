"""核实 before registering, 核查 before closing, rework, and what the complainant says afterwards."""

from __future__ import annotations

from collections.abc import Mapping

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
    if case.state == State.VERIFIED and (case.call_back is None or not case.call_back.is_bad):
        refuse("nobody_unhappy")
    return Outcome({"tier": case.tier, "department": case.department})


def _call_back(ask: Ask) -> Outcome:
    given = ask.given
    if not given.answered:
        return Outcome({"answered": False})
    for need in (Need.SOLVED, Need.SATISFIED):
        if getattr(given, need) is None:
            raise BadInput("missing_need", need=Key(f"case.need.{need}"))
    return Outcome({"answered": True, "solved": given.solved, "satisfied": given.satisfied})


VERIFICATION_DECISIONS: Mapping[Action, Decision] = {
    Action.CHECK_REPORT: _check_report,
    Action.VERIFY: _verify,
    Action.REWORK: _rework,
    Action.CALL_BACK: _call_back,
}
