"""One report at a time ends as a batch does, to the byte."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.intake import store
from streetchief.intake.feeds.read import read_records
from streetchief.intake.feeds.records import RawRecord, batches
from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow
from streetchief.pipeline.context import Context, context_of
from streetchief.pipeline.process import process
from streetchief.pipeline.receive import receive_file, take
from streetchief.pipeline.receive_one import receive_one
from streetchief.registry import service
from streetchief.storage.engine import transaction
from tests.pipeline.squares import CITY, FEED, REGISTRY, row, write_feed
from tests.pipeline.test_receive import ROWS

NOW = datetime(2026, 4, 1, tzinfo=UTC)
MORE = [
    row("h", -141, 8, at="2026-03-01 19:00:00"),  # repeats a, and c repeats a too
    row("f", -150, 8),  # f comes right at last: its dead letter is closed
    row("g", 1, 1, lon="=1+1"),  # refused before
    row("i", -150, 8, address="远街7号", text="身份证11010519491231002X"),  # suspect
    row("j", -150, 8, at="2026-02-30 08:00:00"),
    row("k", -139, 8, at="2026-02-28 22:00:00"),  # arrives last, is the earliest of its place
]


def ready(engine: Engine) -> Context:
    """A published registry and the shipped placing model: both sides use the same."""
    service.publish(engine, CITY, REGISTRY, "squared paper")
    context = context_of(CITY, FEED, service.load(engine))
    with transaction(engine) as session:
        store.save_model(session, FEED.id, context.model.version, context.model.to_json(), NOW)
    return context


def one_by_one(engine: Engine, context: Context, records: list[RawRecord]) -> list[str]:
    with transaction(engine) as session:
        run = store.start_run(session, FEED.id, "desk", {}, NOW)
    with engine.connect() as connection:
        return [receive_one(connection, context, run, record, NOW) for record in records]


def rows_of(engine: Engine) -> list[Any]:
    """Everything stored, without the numbers that the database counts; a repeat by the id that it repeats."""
    complaints = (
        "select to_jsonb(c) - 'id' - 'repeat_of' || jsonb_build_object('geom', encode(st_asewkb(c.geom), 'hex'), "
        "'repeats', r.external_id, 'private', to_jsonb(p) - 'complaint_id') from complaints c "
        "join complaint_private p on p.complaint_id = c.id left join complaints r on r.id = c.repeat_of order by c.external_id"
    )
    letters = "select to_jsonb(d) - 'id' from dead_letters d order by content_hash"
    with transaction(engine) as session:
        return [list(session.scalars(text(query))) for query in (complaints, letters)]


def test_one_by_one_and_in_bulk_are_the_same_to_the_byte(
    database_engine: Engine, fresh_engine: Engine, tmp_path: Path
) -> None:
    path = write_feed(tmp_path / "f.csv", [*ROWS, *MORE])
    ready(fresh_engine)
    receive_file(fresh_engine, CITY, FEED, path, clock=lambda: NOW, progress=lambda n: None)
    context = ready(database_engine)
    records = list(read_records(path, FEED))
    said = one_by_one(database_engine, context, records)
    assert rows_of(database_engine) == rows_of(fresh_engine)
    assert said[:3] == ["matched", "redelivered", "id_conflict"]
    assert said[-6:] == ["matched", "matched", "redelivered", "suspect", "bad_time", "matched"]
    before = rows_of(database_engine)
    assert set(one_by_one(database_engine, context, records)) == {"redelivered"}
    assert rows_of(database_engine) == before


FAILS_LATE = (
    "create function fail() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$; "
    "create trigger late after insert on complaint_private for each row execute function fail()"
)


def test_a_failure_before_the_end_leaves_nothing_and_the_next_try_is_new(
    database_engine: Engine, tmp_path: Path
) -> None:
    context = ready(database_engine)
    (record,) = read_records(write_feed(tmp_path / "f.csv", ROWS[:1]), FEED)
    empty = rows_of(database_engine)
    with transaction(database_engine) as session:
        session.execute(text(FAILS_LATE))
    with pytest.raises(psycopg.errors.RaiseException):
        one_by_one(database_engine, context, [record])
    assert rows_of(database_engine) == empty
    with transaction(database_engine) as session:
        session.execute(text("drop trigger late on complaint_private"))
    assert one_by_one(database_engine, context, [record]) == ["matched"]


def test_a_connection_in_a_transaction_is_refused(database_engine: Engine, tmp_path: Path) -> None:
    """What the caller did before would be committed with the report, or the report would hang on the caller."""
    context = ready(database_engine)
    (record,) = read_records(write_feed(tmp_path / "f.csv", ROWS[:1]), FEED)
    with database_engine.connect() as connection:
        connection.execute(text("select 1"))
        with pytest.raises(psycopg.ProgrammingError):
            receive_one(connection, context, 1, record, NOW)


def test_a_report_waits_for_the_intake_of_its_feed_and_sees_what_that_stored(
    database_engine: Engine, tmp_path: Path
) -> None:
    """Two reports of one id at once: the one that came second finds the first."""
    context = ready(database_engine)
    (record, other) = read_records(write_feed(tmp_path / "f.csv", [ROWS[0], ROWS[4]]), FEED)
    with database_engine.connect() as busy, ThreadPoolExecutor(1) as pool:
        with Session(busy) as session, session.begin():
            store.lock_feed(session, FEED.id)
            waiting = pool.submit(one_by_one, database_engine, context, [other])
            _until_someone_waits(database_engine)
            (batch,) = batches([record], FEED)
            run = store.start_run(session, FEED.id, "desk", {}, NOW)
            take(session, run, FEED.id, batch, process(batch, context), NOW)
        assert waiting.result(timeout=60) == ["matched"]
    with transaction(database_engine) as session:
        query = "select c.external_id, r.external_id from complaints c join complaints r on r.id = c.repeat_of"
        assert [tuple(row) for row in session.execute(text(query))] == [("c", "a")]


def _until_someone_waits(engine: Engine) -> None:
    waits = text("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
    for _ in range(600):
        with engine.connect() as connection:
            if connection.execute(waits).scalar_one():
                return
        sleep(0.05)
    raise AssertionError("nobody waits for the feed's lock")


def test_a_row_is_written_in_the_order_of_the_tables_columns(database_engine: Engine) -> None:
    """`insert_one` builds whole rows: a column that a migration adds stands last in the table, so last in the class."""
    query = text("select attname from pg_attribute where attrelid = :name ::regclass and attnum > 0 and not attisdropped "
                 "order by attnum")  # fmt: skip
    with transaction(database_engine) as session:
        for row in (ComplaintRow, ComplaintPrivateRow):
            stored = list(session.scalars(query, {"name": row.__tablename__}))
            assert stored == [column.name for column in row.__table__.columns]
