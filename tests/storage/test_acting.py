"""The second wall: with the program's own checks left out, the database shows an actor what `allowed` allows, no more."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from streetchief.accounts.policy import PERMISSIONS, held_grant
from streetchief.actors import Actor, Grant, Permission, Subject, allowed
from streetchief.errors import Forbidden, Unavailable
from streetchief.intake.tables import ComplaintRow, DeadLetterRow
from streetchief.registry.model import Area, Registry
from streetchief.registry.service import publish
from streetchief.storage.acting import APP_ROLE, acting, ensure_role
from streetchief.storage.engine import make_engine, transaction
from tests.pipeline.squares import CITY, REGISTRY
from tests.storage.test_migrate import MIGRATE_ELSEWHERE
from tests.web.conftest import complaint, fill

READ = Permission.READ_CASE
EVERYTHING = Actor("all", (Grant("x", frozenset(Permission)),))
NAMES: Iterator[int] = count(1)
AREAS = (
    Area("T", "town", "subdistrict", None),
    Area("A", "one", "community", "T"),
    Area("A1", "grid", "grid", "A"),
    Area("B", "two", "community", "T"),
)
ABOVE = {"T": {"T"}, "A": {"A", "T"}, "A1": {"A1", "A", "T"}, "B": {"B", "T"}, None: set()}
STREETS, PLACES, DEPARTMENTS = (None, "E", "N"), (None, "T", "A", "A1", "B"), (None, "waste", "roads", "water")


def town() -> Registry:
    """The village with a tree of areas three levels deep; its first area is replaced, so codes stay known."""
    fields = {name: getattr(REGISTRY, name) for name in REGISTRY.__dataclass_fields__}
    return Registry(**fields | {"areas": AREAS})


@pytest.fixture(scope="module")
def engine(server: Engine, server_url: object, template: str) -> Iterator[Engine]:
    """Complaints in every combination of street, area, department, supervisor and helper, made once."""
    name = f"streetchief_acting_{next(NAMES)}"
    with server.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    engine = make_engine(server.url.set(database=name).render_as_string(hide_password=False))
    publish(engine, CITY, town(), "squared paper")
    with transaction(engine) as session:
        fill(session)
        session.execute(text("delete from complaints"))
        run_id = session.execute(text("select id from intake_runs")).scalar_one()
        number = 100
        for street in STREETS:
            for area in PLACES:
                for department in DEPARTMENTS:
                    number += 1
                    session.add(
                        complaint(
                            number,
                            run_id,
                            street_code=street,
                            area_code=area,
                            department=department,
                            triage_reason=None if department else "no_rule",
                            supervisor="roads" if number % 3 else None,
                            co_departments=["water"] if number % 4 == 0 else [],
                            verdict="matched" if number % 5 else "ambiguous",
                        )
                    )
        session.flush()
        session.execute(
            text("insert into complaint_private (complaint_id, line, raw) select id, 1, '{}' from complaints")
        )
        letter = {"run_id": run_id, "line": 1, "reason": "malformed", "raw": "x", "fields": {}, "status": "open"}
        session.add(DeadLetterRow(feed="village", external_id=None, content_hash="h", **letter))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


def subject_of(row: ComplaintRow) -> Subject:
    """What `Grant.covers` is asked about: only a matched complaint lies on its street."""
    street = row.street_code if row.verdict == "matched" else None
    departments = {row.department, row.supervisor, *row.co_departments} - {None}
    return Subject(street, frozenset(ABOVE[row.area_code]), frozenset(departments))  # type: ignore[arg-type]


def seen(engine: Engine, actor: Actor, statement: str, permission: Permission = READ) -> set[int]:
    with acting(engine, actor, permission) as session:
        return set(session.execute(text(statement)).scalars())


@pytest.fixture(scope="module")
def rows(engine: Engine) -> list[ComplaintRow]:
    with transaction(engine) as session:
        found = list(session.query(ComplaintRow))
        session.expunge_all()
    assert len(found) == 60
    return found


grants = st.builds(
    held_grant,
    st.sampled_from(["chief", "officer", "dispatcher", "supervisor", "analyst", "admin", "worker"]),
    st.sampled_from([None, 1]),
    st.sampled_from(STREETS),
    st.sampled_from((*PLACES, "nowhere")),
    st.sampled_from(DEPARTMENTS),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(grants, min_size=1, max_size=3))
def test_the_database_and_the_program_agree(engine: Engine, rows: list[ComplaintRow], held: list[Grant]) -> None:
    actor = Actor("somebody", tuple(held))
    if not any(READ in grant.permissions for grant in held):
        with pytest.raises(Forbidden), acting(engine, actor, READ):
            pytest.fail("nothing could be found")
        return
    assert seen(engine, actor, "select id from complaints") == {
        row.id for row in rows if allowed(actor, READ, subject_of(row))
    }
    assert seen(engine, actor, "select complaint_id from complaint_private") == {
        row.id for row in rows if all(allowed(actor, p, subject_of(row)) for p in (READ, Permission.READ_PERSON))
    }
    mends = allowed(actor, Permission.MEND_FEED, Subject())
    assert len(seen(engine, actor, "select id from dead_letters")) == mends


@pytest.mark.parametrize("view", ["complaint_facts", "complaint_features"])
def test_views_are_no_way_round(engine: Engine, view: str) -> None:
    officer = Actor("li.na", (held_grant("officer", None, None, None, "waste"),))
    table = seen(engine, officer, "select id from complaints")
    assert 0 < len(table) < 60
    assert seen(engine, officer, f"select id from {view}") == table
    with acting(engine, officer, READ) as session:
        heat = text("select sum(n) from heat('Asia/Shanghai', 18)")
        assert session.execute(heat).scalar() == len(table)
    with transaction(engine) as session:  # the owner's figures are whole
        assert session.execute(heat).scalar() == 60


def test_without_a_scope_there_are_no_rows(engine: Engine) -> None:
    for scope in (None, "", "[]"):
        with transaction(engine) as session:
            session.execute(text(f"set local role {APP_ROLE}"))
            if scope is not None:
                session.execute(text("select set_config('streetchief.scope', :scope, true)"), {"scope": scope})
            for table in ("complaints", "complaint_private", "dead_letters"):
                assert session.execute(text(f"select count(*) from {table}")).scalar() == 0


WRITES = [
    "insert into complaints select * from complaints",
    "update complaints set text = 'x'",
    "delete from complaints",
    "truncate complaints cascade",
    "update complaint_private set raw = 'x'",
    "delete from dead_letters",
    "update segments set street_code = 'x'",
    "insert into audit_log select * from audit_log",
    "update audit_head set count = 1",
    "update user_grants set role = 'admin'",
    "alter table complaints disable row level security",
    "drop policy complaints_in_scope on complaints",
    "create table mine (a int)",
]
SECRETS = ["users", "user_grants", "user_sessions", "api_tokens", "sign_in_attempts", "audit_log", "audit_head"]


@pytest.mark.parametrize("statement", [*WRITES, *(f"select * from {table}" for table in SECRETS)])
def test_writes_and_other_peoples_secrets_are_refused(engine: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"InsufficientPrivilege|permission denied|must be owner"):
        with acting(engine, EVERYTHING, READ) as session:
            session.execute(text(statement))


def test_other_users_of_the_pool_are_not_touched(engine: Engine) -> None:
    one = make_engine(engine.url.render_as_string(hide_password=False))
    one.pool._pool.maxsize = 1  # type: ignore[attr-defined]
    nobody = Actor("li.na", (held_grant("officer", None, None, None, "nowhere"),))
    for fails in (False, True):
        try:
            with acting(one, nobody, READ) as session:
                before = session.execute(text("select pg_backend_pid()")).scalar()
                assert session.execute(text("select count(*) from complaints")).scalar() == 0
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with transaction(one) as session:
            assert session.execute(text("select pg_backend_pid()")).scalar() == before  # the same connection
            assert session.execute(text("select current_user <> :role"), {"role": APP_ROLE}).scalar()
            assert not session.execute(text("select current_setting('streetchief.scope', true)")).scalar()
            assert session.execute(text("select count(*) from complaints")).scalar() == 60
    one.dispose()


def test_a_session_does_not_outlive_its_wall(engine: Engine) -> None:
    """After a commit the role is gone: the session must not go on as owner."""
    for end in ("commit", "rollback"):
        with pytest.raises(InvalidRequestError), acting(engine, EVERYTHING, READ) as session:
            getattr(session, end)()
            session.execute(text("select count(*) from complaints"))


def test_a_savepoint_keeps_the_wall(engine: Engine) -> None:
    nobody = Actor("li.na", (held_grant("officer", None, None, None, "nowhere"),))
    with acting(engine, nobody, READ) as session:
        with session.begin_nested():
            assert session.execute(text("select count(*) from complaints")).scalar() == 0
        assert session.execute(text("select count(*) from complaints")).scalar() == 0


def test_hostile_scopes_are_words_and_nothing_else(engine: Engine) -> None:
    for odd in ("'", '"}]', "E' or true --", "街", "\\", "null"):
        actor = Actor("x", (Grant("x", PERMISSIONS["officer"], street=odd),))
        assert seen(engine, actor, "select id from complaints") == set()


def test_two_databases_of_one_cluster_migrate_at_once(server: Engine) -> None:
    names = [f"streetchief_pair_{next(NAMES)}" for _ in range(2)]
    with server.connect() as connection:
        for name in names:
            connection.execute(text(f"create database {name} template template0"))
    urls = [server.url.set(database=name).render_as_string(hide_password=False) for name in names]
    started = [
        subprocess.Popen([sys.executable, "-c", MIGRATE_ELSEWHERE, url], stdout=subprocess.PIPE, text=True)
        for url in urls
    ]
    done = [process.communicate(timeout=120)[0].strip() for process in started]
    with server.connect() as connection:
        for name in names:
            connection.execute(text(f"drop database {name} with (force)"))
    assert done == ["True", "True"]


def test_a_role_made_by_many_at_once_is_made_once(engine: Engine) -> None:
    role, faults = f"streetchief_race_{next(NAMES)}", []

    def run() -> None:
        try:
            with engine.begin() as connection:
                ensure_role(connection, role)
        except DBAPIError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as connection:
        connection.execute(text(f"drop role {role}"))
    assert faults == []


@pytest.fixture
def citizen(server: Engine, engine: Engine) -> Iterator[Engine]:
    """A database user without any right to roles, as managed databases have."""
    with server.connect() as connection:
        connection.execute(text("create role citizen_of_roles login password 'plain'"))
    url = engine.url.set(username="citizen_of_roles", password="plain").render_as_string(hide_password=False)
    plain = make_engine(url)
    yield plain
    plain.dispose()
    with server.connect() as connection:
        connection.execute(text("drop role citizen_of_roles"))


@pytest.mark.parametrize("role", [APP_ROLE, "streetchief_not_there"])
def test_where_roles_cannot_be_made_or_used_one_sentence_says_what_to_do(citizen: Engine, role: str) -> None:
    with pytest.raises(Unavailable, match="role_not_ours") as refusal, citizen.begin() as connection:
        ensure_role(connection, role)
    assert refusal.value.values == {"role": role, "user": "citizen_of_roles"}


def test_a_role_that_the_administrator_made_and_gave_is_enough(server: Engine, citizen: Engine) -> None:
    with server.connect() as connection:
        connection.execute(text("create role streetchief_given nologin"))
        connection.execute(text("grant streetchief_given to citizen_of_roles"))
    with citizen.begin() as connection:
        ensure_role(connection, "streetchief_given")
    with server.connect() as connection:
        connection.execute(text("drop role streetchief_given"))


def test_a_role_that_passes_the_wall_is_refused(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as trial:
        connection.execute(text("create role streetchief_mighty nologin bypassrls"))
        with pytest.raises(Unavailable, match="role_too_mighty"):
            ensure_role(connection, "streetchief_mighty")
        trial.rollback()


def test_areas_published_later_have_their_chain(engine: Engine) -> None:
    with transaction(engine) as session:
        chains = {row.code: row.codes for row in session.execute(text("select code, codes from area_chains"))}
    assert {code: set(codes) for code, codes in chains.items()} == {c: a for c, a in ABOVE.items() if c}
