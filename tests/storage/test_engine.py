"""Opening the database: what is understood, what is refused, what a session starts with."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.errors import BadInput, Unavailable
from streetchief.storage.engine import make_engine, open_engine, read_url, shown, transaction
from streetchief.storage.local import LocalCluster


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("postgresql+psycopg://u:p@db:5433/town", "db"),
        ("postgresql://u:p@db:5433/town", "db"),
        ("postgres://u:p@db:5433/town", "db"),  # the short form that hosting services print
    ],
)
def test_urls_that_are_understood(given: str, host: str) -> None:
    url = read_url(given)
    assert (url.drivername, url.host, url.password) == ("postgresql+psycopg", host, "p")


@pytest.mark.parametrize(
    "given",
    [
        "mysql://u:p@db/town",
        "postgresql+asyncpg://u:p@db/town",  # another driver
        "db.example/town",
        "postgresql://u:p@db:port/town",
        "",
    ],
)
def test_urls_that_are_refused_without_repeating_the_password(given: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_url(given)
    assert refusal.value.code == "bad_database_url"
    assert refusal.value.values == {}


def test_shown_without_password_and_without_our_settings() -> None:
    assert shown("postgres://u:secret@db/town?sslmode=require") == "postgresql://u:***@db/town?sslmode=require"


def test_the_callers_own_options_are_kept(database_url: str) -> None:
    engine = make_engine(f"{database_url}&options=-c%20statement_timeout%3D1234")
    with engine.connect() as connection:
        assert connection.execute(text("show statement_timeout")).scalar() == "1234ms"
        assert connection.execute(text("show timezone")).scalar() == "UTC"
        assert connection.execute(text("show jit")).scalar() == "off"
    engine.dispose()


def test_a_database_that_is_not_there_is_one_sentence_without_password(server: Engine) -> None:
    url = server.url.set(database="no_such_town", password="secret").render_as_string(hide_password=False)
    with pytest.raises(Unavailable) as refusal:
        open_engine(database_url=url, data_dir=None, postgres_bin=None, database="unused")
    assert refusal.value.code == "database_unreachable"
    assert "secret" not in str(refusal.value)


def test_open_engine_makes_everything_the_first_time(cluster: LocalCluster) -> None:
    home = cluster.data_dir
    for _ in range(2):
        engine = open_engine(database_url=None, data_dir=home, postgres_bin=None, database="streetchief_new")
        with engine.connect() as connection:
            assert connection.execute(text("select count(*) from complaint_facts")).scalar() == 0
        engine.dispose()


def test_open_engine_heals_a_killed_server(cluster_home: Path) -> None:
    data_dir = cluster_home / "heals" / "pg"
    engine = open_engine(database_url=None, data_dir=data_dir, postgres_bin=None, database="streetchief_town")
    with transaction(engine) as session:
        session.execute(text("create table kept as select 7 as n"))
    LocalCluster(data_dir).down()
    again = open_engine(database_url=None, data_dir=data_dir, postgres_bin=None, database="streetchief_town")
    with transaction(engine) as session:  # the old engine's dead connections are noticed
        assert session.execute(text("select n from kept")).scalar() == 7
    for each in (engine, again):
        each.dispose()


def test_a_transaction_is_all_or_nothing(database_engine: Engine) -> None:
    with transaction(database_engine) as session:
        session.execute(text("create table t (n int)"))
    with pytest.raises(ZeroDivisionError), transaction(database_engine) as session:
        session.execute(text("insert into t values (1)"))
        raise ZeroDivisionError
    with transaction(database_engine) as session:
        assert session.execute(text("select count(*) from t")).scalar() == 0


@pytest.mark.parametrize("time", [1, 2])
def test_the_session_of_a_test_forgets_even_what_was_committed(session: Session, time: int) -> None:
    session.execute(text("create table forgotten as select 1 as n"))
    session.commit()
    assert session.execute(text("select count(*) from forgotten")).scalar() == time // time
