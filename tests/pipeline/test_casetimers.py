"""Time passes: tiers are passed over, limits told of, clocks resumed; by however many workers, once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from streetchief.casework.actions import NOTHING, Given, WhistleKind
from streetchief.casework.actions import Action as A
from streetchief.casework.calendar import Override, OverrideKind
from streetchief.casework.case import Case
from streetchief.casework.service import load_case
from streetchief.casework.states import State
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.caselimits import tell_limits
from streetchief.pipeline.casetimers import case_timers, escalate, hand_to_chief, resume
from streetchief.pipeline.casetimes import CityTimes
from streetchief.pipeline.timers import run_timer
from streetchief.storage.engine import make_engine, transaction
from streetchief.storage.migrate import migrate
from tests.pipeline.caseworld import MORNING, make_world, only_case, who

HOUR = timedelta(hours=1)


@pytest.fixture
def flow(database_engine: Engine, tmp_path: Path) -> CaseFlow:
    return make_world(database_engine, tmp_path)[0]


def go(flow: CaseFlow, case: Case, login: str, action: A, given: Given = NOTHING) -> Case:
    now = case.last_at + timedelta(minutes=1)
    return flow.act(case.id, action, by=who(flow, login), now=now, version=case.version, given=given)


def registered(flow: CaseFlow) -> Case:
    case = go(flow, only_case(flow, 1), "supervisor", A.CHECK_REPORT, Given(result=True, opinion="属实"))
    return go(flow, case, "dispatcher", A.REGISTER)


def with_chief(flow: CaseFlow) -> Case:
    return go(flow, registered(flow), "dispatcher", A.HAND_TO_CHIEF)


def now_stored(flow: CaseFlow, case: Case) -> Case:
    with transaction(flow.engine) as session:
        return load_case(session, case.id, by=who(flow, "system:worker"))


def count(flow: CaseFlow, query: str) -> int:
    with transaction(flow.engine) as session:
        return int(session.execute(text(f"select count(*) from {query}")).scalar_one())


def told(flow: CaseFlow) -> list[tuple[str, str]]:
    with transaction(flow.engine) as session:
        query = "select topic, recipient from outbox where topic ~ '^(due_soon|overdue)' order by id"
        return [(row.topic, row.recipient) for row in session.execute(text(query))]


def test_three_tiers_are_passed_over_then_the_director_is_urged_once(flow: CaseFlow) -> None:
    case, now = with_chief(flow), MORNING
    assert escalate(flow, flow.engine, case.last_at + 2 * HOUR - timedelta(seconds=1)) == 0, "not due yet"
    tiers = []
    for _ in range(5):
        now = now + 10 * HOUR if case.answer is None else case.answer.due_at or now
        escalate(flow, flow.engine, now)
        case = now_stored(flow, case)
        tiers.append((case.tier, case.urged))
    assert tiers == [(2, 0), (1, 0), (1, 1), (1, 1), (1, 1)]


def test_two_workers_escalate_once(flow: CaseFlow, database_url: str) -> None:
    case = with_chief(flow)
    due_at = case.last_at + 2 * HOUR
    start, did = threading.Barrier(6), list[int]()

    def work() -> None:
        engine = make_engine(database_url)
        mine = CaseFlow(engine, flow.city, flow.times)
        start.wait()
        did.append(escalate(mine, engine, due_at))
        engine.dispose()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(flow, "case_events where action = 'escalate'") == 1
    assert count(flow, "outbox where topic = 'escalate.chief'") == 1
    assert now_stored(flow, case).tier == 2


def test_two_worker_processes_escalate_once(flow: CaseFlow, database_url: str, tmp_path: Path) -> None:
    """As people start them; the clock of today is long after the answer was due."""
    case = with_chief(flow)
    city = tmp_path / "city.toml"
    shipped = Path(__file__).parents[2] / "data"
    words = (shipped / "qingjiang.toml").read_text("utf-8").replace('"limits.csv"', f'"{tmp_path}/limits.csv"')
    for name in (
        "streets.geojson",
        "areas.geojson",
        "chiefs.csv",
        "categories.csv",
        "rules.csv",
        "calendar_overrides.csv",
    ):
        words = words.replace(f'"{name}"', f'"{shipped}/{name}"')
    city.write_text(words, "utf-8")
    program = [
        sys.executable,
        "-c",
        "from streetchief.cli.main import run; run()",
        "worker",
        "--once",
        "--city",
        str(city),
    ]
    environment = {"STREETCHIEF_DATABASE_URL": database_url, "PYTHONUTF8": "1", "PYTHONPATH": str(shipped.parent)}
    running = [subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert count(flow, "case_events where action = 'escalate'") == 1
    assert now_stored(flow, case).tier == 2


def test_one_that_died_in_the_middle_is_made_good_next_time(flow: CaseFlow, database_url: str) -> None:
    """The case is locked by another; the worker that waits for it is cut off; the next tick does it."""
    case = with_chief(flow)
    due_at = case.last_at + 2 * HOUR
    doomed = make_engine(database_url)
    ends: list[str] = []

    def work() -> None:
        try:
            escalate(CaseFlow(doomed, flow.city, flow.times), doomed, due_at)
        except OperationalError:
            ends.append("cut off")

    with transaction(flow.engine) as session:
        session.execute(text("select from cases for update"))
        thread = threading.Thread(target=work)
        thread.start()
        cut_off(flow)
        thread.join()
    doomed.dispose()
    assert ends == ["cut off"]
    assert now_stored(flow, case).tier == 3
    assert escalate(flow, flow.engine, due_at) == 1
    assert now_stored(flow, case).tier == 2


def cut_off(flow: CaseFlow) -> None:
    """End the connection that waits for a lock."""
    query = text(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
        "and wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 10
    while True:
        with transaction(flow.engine) as session:
            if session.execute(query).all():
                return
        assert time.monotonic() < deadline, "nobody waits for the case"
        time.sleep(0.02)


def test_one_case_that_cannot_be_acted_upon_keeps_no_other_waiting(database_engine: Engine, tmp_path: Path) -> None:
    flow, ids = make_world(database_engine, tmp_path, 2)
    cases = []
    for complaint in ids:
        case = go(flow, only_case(flow, complaint), "supervisor", A.CHECK_REPORT, Given(result=True, opinion="是"))
        cases.append(go(flow, go(flow, case, "dispatcher", A.REGISTER), "dispatcher", A.HAND_TO_CHIEF))
    with transaction(database_engine) as session:  # as if its clock had been set back: refused every time
        session.execute(
            text("update cases set answer_due_at = answer_due_at - interval '1 day' where id = :id"),
            {"id": cases[0].id},
        )
        session.execute(text("update cases set version = 99 where id = :id"), {"id": cases[0].id})
    assert escalate(flow, database_engine, cases[1].last_at + 2 * HOUR) == 1
    assert now_stored(flow, cases[1]).tier == 2


def test_what_nobody_dispatched_goes_to_the_chief_of_its_street(flow: CaseFlow) -> None:
    case = registered(flow)
    assert case.clock is not None
    assert case.clock.due_at is not None
    assert hand_to_chief(flow, flow.engine, case.clock.due_at - timedelta(seconds=1)) == 0
    assert hand_to_chief(flow, flow.engine, case.clock.due_at) == 1
    after = now_stored(flow, case)
    assert (after.state, after.tier) == (State.WITH_CHIEF, 3)
    assert hand_to_chief(flow, flow.engine, case.clock.due_at + HOUR) == 0


def test_a_suspension_ends(flow: CaseFlow) -> None:
    case = go(flow, registered(flow), "dispatcher", A.DISPATCH, Given(department="sanitation"))
    until = case.last_at + timedelta(days=10)
    case = go(flow, case, "sanitation", A.SUSPEND_REQUEST, Given(reason="汛期", until=until))
    case = go(flow, case, "director", A.SUSPEND_GRANT)
    assert case.clock is not None
    assert case.clock.due_at is None
    assert resume(flow, flow.engine, until - timedelta(seconds=1)) == 0
    assert resume(flow, flow.engine, until) == 1
    assert resume(flow, flow.engine, until + HOUR) == 0
    after = now_stored(flow, case)
    assert after.state == State.IN_HAND
    assert after.clock is not None
    assert after.clock.due_at is not None


def test_due_soon_and_overdue_are_told_once_each(flow: CaseFlow) -> None:
    case = go(flow, registered(flow), "dispatcher", A.DISPATCH, Given(department="sanitation"))
    assert case.clock is not None
    due_at = case.clock.due_at  # 09:03 of the next day; due soon is the last quarter, two working hours: from 17:03
    assert due_at is not None
    ticks = [due_at - 16 * HOUR - timedelta(seconds=1), due_at - 16 * HOUR, due_at, due_at + timedelta(seconds=1)]
    found = []
    for now in (*ticks, ticks[-1] + HOUR):
        for _ in range(2):
            tell_limits(flow, flow.engine, now)
        found.append(told(flow))
    soon = [("due_soon.department", "department:sanitation")]
    over = [("overdue.department", "department:sanitation"), ("overdue.dispatcher", "user:dispatcher")]
    assert found == [[], soon, soon, soon + over, soon + over]


def test_a_new_limit_is_told_of_anew(flow: CaseFlow) -> None:
    case = go(flow, registered(flow), "dispatcher", A.DISPATCH, Given(department="sanitation"))
    assert case.clock is not None
    assert case.clock.due_at is not None
    tell_limits(flow, flow.engine, case.clock.due_at + HOUR)
    before = told(flow)
    case = go(flow, case, "sanitation", A.EXTEND_REQUEST, Given(reason="管网"))
    case = go(flow, case, "director", A.EXTEND_GRANT)
    assert case.clock is not None
    assert case.clock.due_at is not None
    tell_limits(flow, flow.engine, case.clock.due_at - HOUR)
    tell_limits(flow, flow.engine, case.clock.due_at + HOUR)
    assert told(flow)[len(before) :] == [("due_soon.department", "department:sanitation"), *before]


def test_a_no_show_is_told_once(flow: CaseFlow) -> None:
    called = Given(kind=WhistleKind.RESIDENT_MATTER, departments=("sanitation", "traffic_police"))
    case = go(flow, with_chief(flow), "chief3", A.WHISTLE, called)
    for minutes in (59, 61, 62):
        tell_limits(flow, flow.engine, case.last_at + timedelta(minutes=minutes))
    assert sorted(told(flow)) == [
        ("overdue.called", "department:sanitation"), ("overdue.called", "department:traffic_police"),
        ("overdue.caller", "user:chief3"),
    ]  # fmt: skip


def test_a_year_whose_notice_comes_is_computed_again_and_the_old_answer_kept(
    database_engine: Engine, tmp_path: Path
) -> None:
    flow, _ = make_world(database_engine, tmp_path)
    late = datetime(2028, 2, 7, 1, 0, tzinfo=UTC)
    case = flow.open_case(1, by=who(flow, "system:worker"), now=late)
    assert case.whole is not None
    assert case.whole.provisional
    assert tell_limits(flow, flow.engine, late) == 0
    assert now_stored(flow, case) == case, "nothing changes while the calendar is the same"
    assert flow.times.calendar is not None
    notice = (
        Override(date(2028, 1, 1), OverrideKind.NOTICE), Override(date(2028, 2, 9), OverrideKind.REST),
        Override(date(2027, 1, 1), OverrideKind.NOTICE), Override(date(2029, 1, 1), OverrideKind.NOTICE),
    )  # fmt: skip
    known = replace(flow.times.calendar, overrides=(*flow.times.calendar.overrides, *notice))
    informed = CaseFlow(database_engine, flow.city, CityTimes(flow.times.limits, known))
    for minute in (1, 2):
        tell_limits(informed, database_engine, late + timedelta(minutes=minute))
    after = now_stored(flow, case)
    assert after.version == 2, "once"
    assert after.whole is not None
    assert case.whole.due_at is not None
    assert (after.whole.due_at, after.whole.provisional) == (case.whole.due_at + timedelta(days=1), False)
    with transaction(database_engine) as session:
        payload = session.execute(text("select payload from case_events where seq = 2")).scalar_one()
    assert datetime.fromisoformat(payload["old_whole"]["due_at"]) == case.whole.due_at


def test_before_the_first_publication_the_timers_find_nothing(flow: CaseFlow, empty_city_engine: Engine) -> None:
    early = CaseFlow(empty_city_engine, flow.city, flow.times)
    for timer in case_timers(early):
        assert timer.run(empty_city_engine, MORNING) == 0, timer.name


@pytest.fixture
def empty_city_engine(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url)
    migrate(engine)
    yield engine
    engine.dispose()


def test_every_timer_runs_under_its_own_name(flow: CaseFlow) -> None:
    timers = case_timers(flow)
    assert len({timer.name for timer in timers}) == len(timers)
    for timer in timers:
        assert run_timer(flow.engine, timer, tick=MORNING, now=MORNING) == 0
    assert count(flow, "timers where fault is null") == len(timers)
