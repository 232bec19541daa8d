"""Lives with detours: rework, suspension, extensions, escalation, appeals, a street redrawn, a chief replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.casework.actions import Action as A
from streetchief.casework.actions import Given, WhistleKind
from streetchief.casework.case import Case, Holder
from streetchief.casework.chain import Link
from streetchief.casework.facts import Facts, Place
from streetchief.casework.service import hand_over_cases
from streetchief.casework.states import State as S
from streetchief.casework.whistle import latest_task
from streetchief.storage.engine import transaction
from tests.casework.cast import CAST, FACTS, MORNING
from tests.casework.ledger import facts_of
from tests.casework.test_service import open_first
from tests.lives.story import Line, live, tell
from tests.lives.test_case_lives import CLOSING, DONE, PLAQUE, REGISTERED, SEEN, handled_by

TO_WASTE = Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste"))
IN_HAND = [
    TO_WASTE,
    Line("waste-officer", A.ACKNOWLEDGE, S.ACKNOWLEDGED),
    Line("waste-officer", A.START, S.IN_HAND),
]
FAILED = Given(opinion="没有清理干净", photo="p3", passed=False)
AGAIN = Given(reason="核查不通过")
LACKS = Given(reason="缺配件")
DAY_MIN = 24 * 60


def test_rework_twice_then_close(database_engine: Engine) -> None:
    rework = [
        Line("dispatcher", A.REWORK, "not_verified_yet", AGAIN),
        Line("waste-officer", A.VERIFY, "step_forbidden", SEEN),
        Line("supervisor", A.VERIFY, S.FINISHED, FAILED),
        Line("supervisor", A.VERIFY, "verified_already", SEEN),
        Line("supervisor", A.REWORK, "step_forbidden", AGAIN),
        Line("dispatcher", A.REWORK, S.IN_HAND, AGAIN),
        Line("waste-officer", A.FINISH, S.FINISHED, DONE),
    ]
    case = tell(database_engine, [*REGISTERED, TO_WASTE, *handled_by("waste-officer"), *rework, *rework, *CLOSING])
    assert (case.reworks, case.state, case.department) == (2, S.CLOSED, "waste")


def test_suspend_and_resume_keeps_what_was_left(database_engine: Engine) -> None:
    until = MORNING + timedelta(days=40)
    seen: list[Case] = []
    case = tell(
        database_engine,
        [
            *REGISTERED,
            *IN_HAND,
            Line("waste-officer", A.SUSPEND_REQUEST, "missing_need", LACKS),
            Line("waste-officer", A.SUSPEND_REQUEST, S.IN_HAND, replace(LACKS, until=until)),
            Line("waste-officer", A.EXTEND_REQUEST, "request_waits", LACKS),
            Line("waste-officer", A.SUSPEND_GRANT, "step_forbidden"),
            Line("director", A.EXTEND_GRANT, "no_request_waits"),
            Line("director", A.SUSPEND_GRANT, S.SUSPENDED),
            Line("waste-officer", A.FINISH, "no_such_step", DONE),
            Line("system:worker", A.RECOMPUTE_DEADLINE, "no_such_step"),
            Line("police-officer", A.RESUME, "no_case"),
            Line("system:worker", A.RESUME, S.IN_HAND, minutes=30 * DAY_MIN),
            Line("waste-officer", A.SUSPEND_REQUEST, "suspended_before", replace(LACKS, until=until)),
            Line("waste-officer", A.FINISH, S.FINISHED, DONE),
            *CLOSING,
        ],
        seen.append,
    )
    begun, stopped, resumed = seen[4], seen[10], seen[14]
    assert begun.clock and begun.whole and stopped.clock and stopped.whole and resumed.clock and resumed.whole
    assert stopped.clock.due_at is None is stopped.whole.due_at
    assert stopped.suspended_until == until
    for before, after in ((begun.clock, resumed.clock), (begun.whole, resumed.whole)):
        stood = resumed.last_at - stopped.clock.pauses[0][0]
        assert before.due_at and after.due_at == before.due_at + stood  # what was left is left
    assert (case.suspensions, case.suspended_until, case.state) == (1, None, S.CLOSED)


def test_extension_refused_then_two_granted_and_the_third_refused_by_rule(database_engine: Engine) -> None:
    seen: list[Case] = []
    ask = Line("waste-officer", A.EXTEND_REQUEST, S.IN_HAND, LACKS)
    grant = Line("director", A.EXTEND_GRANT, S.IN_HAND)
    case = tell(
        database_engine,
        [
            *REGISTERED,
            *IN_HAND,
            ask,
            Line("director", A.EXTEND_REFUSE, "missing_need"),
            Line("director", A.EXTEND_REFUSE, S.IN_HAND, Given(reason="时间足够")),
            ask,
            grant,
            ask,
            Line("dispatcher", A.EXTEND_GRANT, "step_forbidden"),
            grant,
            Line("waste-officer", A.EXTEND_REQUEST, "extended_enough", LACKS),
            Line("waste-officer", A.FINISH, S.FINISHED, DONE),
            *CLOSING,
        ],
        seen.append,
    )
    due = [one.clock.due_at for one in (seen[4], seen[7], seen[9], seen[12]) if one.clock and one.clock.due_at]
    assert [later - due[0] for later in due] == [timedelta(0), timedelta(0), timedelta(days=1), timedelta(days=2)]
    assert case.extensions == 2


def test_escalation_through_three_tiers_and_to_the_director_once(database_engine: Engine) -> None:
    up = Line("system:worker", A.ESCALATE, S.WITH_CHIEF, minutes=121)
    seen: list[Case] = []
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("dispatcher", A.HAND_TO_CHIEF, S.WITH_CHIEF),
            up,
            up,
            up,  # nobody is above: the director is urged
            Line("system:worker", A.ESCALATE, "director_urged_already"),
            Line("subdistrict-chief", A.HAND_OVER, "highest_tier", Given(opinion="无人可交")),
            Line("subdistrict-chief", A.FIX_ON_SPOT, S.FINISHED, DONE),
            *CLOSING,
        ],
        seen.append,
    )
    assert [one.tier for one in seen[2:6]] == [3, 2, 1, 1]
    assert [one.urged for one in seen[2:6]] == [0, 0, 0, 1]
    assert [one.answer and one.answer.tier for one in seen[2:5]] == [3, 2, 1]
    assert seen[5].answer is None
    assert case.is_at_top


def test_reopen_after_a_bad_evaluation(database_engine: Engine) -> None:
    bad = Given(answered=True, solved=False, satisfied=False)
    case = tell(
        database_engine,
        [
            *REGISTERED,
            TO_WASTE,
            *handled_by("waste-officer"),
            Line("supervisor", A.VERIFY, S.VERIFIED, SEEN),
            Line("dispatcher", A.REWORK, "nobody_unhappy", Given(reason="群众不满意")),
            Line("dispatcher", A.CALL_BACK, S.VERIFIED, Given(answered=False)),
            Line("dispatcher", A.REWORK, "nobody_unhappy", Given(reason="群众不满意")),
            Line("dispatcher", A.CALL_BACK, S.VERIFIED, bad),  # before closing: a rework
            Line("dispatcher", A.REWORK, S.IN_HAND, Given(reason="群众不满意")),
            Line("waste-officer", A.FINISH, S.FINISHED, DONE),
            *CLOSING,
            Line("dispatcher", A.CALL_BACK, "missing_need", Given(answered=True, solved=False)),
            Line("dispatcher", A.CALL_BACK, S.CLOSED, bad),  # after closing: opened again
            Line("waste-officer", A.REOPEN, "step_forbidden", Given(reason="仍未解决")),
            Line("dispatcher", A.REOPEN, S.REGISTERED, Given(reason="仍未解决")),
            TO_WASTE,
            *handled_by("waste-officer"),
            *CLOSING,
            Line("dispatcher", A.CALL_BACK, S.CLOSED, Given(answered=True, solved=True, satisfied=True)),
        ],
    )
    assert (case.reworks, case.call_back and case.call_back.satisfied) == (1, True)
    with transaction(database_engine) as session:
        told = session.execute(text("select reopenings, called_back, solved, finished_at < closed_at from case_facts"))
        assert told.one() == (1, 1, 1, True)


NEW_STREET = {"E-1": Place("F", ("C2", "T"), 9, "police", "roads")}


def redrawn(_session: Session, _case: Case, _now: object) -> Facts:
    """The registry of the next version: the segment belongs to another street, where nobody answers below tier 2."""
    return replace(
        FACTS, place=NEW_STREET.get, chain=lambda _: (Link(3, False), Link(2, True, True), Link(1, True)), joining=None
    )


def test_a_street_redrawn_in_mid_case(database_engine: Engine) -> None:
    """Who holds it keeps it if it is a department; a chief's case goes to the chief of the new street."""
    held, case = open_first(database_engine, 2)
    held = live(database_engine, held, [*REGISTERED, TO_WASTE])
    held = live(database_engine, held, [Line("dispatcher", A.PLACE, S.DISPATCHED, Given(segment="E-1"))], None, redrawn)
    assert (held.street, held.areas, held.registry_version, held.department) == ("F", ("C2", "T"), 9, "waste")
    case = live(
        database_engine, case, [*REGISTERED, Line("dispatcher", A.HAND_TO_CHIEF, S.WITH_CHIEF)]
    )  # fmt: skip
    case = live(
        database_engine,
        case,
        [
            Line("dispatcher", A.PLACE, "unknown_segment", Given(segment="gone")),
            Line("dispatcher", A.PLACE, S.WITH_CHIEF, Given(segment="E-1")),
            Line("resident-chief", A.FIX_ON_SPOT, "no_case", DONE),  # the old street's chief sees it no more
            Line("subdistrict-chief", A.FIX_ON_SPOT, S.FINISHED, DONE),
            *CLOSING,
        ],
        None,
        redrawn,
    )
    assert (case.street, case.registry_version, case.tier, case.department) == ("F", 9, 2, "police")
    live(database_engine, case, [Line("dispatcher", A.PLACE, "no_such_step", Given(segment="E-1"))])  # as of its day


def test_a_chief_replaced_in_mid_case(database_engine: Engine) -> None:
    """The open case with the whistle of the one who left is the successor's to settle and rate; a closed one is not."""
    called = Given(kind=WhistleKind.RESIDENT_MATTER, departments=("roads",))
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("dispatcher", A.HAND_TO_CHIEF, S.WITH_CHIEF),
            Line("resident-chief", A.WHISTLE, S.IN_HAND, called),
            Line("roads-officer", A.REPORT_IN, S.IN_HAND, PLAQUE),
        ],
    )
    moved = hand_over_cases(
        database_engine, street="E", tier=3, leaver="resident-chief", successor="community-chief",
        by=CAST["dispatcher"], now=case.last_at + timedelta(minutes=1), facts_of=facts_of,
    )  # fmt: skip
    assert moved == 1
    case = replace(case, version=case.version + 1, last_at=case.last_at + timedelta(minutes=1))
    case = live(
        database_engine,
        case,
        [
            Line("roads-officer", A.TASK_FINISH, S.IN_HAND, DONE),
            Line("resident-chief", A.SETTLE, "not_the_caller"),
            Line("resident-chief", A.RATE, "not_the_caller", Given(department="roads", score=1)),
            Line("community-chief", A.SETTLE, S.IN_HAND),
            Line("community-chief", A.RATE, S.IN_HAND, Given(department="roads", score=4)),
            Line("community-chief", A.FINISH, S.FINISHED, DONE),
            *CLOSING,
        ],
    )
    task = latest_task(case, "roads")
    assert task is not None
    assert (task.caller, task.score) == ("community-chief", 4)


def test_an_appeal_upheld_strikes_the_score(database_engine: Engine) -> None:
    called = Given(kind=WhistleKind.JOINT_ENFORCEMENT, departments=("roads", "police"))
    appeal = Line("roads-officer", A.APPEAL, S.CLOSED, Given(reason="评分过低"))
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("dispatcher", A.HAND_TO_CHIEF, S.WITH_CHIEF),
            Line("resident-chief", A.WHISTLE, S.IN_HAND, called),
            *(Line(f"{d}-officer", A.REPORT_IN, S.IN_HAND, PLAQUE) for d in ("roads", "police")),
            Line("resident-chief", A.RATE, "tasks_open", Given(department="roads", score=1)),
            *(Line(f"{d}-officer", A.TASK_FINISH, S.IN_HAND, DONE) for d in ("roads", "police")),
            Line("resident-chief", A.RATE, "bad_score", Given(department="roads", score=6)),
            *(Line("resident-chief", A.RATE, S.IN_HAND, Given(department=d, score=1)) for d in ("roads", "police")),
            Line("resident-chief", A.RATE, "rated_already", Given(department="roads", score=5)),
            Line("resident-chief", A.FINISH, S.FINISHED, DONE),
            *CLOSING,
            Line("waste-officer", A.APPEAL, "no_score_to_appeal", Given(reason="评分过低")),
            appeal,
            Line("police-officer", A.APPEAL, "request_waits", Given(reason="评分过低")),
            Line("director", A.APPEAL_DISMISS, S.CLOSED, Given(reason="理由不足")),
            appeal,
            Line("director", A.APPEAL_UPHOLD, S.CLOSED, Given(opinion="到场及时")),
            Line("roads-officer", A.APPEAL, "no_score_to_appeal", Given(reason="再来一次")),
        ],
    )
    roads, police = latest_task(case, "roads"), latest_task(case, "police")
    assert roads and police
    assert (roads.score, roads.is_score_struck, police.is_score_struck) == (1, True, False)
    assert case.state == S.CLOSED
    assert case.request is None


def test_force_close_by_the_director_after_the_called_ones(database_engine: Engine) -> None:
    called = Given(kind=WhistleKind.EMERGENCY, departments=("police",))
    why = Given(reason="现场已拆除")
    case = tell(
        database_engine,
        [
            *REGISTERED,
            *IN_HAND,
            Line("resident-chief", A.WHISTLE, S.IN_HAND, called),
            Line("dispatcher", A.FORCE_CLOSE, "step_forbidden", why),
            Line("director", A.FORCE_CLOSE, "missing_need"),
            Line("director", A.FORCE_CLOSE, "tasks_open", why),
            Line("director", A.TASK_CALL_OFF, S.IN_HAND, Given(department="police", reason="不再需要")),
            Line("director", A.FORCE_CLOSE, S.CLOSED, why),
            Line("director", A.VOID, "no_such_step", why),
        ],
    )
    assert case.is_forced
    assert (case.clock, case.closed_at) == (None, case.last_at)
    case = live(database_engine, case, [Line("dispatcher", A.REOPEN, S.REGISTERED, Given(reason="又建了起来"))])
    assert (case.is_forced, case.closed_at) == (False, None)


def test_void_by_mistake_needs_a_new_case(database_engine: Engine) -> None:
    """A void case stays void and says why; what was reported after all comes back as a case of its own."""
    why = Given(reason="误报")
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("resident-chief", A.WHISTLE, S.IN_HAND, Given(kind=WhistleKind.EMERGENCY, departments=("roads",))),
            Line("dispatcher", A.VOID, "step_forbidden", why),
            Line("director", A.VOID, S.VOID, why, minutes=45),
            *(
                Line("dispatcher", action, "no_such_step", Given(reason="弄错了", department="waste"))
                for action in (A.REOPEN, A.REGISTER, A.DISPATCH)
            ),
            Line("roads-officer", A.REPORT_IN, "no_such_step", PLAQUE),
        ],
    )
    task = latest_task(case, "roads")
    assert task is not None
    assert task.was_no_show
    assert case.closed_at == case.last_at


def test_a_declined_report_looked_at_again(database_engine: Engine) -> None:
    untrue = Given(result=False, opinion="现场没有发现")
    case = tell(
        database_engine,
        [
            Line("supervisor", A.CHECK_REPORT, S.RECEIVED, untrue),
            Line("dispatcher", A.REGISTER, "report_not_true"),
            Line("dispatcher", A.DECLINE, S.DECLINED, Given(reason="不属实")),
            Line("dispatcher", A.REOPEN, S.RECEIVED, Given(reason="投诉人补充了照片")),
            Line("dispatcher", A.REGISTER, "report_not_checked"),
            *REGISTERED,
            TO_WASTE,
            *handled_by("waste-officer"),
            *CLOSING,
        ],
    )
    assert case.held_by == Holder.DEPARTMENT
    assert case.is_checked
