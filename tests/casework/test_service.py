"""Cases in a real PostGIS: opened, acted upon by two at once, replayed, tampered with."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from streetchief.casework import store
from streetchief.casework.actions import NOTHING, Given, Proof, WhistleKind
from streetchief.casework.actions import Action as A
from streetchief.casework.case import Case
from streetchief.casework.events import verify_chain
from streetchief.casework.fold import fold
from streetchief.casework.opening import case_number, open_event
from streetchief.casework.service import act, hand_over_cases, load_case, open_case, open_cases, verify_cases
from streetchief.casework.states import State
from streetchief.casework.tables import CaseRow, CaseTaskRow
from streetchief.errors import Conflict, Forbidden, NotFound, StreetChiefError
from streetchief.storage.engine import transaction
from tests.casework.cast import CAST, FACTS, MORNING, ClockHours
from tests.casework.ledger import OFFICE, add_complaints, facts_of, times_of

WORKER = CAST["system:worker"]
CHECKED = Given(result=True, opinion="属实")


def open_first(engine: Engine, count: int = 1) -> list[Case]:
    with transaction(engine) as session:
        ids = add_complaints(session, count)
        return [
            open_case(session, i, office=OFFICE, by=WORKER, now=MORNING, times_of=times_of) for i in ids
        ]  # fmt: skip


def go(engine: Engine, case: Case, who: str, action: A, given: Given = NOTHING, *, key: str | None = None, version: int | None = None) -> Case:  # fmt: skip
    return act(
        engine, case.id, action, by=CAST[who], now=case.last_at + timedelta(minutes=1),
        version=case.version if version is None else version, key=key, facts_of=facts_of, given=given,
    )  # fmt: skip


def test_the_stored_row_is_the_fold_after_every_step(database_engine: Engine) -> None:
    (case,) = open_first(database_engine)
    called = Given(kind=WhistleKind.EMERGENCY, departments=("roads", "police"))
    steps = [
        ("supervisor", A.CHECK_REPORT, CHECKED), ("dispatcher", A.REGISTER, Given()),
        ("dispatcher", A.HAND_TO_CHIEF, Given()), ("resident-chief", A.WHISTLE, called),
        ("roads-officer", A.REPORT_IN, Given(proof=Proof.GEOFENCE, distance_m=12.4)),
        ("roads-officer", A.TASK_FINISH, Given(opinion="done", photo="p1")),
        ("resident-chief", A.TASK_CALL_OFF, Given(department="police", reason="never came")),
        ("resident-chief", A.FINISH, Given(opinion="done", photo="p2")),
    ]  # fmt: skip
    for who, action, given in steps:
        case = go(database_engine, case, who, action, given)
        with transaction(database_engine) as session:
            events = store.load_events(session, case.id)
            assert fold(events) == case
            assert verify_chain(events) is None
            row = session.get_one(CaseRow, case.id)
            assert {name: getattr(row, name) for name in store.case_values(case)} == store.case_values(case)
            tasks = session.scalars(select(CaseTaskRow).order_by(CaseTaskRow.number)).all()
            assert [
                {n: getattr(t, n) for n in v} for t, v in zip(tasks, store.task_values(case), strict=True)
            ] == store.task_values(case)
            assert verify_cases(session) is None
    assert case.state == State.FINISHED
    assert load_case_of(database_engine, case) == case


def load_case_of(engine: Engine, case: Case) -> Case:
    with transaction(engine) as session:
        return load_case(session, case.id, by=CAST["analyst"])


def test_a_hundred_opened_at_once_are_as_opened_one_by_one(database_engine: Engine) -> None:
    """Equal in every column, payload and hash to what Python makes of the same complaints."""
    with transaction(database_engine) as session:
        ids = add_complaints(session, 120)
        openings = {i: store.load_opening(session, i) for i in ids}
        assert open_cases(session, complaints=ids, office=OFFICE, by=WORKER, now=MORNING, times_of=times_of) == 120
        assert verify_cases(session) is None
        assert open_cases(session, complaints=ids, office=OFFICE, by=WORKER, now=MORNING, times_of=times_of) == 0
        carried = session.execute(text("select complaint_id, case_id from case_complaints order by complaint_id")).all()
        assert [case_id for _, case_id in carried] == sorted(case_id for _, case_id in carried)
        for complaint, case_id in carried:
            opening = openings[complaint]
            assert opening is not None
            number = case_number(OFFICE.city, OFFICE.zone, MORNING, case_id)
            event = open_event(case_id, number, opening, by=WORKER, now=MORNING, times=FACTS.times)
            assert store.load_events(session, case_id) == (event,)
            assert (
                session.execute(
                    text("select payload::text from case_events where case_id = :c"), {"c": case_id}
                ).scalar_one()
                == event.body
            )
            row = session.get_one(CaseRow, case_id)
            wanted = store.case_values(fold([event]))
            assert {name: getattr(row, name) for name in wanted} == wanted


def test_cases_without_limits_are_opened_without_due_instants(database_engine: Engine) -> None:
    with transaction(database_engine) as session:
        add_complaints(session, 3)
        run = session.execute(text("select max(id) from intake_runs")).scalar_one()
        none = ClockHours({})
        assert open_cases(session, run=run, office=OFFICE, by=WORKER, now=MORNING, times_of=lambda _: none) == 3
        assert session.execute(text("select count(due_at), count(whole_due_at) from cases")).one() == (0, 0)


def test_two_officers_at_once_one_wins_the_other_sees_the_present_state(database_engine: Engine) -> None:
    (case,) = open_first(database_engine)
    start = threading.Barrier(2)
    won: list[Case] = []
    lost: list[StreetChiefError] = []

    def one(who: str, opinion: str) -> None:
        start.wait()
        try:
            won.append(go(database_engine, case, who, A.CHECK_REPORT, Given(result=True, opinion=opinion)))
        except StreetChiefError as error:
            lost.append(error)

    threads = [threading.Thread(target=one, args=a) for a in (("supervisor", "一"), ("second-supervisor", "二"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == len(lost) == 1
    assert isinstance(lost[0], Conflict)
    assert (lost[0].code, lost[0].values["state_code"], lost[0].values["version"]) == ("stale_case", "received", 2)


def test_a_repeated_key_changes_nothing_even_with_an_old_version(database_engine: Engine) -> None:
    (case,) = open_first(database_engine)
    checked = go(database_engine, case, "supervisor", A.CHECK_REPORT, CHECKED, key="click-1")
    assert go(database_engine, case, "supervisor", A.CHECK_REPORT, CHECKED, key="click-1") == checked
    with pytest.raises(Conflict, match="key_used_otherwise"):
        go(database_engine, checked, "dispatcher", A.REGISTER, key="click-1")


def test_an_officer_who_sent_it_back_and_clicks_again_is_answered_though_it_is_out_of_his_sight(
    database_engine: Engine,
) -> None:
    (case,) = open_first(database_engine)
    case = go(database_engine, case, "supervisor", A.CHECK_REPORT, CHECKED)
    case = go(database_engine, case, "dispatcher", A.REGISTER)
    case = go(database_engine, case, "dispatcher", A.DISPATCH, Given(department="police"))
    back = go(database_engine, case, "police-officer", A.SEND_BACK, Given(reason="不是我们的"), key="k")
    assert go(database_engine, case, "police-officer", A.SEND_BACK, Given(reason="不是我们的"), key="k") == back
    with pytest.raises(NotFound):
        go(database_engine, back, "police-officer", A.ACKNOWLEDGE)


def test_out_of_scope_is_not_found_and_without_permission_is_forbidden(database_engine: Engine) -> None:
    (case,) = open_first(database_engine)
    with pytest.raises(NotFound):
        go(database_engine, case, "foreign-chief", A.CHECK_REPORT, CHECKED)
    with pytest.raises(Forbidden):
        go(database_engine, case, "waste-officer", A.REGISTER)


@pytest.mark.parametrize(
    "tamper",
    [
        "update case_events set actor = 'somebody' where seq = 2",
        'update case_events set payload = \'{"opinion":"属实","result":false}\' where seq = 2',
        "update case_events set at = at + interval '1 microsecond' where seq = 2",
        "update case_events set state = 'closed' where seq = 2",
        "delete from case_events where seq = 2",
        "update cases set state = 'closed'",
    ],
)
def test_tampering_is_refused_and_found(database_engine: Engine, tamper: str) -> None:
    (case,) = open_first(database_engine)
    go(database_engine, case, "supervisor", A.CHECK_REPORT, CHECKED)
    if "case_events" in tamper:
        with pytest.raises(DBAPIError, match="append only"), transaction(database_engine) as session:
            session.execute(text(tamper.replace(":false", "\\:false")))
    with transaction(database_engine) as session:
        session.execute(text("set local session_replication_role = replica"))  # a superuser can still do it
        session.execute(text(tamper.replace(":false", "\\:false")))
        assert verify_cases(session) == (case.id, 2)


def test_truncate_is_refused(database_engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="append only"), transaction(database_engine) as session:
        session.execute(text("truncate case_events"))


def test_a_chief_who_leaves_hands_over_in_one_act(database_engine: Engine) -> None:
    for case in open_first(database_engine, 3):
        case = go(database_engine, case, "supervisor", A.CHECK_REPORT, CHECKED)
        case = go(database_engine, case, "dispatcher", A.REGISTER)
        go(database_engine, case, "dispatcher", A.HAND_TO_CHIEF)
    done = hand_over_cases(
        database_engine, street="E", tier=3, leaver="resident-chief", successor="new-chief", by=CAST["dispatcher"],
        now=MORNING + timedelta(hours=1), facts_of=facts_of,
    )  # fmt: skip
    assert done == 3


def test_ten_thousand_cases_open_in_seconds(database_engine: Engine) -> None:
    with transaction(database_engine) as session:
        ids = add_complaints(session, 10_000)
        begun = time.monotonic()
        assert open_cases(session, complaints=ids, office=OFFICE, by=WORKER, now=MORNING, times_of=times_of) == 10_000
        assert time.monotonic() - begun < 10
