"""Rematch: stored complaints placed anew under another registry, first as an outlook, then in one transaction.

Both are the same lines; the outlook writes nothing.  A commit names the outlook that somebody saw and is refused when
it is not what would happen now.  Intake of the feeds and the opening of cases wait meanwhile; a step on a case that
moves waits too and is then told that the case has changed.  Killed at any moment, nothing has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.casework import store as cases
from streetchief.casework.rematched import REMATCH_ACTOR
from streetchief.casework.tables import CaseRow
from streetchief.city import City
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.intake import store as intake
from streetchief.intake.feeds.records import BATCH_ROWS
from streetchief.intake.rematch_tables import RematchRow
from streetchief.pipeline.afresh import stage_feed, stage_tiers
from streetchief.pipeline.context import Context
from streetchief.pipeline.outlook import Fingerprint, Outlook
from streetchief.pipeline.receive import feed_context
from streetchief.registry import service as registry_service
from streetchief.storage import audit
from streetchief.storage.engine import transaction

SAMPLE = 20
AUDITED = "registry.rematch"


@dataclass(frozen=True, slots=True)
class Done:
    """A committed rematch: its number (None = nothing moved, nothing was written) and what it changed."""

    rematch: int | None
    outlook: Outlook


def look_ahead(
    engine: Engine, city: City, *, by: Actor, feed: str | None = None, registry: int | None = None,
    sample: int = SAMPLE, rows: int = BATCH_ROWS,
) -> Outlook:  # fmt: skip
    """What a rematch would change, at one moment; nothing is written and nobody waits.

    feed      None = every feed that has a placing model; registry  None = the current version
    sample    so many examples; rows  a batch, which bounds the memory

    Raises Forbidden without REMATCH over the whole city, BadInput for an unknown feed, NotFound for an
    unknown version and where nothing was ever placed.
    """
    _refuse_others(by)
    contexts = _contexts(engine, city, feed, registry)
    with transaction(engine) as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return _outlook(session, contexts, sample, rows, is_commit=False)


def commit(
    engine: Engine, city: City, seen: str, *, by: Actor, now: datetime, feed: str | None = None,
    registry: int | None = None, sample: int = SAMPLE, rows: int = BATCH_ROWS,
) -> Done:  # fmt: skip
    """Do what an outlook with the fingerprint `seen` showed; the arguments are those of `look_ahead`.

    Where nothing moves, nothing is written.  Raises also Conflict ``rematch_changed`` with both figures when something
    else would happen by now, BadInput for a naive `now` and for a fingerprint that is none.
    """
    _refuse_others(by)
    if now.tzinfo is None or now.utcoffset() is None:
        raise BadInput("step_naive_time")
    planned = Fingerprint.read(seen)
    with transaction(engine) as session:
        session.execute(text("select pg_advisory_xact_lock_shared(:key)"), {"key": registry_service.PUBLISH_LOCK})
        contexts = _contexts(engine, city, feed, registry)
        for context in sorted(contexts, key=lambda c: c.feed.id):
            intake.lock_feed(session, context.feed.id)
        cases.hold_openings(session)
        outlook = _outlook(session, contexts, sample, rows, is_commit=True)
        _refuse_changed(planned, outlook.fingerprint)
        return Done(None if outlook.is_nothing else _write(session, contexts[0], outlook, by, now), outlook)


def _refuse_others(by: Actor) -> None:
    if not allowed(by, Permission.REMATCH, Subject()):
        raise Forbidden()


def _refuse_changed(planned: Fingerprint, now: Fingerprint) -> None:
    if planned != now:
        raise Conflict(
            "rematch_changed", registry=planned.registry, complaints=planned.complaints, cases=planned.cases,
            registry_now=now.registry, complaints_now=now.complaints, cases_now=now.cases, now=str(now),
        )  # fmt: skip


def _contexts(engine: Engine, city: City, feed: str | None, registry: int | None) -> list[Context]:
    version = registry_service.current_version(engine) if registry is None else registry
    if version is None:
        raise NotFound("no_registry")
    feeds = city.feeds if feed is None else (city.feed(feed),)
    found = (feed_context(engine, city, one, registry=version) for one in feeds)
    contexts = [context for context in found if context is not None]
    if not contexts:
        raise NotFound("nothing_to_rematch")
    return contexts


def _outlook(session: Session, contexts: Sequence[Context], sample: int, rows: int, *, is_commit: bool) -> Outlook:
    feeds, registry = [context.feed.id for context in contexts], contexts[0].registry.version
    assert registry is not None  # it was loaded from the database
    session.execute(text("select rematch_tables()"))
    seen = sum(stage_feed(session, context, rows) for context in contexts)
    given = {"feeds": feeds, "registry": registry, "is_commit": is_commit}
    session.execute(text("select rematch_sort(:feeds, :registry, :is_commit)"), given)
    figures = session.execute(text("select rematch_figures()")).scalar_one()
    ended = session.scalar(select(func.count()).where(CaseRow.closed_at.is_not(None)))
    return Outlook(
        registry=registry,
        feeds=tuple(feeds),
        seen=seen,
        ended=ended or 0,
        complaints=figures["complaints"],
        cases=figures["cases"],
        by_person=figures["by_person"],
        sample=tuple(session.execute(text("select rematch_sample(:most)"), {"most": sample}).scalar_one()),
        digest=figures["digest"][:16],
    )


def _write(session: Session, context: Context, outlook: Outlook, by: Actor, now: datetime) -> int:
    row = insert(RematchRow).values(
        at=now, actor=by.id, feeds=list(outlook.feeds), registry_version=outlook.registry,
        fingerprint=str(outlook.fingerprint), figures=outlook.as_dict(),
    )  # fmt: skip
    rematch = session.scalars(row.returning(RematchRow.id)).one()
    stage_tiers(session, context.registry, now.astimezone(context.city.zone).date())
    given = {"rematch": rematch, "registry": outlook.registry, "at": now, "actor": REMATCH_ACTOR}
    session.execute(text("select rematch_seal(:rematch, :registry, :at, :actor)"), given)
    session.execute(text("select rematch_apply(:rematch, :registry, :actor)"), given)
    detail = {
        "registry": outlook.registry, "feeds": ",".join(outlook.feeds), "fingerprint": str(outlook.fingerprint),
        "complaints": outlook.complaints["changed"], "cases": outlook.cases["changed"],
    }  # fmt: skip
    audit.record(session, at=now, actor=by.id, action=AUDITED, subject=f"rematch {rematch}", detail=detail)
    return rematch
