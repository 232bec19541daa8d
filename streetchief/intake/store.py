"""Complaints and dead letters in the database.  Takes a session, never commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from streetchief.errors import NotFound
from streetchief.intake.dedup import Known
from streetchief.intake.reject import ID_CONFLICT
from streetchief.intake.staging import insert_complaints, stage_delivered
from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow, DeadLetterRow, IntakeRunRow, PlacingModelRow

# An id is looked up by itself: joined as sets, a planner without statistics would read the whole table for a batch.
_KNOWN = (
    "select d.external_id, c.content_hash from delivered d cross join lateral (select content_hash from complaints "
    "where feed = :feed and external_id = d.external_id limit 1) c "
    "union all select null, d.content_hash from delivered d cross join lateral (select from dead_letters "
    "where feed = :feed and content_hash = d.content_hash limit 1) l"
)
_WHOLLY_NEW = "select " + " and ".join(
    f"not exists (select from {table} where feed = :feed and external_id between :low and :high)"
    for table in ("complaints", "dead_letters")
)


def lock_feed(session: Session, feed: str) -> None:
    """One intake of a feed at a time, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"intake:{feed}", 0))))


def known(session: Session, feed: str, ids: pa.Array, hashes: pa.Array) -> Known:
    """What is stored already under these ids and contents of a feed: n ids (null = none) and n contents."""
    if ids.null_count == 0 and _wholly_new(session, feed, ids):
        return Known({}, frozenset())
    stage_delivered(session, ids, hashes)
    found = session.execute(text(_KNOWN), {"feed": feed}).all()
    session.execute(text("drop table delivered"))
    stored = {row.external_id: row.content_hash for row in found if row.external_id is not None}
    return Known(stored, frozenset(row.content_hash for row in found if row.external_id is None))


def _wholly_new(session: Session, feed: str, ids: pa.Array) -> bool:
    """Whether nothing is stored between the lowest and the highest id: so it is with most feeds, whose ids only grow.

    A content that was refused before has its id, so the dead letters are asked by id too.  Lowest and highest are by
    bytes, for Arrow and for the columns alike.
    """
    span = pc.min_max(ids).as_py()
    given = {"feed": feed, "low": span["min"], "high": span["max"]}
    return session.scalar(text(_WHOLLY_NEW), given) is True


def start_run(session: Session, feed: str, source: str, versions: dict[str, Any], now: datetime) -> int:
    """A new run; its id stands on every row that it brings."""
    row = insert(IntakeRunRow).values(feed=feed, source=source, versions=versions, started_at=now)
    return session.scalars(row.returning(IntakeRunRow.id)).one()


def finish_run(session: Session, run_id: int, summary: dict[str, Any], now: datetime) -> None:
    """The end of a run, with the summary that was printed."""
    session.execute(update(IntakeRunRow).where(IntakeRunRow.id == run_id).values(summary=summary, finished_at=now))


def add_complaints(session: Session, run_id: int, complaints: pa.RecordBatch) -> None:
    """Store placed complaints (`PLACED_SCHEMA`) that `known` did not find, under the feed's lock."""
    if complaints.num_rows:
        insert_complaints(session, run_id, complaints)


def supersede(session: Session, feed: str, run_id: int, after_id: int, now: datetime) -> None:
    """Close open dead letters whose id has now arrived in good order, with a complaint of the run after `after_id`.

    A conflict of ids stays open for a person.
    """
    letter, row = DeadLetterRow, ComplaintRow
    arrived = exists().where(row.feed == letter.feed, row.external_id == letter.external_id)
    waits = (letter.feed == feed, letter.status == "open", letter.reason != ID_CONFLICT)
    session.execute(
        update(letter)
        .where(*waits, select(exists().where(*waits)).scalar_subquery())  # where none waits, nothing else is read
        .where(arrived.where(row.run_id == run_id, row.id > after_id))
        .values(status="superseded", closed_at=now)
    )


def add_dead_letters(session: Session, run_id: int, rejections: pa.RecordBatch) -> None:
    """Keep rejected records (`REJECTED_SCHEMA`) for a person; the same content is kept once."""
    rows = [
        {**row, "fields": dict(row["fields"]), "run_id": run_id, "status": "open"} for row in rejections.to_pylist()
    ]
    if rows:
        session.execute(upsert(DeadLetterRow).on_conflict_do_nothing(), rows)


def save_model(session: Session, feed: str, version: str, body: dict[str, Any], now: datetime) -> None:
    """Keep a placing model; equal content is kept once."""
    row = upsert(PlacingModelRow).values(feed=feed, version=version, body=body, created_at=now)
    session.execute(row.on_conflict_do_nothing())


def load_model(session: Session, feed: str, version: str | None = None) -> dict[str, Any] | None:
    """A placing model of a feed: the named version, or the newest; None if there is none."""
    row = PlacingModelRow
    query = select(row.body).where(row.feed == feed).order_by(row.created_at.desc(), row.version).limit(1)
    if version is not None:
        query = query.where(row.version == version)
    return session.scalars(query).one_or_none()


def complaint(session: Session, feed: str, external_id: str) -> ComplaintRow | None:
    """One stored complaint, or None."""
    row = ComplaintRow
    return session.scalars(select(row).where(row.feed == feed, row.external_id == external_id)).one_or_none()


def raw_of(session: Session, complaint_id: int) -> str:
    """The record as received (private)."""
    row = ComplaintPrivateRow
    return session.scalars(select(row.raw).where(row.complaint_id == complaint_id)).one()


def dead_letter(session: Session, letter_id: int) -> DeadLetterRow:
    """One dead letter, locked until the transaction ends.  Raises NotFound."""
    letter = session.get(DeadLetterRow, letter_id, with_for_update=True)
    if letter is None:
        raise NotFound(what=f"dead letter {letter_id}")
    return letter


def dead_letters(session: Session, feed: str | None = None, status: str | None = "open") -> list[DeadLetterRow]:
    """Dead letters, oldest first; None = any feed, any status."""
    row = DeadLetterRow
    query = select(row).order_by(row.id)
    if feed is not None:
        query = query.where(row.feed == feed)
    if status is not None:
        query = query.where(row.status == status)
    return list(session.scalars(query))
