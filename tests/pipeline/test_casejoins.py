"""Repeats and causes in a city: proposed by its figures, every complainant told, the timer does nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from streetchief.casework import outbox_store
from streetchief.casework.actions import NOTHING, Given
from streetchief.casework.actions import Action as A
from streetchief.casework.case import Case
from streetchief.casework.service import load_case, verify_cases
from streetchief.casework.states import State
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.casejoins import find_repeats, merge, reopen_causes
from streetchief.storage.engine import transaction
from tests.pipeline.caseworld import MORNING, make_world, only_case, who

DONE = Given(opinion="已清理", photo="p1")
SEEN = Given(opinion="已看过", photo="p2", passed=True)
TO_CLOSING = (
    ("supervisor", A.CHECK_REPORT, Given(result=True, opinion="属实")),
    ("dispatcher", A.REGISTER, NOTHING),
    ("dispatcher", A.DISPATCH, Given(department="sanitation")),
    ("sanitation", A.ACKNOWLEDGE, NOTHING),
    ("sanitation", A.START, NOTHING),
    ("sanitation", A.FINISH, DONE),
    ("supervisor", A.VERIFY, SEEN),
    ("dispatcher", A.CLOSE, NOTHING),
)


def walk(flow: CaseFlow, case: Case, steps: tuple[tuple[str, A, Given], ...]) -> Case:
    for login, action, given in steps:
        now = case.last_at + timedelta(minutes=1)
        case = flow.act(case.id, action, by=who(flow, login), now=now, version=case.version, given=given)
    return case


def told(engine: Engine, topic: str) -> list[str]:
    """The feed's own numbers of the complaints that were told."""
    query = "select items -> 0 ->> 'reference' from outbox where topic = :topic order by 1"
    with transaction(engine) as session:
        return list(session.execute(text(query), {"topic": topic}).scalars())


def test_three_reports_of_one_heap(database_engine: Engine, tmp_path: Path) -> None:
    flow, ids = make_world(database_engine, tmp_path, 3)
    with transaction(database_engine) as session:
        outbox_store.set_address(session, "feed:szcg-sample", "webhook", "https://platform.example/x", "s", "zh")
    one, two, three = (only_case(flow, complaint) for complaint in ids)
    desk = who(flow, "dispatcher")
    assert [(p.case, p.other) for p in find_repeats(flow, by=desk)] == [(two.id, one.id), (three.id, one.id)]
    assert find_repeats(flow, by=who(flow, "police")) == ()
    now = MORNING + timedelta(minutes=5)
    for case in (two, three):
        _, one = merge(flow, case.id, into=one.id, by=desk, now=now, version=1, into_version=one.version)
    assert told(database_engine, "merge.complainant") == ["rec-2", "rec-3"]
    assert find_repeats(flow, by=desk) == ()
    one = walk(flow, one, TO_CLOSING)
    assert (one.state, one.complaints) == (State.CLOSED, tuple(ids))
    assert told(database_engine, "close.complainant") == ["rec-1", "rec-2", "rec-3"]


def test_a_cause_comes_back_in_the_timer(database_engine: Engine, tmp_path: Path) -> None:
    flow, ids = make_world(database_engine, tmp_path, 3)
    parent, child = (only_case(flow, complaint) for complaint in ids[:2])
    walk(flow, child, (("dispatcher", A.SET_PARENT, Given(parent=parent.id)),))
    parent = walk(flow, parent, TO_CLOSING)
    later = flow.open_case(ids[2], by=who(flow, "system:worker"), now=MORNING + timedelta(days=29))
    later = walk(flow, later, TO_CLOSING[:2])
    now = later.last_at + timedelta(minutes=1)
    silent_city = replace(flow, city=replace(flow.city, repeats=None))
    assert reopen_causes(silent_city, database_engine, now) == 0
    assert find_repeats(silent_city, by=who(flow, "dispatcher")) == ()
    assert (reopen_causes(flow, database_engine, now), reopen_causes(flow, database_engine, now)) == (1, 0)
    with transaction(database_engine) as session:
        again = load_case(session, parent.id, by=who(flow, "dispatcher"))
        assert (again.state, again.recurrences, again.closed_at) == (State.REGISTERED, 1, None)
        assert load_case(session, later.id, by=who(flow, "dispatcher")).parent_id == parent.id
        assert verify_cases(session) is None
        said = session.execute(text("select count(*) from outbox where topic like 'recur.%'")).scalar_one()
        assert said > 0
