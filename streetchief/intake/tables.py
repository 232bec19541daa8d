"""What came in, as rows: complaints, their private side, dead letters, runs, and the placing models used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base

Instant = DateTime(timezone=True)
Name = String(collation="C")  # compared by bytes: quicker, and the same in every database
CLASS_IN_SQUARE = (  # as PostgreSQL itself writes it, so that the migrations' check can compare
    "hashtextextended((((scheme::text || ' '::text) || kind::text) || ' '::text) || code::text, "
    "floor(st_y(geom) * 200::double precision)::bigint * 100000 + floor(st_x(geom) * 200::double precision)::bigint)"
)


class PlacingModelRow(Base):
    """A placing model by its fingerprint: set-back curve, coefficients, default points of one feed."""

    __tablename__ = "placing_models"

    feed: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[str] = mapped_column(String, primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Instant)


class IntakeRunRow(Base):
    """One call of intake: which file, with which versions, and its summary when it ended."""

    __tablename__ = "intake_runs"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feed: Mapped[str]
    source: Mapped[str]
    versions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ComplaintRow(Base):
    """A complaint as understood, placed and routed.  No personal data stands here.

    original_x, original_y  as received, in `datum` (or the feed's projection)
    geom                    WGS-84
    cell                    Morton code of the web-mercator tile at zoom 20
    """

    __tablename__ = "complaints"
    __table_args__ = (
        UniqueConstraint("feed", "external_id"),
        CheckConstraint("ST_X(geom) between -180 and 180 and ST_Y(geom) between -90 and 90", name="geom_in_range"),
        CheckConstraint("verdict in ('matched', 'ambiguous', 'too_far', 'suspect')", name="verdict_known"),
        CheckConstraint("(department is null) = (triage_reason is not null)", name="department_or_triage"),
        Index("ix_complaints_geom", "geom", postgresql_using="gist"),
        Index("ix_complaints_department_id", "department", "id"),
        Index("ix_complaints_run_id", "run_id", "id"),
        Index(
            "ix_complaints_repeats",
            text(CLASS_IN_SQUARE),
            "reported_at",
            postgresql_where=text("verdict <> 'suspect'"),
        ),  # finds likely repeats
        Index("ix_complaints_run_repeats", "run_id", postgresql_where=text("repeat_of is not null")),  # counts them
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feed: Mapped[str]
    external_id: Mapped[str] = mapped_column(Name)
    content_hash: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("intake_runs.id"))
    reported_at: Mapped[datetime] = mapped_column(Instant)
    scheme: Mapped[str]
    kind: Mapped[str | None]
    code: Mapped[str | None]
    condition: Mapped[str | None]
    text: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    original_x: Mapped[float]
    original_y: Mapped[float]
    datum: Mapped[str]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    cell: Mapped[int] = mapped_column(BigInteger)
    area_code: Mapped[str | None]
    verdict: Mapped[str]
    reason: Mapped[str]
    confidence: Mapped[float | None]
    evidence: Mapped[str]
    segment_code: Mapped[str | None]
    street_code: Mapped[str | None]
    street_name: Mapped[str | None]
    distance_m: Mapped[float | None]
    offset_m: Mapped[float | None]
    side: Mapped[int | None]
    runner_up_street: Mapped[str | None]
    margin_m: Mapped[float | None]
    department: Mapped[str | None]
    supervisor: Mapped[str | None]
    co_departments: Mapped[list[str]] = mapped_column(ARRAY(String))
    rule: Mapped[int | None]
    triage_reason: Mapped[str | None]
    repeat_of: Mapped[int | None] = mapped_column(BigInteger)
    registry_version: Mapped[int]
    model_version: Mapped[str]
    synthetic: Mapped[bool]


class ComplaintPrivateRow(Base):
    """The record as received and who complained: read by those who may, never exported, never logged."""

    __tablename__ = "complaint_private"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger)
    raw: Mapped[str] = mapped_column(Text)
    complainant_name: Mapped[str | None]
    complainant_phone: Mapped[str | None]


class DeadLetterRow(Base):
    """A record that could not become a complaint, kept whole for a person.

    status   ``open`` | ``replayed`` (mended and taken) | ``superseded`` (the feed sent it right later)
    mended   the fields that a person corrected, our names → text
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        UniqueConstraint("feed", "content_hash"),
        CheckConstraint("status in ('open', 'replayed', 'superseded')", name="status_known"),
        Index("ix_dead_letters_feed_external_id", "feed", "external_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feed: Mapped[str]
    external_id: Mapped[str | None] = mapped_column(Name)
    content_hash: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("intake_runs.id"))
    line: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    raw: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    mended: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
