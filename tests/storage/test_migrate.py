"""Migrations: twice, from two processes, killed half way, newer than us; and equal to what the tables say."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from streetchief.errors import Conflict, Unavailable
from streetchief.storage import sqlfiles
from streetchief.storage.engine import make_engine, transaction
from streetchief.storage.migrate import alembic_config, migrate

MIGRATE_ELSEWHERE = """
import sys
from streetchief.storage.engine import make_engine
from streetchief.storage.migrate import migrate
print(migrate(make_engine(sys.argv[1])))
"""


def test_an_empty_database_gets_everything_and_the_second_time_nothing(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    assert migrate(engine) is True
    assert migrate(engine) is False
    assert {"complaints", "dead_letters", "alembic_version"} <= set(inspect(engine).get_table_names())
    assert "complaint_facts" in inspect(engine).get_view_names()
    engine.dispose()


def test_three_processes_at_once_migrate_one_time(empty_database_url: str) -> None:
    command_line = [sys.executable, "-c", MIGRATE_ELSEWHERE, empty_database_url]
    started = [
        subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate(timeout=120) for process in started]
    assert sorted(out.strip() for out, _ in said) == ["False", "False", "True"], said


def test_migrations_make_the_schema_that_the_tables_declare(database_engine: Engine) -> None:
    with database_engine.begin() as connection:
        command.check(alembic_config(connection))


def test_every_migration_can_be_taken_back(database_engine: Engine) -> None:
    with database_engine.begin() as connection:
        sqlfiles.drop_made(connection, sqlfiles.read_sql_files())
        command.downgrade(alembic_config(connection), "base")
    left = set(inspect(database_engine).get_table_names()) - {"alembic_version", "spatial_ref_sys"}
    assert left == set()
    assert migrate(database_engine) is True


def test_a_failure_half_way_leaves_the_database_as_it_was(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(empty_database_url)
    broken = (*sqlfiles.read_sql_files(), sqlfiles.SqlFile("999_broken.sql", "select 1/0;"))
    with monkeypatch.context() as patch:
        patch.setattr(sqlfiles, "read_sql_files", lambda: broken)
        with pytest.raises(Exception, match="division by zero"):
            migrate(engine)
    assert inspect(engine).get_table_names() == []
    assert migrate(engine) is True
    engine.dispose()


def test_a_view_may_change_its_columns(database_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_view(body: str) -> tuple[sqlfiles.SqlFile, ...]:
        return (*sqlfiles.read_sql_files(), sqlfiles.SqlFile("998_odd.sql", body))

    before = with_view("create or replace view odd as select 1 as one, 2 as two;")
    after = with_view("create or replace view odd as select 'one' as one;")
    monkeypatch.setattr(sqlfiles, "read_sql_files", lambda: before)
    assert migrate(database_engine) is True
    monkeypatch.setattr(sqlfiles, "read_sql_files", lambda: after)
    assert migrate(database_engine) is True
    with transaction(database_engine) as session:
        assert session.execute(text("select * from odd")).one() == ("one",)


def test_sql_files_may_hold_percent_signs_and_several_statements(
    database_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "create or replace view p as select '100%s' as a; create or replace view q as select * from p;"
    files = (*sqlfiles.read_sql_files(), sqlfiles.SqlFile("998_percent.sql", body))
    monkeypatch.setattr(sqlfiles, "read_sql_files", lambda: files)
    migrate(database_engine)
    with transaction(database_engine) as session:
        assert session.execute(text("select a from q")).scalar() == "100%s"


def test_a_database_of_a_newer_program_is_refused(database_engine: Engine) -> None:
    with transaction(database_engine) as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Conflict, match="database_is_newer"):
        migrate(database_engine)


def test_a_server_that_forbids_postgis_is_told_in_one_sentence(server: Engine, empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    name = engine.url.database
    with server.connect() as connection:
        connection.execute(text("create role plain_citizen login password 'plain'"))
        connection.execute(text(f"alter database {name} owner to plain_citizen"))
    plain = make_engine(
        engine.url.set(username="plain_citizen", password="plain").render_as_string(hide_password=False)
    )
    try:
        with pytest.raises(Unavailable, match="postgis_not_creatable"):
            migrate(plain)
    finally:
        plain.dispose()
        with server.connect() as connection:
            connection.execute(text(f"alter database {name} owner to current_user"))
            connection.execute(text("drop role plain_citizen"))


def test_the_fingerprint_sees_names_and_texts() -> None:
    one = sqlfiles.SqlFile("010_a.sql", "select 1")
    assert sqlfiles.fingerprint((one,)) != sqlfiles.fingerprint((replace(one, name="020_a.sql"),))
    assert sqlfiles.fingerprint((one,)) != sqlfiles.fingerprint((replace(one, body="select 2"),))


def test_everything_that_the_files_make_is_seen_by_the_drop() -> None:
    """A file that makes something in another way (or two on one line) would not be dropped before a migration."""
    for file in sqlfiles.read_sql_files():
        made = re.findall(r"create (?!temp table)", file.body.lower())  # those end with their transaction
        assert len(file.made()) == len(made), file.name
