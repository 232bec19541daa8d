"""Accounted days, rounds and records as rows.  Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from streetchief.patrol.model import Beat, Counts, Ground, Line, Record, RecordKind, Round, Sources, WorkingDay
from streetchief.patrol.tables import COUNTS, PatrolDayRow, PatrolFigureRow, PatrolRecordRow, PatrolRoundRow

RECORDS_LOCK = 0x5C0080
_BEATS = text("select * from patrol_beats(:version, :day, :tiers)")
_COUNTS = text("select * from patrol_counts(:from_on, :to_on)")
_DAYS = text(
    "select count(*) as settled, count(*) filter (where is_working) as working, "
    "count(*) filter (where not is_known) as provisional, "
    "array_agg(distinct registry_version order by registry_version) as registry_versions, "
    "array_agg(distinct calendar_version order by calendar_version) as calendar_versions "
    "from patrol_days where day_on >= :from_on and day_on < :to_on"
)


def beats_on(session: Session, registry_version: int, day: date, tiers: Collection[int]) -> list[Beat]:
    """The beats of some tiers on a city day, by street, tier and segments, with the walks that they had."""
    found = session.execute(_BEATS, {"version": registry_version, "day": day, "tiers": sorted(tiers)})
    return [
        Beat(row.tier, Ground(row.street_code, tuple(row.segments), tuple(row.areas), registry_version), row.walks)
        for row in found
    ]


def add_day(session: Session, on: date, day: WorkingDay, registry_version: int, now: datetime) -> bool:
    """That a day is accounted for; False where it was: whoever comes second waits for the first and is told so."""
    row = insert(PatrolDayRow).values(
        day_on=on, is_working=day.is_working, is_known=day.is_known, calendar_version=day.calendar_version,
        registry_version=registry_version, settled_at=now,
    )  # fmt: skip
    return session.scalar(row.on_conflict_do_nothing().returning(PatrolDayRow.day_on)) is not None


def add_rounds(session: Session, on: date, rounds: Sequence[Round]) -> None:
    """What each beat owed on a day and did."""
    rows = [
        {
            "day_on": on, "tier": r.beat.tier, "street_code": r.beat.ground.street, "segment_code": r.beat.name,
            "segments": list(r.beat.ground.segments), "areas": list(r.beat.ground.areas), "due": r.due, "done": r.done,
        }
        for r in rounds
    ]  # fmt: skip
    if rows:
        session.execute(insert(PatrolRoundRow), rows)


def missed_between(session: Session, from_on: date, to_on: date) -> list[tuple[date, Round]]:
    """Missed rounds of a span of days as far as the session sees them, newest first."""
    row = PatrolRoundRow
    query = select(row, PatrolDayRow.registry_version).join(PatrolDayRow, PatrolDayRow.day_on == row.day_on)
    query = query.where(row.day_on >= from_on, row.day_on < to_on, row.done < row.due)
    found = session.execute(query.order_by(row.day_on.desc(), row.street_code, row.tier, row.segment_code))
    return [
        (
            r.day_on,
            Round(Beat(r.tier, Ground(r.street_code, tuple(r.segments), tuple(r.areas), version)), r.due, r.done),
        )
        for r, version in found
    ]


def counts_between(session: Session, from_on: date, to_on: date) -> list[Line]:
    """The counts of a period, a line a street and tier."""
    found = session.execute(_COUNTS, {"from_on": from_on, "to_on": to_on})
    return [
        Line(r.street_code, r.tier, Counts(**{name: int(getattr(r, name)) for name in COUNTS}), tuple(r.areas))
        for r in found
    ]


def sources_between(session: Session, from_on: date, to_on: date) -> Sources:
    """What the accounted days of a period rest on."""
    row = session.execute(_DAYS, {"from_on": from_on, "to_on": to_on}).one()
    return Sources(
        days=(to_on - from_on).days,
        settled=row.settled,
        working=row.working,
        provisional=row.provisional,
        registry_versions=tuple(row.registry_versions or ()),
        calendar_versions=tuple(row.calendar_versions or ()),
    )


def lock_records(session: Session) -> None:
    """One record is made at a time, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(RECORDS_LOCK)))


def add_record(
    session: Session, kind: RecordKind, period_on: date, revision: int, least: int, lines: Sequence[Line],
    sources: Sources, definitions: Mapping[str, Mapping[str, str]], now: datetime, by: str,
) -> int:  # fmt: skip
    """Store a record for good; its id."""
    values = asdict(sources) | {n: list(getattr(sources, n)) for n in _LISTS}
    head = insert(PatrolRecordRow).values(
        kind=kind.value, period_on=period_on, revision=revision, least=least, definitions=definitions, made_at=now,
        made_by=by, **values,
    )  # fmt: skip
    record = session.scalars(head.returning(PatrolRecordRow.id)).one()
    rows = [
        {"record_id": record, "place": n, "street_code": line.street, "tier": line.tier, "areas": list(line.areas)}
        | asdict(line.counts)
        for n, line in enumerate(lines)
    ]
    session.execute(insert(PatrolFigureRow), rows)
    return record


_LISTS = ("registry_versions", "calendar_versions", "reviews")


def records(
    session: Session, kind: RecordKind | None = None, period_on: date | None = None, *, newest: bool = False
) -> list[Record]:
    """Records with the lines that the session sees, newest period and revision first; only the last revisions if so
    wished."""
    row = PatrolRecordRow
    query = select(row).order_by(row.period_on.desc(), row.kind, row.revision.desc())
    query = query if kind is None else query.where(row.kind == kind.value)
    query = query if period_on is None else query.where(row.period_on == period_on)
    found: list[Record] = []
    for head in session.scalars(query):
        if not (newest and found and (found[-1].kind.value, found[-1].period_on) == (head.kind, head.period_on)):
            found.append(_record(session, head))
    return found


def _record(session: Session, head: PatrolRecordRow) -> Record:
    query = select(PatrolFigureRow).where(PatrolFigureRow.record_id == head.id).order_by(PatrolFigureRow.place)
    lines = [
        Line(r.street_code, r.tier, Counts(**{n: getattr(r, n) for n in COUNTS}), tuple(r.areas))
        for r in session.scalars(query)
    ]
    lists = {name: tuple(getattr(head, name)) for name in _LISTS}
    sources = Sources(head.days, head.settled, head.working, head.provisional, **lists)
    return Record(
        head.id, RecordKind(head.kind), head.period_on, head.revision, head.least, tuple(lines), sources,
        head.definitions, head.made_at, head.made_by,
    )  # fmt: skip
