"""Dead letters: mend a record by hand and take it in again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine

from streetchief.city import FEED_FIELDS, City
from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.intake import store
from streetchief.intake.feeds.records import RAW_SCHEMA
from streetchief.intake.tables import DeadLetterRow
from streetchief.pipeline.process import Processed, process
from streetchief.pipeline.receive import feed_context, take_replayed
from streetchief.storage.engine import transaction


def mend(engine: Engine, letter_id: int, fields: dict[str, str]) -> None:
    """Note what a person corrected (our field names → text); the record as received stays as it is.

    Raises NotFound for an unknown id, Conflict if it is closed, BadInput for an unknown field.
    """
    unknown = sorted(set(fields) - set(FEED_FIELDS))
    if unknown:
        raise BadInput("unknown_field", fields=", ".join(unknown), known=", ".join(FEED_FIELDS))
    with transaction(engine) as session:
        letter = store.dead_letter(session, letter_id)
        if letter.status != "open":
            raise Conflict("dead_letter_closed", id=letter_id, status=letter.status)
        letter.mended = {**(letter.mended or {}), **fields}


def replay(engine: Engine, city: City, letter_ids: list[int] | None, now: datetime) -> dict[int, str]:
    """Take mended letters in again, each in a transaction of its own.

    letter_ids: None = every open letter that was mended.  Returns letter id → ``replayed``, or the reason why it
    still cannot be taken (then it stays open).  A letter that is closed already is passed over: replaying twice
    changes nothing.
    """
    with transaction(engine) as session:
        waiting = [(x.id, x.feed) for x in store.dead_letters(session) if x.mended is not None]
    if letter_ids is not None:
        waiting = [(letter, feed) for letter, feed in waiting if letter in letter_ids]
    return {letter: _replay_one(engine, city, feed, letter, now) for letter, feed in waiting}


def _replay_one(engine: Engine, city: City, feed_id: str, letter_id: int, now: datetime) -> str:
    context = feed_context(engine, city, city.feed(feed_id))
    if context is None:
        raise NotFound(what=f"placing model of {feed_id}")
    with transaction(engine) as session:
        store.lock_feed(session, feed_id)
        letter = store.dead_letter(session, letter_id)
        if letter.status != "open":
            return "closed"
        processed = process(_batch_of(letter), context)
        reason = _refusal(processed) or take_replayed(session, letter.run_id, processed)
        if reason:
            return reason
        letter.status, letter.closed_at = "replayed", now
        return letter.status


def _batch_of(letter: DeadLetterRow) -> pa.RecordBatch:
    fields: dict[str, Any] = dict.fromkeys(FEED_FIELDS) | letter.fields | (letter.mended or {})
    row = {"line": letter.line, "raw": letter.raw, "content_hash": letter.content_hash, "fault": ""} | fields
    return pa.RecordBatch.from_pylist([row], schema=RAW_SCHEMA)


def _refusal(processed: Processed) -> str:
    reasons: list[str] = processed.rejections.column("reason").to_pylist()
    return reasons[0] if reasons else ""
