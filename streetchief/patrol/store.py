"""Walks, findings and weekly checks as rows.  Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from streetchief.patrol.model import Answer, Check, Draft, Finding, Ground, Handled, Patrol
from streetchief.patrol.tables import (
    PatrolAnswerRow,
    PatrolDayRow,
    PatrolFindingRow,
    PatrolRow,
    WeeklyCheckRow,
    WeeklyDrawRow,
)

_SEGMENTS = text(
    "select s.code, segment_areas(:version, array[s.code]) as areas from segments s "
    "where s.version = :version and s.street_code = :street "
    "and (s.from_on is null or s.from_on <= :on) and (s.to_on is null or :on < s.to_on) "
    'order by s.code collate "C"'
)


def segments_of(session: Session, version: int, street: str, on: date) -> dict[str, tuple[str, ...]]:
    """The segments of a street as they lie on a day, each with its areas and all above; empty for no such street."""
    found = session.execute(_SEGMENTS, {"version": version, "street": street, "on": on})
    return {row.code: tuple(row.areas) for row in found}


def keyed_patrol(session: Session, chief: str, key: str) -> int | None:
    """The patrol that a request of a chief began."""
    return session.scalar(select(PatrolRow.id).where(PatrolRow.chief == chief, PatrolRow.key == key))


def open_patrol(session: Session, chief: str) -> int | None:
    """The patrol that a chief has not ended."""
    return session.scalar(select(PatrolRow.id).where(PatrolRow.chief == chief, PatrolRow.ended_at.is_(None)))


def add_patrol(
    session: Session, chief: str, tier: int, ground: Ground, walked_on: date, now: datetime, key: str | None
) -> int | None:
    """A patrol that begins; None where the chief has one open, or where the key was used."""
    row = insert(PatrolRow).values(
        chief=chief, tier=tier, street_code=ground.street, segments=list(ground.segments), areas=list(ground.areas),
        registry_version=ground.registry_version, walked_on=walked_on, started_at=now, key=key,
    )  # fmt: skip
    return session.scalar(row.on_conflict_do_nothing().returning(PatrolRow.id))


def lock_patrol(session: Session, patrol: int) -> Patrol | None:
    """A patrol, its row locked until the transaction ends."""
    session.execute(select(PatrolRow.id).where(PatrolRow.id == patrol).with_for_update())
    return next(iter(patrols(session, [patrol])), None)


def end_key(session: Session, patrol: int) -> str | None:
    """The key of the request that ended a patrol."""
    return session.scalar(select(PatrolRow.end_key).where(PatrolRow.id == patrol))


def end_patrol(session: Session, patrol: int, answers: Mapping[str, Answer], now: datetime, key: str | None) -> None:
    """End a patrol, with an answer to every item."""
    session.execute(update(PatrolRow).where(PatrolRow.id == patrol).values(ended_at=now, end_key=key))
    rows = [{"patrol_id": patrol, "item": item, "answer": answer.value} for item, answer in answers.items()]
    session.execute(insert(PatrolAnswerRow), rows)


def keyed_finding(session: Session, patrol: int, key: str) -> Finding | None:
    """The finding that a request of a patrol brought."""
    row = PatrolFindingRow
    found = session.scalars(select(row).where(row.patrol_id == patrol, row.key == key)).one_or_none()
    return None if found is None else _finding(found)


def add_finding(session: Session, patrol: int, draft: Draft, now: datetime, key: str | None) -> Finding:
    """Store a finding whose text is clean."""
    row = PatrolFindingRow(
        patrol_id=patrol, item=draft.item, segment_code=draft.segment, handled=draft.handled.value,
        opinion=draft.opinion, photo=draft.photo, kind=draft.kind, code=draft.code, found_at=now, key=key,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _finding(row)


def load_finding(session: Session, finding: int) -> Finding | None:
    """One finding."""
    row = session.get(PatrolFindingRow, finding, populate_existing=True)
    return None if row is None else _finding(row)


def pending(session: Session) -> list[int]:
    """Findings handed over that have no case yet, oldest first."""
    row = PatrolFindingRow
    waiting = row.handled == Handled.HANDED_OVER.value
    return list(session.scalars(select(row.id).where(waiting, row.case_id.is_(None)).order_by(row.id)))


def note_case(session: Session, finding: int, complaint: int, case: int) -> None:
    """What became of a finding that was handed over."""
    row = PatrolFindingRow
    session.execute(update(row).where(row.id == finding).values(complaint_id=complaint, case_id=case))


def patrols(session: Session, ids: Sequence[int]) -> list[Patrol]:
    """Patrols with answers and findings, as far as the session sees them, in the order of ids."""
    query = select(PatrolRow).where(PatrolRow.id.in_(ids))
    return _whole(session, query.order_by(PatrolRow.id))


def patrols_between(
    session: Session, from_on: date, to_on: date, *, street: str | None = None, chief: str | None = None,
    most: int = 200,
) -> list[Patrol]:  # fmt: skip
    """Patrols of a span of city days, newest first."""
    row = PatrolRow
    query = select(row).where(row.walked_on >= from_on, row.walked_on < to_on)
    query = query if street is None else query.where(row.street_code == street)
    query = query if chief is None else query.where(row.chief == chief)
    return _whole(session, query.order_by(row.walked_on.desc(), row.id.desc()).limit(most))


def ended_in_week(session: Session, week_on: date, after_on: date, tier: int) -> list[int]:
    """Ended patrols of a tier in a span of days."""
    row = PatrolRow
    span = (row.walked_on >= week_on, row.walked_on < after_on, row.tier == tier, row.ended_at.is_not(None))
    return list(session.scalars(select(row.id).where(*span)))


def add_draw(session: Session, week_on: date, tier: int, population: int, size: int, now: datetime, by: str) -> bool:
    """That a sample is drawn; False where it was: whoever comes second waits and is told so."""
    row = insert(WeeklyDrawRow).values(
        week_on=week_on, tier=tier, population=population, size=size, drawn_at=now, drawn_by=by
    )
    return session.scalar(row.on_conflict_do_nothing().returning(WeeklyDrawRow.tier)) is not None


def add_sample(session: Session, week_on: date, tier: int, drawn: Iterable[int]) -> None:
    """The patrols of a sample, in the order of drawing."""
    rows = [{"week_on": week_on, "tier": tier, "place": n, "patrol_id": p} for n, p in enumerate(drawn, 1)]
    if rows:
        session.execute(insert(WeeklyCheckRow), rows)


def checks(session: Session, week_on: date, tier: int | None = None) -> list[Check]:
    """The sample of a week as far as the session sees it, by tier and in the order of drawing."""
    row = WeeklyCheckRow
    query = select(row).where(row.week_on == week_on).order_by(row.tier, row.place)
    return [_check(one) for one in session.scalars(query if tier is None else query.where(row.tier == tier))]


def lock_check(session: Session, patrol: int) -> tuple[Check, str | None] | None:
    """The place of a patrol in its sample, locked, and the key of the request that judged it."""
    query = select(WeeklyCheckRow).where(WeeklyCheckRow.patrol_id == patrol).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return None if row is None else (_check(row), row.key)


def judge(
    session: Session, patrol: int, agrees: bool, reason: str | None, by: str, now: datetime, key: str | None
) -> None:
    """Write a judgement down."""
    row = WeeklyCheckRow
    values = {"agrees": agrees, "reason": reason, "checker": by, "checked_at": now, "key": key}
    session.execute(update(row).where(row.patrol_id == patrol).values(**values))


def last_day_settled(session: Session) -> date | None:
    """The newest city day that was accounted for."""
    return session.scalar(select(func.max(PatrolDayRow.day_on)))


def _whole(session: Session, query: Select[Any]) -> list[Patrol]:
    rows = list(session.scalars(query.execution_options(populate_existing=True)))
    ids = [row.id for row in rows]
    answers: dict[int, dict[str, Answer]] = {}
    said = select(PatrolAnswerRow).where(PatrolAnswerRow.patrol_id.in_(ids))
    for answer in session.scalars(said.order_by(PatrolAnswerRow.item)):
        answers.setdefault(answer.patrol_id, {})[answer.item] = Answer(answer.answer)
    findings: dict[int, list[Finding]] = {}
    found = select(PatrolFindingRow).where(PatrolFindingRow.patrol_id.in_(ids)).order_by(PatrolFindingRow.id)
    for finding in session.scalars(found.execution_options(populate_existing=True)):
        findings.setdefault(finding.patrol_id, []).append(_finding(finding))
    return [_patrol(row, answers.get(row.id, {}), findings.get(row.id, [])) for row in rows]


def _patrol(row: PatrolRow, answers: Mapping[str, Answer], findings: Sequence[Finding]) -> Patrol:
    ground = Ground(row.street_code, tuple(row.segments), tuple(row.areas), row.registry_version)
    return Patrol(
        row.id, row.chief, row.tier, ground, row.walked_on, row.started_at, row.ended_at, answers, tuple(findings)
    )


def _finding(row: PatrolFindingRow) -> Finding:
    handled = Handled(row.handled)
    draft = Draft(row.item, row.segment_code, handled, row.opinion, row.photo, row.kind, row.code)
    return Finding(row.id, row.patrol_id, draft, row.found_at, row.complaint_id, row.case_id)


def _check(row: WeeklyCheckRow) -> Check:
    return Check(row.week_on, row.tier, row.patrol_id, row.agrees, row.reason, row.checker, row.checked_at)
