"""Figures read from ``case_facts``, and what residents and staff think of a street, month by month."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.casework.evaluation import CaseFact, Rate, rates
from streetchief.casework.tables import ResidentTokenRow, StreetEvaluationRow
from streetchief.casework.whistle import BEST_SCORE
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.storage.engine import transaction

SLIP_PREFIX = "scr_"
MOST_SLIPS = 10_000
_FACTS = text(
    "select registered_at, finished_at, closed_at, due_at, state in ('void', 'declined', 'merged') as is_no_case, "
    "reworks, called_back_at, called_back, answered, solved, satisfied from case_facts "
    "where (cast(:street as text) is null or street_code = :street) "
    "and (cast(:department as text) is null or department = :department) "
    "and (cast(:area as text) is null or :area = any (areas))"
)


def read_rates(
    session: Session, begin: datetime, end: datetime, *, street: str | None = None, department: str | None = None,
    area: str | None = None,
) -> tuple[Rate, ...]:  # fmt: skip
    """The figures of a period (see `evaluation.rates`) over the cases that the session sees; None does not narrow."""
    given = {"street": street, "department": department, "area": area}
    return rates((CaseFact(**row) for row in session.execute(_FACTS, given).mappings()), begin, end)


def issue_slips(
    engine: Engine, street: str, areas: tuple[str, ...], count: int, *, by: Actor, now: datetime, valid: timedelta
) -> tuple[str, ...]:
    """New slips for the residents of a street, to be printed: they are told once and only their hashes are kept.

    areas  of the street, its own and all above.  Raises Forbidden for who does not call complainants back there,
    BadInput for a count out of 1 … 10,000.
    """
    _permit(by, street, areas)
    if not 1 <= count <= MOST_SLIPS:
        raise BadInput("bad_slip_count", most=MOST_SLIPS)
    slips = tuple(SLIP_PREFIX + secrets.token_urlsafe(32) for _ in range(count))
    rows = [
        {
            "token_hash": _hash(slip), "street_code": street, "areas": list(areas), "issued_by": by.id,
            "issued_at": now, "expires_at": now + valid,
        }
        for slip in slips
    ]  # fmt: skip
    with transaction(engine) as session:
        session.execute(insert(ResidentTokenRow), rows)
    return slips


def evaluate_by_slip(engine: Engine, slip: str, score: int, *, now: datetime, zone: ZoneInfo) -> str:
    """A resident's score for the street of the slip, in the city's month of `now`; returns the street.

    Raises NotFound for a slip that is not ours or is out of date, Conflict for a second score in the month.
    """
    with transaction(engine) as session:
        row = session.scalar(select(ResidentTokenRow).where(ResidentTokenRow.token_hash == _hash(slip)))
        if row is None or not row.issued_at <= now < row.expires_at:
            raise NotFound("no_slip")
        _add(session, row.street_code, row.areas, score, row.token_hash, now, zone, is_resident=True)
        return row.street_code


def evaluate_by_staff(
    engine: Engine, street: str, areas: tuple[str, ...], score: int, *, by: Actor, now: datetime, zone: ZoneInfo
) -> None:
    """A member of the staff's own score for a street.  Raises Forbidden, BadInput, Conflict as above."""
    _permit(by, street, areas)
    with transaction(engine) as session:
        _add(session, street, list(areas), score, by.id, now, zone, is_resident=False)


def _permit(by: Actor, street: str, areas: tuple[str, ...]) -> None:
    if not allowed(by, Permission.CALL_BACK, Subject(street, frozenset(areas))):
        raise Forbidden()


def _add(
    session: Session, street: str, areas: list[str], score: int, rater: str, now: datetime, zone: ZoneInfo, *,
    is_resident: bool,
) -> None:  # fmt: skip
    if isinstance(score, bool) or not 1 <= score <= BEST_SCORE:
        raise BadInput("bad_score", most=BEST_SCORE)
    if now.tzinfo is None or now.utcoffset() is None:
        raise BadInput("step_naive_time")
    values = {
        "street_code": street, "areas": areas, "month": _month(now, zone), "score": score, "is_resident": is_resident,
        "rater": rater, "given_at": now,
    }  # fmt: skip
    new = upsert(StreetEvaluationRow).values(**values).on_conflict_do_nothing().returning(StreetEvaluationRow.id)
    if session.scalar(new) is None:
        raise Conflict("evaluated_already")


def _month(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date().replace(day=1)


def _hash(slip: str) -> str:
    return hashlib.sha256(slip.encode()).hexdigest()
