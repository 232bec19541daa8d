"""Patrols, findings, days accounted for, weekly checks and records, as rows.

No column is a geometry or a number in degrees or metres; a text that reads like a coordinate is refused by CHECKs.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base

Instant = DateTime(timezone=True)
NO_PLACE = "{0} !~ '[0-9][.．][0-9]{{3}}'"
COUNTS = (
    "patrols", "due", "done", "missed", "findings", "fixed_on_spot", "handed_over", "sampled", "checked", "agreed",
)  # fmt: skip


class PatrolRow(Base):
    """A walk.

    areas    own areas of its segments and all above: for scopes
    key, end_key   of the requests that began and ended it: a second one is a no-op
    """

    __tablename__ = "patrols"
    __table_args__ = (
        UniqueConstraint("chief", "key"),
        CheckConstraint("tier > 0", name="tier_positive"),
        CheckConstraint("cardinality(segments) > 0", name="segments_some"),
        CheckConstraint("ended_at >= started_at", name="ends_after"),
        Index("uq_patrols_open", "chief", unique=True, postgresql_where=text("ended_at is null")),
        Index("ix_patrols_walked_on", "walked_on", "tier"),
        Index("ix_patrols_street_code", "street_code", "walked_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    chief: Mapped[str]
    tier: Mapped[int] = mapped_column(SmallInteger)
    street_code: Mapped[str]
    segments: Mapped[list[str]] = mapped_column(ARRAY(String))
    areas: Mapped[list[str]] = mapped_column(ARRAY(String))
    registry_version: Mapped[int]
    walked_on: Mapped[date]
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    key: Mapped[str | None]
    end_key: Mapped[str | None]


class PatrolAnswerRow(Base):
    """What was said to one item of the check list."""

    __tablename__ = "patrol_answers"
    __table_args__ = (CheckConstraint("answer in ('good', 'problem', 'not_seen')", name="answer_known"),)

    patrol_id: Mapped[int] = mapped_column(ForeignKey("patrols.id"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[str]


class PatrolFindingRow(Base):
    """A finding.  `complaint_id` and `case_id` are what became of one handed over; no key, they are another room's."""

    __tablename__ = "patrol_findings"
    __table_args__ = (
        UniqueConstraint("patrol_id", "key"),
        CheckConstraint("handled in ('fixed_on_spot', 'handed_over')", name="handled_known"),
        CheckConstraint("handled = 'handed_over' or photo is not null", name="fix_has_photo"),
        CheckConstraint(NO_PLACE.format("opinion"), name="opinion_without_place"),
        CheckConstraint(NO_PLACE.format("photo"), name="photo_without_place"),
        Index("ix_patrol_findings_patrol_id", "patrol_id"),
        Index("ix_patrol_findings_pending", "id", postgresql_where=text("handled = 'handed_over' and case_id is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    patrol_id: Mapped[int] = mapped_column(ForeignKey("patrols.id"))
    item: Mapped[str]
    segment_code: Mapped[str]
    handled: Mapped[str]
    opinion: Mapped[str]
    photo: Mapped[str | None]
    kind: Mapped[str | None]
    code: Mapped[str | None]
    found_at: Mapped[datetime] = mapped_column(Instant)
    key: Mapped[str | None]
    complaint_id: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger)


class PatrolDayRow(Base):
    """A city day that was accounted for, once; never changed."""

    __tablename__ = "patrol_days"

    day_on: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    is_known: Mapped[bool]
    calendar_version: Mapped[str]
    registry_version: Mapped[int]
    settled_at: Mapped[datetime] = mapped_column(Instant)


class PatrolRoundRow(Base):
    """What one beat owed on a day and did; a missed patrol is one with `done` below `due`.  Never changed.

    segment_code  the first of `segments`; names the beat.  No person is named: the post owes the patrol
    """

    __tablename__ = "patrol_rounds"
    __table_args__ = (
        CheckConstraint("due > 0 and done between 0 and due", name="done_of_due"),
        Index("ix_patrol_rounds_missed", "day_on", postgresql_where=text("done < due")),
    )

    day_on: Mapped[date] = mapped_column(ForeignKey("patrol_days.day_on"), primary_key=True)
    tier: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    street_code: Mapped[str] = mapped_column(primary_key=True)
    segment_code: Mapped[str] = mapped_column(primary_key=True)
    segments: Mapped[list[str]] = mapped_column(ARRAY(String))
    areas: Mapped[list[str]] = mapped_column(ARRAY(String))
    due: Mapped[int] = mapped_column(SmallInteger)
    done: Mapped[int] = mapped_column(SmallInteger)


class WeeklyDrawRow(Base):
    """That the sample of a week and tier was drawn, out of how many patrols."""

    __tablename__ = "weekly_draws"
    __table_args__ = (CheckConstraint("extract(isodow from week_on) = 1", name="week_on_monday"),)

    week_on: Mapped[date] = mapped_column(primary_key=True)
    tier: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    population: Mapped[int]
    size: Mapped[int]
    drawn_at: Mapped[datetime] = mapped_column(Instant)
    drawn_by: Mapped[str]


class WeeklyCheckRow(Base):
    """A patrol of a sample, and the judgement of the tier above."""

    __tablename__ = "weekly_checks"
    __table_args__ = (
        UniqueConstraint("week_on", "tier", "place"),
        CheckConstraint("(agrees is null) = (checker is null)", name="checked_by_somebody"),
        CheckConstraint("agrees or reason is not null", name="disagreement_has_reason"),
        CheckConstraint(NO_PLACE.format("reason"), name="reason_without_place"),
    )

    patrol_id: Mapped[int] = mapped_column(ForeignKey("patrols.id"), primary_key=True)
    week_on: Mapped[date]
    tier: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[int]
    agrees: Mapped[bool | None]
    reason: Mapped[str | None]
    checker: Mapped[str | None]
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    key: Mapped[str | None]


class PatrolRecordRow(Base):
    """A monthly review or quarterly bulletin and what it came from; a trigger refuses every change."""

    __tablename__ = "patrol_records"
    __table_args__ = (
        UniqueConstraint("kind", "period_on", "revision"),
        CheckConstraint("kind in ('monthly_review', 'quarterly_bulletin')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    period_on: Mapped[date]
    revision: Mapped[int]
    least: Mapped[int]
    days: Mapped[int]
    settled: Mapped[int]
    working: Mapped[int]
    provisional: Mapped[int]
    registry_versions: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    calendar_versions: Mapped[list[str]] = mapped_column(ARRAY(String))
    reviews: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    definitions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str]


class PatrolFigureRow(Base):
    """One line of a record; street and tier null = all of them.  A trigger refuses every change."""

    __tablename__ = "patrol_figures"

    record_id: Mapped[int] = mapped_column(ForeignKey("patrol_records.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    street_code: Mapped[str | None]
    tier: Mapped[int | None] = mapped_column(SmallInteger)
    areas: Mapped[list[str]] = mapped_column(ARRAY(String))
    patrols: Mapped[int]
    due: Mapped[int]
    done: Mapped[int]
    missed: Mapped[int]
    findings: Mapped[int]
    fixed_on_spot: Mapped[int]
    handed_over: Mapped[int]
    sampled: Mapped[int]
    checked: Mapped[int]
    agreed: Mapped[int]
