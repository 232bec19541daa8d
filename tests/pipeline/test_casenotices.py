"""Every step tells those whom its edge names, in its own transaction, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from streetchief.accounts import service as accounts
from streetchief.accounts.policy import CLI
from streetchief.casework import outbox_store
from streetchief.casework.actions import NOTHING, Given, WhistleKind
from streetchief.casework.actions import Action as A
from streetchief.casework.case import Case
from streetchief.casework.notices import RULES
from streetchief.casework.states import EDGES
from streetchief.errors import Conflict
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.casenotices import RECIPIENTS
from streetchief.storage.engine import transaction
from tests.pipeline.caseworld import MORNING, make_world, only_case, who


@pytest.fixture
def flow(database_engine: Engine, tmp_path: Path) -> CaseFlow:
    flow, _ = make_world(database_engine, tmp_path)
    with transaction(database_engine) as session:
        outbox_store.set_address(session, "feed:szcg-sample", "webhook", "https://platform.example/x", "s", "zh")
    return flow


def life(flow: CaseFlow) -> Iterator[tuple[Case, set[tuple[str, str]]]]:
    """Step after step: the case, and (topic, recipient) of what the step wrote."""
    case = only_case(flow, 1)
    steps = [
        ("supervisor", A.CHECK_REPORT, Given(result=True, opinion="属实")), ("dispatcher", A.REGISTER, NOTHING),
        ("dispatcher", A.HAND_TO_CHIEF, NOTHING), ("system:worker", A.ESCALATE, NOTHING),
        ("chief2", A.WHISTLE, Given(kind=WhistleKind.EMERGENCY, departments=("sanitation", "traffic_police"))),
        ("police", A.TASK_RETURN, Given(reason="不归我们")), ("chief2", A.TASK_ACCEPT, Given(department="traffic_police")),
        ("system:worker", A.ESCALATE, NOTHING), ("system:worker", A.ESCALATE, NOTHING),
        ("director", A.VOID, Given(reason="误报")),
    ]  # fmt: skip
    seen = 0
    for login, action, given in steps:
        now = case.last_at + timedelta(minutes=1)
        case = flow.act(case.id, action, by=who(flow, login), now=now, version=case.version, given=given)
        with transaction(flow.engine) as session:
            query = text("select id, topic, recipient from outbox where id > :seen order by id")
            rows = session.execute(query, {"seen": seen}).all()
        seen = max([seen, *(row.id for row in rows)])
        yield case, {(row.topic, row.recipient) for row in rows}


def test_every_step_tells_whom_its_edge_names(flow: CaseFlow) -> None:
    assert [told for _, told in life(flow)] == [
        {("check_report.dispatcher", "user:dispatcher")},
        {("register.complainant", "feed:szcg-sample"), ("register.feed", "feed:szcg-sample")},
        {("hand_to_chief.chief", "user:chief3")},
        {("escalate.chief", "user:chief2")},
        {("whistle.called", "department:sanitation"), ("whistle.called", "department:traffic_police"),
         ("whistle.dispatcher", "user:dispatcher")},
        {("task_return.caller", "user:chief2")},
        {("task_accept.called", "department:traffic_police")},
        {("escalate.chief", "user:chief1")},
        {("urge.department", "department:sanitation"), ("urge.chief", "user:chief1"),
         ("urge.director", "user:director")},  # nothing is above the highest tier but the director
        {("void.complainant", "feed:szcg-sample"), ("void.feed", "feed:szcg-sample"),
         ("void.called", "department:sanitation")},
    ]  # fmt: skip


def test_a_refused_step_and_a_repeated_key_tell_nobody(flow: CaseFlow) -> None:
    case = only_case(flow, 1)
    supervisor, checked = who(flow, "supervisor"), Given(result=True, opinion="属实")
    now = MORNING + timedelta(minutes=1)
    with pytest.raises(Conflict):
        flow.act(case.id, A.VERIFY, by=supervisor, now=now, version=1, given=checked)
    assert count(flow) == 0
    for _ in range(2):
        flow.act(case.id, A.CHECK_REPORT, by=supervisor, now=now, version=1, key="k", given=checked)
    assert count(flow) == 1


def test_who_left_is_told_nothing(flow: CaseFlow) -> None:
    accounts.disable(flow.engine, "dispatcher", by=CLI, now=MORNING)
    case = only_case(flow, 1)
    now = MORNING + timedelta(minutes=1)
    flow.act(
        case.id, A.CHECK_REPORT, by=who(flow, "supervisor"), now=now, version=1, given=Given(result=True, opinion="是")
    )
    assert count(flow) == 0


def test_each_of_two_complainants_is_told(database_engine: Engine, tmp_path: Path) -> None:
    flow, ids = make_world(database_engine, tmp_path, 2)
    with transaction(database_engine) as session:
        outbox_store.set_address(session, "feed:szcg-sample", "webhook", "https://platform.example/x", "s", "zh")
    case = only_case(flow, ids[0])
    for action, given in ((A.ATTACH_COMPLAINT, Given(complaint=ids[1])), (A.DECLINE, Given(reason="无此事"))):
        now = case.last_at + timedelta(minutes=1)
        case = flow.act(case.id, action, by=who(flow, "dispatcher"), now=now, version=case.version, given=given)
    with transaction(database_engine) as session:
        rows = session.execute(text("select topic, items -> 0 ->> 'reference' as r from outbox order by id")).all()
    assert [tuple(row) for row in rows] == [
        ("attach_complaint.complainant", "rec-2"),
        ("decline.complainant", "rec-1"), ("decline.complainant", "rec-2"),
        ("decline.feed", "rec-1"), ("decline.feed", "rec-2"),
    ]  # fmt: skip


def test_every_audience_and_every_action_of_the_table_can_be_told() -> None:
    named = {audience for edge in EDGES.values() for audience in edge.emits}
    assert named == set(RECIPIENTS) | {"complainant", "feed"}
    assert {action.value for (_, action), edge in EDGES.items() if edge.emits} <= set(RULES)


def count(flow: CaseFlow) -> int:
    with transaction(flow.engine) as session:
        return int(session.execute(text("select count(*) from outbox")).scalar_one())
