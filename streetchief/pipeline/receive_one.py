"""One report at a time: the same answers, rows and idempotency as a batch, without a batch's fixed costs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from streetchief.intake.feeds.records import RawRecord, batches, row_of
from streetchief.intake.single import insert_one
from streetchief.pipeline.context import Context
from streetchief.pipeline.process import process
from streetchief.pipeline.process_one import process_one
from streetchief.pipeline.receive import take

REDELIVERED = "redelivered"


def receive_one(connection: Connection, context: Context, run_id: int, record: RawRecord, now: datetime) -> str:
    """Take one report in, in a transaction of its own on `connection`, which must not be in one.

    run_id: of the run that it belongs to (`intake.store.start_run`).  Returns its verdict, ``redelivered``, or the
    reason code under which it went to the dead letters.
    """
    complaint = process_one(row_of(record, context.feed), context)
    if complaint is not None:
        driver = connection.connection.driver_connection
        assert driver is not None, "a connection that is checked out has a driver connection"
        if insert_one(driver, run_id, complaint, now) is not None:
            return str(complaint["verdict"])
    return _receive_batch(connection, context, run_id, record, now)


def _receive_batch(connection: Connection, context: Context, run_id: int, record: RawRecord, now: datetime) -> str:
    """The way of a batch, for what is wrong with a record or was there before: refused, in conflict, redelivered."""
    (batch,) = batches([record], context.feed)
    processed = process(batch, context)
    with Session(connection) as session, session.begin():
        complaints, rejections = take(session, run_id, context.feed.id, batch, processed, now)
    for rows, column in ((complaints, "verdict"), (rejections, "reason")):
        if rows.num_rows:
            return str(rows.column(column)[0])
    return REDELIVERED
