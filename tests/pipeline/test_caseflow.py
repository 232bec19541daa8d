"""Cases with the registry of the day and the city's limits, on real PostGIS."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from streetchief.accounts.policy import WORKER, grant
from streetchief.actors import Actor
from streetchief.casework.actions import NOTHING, Given, Proof, WhistleKind
from streetchief.casework.actions import Action as A
from streetchief.casework.case import Case
from streetchief.casework.states import State
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.registry.model import Registry
from streetchief.storage.engine import transaction
from tests.pipeline.caseworld import MORNING, SEGMENT, STREET, make_world, only_case, who


def go(flow: CaseFlow, case: Case, login: str, action: A, given: Given = NOTHING) -> Case:
    now = case.last_at + timedelta(minutes=1)
    return flow.act(case.id, action, by=who(flow, login), now=now, version=case.version, given=given)


def to_chief(flow: CaseFlow, complaint: int) -> Case:
    case = go(flow, only_case(flow, complaint), "supervisor", A.CHECK_REPORT, Given(result=True, opinion="属实"))
    return go(flow, go(flow, case, "dispatcher", A.REGISTER), "dispatcher", A.HAND_TO_CHIEF)


def test_a_case_has_the_limits_of_the_city_and_the_chain_of_its_segment(
    database_engine: Engine, tmp_path: Path
) -> None:
    flow, (complaint,) = make_world(database_engine, tmp_path)
    case = only_case(flow, complaint)
    assert case.clock is not None
    assert case.whole is not None
    assert case.clock.due_at == MORNING + timedelta(hours=1)
    assert case.whole.due_at == datetime(2026, 3, 9, 1, 0, tzinfo=UTC)  # five working days: the weekend is no work
    assert (case.street, case.department) == (STREET, "sanitation")
    case = to_chief(flow, make_more(flow, 1)[0])
    assert (case.state, case.tier) == (State.WITH_CHIEF, 3)


def make_more(flow: CaseFlow, count: int) -> list[int]:
    with transaction(flow.engine) as session:
        found = session.execute(text("select id from complaints order by id")).scalars().all()
        new = session.execute(
            text(
                "insert into complaints select (json_populate_record(c, json_build_object('id', "
                "nextval(pg_get_serial_sequence('complaints', 'id')), 'external_id', 'more-' || n))).* "
                "from complaints c, generate_series(1, :count) n where c.id = :first returning id"
            ),
            {"count": count, "first": found[0]},
        )
        return sorted(new.scalars())


def test_report_in_by_plaque_and_by_position(database_engine: Engine, tmp_path: Path) -> None:
    flow, (complaint,) = make_world(database_engine, tmp_path)
    case = to_chief(flow, complaint)
    called = Given(kind=WhistleKind.JOINT_ENFORCEMENT, departments=("sanitation", "traffic_police"))
    case = go(flow, case, "chief3", A.WHISTLE, called)
    code = flow.plaque(SEGMENT)
    other = flow.plaque("QJ-HPNL-02")
    for wrong in (other, SEGMENT, "", code[:-1], code.replace(SEGMENT, "QJ-HPNL-02")):
        with pytest.raises(BadInput, match="plaque_not_of_segment"):
            go(flow, case, "sanitation", A.REPORT_IN, Given(proof=Proof.PLAQUE, plaque=wrong))
    case = go(flow, case, "sanitation", A.REPORT_IN, Given(proof=Proof.PLAQUE, plaque=f" {code.lower()}\n"))
    with pytest.raises(BadInput, match="too_far"):
        go(flow, case, "police", A.REPORT_IN, Given(proof=Proof.GEOFENCE, distance_m=101))
    case = go(flow, case, "police", A.REPORT_IN, Given(proof=Proof.GEOFENCE, distance_m=99.6))
    assert [task.arrived_at is not None for task in case.tasks] == [True, True]
    assert CaseFlow.of(database_engine, flow.city).plaque(SEGMENT) == code, "another process signs the same"


def test_texts_are_scrubbed(database_engine: Engine, tmp_path: Path) -> None:
    flow, (complaint,) = make_world(database_engine, tmp_path)
    said = Given(result=True, opinion="电话 13812345678 已核实")
    go(flow, only_case(flow, complaint), "supervisor", A.CHECK_REPORT, said)
    with transaction(database_engine) as session:
        stored = session.execute(text("select string_agg(payload::text, '') from case_events")).scalar_one()
    assert "13812345678" not in stored
    assert "[电话] 已核实" in stored


def test_who_may_not_register_opens_nothing_and_learns_nothing(database_engine: Engine, tmp_path: Path) -> None:
    flow, (complaint,) = make_world(database_engine, tmp_path)
    elsewhere = Actor("x", (grant("dispatcher", area="elsewhere"),))
    for by, error in ((who(flow, "supervisor"), Forbidden), (elsewhere, NotFound), (Actor("nobody"), NotFound)):
        with pytest.raises(error):
            flow.open_case(complaint, by=by, now=MORNING)
        with pytest.raises(Forbidden):
            flow.open_run(None, by=by, now=MORNING)
    with pytest.raises(NotFound, match="no_complaint"):
        flow.open_case(complaint + 1000, by=WORKER, now=MORNING)
    only_case(flow, complaint)
    with pytest.raises(Conflict, match="complaint_has_case"):
        only_case(flow, complaint)


def test_a_complaint_that_two_want_gets_one_case(database_engine: Engine, tmp_path: Path) -> None:
    flow, ids = make_world(database_engine, tmp_path, 3)
    cases = [only_case(flow, complaint) for complaint in ids[:2]]
    start, ends = threading.Barrier(2), list[str]()

    def attach(case: Case) -> None:
        start.wait()
        try:
            go(flow, case, "dispatcher", A.ATTACH_COMPLAINT, Given(complaint=ids[2]))
            ends.append("attached")
        except Conflict as conflict:
            ends.append(conflict.code)

    threads = [threading.Thread(target=attach, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["attached", "complaint_has_case"]


def test_a_run_is_opened_once_and_a_parent_is_only_one_in_sight(database_engine: Engine, tmp_path: Path) -> None:
    flow, ids = make_world(database_engine, tmp_path, 3)
    assert flow.open_run(1, by=WORKER, now=MORNING) == len(ids)
    assert flow.open_run(None, by=WORKER, now=MORNING) == 0
    with transaction(database_engine) as session:
        one, two, three = session.scalars(text("select id from cases order by id")).all()
    by, now = who(flow, "dispatcher"), MORNING + timedelta(minutes=1)
    flow.act(one, A.SET_PARENT, by=by, now=now, version=1, given=Given(parent=two))
    flow.act(two, A.SET_PARENT, by=by, now=now, version=1, given=Given(parent=three))
    with pytest.raises(Conflict, match="parent_below_itself"):
        flow.act(three, A.SET_PARENT, by=by, now=now, version=1, given=Given(parent=one))
    with pytest.raises(BadInput, match="unknown_parent"):
        flow.act(three, A.SET_PARENT, by=by, now=now, version=1, given=Given(parent=three + 100))


def test_placing_takes_street_areas_and_department_from_the_registry(database_engine: Engine, tmp_path: Path) -> None:
    flow, (complaint,) = make_world(database_engine, tmp_path)
    case = only_case(flow, complaint)
    other = next(s for s in registry_of(flow).segments if s.street != STREET)
    case = go(flow, case, "dispatcher", A.PLACE, Given(segment=other.code))
    assert (case.street, case.areas[:1]) == (other.street, (other.area,) if other.area else ())
    with pytest.raises(BadInput, match="unknown_segment"):
        go(flow, case, "dispatcher", A.PLACE, Given(segment="nowhere"))


def registry_of(flow: CaseFlow) -> Registry:
    with transaction(flow.engine) as session:
        return flow.ground(session).registry
