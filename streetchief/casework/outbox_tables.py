"""Rows of the outbox: what must be told, where people want to be told it, what waits on our own pages; the timers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base

Instant = DateTime(timezone=True)
Name = String(collation="C")


class OutboxRow(Base):
    """One delivery: one notice to one recipient by one channel.

    key      stable for ever, goes out as ``Idempotency-Key``; unique, so a second enqueue is a no-op
    lane     deliveries of one lane go in the order of ``id``; null = any order
    items    topic and facts of what it tells: one, or those of a digest
    status   ``waiting`` | ``held`` (for the digest) | ``joined`` (told in ``digest``) | ``sent`` | ``dead``
    job      the procrastinate job that will take it; not a key: the library removes what is done
    fault    code of the last failure, detail  a few words of it without addresses
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("status in ('waiting', 'held', 'joined', 'sent', 'dead')", name="status_known"),
        CheckConstraint("urgency in ('emergency', 'machine', 'normal', 'low')", name="urgency_known"),
        Index("ix_outbox_unsent", "status", "next_at", postgresql_where=text("status in ('waiting', 'held', 'dead')")),
        Index("ix_outbox_recipient", "recipient", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Name, unique=True)
    notice: Mapped[str] = mapped_column(Name)
    topic: Mapped[str]
    recipient: Mapped[str]
    channel: Mapped[str]
    urgency: Mapped[str]
    lane: Mapped[str | None]
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    status: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    fault: Mapped[str | None]
    detail: Mapped[str | None]
    digest: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    job: Mapped[int | None] = mapped_column(BigInteger)


class NoticeAddressRow(Base):
    """By which channel a recipient wants to be told, and where.

    address   a URL (webhook, robots) or a mail address; a robot's URL holds its key: never shown whole
    secret    signs what we send to a webhook or a 钉钉 robot; never shown
    language  ``zh`` | ``en`` | ``both``
    """

    __tablename__ = "notice_addresses"
    __table_args__ = (CheckConstraint("language in ('zh', 'en', 'both')", name="language_known"),)

    recipient: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    secret: Mapped[str | None]
    language: Mapped[str]


class InboxRow(Base):
    """A notice on our own pages; the words are made when it is read, in the reader's language."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_recipient", "recipient", "id"),
        Index("ix_inbox_unread", "recipient", "id", postgresql_where=text("read_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Name, unique=True)
    recipient: Mapped[str]
    topic: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)


class TimerRow(Base):
    """What a timer did last: a tick is never run twice."""

    __tablename__ = "timers"

    name: Mapped[str] = mapped_column(primary_key=True)
    tick_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime] = mapped_column(Instant)
    did: Mapped[int]
    fault: Mapped[str | None]
