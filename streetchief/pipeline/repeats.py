"""Likely repeats: flagged, never dropped.  The rule is in ``sql/020_mark_repeats.sql``."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from streetchief.intake.tables import ComplaintRow


def newest_id(session: Session) -> int:
    """The highest complaint id so far, 0 if there is none."""
    return session.scalars(select(func.coalesce(func.max(ComplaintRow.id), 0))).one()


def mark_repeats(session: Session, run_id: int, after_id: int) -> None:
    """Flag the likely repeats around the complaints of a run that are newer than `after_id`."""
    session.execute(select(func.mark_repeats(run_id, after_id)))


def count_repeats(session: Session, run_id: int) -> int:
    """How many complaints of a run are flagged."""
    row = ComplaintRow
    query = select(func.count()).where(row.run_id == run_id, row.repeat_of.is_not(None))
    return session.scalars(query).one()
