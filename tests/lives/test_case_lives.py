"""Whole lives of cases, told line by line."""

from __future__ import annotations

from sqlalchemy import Engine

from streetchief.casework.actions import Action as A
from streetchief.casework.actions import Given, Proof, WhistleKind
from streetchief.casework.states import State as S
from streetchief.casework.whistle import JointOutcome, is_late, is_no_show, joint_outcome, latest_task
from tests.lives.story import Line, tell

DONE = Given(opinion="已处理", photo="p1")
SEEN = Given(opinion="已到现场看过", photo="p2", passed=True)
PLAQUE = Given(proof=Proof.PLAQUE, plaque="signed E-1")
REGISTERED = [
    Line("supervisor", A.CHECK_REPORT, S.RECEIVED, Given(result=True, opinion="属实")),
    Line("dispatcher", A.REGISTER, S.REGISTERED),
]
CLOSING = [Line("supervisor", A.VERIFY, S.VERIFIED, SEEN), Line("dispatcher", A.CLOSE, S.CLOSED)]


def handled_by(officer: str) -> list[Line]:
    return [
        Line(officer, A.ACKNOWLEDGE, S.ACKNOWLEDGED),
        Line(officer, A.START, S.IN_HAND),
        Line(officer, A.FINISH, S.FINISHED, DONE),
    ]


def test_plain_closing(database_engine: Engine) -> None:
    case = tell(
        database_engine,
        [
            Line("dispatcher", A.REGISTER, "report_not_checked"),
            *REGISTERED,
            Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste")),
            Line("roads-officer", A.ACKNOWLEDGE, "not_the_holder"),
            *handled_by("waste-officer"),
            Line("dispatcher", A.CLOSE, "no_such_step"),
            *CLOSING,
            Line("dispatcher", A.CALL_BACK, S.CLOSED, Given(answered=True, solved=True, satisfied=True)),
        ],
    )
    assert case.closed_at is not None
    assert case.reworks == 0


def test_on_the_spot(database_engine: Engine) -> None:
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("dispatcher", A.HAND_TO_CHIEF, S.WITH_CHIEF),
            Line("foreign-chief", A.FIX_ON_SPOT, "no_case", DONE),
            Line("resident-chief", A.FIX_ON_SPOT, "missing_need", Given(opinion="已处理")),
            Line("community-chief", A.FIX_ON_SPOT, S.FINISHED, DONE),
            *CLOSING,
        ],
    )
    assert case.tier == 3


def test_return_and_re_dispatch(database_engine: Engine) -> None:
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="police")),
            Line("police-officer", A.ACKNOWLEDGE, S.ACKNOWLEDGED),
            Line("police-officer", A.SEND_BACK, "missing_need"),
            Line("police-officer", A.SEND_BACK, S.SENT_BACK, Given(reason="属环卫职责")),
            Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste")),
            *handled_by("waste-officer"),
            *CLOSING,
        ],
    )
    assert case.departments == ("roads", "waste")


def test_whistle_with_three_departments_one_late_one_never_comes(database_engine: Engine) -> None:
    called = Given(kind=WhistleKind.JOINT_ENFORCEMENT, departments=("roads", "waste", "police"))
    case = tell(
        database_engine,
        [
            *REGISTERED,
            Line("dispatcher", A.HAND_TO_CHIEF, S.WITH_CHIEF),
            Line("resident-chief", A.WHISTLE, S.IN_HAND, called),
            Line("roads-officer", A.REPORT_IN, "plaque_not_of_segment", Given(proof=Proof.PLAQUE, plaque="copied")),
            Line("roads-officer", A.REPORT_IN, S.IN_HAND, PLAQUE, minutes=10),
            Line("waste-officer", A.REPORT_IN, S.IN_HAND, Given(proof=Proof.CHIEF), minutes=30),  # 45 minutes: late
            Line("resident-chief", A.CONFIRM_ARRIVAL, S.IN_HAND, Given(department="waste")),
            Line("roads-officer", A.TASK_FINISH, S.IN_HAND, DONE),
            Line("roads-officer", A.LEAVE, S.IN_HAND),  # before the caller settled it
            Line("waste-officer", A.TASK_FINISH, S.IN_HAND, DONE),
            Line("resident-chief", A.FINISH, "tasks_open", DONE),
            Line("community-chief", A.RATE, "not_the_caller", Given(department="roads", score=5)),
            Line("resident-chief", A.TASK_CALL_OFF, S.IN_HAND, Given(department="police", reason="一直没有到场")),
            Line("resident-chief", A.SETTLE, S.IN_HAND),
            Line("waste-officer", A.LEAVE, S.IN_HAND),
            Line("resident-chief", A.RATE, S.IN_HAND, Given(department="roads", score=5)),
            Line("resident-chief", A.RATE, S.IN_HAND, Given(department="police", score=1)),
            Line("resident-chief", A.FINISH, S.FINISHED, DONE),
            *CLOSING,
        ],
    )
    roads, waste, police = (latest_task(case, code) for code in ("roads", "waste", "police"))
    assert roads and waste and police
    now = case.last_at
    assert [is_late(task, now) for task in (roads, waste)] == [False, True]
    assert [is_no_show(task, now) for task in (roads, waste, police)] == [False, False, True]
    assert [task.has_left_early for task in (roads, waste)] == [True, False]
    assert [task.score for task in (roads, waste, police)] == [5, None, 1]
    assert joint_outcome(case.tasks) == JointOutcome.DONE_IN_PART
