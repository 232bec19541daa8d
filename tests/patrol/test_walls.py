"""Row-level security on the tables of patrols, and the promise that no place is ever kept."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from streetchief.actors import Actor, Permission
from streetchief.patrol import checks, records
from streetchief.patrol.tables import PatrolRow
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction
from streetchief.storage.metadata import Base
from tests.patrol.village import (
    ANALYST,
    DEFINITIONS,
    DIRECTOR,
    EAST,
    HEAD,
    MONDAY,
    OFFICER,
    PLAN,
    SUPERVISOR,
    TIMER,
    TOWN_DIRECTOR,
    WALKER,
    ZONE,
    at,
    draft,
    settle,
    walk,
)  # fmt: skip

P = Permission
TABLES = sorted(name for name in Base.metadata.tables if name.startswith(("patrol", "weekly_")))
OF_EVERYBODY = ("patrol_days", "weekly_draws")  # that a day was accounted for says nothing of anybody


@pytest.fixture
def full(village: Engine) -> Engine:
    """Something in every table: 甲 in the west, 乙 in the east, a settled day, a drawn week, a review."""
    walk(village, WALKER, MONDAY, findings=[draft()])
    walk(village, EAST, MONDAY, findings=[draft(segment="main-3")])
    walk(village, EAST, MONDAY + timedelta(days=1), street="side")
    settle(village, at(MONDAY + timedelta(days=1), 5))
    settle(village, at(MONDAY + timedelta(days=2), 5))
    checks.draw_week(village, MONDAY, plan=PLAN, zone=ZONE, by=TIMER, now=at(date(2026, 3, 10)))
    records.review(
        village, MONDAY, plan=PLAN, zone=ZONE, definitions=DEFINITIONS, by=DIRECTOR, now=at(date(2026, 4, 1), 5)
    )
    return village


def rows(engine: Engine, by: Actor, permission: Permission, table: str, what: str = "count(*)") -> list[object]:
    with acting(engine, by, permission) as session:
        return list(session.execute(text(f"select {what} from {table} order by 1")).scalars())


@pytest.mark.parametrize(
    ("by", "permission", "streets", "findings", "answers", "sampled", "missed"),
    [
        (WALKER, P.PATROL, ["main"], 1, 2, 1, 1),
        (EAST, P.PATROL, ["main", "side"], 1, 4, 2, 1),
        (HEAD, P.CHECK_PATROL, ["main", "main", "side"], 2, 6, 3, 2),
        (SUPERVISOR, P.CHECK_PATROL, ["main", "main", "side"], 2, 6, 3, 2),
        (DIRECTOR, P.REVIEW_PATROL, ["main", "main", "side"], 2, 6, 3, 2),
        (TOWN_DIRECTOR, P.REVIEW_PATROL, ["main", "side"], 1, 4, 2, 1),
        (OFFICER, P.READ_CASE, [], 0, 0, 0, 0),  # reads cases; walks, checks and reviews nothing
        (ANALYST, P.READ_FIGURES, [], 0, 0, 0, 0),
    ],
)
def test_without_a_single_where_each_reads_his_own(
    full: Engine, by: Actor, permission: Permission, streets: list[str], findings: int, answers: int, sampled: int,
    missed: int,
) -> None:  # fmt: skip
    assert rows(full, by, permission, "patrols", "street_code") == streets
    assert rows(full, by, permission, "patrol_findings") == [findings]
    assert rows(full, by, permission, "patrol_answers") == [answers]
    assert rows(full, by, permission, "weekly_checks") == [sampled]
    with acting(full, by, permission) as session:
        assert session.scalar(text("select count(*) from patrol_rounds where done < due")) == missed


@pytest.mark.parametrize(
    ("by", "permission", "lines", "heads"),
    [
        (DIRECTOR, P.REVIEW_PATROL, 6, 1),
        (ANALYST, P.READ_FIGURES, 6, 1),
        (WALKER, P.READ_FIGURES, 2, 1),
        (EAST, P.READ_FIGURES, 4, 1),
        (SUPERVISOR, P.CHECK_PATROL, 0, 0),  # checks; figures are others'
        (OFFICER, P.READ_CASE, 0, 0),
    ],
)
def test_figures_have_a_wall_of_their_own(
    full: Engine, by: Actor, permission: Permission, lines: int, heads: int
) -> None:
    assert rows(full, by, permission, "patrol_figures") == [lines]
    assert rows(full, by, permission, "patrol_records") == [heads]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_its_wall_and_nobody_writes_through_it(full: Engine, table: str) -> None:
    with transaction(full) as session:
        walled = session.scalar(text("select relrowsecurity from pg_class where relname = :name"), {"name": table})
        assert walled is True
        assert session.scalar(text(f"select count(*) from {table}")), "the tests look at something"
    for statement in (f"delete from {table}", f"update {table} set {first_column(table)} = {first_column(table)}"):
        with pytest.raises(DBAPIError, match="permission denied"), acting(full, DIRECTOR, P.REVIEW_PATROL) as session:
            session.execute(text(statement))
    with transaction(full) as session:
        session.execute(text("set local role streetchief_app"))
        count = session.scalar(text(f"select count(*) from {table}"))
    assert count == 0 or table in OF_EVERYBODY, "no scope set, no rows"


def first_column(table: str) -> str:
    return next(iter(Base.metadata.tables[table].columns)).name


def test_no_column_can_hold_a_place(village: Engine) -> None:
    """By type (no geometry, no number with decimals, no free JSON but our own words) and by name."""
    inspected = inspect(village)
    types, names = set(), set()
    for table in TABLES:
        for column in inspected.get_columns(table):
            types.add(re.sub(r"\(.*", "", str(column["type"])))
            names.add(column["name"])
            if str(column["type"]) == "JSONB":
                assert (table, column["name"]) == ("patrol_records", "definitions")
    assert types <= {"BIGINT", "INTEGER", "SMALLINT", "VARCHAR", "ARRAY", "DATE", "TIMESTAMP", "BOOLEAN", "JSONB"}
    assert not [
        n for n in names if re.search(r"(^|_)(lat|lon|lonlat|x|y|m)(_|$)|coord|geom|point|track|trace|gps|distance", n)
    ]
    assert "started_at" in names and "segments" in names


@pytest.mark.parametrize(
    ("table", "column"),
    [("patrol_findings", "opinion"), ("patrol_findings", "photo"), ("weekly_checks", "reason")],
)
@pytest.mark.parametrize("value", ["30.00123", "x=600348.512", "30．001"])
def test_the_database_itself_refuses_a_place_in_a_text(full: Engine, table: str, column: str, value: str) -> None:
    with pytest.raises(IntegrityError, match="without_place"), transaction(full) as session:
        session.execute(text(f"update {table} set {column} = :value"), {"value": value})


def test_a_patrol_has_two_times_and_no_more(village: Engine) -> None:
    """Where somebody was at which minute cannot be told from begin and end."""
    instants = [c.name for c in PatrolRow.__table__.columns if str(c.type).startswith("DATETIME")]
    assert instants == ["started_at", "ended_at"]
