"""What a rematch leaves behind, as rows: that it was, and where every complaint that it moved had stood before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base


class RematchRow(Base):
    """One committed rematch: who ordered it, over which feeds, with which registry, and its figures as shown before."""

    __tablename__ = "rematches"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str]
    feeds: Mapped[list[str]] = mapped_column(ARRAY(String))
    registry_version: Mapped[int]
    fingerprint: Mapped[str]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)


class FormerPlacingRow(Base):
    """Where a complaint stood until a rematch moved it, and which versions had placed it there."""

    __tablename__ = "former_placings"
    __table_args__ = (Index("ix_former_placings_rematch_id", "rematch_id"),)

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), primary_key=True)
    rematch_id: Mapped[int] = mapped_column(ForeignKey("rematches.id"), primary_key=True)
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
    area_code: Mapped[str | None]
    department: Mapped[str | None]
    supervisor: Mapped[str | None]
    co_departments: Mapped[list[str]] = mapped_column(ARRAY(String))
    rule: Mapped[int | None]
    triage_reason: Mapped[str | None]
    registry_version: Mapped[int]
    model_version: Mapped[str]
