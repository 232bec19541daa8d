"""Cases as rows: the events, and what is read from their fold."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base

Instant = DateTime(timezone=True)
NOT_ENDED = text("closed_at is null")


class CaseRow(Base):
    """A case: a read model of its events, written in the transaction that appends them, never by itself.

    areas          own area and all above; departments  handler, supervisor, called: for scopes
    due_at         of the present step; `answer_due_at` of the tier; `whole_due_at` end to end
    closed_at      when it ended: closed, declined or void
    merged_into    the case that carries its complaints on
    request        what waits for a director: ``extend`` | ``suspend`` | ``appeal``
    last_hash      of the newest event, so that a chain cut off at its end is seen
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("stage between 1 and 7", name="stage_known"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("(state = 'merged') = (merged_into is not null)", name="merged_points"),
        Index("ix_cases_due_at", "due_at", postgresql_where=NOT_ENDED),
        Index("ix_cases_answer_due_at", "answer_due_at", postgresql_where=NOT_ENDED),
        Index("ix_cases_suspended_until", "suspended_until", postgresql_where=text("suspended_until is not null")),
        Index("ix_cases_state_id", "state", "id"),
        Index("ix_cases_street_code", "street_code"),
        Index("ix_cases_segment_code", "segment_code"),
        Index("ix_cases_parent_id", "parent_id", postgresql_where=text("parent_id is not null")),
        Index("ix_cases_areas", "areas", postgresql_using="gin"),
        Index("ix_cases_departments", "departments", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[str]
    state: Mapped[str]
    stage: Mapped[int] = mapped_column(SmallInteger)
    held_by: Mapped[str | None]
    tier: Mapped[int | None] = mapped_column(SmallInteger)
    department: Mapped[str | None]
    supervisor: Mapped[str | None]
    street_code: Mapped[str | None]
    segment_code: Mapped[str | None]
    areas: Mapped[list[str]] = mapped_column(ARRAY(String))
    departments: Mapped[list[str]] = mapped_column(ARRAY(String))
    scheme: Mapped[str]
    kind: Mapped[str | None]
    code: Mapped[str | None]
    condition: Mapped[str | None]
    registry_version: Mapped[int]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    due_step: Mapped[str | None]
    due_provisional: Mapped[bool]
    answer_due_at: Mapped[datetime | None] = mapped_column(Instant)
    whole_due_at: Mapped[datetime | None] = mapped_column(Instant)
    whole_provisional: Mapped[bool]
    request: Mapped[str | None]
    suspended_until: Mapped[datetime | None] = mapped_column(Instant)
    extensions: Mapped[int] = mapped_column(SmallInteger)
    suspensions: Mapped[int] = mapped_column(SmallInteger)
    reworks: Mapped[int] = mapped_column(SmallInteger)
    urged: Mapped[int] = mapped_column(SmallInteger)
    open_tasks: Mapped[int] = mapped_column(SmallInteger)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    is_forced: Mapped[bool]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant)
    last_hash: Mapped[str]


class CaseEventRow(Base):
    """One appended fact; a trigger refuses update, delete and truncate.

    payload  as canonical text (``json`` keeps it byte for byte, ``jsonb`` would not): that text is what is hashed
    key      of the request that brought it: a second one is a no-op
    """

    __tablename__ = "case_events"
    __table_args__ = (
        CheckConstraint("seq > 0", name="seq_positive"),
        Index("uq_case_events_case_id_key", "case_id", "key", unique=True, postgresql_where=text("key is not null")),
        Index("ix_case_events_at", "at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str]
    action: Mapped[str]
    state: Mapped[str]
    payload: Mapped[dict[str, object]] = mapped_column(JSON)
    prev_hash: Mapped[str]
    hash: Mapped[str]
    key: Mapped[str | None]


class CaseComplaintRow(Base):
    """Which case carries a complaint: one at most."""

    __tablename__ = "case_complaints"
    __table_args__ = (Index("ix_case_complaints_case_id", "case_id"),)

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))


class CaseTaskRow(Base):
    """What a called department owes: a read model of the whistle's tasks."""

    __tablename__ = "case_tasks"
    __table_args__ = (
        Index("ix_case_tasks_department", "department"),
        Index("ix_case_tasks_arrive_due_at", "arrive_due_at", postgresql_where=text("state = 'called'")),
        Index("ix_case_tasks_finish_due_at", "finish_due_at", postgresql_where=text("is_open")),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    whistle: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    department: Mapped[str]
    caller: Mapped[str]
    state: Mapped[str]
    is_open: Mapped[bool]
    called_at: Mapped[datetime] = mapped_column(Instant)
    arrive_due_at: Mapped[datetime | None] = mapped_column(Instant)
    finish_due_at: Mapped[datetime | None] = mapped_column(Instant)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant)
    proof: Mapped[str | None]
    distance_m: Mapped[float | None]
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    returned_at: Mapped[datetime | None] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    has_left_early: Mapped[bool]
    was_no_show: Mapped[bool]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    is_score_struck: Mapped[bool]


class ResidentTokenRow(Base):
    """A slip with which a resident evaluates a street, without a name: only the hash of what is printed is kept."""

    __tablename__ = "resident_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    street_code: Mapped[str]
    areas: Mapped[list[str]] = mapped_column(ARRAY(String))
    issued_by: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class StreetEvaluationRow(Base):
    """What one rater thinks of a street in a month: one score a month each.

    month  its first day, in the city; rater  hash of the slip, or the staff's account; areas  for scopes
    """

    __tablename__ = "street_evaluations"
    __table_args__ = (
        UniqueConstraint("street_code", "month", "rater"),
        CheckConstraint("score between 1 and 5", name="score_in_range"),
        CheckConstraint("extract(day from month) = 1", name="month_begins"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    street_code: Mapped[str]
    areas: Mapped[list[str]] = mapped_column(ARRAY(String))
    month: Mapped[date]
    score: Mapped[int] = mapped_column(SmallInteger)
    is_resident: Mapped[bool]
    rater: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(Instant)
