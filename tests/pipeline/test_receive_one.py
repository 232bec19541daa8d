"""One report at a time ends as a batch does, to the byte."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from streetchief.intake import store
from streetchief.intake.feeds.read import read_records
from streetchief.intake.feeds.records import RawRecord
from streetchief.pipeline.context import Context, context_of
from streetchief.pipeline.receive import receive_file
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


class PulledPlug(BaseException):
    """The power went off."""


def test_a_crash_before_the_end_leaves_nothing_and_the_next_try_is_new(
    database_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ready(database_engine)
    (record,) = read_records(write_feed(tmp_path / "f.csv", ROWS[:1]), FEED)
    empty = rows_of(database_engine)

    def unplugged(*arguments: Any) -> None:
        whole(*arguments)
        raise PulledPlug

    from streetchief.pipeline import receive_one as module  # noqa: PLC0415  the name is the function's too

    whole = module.insert_one
    monkeypatch.setattr(module, "insert_one", unplugged)
    with pytest.raises(PulledPlug):
        one_by_one(database_engine, context, [record])
    assert rows_of(database_engine) == empty
    monkeypatch.setattr(module, "insert_one", whole)
    assert one_by_one(database_engine, context, [record]) == ["matched"]
