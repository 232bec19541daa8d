"""Accounts as rows: users, what they hold, sessions, API tokens, failed sign-ins; and the areas above each area."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from streetchief.storage.metadata import Base

Instant = DateTime(timezone=True)
LOGIN_CHECK = "login ~ '^[a-z0-9][a-z0-9._-]{1,39}$'"


def _user() -> Mapped[int]:
    return mapped_column(ForeignKey("users.id"))


class UserRow(Base):
    """An account.  Never deleted: the audit log names it for ever."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("login"), CheckConstraint(LOGIN_CHECK, name="login_plain"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    password_at: Mapped[datetime | None] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


class UserGrantRow(Base):
    """A role within a scope; its permissions are those of ``accounts.policy`` on the day of asking."""

    __tablename__ = "user_grants"
    __table_args__ = (
        UniqueConstraint(
            "user_id", "role", "tier", "street", "area", "department", postgresql_nulls_not_distinct=True
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = _user()
    role: Mapped[str]
    tier: Mapped[int | None]
    street: Mapped[str | None]
    area: Mapped[str | None]
    department: Mapped[str | None]
    granted_at: Mapped[datetime] = mapped_column(Instant)


class UserSessionRow(Base):
    """A session by the SHA-256 of its token.  It is deleted when it ends."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_user_id", "user_id"), Index("ix_user_sessions_expires_at", "expires_at"))

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = _user()
    created_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    idle: Mapped[timedelta] = mapped_column(Interval)


class ApiTokenRow(Base):
    """A token for a program, by its SHA-256."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_api_tokens_user_id", "user_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[int] = _user()
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInAttemptRow(Base):
    """Failed sign-ins of a login or a source, by the SHA-256 of its name: what was typed may be a password."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        CheckConstraint("kind in ('login', 'source')", name="kind_known"),
        Index("ix_sign_in_attempts_last_at", "last_at"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)


class AreaChainRow(Base):
    """The code of an area and of every area above it; kept by a trigger on ``areas``, read by row-level security."""

    __tablename__ = "area_chains"
    __table_args__ = (
        ForeignKeyConstraint(["version", "code"], ["areas.version", "areas.code"], ondelete="CASCADE"),
    )  # fmt: skip

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(primary_key=True)
    codes: Mapped[list[str]] = mapped_column(ARRAY(String))
