"""The second wall around cases: seen is exactly what `allowed(READ_CASE)` allows, and nothing can be written."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from streetchief.accounts import policy
from streetchief.actors import Actor, Grant, Permission, Subject, allowed
from streetchief.casework.actions import Action, Given, WhistleKind
from streetchief.casework.actions import Action as A
from streetchief.casework.service import load_case, open_cases
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction
from tests.casework.cast import CAST, MORNING
from tests.casework.ledger import OFFICE, add_complaints, times_of
from tests.casework.test_service import CHECKED, go

READ = Permission.READ_CASE
ACTORS = [
    Actor("a", grants)
    for grants in (
        (policy.grant("chief", tier=3, street="E"),),
        (policy.grant("chief", tier=2, area="C1"),),
        (policy.grant("chief", tier=1, street="F"),),
        (policy.grant("officer", department="waste"),),
        (policy.grant("officer", department="police"),),
        (policy.grant("officer", department="roads", area="C1"),),
        (policy.grant("dispatcher", area="T"),),
        (policy.grant("dispatcher"),),
        (policy.grant("supervisor", area="C2"),),
        (policy.grant("officer", department="police"), policy.grant("chief", tier=3, street="F")),
        (policy.grant("analyst", area="T"), policy.grant("officer", department="parks")),
    )
]
TABLES = {
    "cases": "id",
    "case_events": "case_id",
    "case_tasks": "case_id",
    "case_complaints": "case_id",
    "case_facts": "id",
}


def people(engine: Engine) -> dict[int, Subject]:
    """Forty cases, some elsewhere, some without street or area, one with called departments; their subjects."""
    with transaction(engine) as session:
        ids = add_complaints(session, 40)
        session.execute(text("update complaints set street_code = 'F', segment_code = 'F-1' where id % 4 = 0"))
        open_cases(session, complaints=ids, office=OFFICE, by=CAST["system:worker"], now=MORNING, times_of=times_of)
        first = session.execute(text("select min(id) from cases where street_code = 'E'")).scalar_one()
        case = load_case(session, first, by=CAST["analyst"])
    case = go(engine, case, "supervisor", A.CHECK_REPORT, CHECKED)
    case = go(engine, case, "dispatcher", A.REGISTER)
    called = Given(kind=WhistleKind.EMERGENCY, departments=("police", "waste"))
    go(engine, case, "resident-chief", Action.WHISTLE, called)
    with transaction(engine) as session:
        rows = session.execute(text("select id, street_code, areas, departments from cases")).all()
        return {row[0]: Subject(row[1], frozenset(row[2]), frozenset(row[3])) for row in rows}


def test_seen_is_what_is_allowed_in_every_table_and_view(database_engine: Engine) -> None:
    subjects = people(database_engine)
    sizes = set()
    for actor in ACTORS:
        wanted = {case for case, subject in subjects.items() if allowed(actor, READ, subject)}
        sizes.add(len(wanted))
        with transaction(database_engine) as session:
            whole = {t: session.execute(text(f"select {c} from {t}")).scalars().all() for t, c in TABLES.items()}
        with acting(database_engine, actor, READ) as session:
            for table, column in TABLES.items():
                seen = session.execute(text(f"select {column} from {table}")).scalars().all()
                assert sorted(seen) == sorted(case for case in whole[table] if case in wanted), (actor, table)
    assert len(sizes) > 4, "the actors see different things"


def test_a_grant_without_reading_shows_nothing(database_engine: Engine) -> None:
    people(database_engine)
    blind = Actor("b", (Grant("x", frozenset(Permission) - {READ}), Grant("y", frozenset({READ}), street="nowhere")))
    with acting(database_engine, blind, READ) as session:
        for table in TABLES:
            assert session.execute(text(f"select count(*) from {table}")).scalar_one() == 0


@pytest.mark.parametrize(
    "write",
    [
        "update cases set state = 'closed'",
        "delete from cases",
        "insert into case_complaints select 1, 1",
        "delete from case_complaints",
        "update case_tasks set score = 5",
        "insert into case_events select * from case_events",
        "update case_events set actor = 'x'",
        "truncate case_events",
        "insert into street_evaluations (street_code, areas, month, score, is_resident, rater, given_at) "
        "values ('E', '{}', '2026-03-01', 5, true, 'x', now())",
        "select token_hash from resident_tokens",
        "select rater from street_evaluations",
    ],
)
def test_writing_and_what_nobody_reads_is_refused(database_engine: Engine, write: str) -> None:
    everything = Actor("all", (Grant("x", frozenset(Permission)),))
    with pytest.raises(DBAPIError, match="permission denied"), acting(database_engine, everything, READ) as session:
        session.execute(text(write))
