"""Cases as people look for them: lists by state, department, street and bucket, and the id behind a public number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from streetchief.errors import NotFound

# A limit that the worker has not marked yet is over or not: that it is due soon, or badly over, is known with its mark.
_BUCKET = """
    case
        when c.closed_at is not null then null
        when c.state = 'suspended' then 'paused'
        when c.due_at is null then null
        when c.due_at < :now then case when m.severe_at < :now then 'severely_overdue' else 'overdue' end
        when m.soon_at <= :now then 'due_soon'
        else 'normal'
    end
"""
_LIST = """
    select * from (
        select c.id, c.number, c.state, c.street_code, c.segment_code, c.department, c.departments, c.tier, c.due_at,
            c.due_provisional, c.version, {bucket} as bucket
        from cases c left join case_marks m on m.case_id = c.id and m.clock = 'step' and m.due_at = c.due_at
    ) c
    where {which} order by c.id desc limit :most
"""
_FILTERS = {
    "state": "c.state = :state",
    "department": ":department = any (c.departments)",
    "street": "c.street_code = :street",
    "segment": "c.segment_code = :segment",
    "bucket": "c.bucket = :bucket",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; None narrows nothing.

    department  handles, supervises, or was called
    bucket      of the present step, see `casework.buckets`
    """

    state: str | None = None
    department: str | None = None
    street: str | None = None
    segment: str | None = None
    bucket: str | None = None


def listed(session: Session, wanted: Wanted, *, now: datetime, most: int) -> Sequence[Row[Any]]:
    """Cases, the newest first."""
    given = {name: getattr(wanted, name) for name in _FILTERS if getattr(wanted, name) is not None}
    which = " and ".join(_FILTERS[name] for name in given) or "true"
    return session.execute(text(_LIST.format(bucket=_BUCKET, which=which)), {"now": now, "most": most, **given}).all()


def case_id_of(session: Session, said: str) -> int:
    """The id of a case by its public number or its id.  Raises NotFound."""
    found = session.execute(text("select id from cases where number = :said"), {"said": said}).scalar()
    if found is None and said.isascii() and said.isdigit():
        found = session.execute(text("select id from cases where id::text = :said"), {"said": said}).scalar()
    if found is None:
        raise NotFound("no_case", case=said)
    return int(found)


def number_of(session: Session, case_id: int) -> str:
    """The public number of a case.  Raises NotFound."""
    found = session.execute(text("select number from cases where id = :id"), {"id": case_id}).scalar()
    if found is None:
        raise NotFound("no_case", case=case_id)
    return str(found)


def complaint_lines(session: Session, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """What the complaints of a case say; no complainant."""
    query = "select id, feed, external_id, reported_at, text, address from complaints where id = any (:ids) order by id"
    return session.execute(text(query), {"ids": list(ids)}).all()
