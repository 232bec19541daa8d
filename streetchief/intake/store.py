"""Complaints and dead letters in the database.  Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from streetchief.errors import NotFound
from streetchief.intake.dedup import Known
from streetchief.intake.reject import ID_CONFLICT
from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow, DeadLetterRow, IntakeRunRow, PlacingModelRow

_PRIVATE = ("line", "raw", "complainant_name", "complainant_phone")
_COMPUTED = ("id", "run_id", "repeat_of")
_STORED = tuple(c.name for c in ComplaintRow.__table__.columns if c.name not in _COMPUTED)
_STAGED = (*_STORED, *_PRIVATE)


def lock_feed(session: Session, feed: str) -> None:
    """One intake of a feed at a time, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"intake:{feed}", 0))))


def known(session: Session, feed: str, ids: Sequence[str], hashes: Sequence[str]) -> Known:
    """What is stored already under these ids and contents of a feed."""
    row = ComplaintRow
    stored = session.execute(
        select(row.external_id, row.content_hash).where(row.feed == feed, row.external_id.in_(ids))
    )
    letter = DeadLetterRow
    refused = session.scalars(select(letter.content_hash).where(letter.feed == feed, letter.content_hash.in_(hashes)))
    return Known({row.external_id: row.content_hash for row in stored}, frozenset(refused))


def start_run(session: Session, feed: str, source: str, versions: dict[str, Any], now: datetime) -> int:
    """A new run; its id stands on every row that it brings."""
    row = insert(IntakeRunRow).values(feed=feed, source=source, versions=versions, started_at=now)
    return session.scalars(row.returning(IntakeRunRow.id)).one()


def finish_run(session: Session, run_id: int, summary: dict[str, Any], now: datetime) -> None:
    """The end of a run, with the summary that was printed."""
    session.execute(update(IntakeRunRow).where(IntakeRunRow.id == run_id).values(summary=summary, finished_at=now))


def add_complaints(session: Session, run_id: int, complaints: pa.RecordBatch) -> None:
    """Store placed complaints (`PLACED_SCHEMA`): COPY into a staging table, INSERT from there.

    An id that is stored already is left as it is: the unique key (feed, external_id) is the idempotency.
    """
    if not complaints.num_rows:
        return
    columns = ", ".join(_STORED)
    session.execute(
        text(
            f"create temp table staged_complaints on commit drop as select {columns}, "
            "0::bigint as line, ''::text as raw, ''::text as complainant_name, ''::text as complainant_phone "
            "from complaints with no data"
        )
    )
    cursor = session.connection().connection.cursor()
    with cursor.copy(f"copy staged_complaints ({', '.join(_STAGED)}) from stdin") as copy:
        for row in zip(*_staged_columns(complaints), strict=True):
            copy.write_row(row)
    session.execute(
        text(
            f"with added as (insert into complaints (run_id, {columns}) select :run, {columns} from staged_complaints "
            "order by line on conflict (feed, external_id) do nothing returning id, feed, external_id) "
            "insert into complaint_private (complaint_id, line, raw, complainant_name, complainant_phone) "
            "select added.id, line, raw, complainant_name, complainant_phone "
            "from added join staged_complaints using (feed, external_id)"
        ),
        {"run": run_id},
    )
    session.execute(text("drop table staged_complaints"))


def _staged_columns(complaints: pa.RecordBatch) -> list[list[Any]]:
    lonlat = np.column_stack([complaints.column("lon").to_numpy(), complaints.column("lat").to_numpy()])
    points = shapely.set_srid(shapely.points(lonlat), 4326)
    geom = shapely.to_wkb(points, hex=True, include_srid=True).tolist()
    return [geom if name == "geom" else complaints.column(name).to_pylist() for name in _STAGED]


def supersede(session: Session, feed: str, ids: Sequence[str], now: datetime) -> None:
    """Close open dead letters whose id has now arrived in good order.  A conflict of ids stays open for a person."""
    row = DeadLetterRow
    session.execute(
        update(row)
        .where(row.feed == feed, row.external_id.in_(ids), row.status == "open", row.reason != ID_CONFLICT)
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
