"""Intake: a file of a feed into the database, one transaction a batch.

Running it again after a crash at any point loses nothing and doubles nothing: what is stored is a redelivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief import __version__
from streetchief.city import City, FeedSpec
from streetchief.intake import store
from streetchief.intake.dedup import Delivery, sort_out
from streetchief.intake.feeds.read import read_file
from streetchief.intake.feeds.records import BATCH_ROWS
from streetchief.intake.reject import ID_CONFLICT
from streetchief.matching.model import PlacingModel
from streetchief.pipeline.context import Context, context_of, scanned
from streetchief.pipeline.process import Processed, process, refuse
from streetchief.pipeline.repeats import count_repeats, mark_repeats, newest_id
from streetchief.pipeline.summary import Summary
from streetchief.registry import service as registry_service
from streetchief.storage.engine import transaction

Clock = Callable[[], datetime]
Progress = Callable[[int], None]


def receive_file(
    engine: Engine,
    city: City,
    feed: FeedSpec,
    path: Path,
    *,
    clock: Clock,
    progress: Progress,
    rows: int = BATCH_ROWS,
    rescan: bool = False,
) -> dict[str, Any]:
    """Take a whole file in.  Returns the summary.  Raises what `read_file` raises, before anything is stored.

    The first file of a feed that has a usable point is looked at once to find the set-back curve and the default
    points; that model is kept, and later files are placed with it until a file is taken with `rescan`.
    """
    context = None if rescan else feed_context(engine, city, feed)
    if context is None:
        fresh = context_of(city, feed, registry_service.load(engine))
        context = scanned(fresh, read_file(path, feed))
    return receive(engine, context, read_file(path, feed, rows), source=_shown(path), clock=clock, progress=progress)


def _shown(path: Path) -> str:
    """A file's name as text that a database holds: undecodable bytes as \\xNN."""
    return path.name.encode("utf-8", "backslashreplace").decode()


def feed_context(
    engine: Engine, city: City, feed: FeedSpec, *, registry: int | None = None, model: str | None = None
) -> Context | None:
    """The context of a feed with the stored versions (None = the newest); None if the feed has no model yet."""
    with transaction(engine) as session:
        body = store.load_model(session, feed.id, model)
    if body is None:
        return None
    return context_of(city, feed, registry_service.load(engine, registry), PlacingModel.from_json(body))


def receive(
    engine: Engine,
    context: Context,
    batches: Iterable[pa.RecordBatch],
    *,
    source: str,
    clock: Clock,
    progress: Progress,
) -> dict[str, Any]:
    """Take batches of raw records in, one transaction each, and return the summary."""
    summary = Summary(clock(), {"program": __version__, **context.versions}, context.feed.synthetic)
    with transaction(engine) as session:
        run_id = store.start_run(session, context.feed.id, source, summary.versions, summary.started_at)
    for batch in batches:
        processed = process(batch, context)
        with transaction(engine) as session:
            counted = take(session, run_id, context.feed.id, batch, processed, clock())
            if counted[0].num_rows:
                store.save_model(session, context.feed.id, context.model.version, context.model.to_json(), clock())
        _count(summary, batch.num_rows, *counted)
        progress(batch.num_rows)
    with transaction(engine) as session:
        summary.repeats = count_repeats(session, run_id)
        finished_at = clock()
        result = summary.as_dict(finished_at)
        store.finish_run(session, run_id, result, finished_at)
    return result


def take(
    session: Session, run_id: int, feed: str, batch: pa.RecordBatch, processed: Processed, now: datetime
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Store what is new of a batch; returns the complaints and the rejections that were stored."""
    store.lock_feed(session, feed)
    new, conflicting = _decide(session, feed, batch, processed)
    complaints = _only(processed.complaints, new)
    conflicts = _only(batch, conflicting)
    refused = refuse(conflicts, [ID_CONFLICT] * conflicts.num_rows, feed)
    rejections = pa.concat_batches([_only(processed.rejections, new), refused])
    before = newest_id(session)
    store.add_complaints(session, run_id, complaints)
    mark_repeats(session, run_id, before)
    store.add_dead_letters(session, run_id, rejections)
    store.supersede(session, feed, run_id, before, now)
    return complaints, rejections


def _decide(session: Session, feed: str, batch: pa.RecordBatch, processed: Processed) -> tuple[pa.Array, pa.Array]:
    """The lines of a batch that are new, and those that are in conflict with another content of their id."""
    lines, ids, hashes = (batch.column(name) for name in ("line", "id", "content_hash"))
    known = store.known(session, feed, ids, hashes)
    if not known.hash_of and not known.refused and ids.null_count == 0 and pc.count_distinct(ids).as_py() == len(ids):
        return lines, lines.slice(0, 0)
    usable = pc.is_in(lines, processed.complaints.column("line")).to_pylist()
    decided = sort_out(list(zip(ids.to_pylist(), hashes.to_pylist(), usable, strict=True)), known)
    new, conflicting = ([d is what for d in decided] for what in (Delivery.NEW, Delivery.ID_CONFLICT))
    return lines.filter(pa.array(new, pa.bool_())), lines.filter(pa.array(conflicting, pa.bool_()))


def take_replayed(session: Session, run_id: int, processed: Processed) -> str:
    """Store a mended complaint; returns "" or ``id_conflict`` if its id is a complaint already."""
    complaints = processed.complaints
    (feed,), (external_id,) = complaints.column("feed").to_pylist(), complaints.column("external_id").to_pylist()
    if store.complaint(session, feed, external_id) is not None:
        return ID_CONFLICT
    before = newest_id(session)
    store.add_complaints(session, run_id, complaints)
    mark_repeats(session, run_id, before)
    return ""


def _only(batch: pa.RecordBatch, lines: pa.Array) -> pa.RecordBatch:
    chosen = pc.is_in(batch.column("line"), lines)
    return batch if pc.all(chosen).as_py() else batch.filter(chosen)


def _count(summary: Summary, received: int, complaints: pa.RecordBatch, rejections: pa.RecordBatch) -> None:
    summary.received += received
    summary.redelivered += received - complaints.num_rows - rejections.num_rows
    summary.verdicts.update(_counts(complaints, "verdict"))
    summary.placing_reasons.update(_counts(complaints, "reason"))
    summary.reasons.update(_counts(rejections, "reason"))
    summary.departments.update(_counts(complaints, "department"))
    summary.triage_reasons.update(_counts(complaints, "triage_reason"))


def _counts(batch: pa.RecordBatch, name: str) -> dict[str, int]:
    """How often each word stands in a column; nulls and blanks do not count."""
    counted = pc.value_counts(batch.column(name))
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return {word: count for word, count in pairs if word}
