"""What keeping cases moving needs beside their events: the key of the plaques, the marks of running limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base

Instant = DateTime(timezone=True)


class PlaqueKeyRow(Base):
    """The one key that signs the codes of plaques.  Another key would make every plaque in the streets worthless."""

    __tablename__ = "plaque_keys"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Instant)


class CaseMarkRow(Base):
    """When the bucket of a running limit changes (`streetchief.casework.buckets`), and who was told of it.

    clock      ``step`` (``cases.due_at``), ``whole`` (``cases.whole_due_at``) or ``arrive-<number of a task>``
    due_at     for which the marks were computed; another one in ``cases`` makes them void
    soon_at    from here on due soon, severe_at  after here severely overdue; None = no threshold, or no such limit now
    calendar   version of the working calendar by which `due_at` was computed
    """

    __tablename__ = "case_marks"
    __table_args__ = (
        CheckConstraint("clock in ('step', 'whole') or clock ~ '^arrive-[0-9]+$'", name="clock_known"),
        Index("ix_case_marks_soon", "soon_at", postgresql_where=text("soon_told_at is null")),
        Index("ix_case_marks_due", "due_at", postgresql_where=text("overdue_told_at is null")),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    soon_at: Mapped[datetime | None] = mapped_column(Instant)
    severe_at: Mapped[datetime | None] = mapped_column(Instant)
    calendar: Mapped[str]
    soon_told_at: Mapped[datetime | None] = mapped_column(Instant)
    overdue_told_at: Mapped[datetime | None] = mapped_column(Instant)
