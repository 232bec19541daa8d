"""Days accounted for, monthly reviews, quarterly bulletins.  One call, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.city import PatrolPlan
from streetchief.errors import Conflict, Forbidden, NotFound
from streetchief.patrol import record_store, rules, store
from streetchief.patrol.model import Line, Record, RecordKind, Round, Sources, WorkingDay
from streetchief.patrol.service import reader
from streetchief.registry.store import newest
from streetchief.storage import audit
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction

Definitions = Mapping[str, Mapping[str, str]]
Tell = Callable[[Session, date, Sequence[Round]], None]
EVERYWHERE = Subject()


def settle_days(
    engine: Engine, *, plan: PatrolPlan, zone: ZoneInfo, working: Callable[[date], WorkingDay], tell: Tell, by: Actor,
    now: datetime,
) -> int:  # fmt: skip
    """Account for every city day that is over: what was owed, done, missed; returns how many patrols were missed.

    Each day once, for good, in a transaction of its own; two programs at once find one account.

    working  what the working calendar says of a day
    tell     called in the transaction with the missed rounds of a day, to write notices
    """
    if not allowed(by, Permission.REVIEW_PATROL, EVERYWHERE):
        raise Forbidden()
    with transaction(engine) as session:
        last = store.last_day_settled(session)
    days = rules.days_to_settle(last, now, zone)
    return sum(_settle(engine, day, plan, working(day), tell, now) for day in days)


def _settle(engine: Engine, on: date, plan: PatrolPlan, day: WorkingDay, tell: Tell, now: datetime) -> int:
    with transaction(engine) as session:
        current = newest(session)
        if current is None:
            raise NotFound("no_registry")
        version = int(current.version)
        if not record_store.add_day(session, on, day, version, now):
            return 0
        asked = [tier.tier for tier in plan.tiers if tier.per_day]
        rounds = rules.settle(record_store.beats_on(session, version, on, asked), plan, day)
        record_store.add_rounds(session, on, rounds)
        missed = [one for one in rounds if one.missed]
        tell(session, on, missed)
    return sum(one.missed for one in missed)


def missed(engine: Engine, *, from_on: date, to_on: date, by: Actor) -> list[tuple[date, Round]]:
    """Missed patrols of a span of days that the actor may see, newest first."""
    with acting(engine, by, reader(by)) as session:
        found = record_store.missed_between(session, from_on, to_on)
    return [(on, one) for on, one in found if _may_see(by, one.beat.ground.street, one.beat.ground.areas)]


def _may_see(by: Actor, street: str | None, areas: Sequence[str]) -> bool:
    permissions = (Permission.PATROL, Permission.CHECK_PATROL, Permission.REVIEW_PATROL)
    return any(allowed(by, permission, Subject(street, frozenset(areas))) for permission in permissions)


def review(
    engine: Engine, day: date, *, plan: PatrolPlan, zone: ZoneInfo, definitions: Definitions, by: Actor, now: datetime
) -> Record:
    """月评 of the month of a day, frozen: what the records of the month say now.

    Where nothing changed since the last revision that one is given; else a new revision, and the old one stays.  A
    repeated request is a no-op by that rule.  Raises Forbidden for one who may not review everything, BadInput while
    the month can still change.
    """
    first, after = rules.month_of(day)

    def compute(session: Session) -> tuple[tuple[Line, ...], Sources]:
        lines = rules.with_sums(record_store.counts_between(session, first, after))
        return lines, record_store.sources_between(session, first, after)

    return _make(engine, RecordKind.MONTHLY_REVIEW, first, after, compute, plan, zone, definitions, by, now)


def bulletin(
    engine: Engine, day: date, *, plan: PatrolPlan, zone: ZoneInfo, definitions: Definitions, by: Actor, now: datetime
) -> Record:
    """季通报 of the quarter of a day: the last revisions of its three monthly reviews added up, and nothing else.

    So bulletin and reviews never contradict each other.  Raises as `review` does, and Conflict where a month has no
    review yet.
    """
    first, after = rules.quarter_of(day)

    def compute(session: Session) -> tuple[tuple[Line, ...], Sources]:
        reviews = [_review_of(session, month) for month in rules.months_of(first, after)]
        lines = rules.add(line for one in reviews for line in one.lines)
        return lines, _added(record_store.sources_between(session, first, after), reviews)

    return _make(engine, RecordKind.QUARTERLY_BULLETIN, first, after, compute, plan, zone, definitions, by, now)


def _review_of(session: Session, month: date) -> Record:
    found = record_store.records(session, RecordKind.MONTHLY_REVIEW, month, newest=True)
    if not found:
        raise Conflict("no_monthly_review", month=f"{month:%Y-%m}")
    return found[0]


def _added(of_days: Sources, reviews: Sequence[Record]) -> Sources:
    """The sources of the reviews, not what the days would say today."""
    told = [one.sources for one in reviews]
    return replace(
        of_days,
        settled=sum(one.settled for one in told),
        working=sum(one.working for one in told),
        provisional=sum(one.provisional for one in told),
        registry_versions=tuple(sorted({v for one in told for v in one.registry_versions})),
        calendar_versions=tuple(sorted({v for one in told for v in one.calendar_versions})),
        reviews=tuple(one.id for one in reviews),
    )


def _make(
    engine: Engine, kind: RecordKind, first: date, after: date,
    compute: Callable[[Session], tuple[tuple[Line, ...], Sources]], plan: PatrolPlan, zone: ZoneInfo,
    definitions: Definitions, by: Actor, now: datetime,
) -> Record:  # fmt: skip
    if not allowed(by, Permission.REVIEW_PATROL, EVERYWHERE):
        raise Forbidden()
    rules.check_over(after, now, zone)
    with transaction(engine) as session:
        record_store.lock_records(session)
        lines, sources = compute(session)
        before = next(iter(record_store.records(session, kind, first, newest=True)), None)
        if before is not None and (before.lines, before.sources, before.least) == (lines, sources, plan.least):
            return before
        revision = 1 if before is None else before.revision + 1
        made = record_store.add_record(
            session, kind, first, revision, plan.least, lines, sources, definitions, now, by.id
        )  # fmt: skip
        record = next(one for one in record_store.records(session, kind, first) if one.id == made)
        detail = {"revision": revision, "settled": sources.settled, "days": sources.days}
        subject = f"{kind.value}:{first.isoformat()}"
        audit.record(session, at=now, actor=by.id, action=f"patrol.{kind.value}", subject=subject, detail=detail)
    return record


def records(engine: Engine, *, by: Actor, kind: RecordKind | None = None, newest: bool = True) -> list[Record]:
    """Reviews and bulletins, newest first, each with the lines that the actor may see; none where he sees no line."""
    held = {permission for grant in by.grants for permission in grant.permissions}
    permission = next((p for p in (Permission.READ_FIGURES, Permission.REVIEW_PATROL) if p in held), None)
    if permission is None:
        raise Forbidden()
    with acting(engine, by, permission) as session:
        found = record_store.records(session, kind, newest=newest)
    seen = [replace(one, lines=tuple(line for line in one.lines if _may_read(by, line))) for one in found]
    return [one for one in seen if one.lines]


def _may_read(by: Actor, line: Line) -> bool:
    subject = Subject(line.street, frozenset(line.areas))
    return any(allowed(by, permission, subject) for permission in (Permission.READ_FIGURES, Permission.REVIEW_PATROL))
