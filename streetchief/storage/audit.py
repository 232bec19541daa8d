"""The audit log: who did what, when, to what, and how it ended.  Only ever appended to, each row sealed by the last.

A row's hash is SHA-256 over the hash before it and the row's canonical JSON; ``audit_head`` keeps the count and the
last hash.  Triggers refuse any change, the owner's too.  What a superuser does with the triggers off is found:
a changed row, a row missing in the middle, a tail cut off.  Whoever rewrites *all* rows from one point on **and** the
head leaves no trace inside the database: note what ``streetchief audit verify`` prints somewhere else (an anchor).

Never in it: passwords, tokens, names and phones of complainants, names of users.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from streetchief.storage.metadata import Base

AUDIT_LOCK = 0x5C0003
DONE, REFUSED = "done", "refused"
NOBODY = "-"
BATCH_ROWS = 5_000
_LONGEST = 300
_START = b"\0" * 32
Plain = str | int | bool | None


class AuditRow(Base):
    """One act.  `id` counts from 1 without gaps."""

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("result in ('done', 'refused')", name="result_known"),
        Index("ix_audit_log_actor_id", "actor", "id"),
        Index("ix_audit_log_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Plain]] = mapped_column(JSONB)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHeadRow(Base):
    """How many rows there are, and the hash of the last."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


_HEAD = select(AuditHeadRow.count, AuditHeadRow.hash)
_ROWS = select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=BATCH_ROWS, populate_existing=True)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A count of rows and the hash of the last of them, as noted at some time."""

    count: int
    hash: str

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Break:
    """The first row that is not as it was written.

    what   ``changed`` (the row, or the one before it), ``missing`` (a row of this number should stand here),
           ``cut`` (the head counts more rows), ``beyond`` (the head counts fewer), ``head`` (the head was changed),
           ``anchor`` (another row than the one that was noted)
    """

    row: int
    what: str


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    result: str = DONE,
    detail: Mapping[str, Plain] | None = None,
) -> int:
    """Append one row in the caller's transaction; returns its number.

    Writers queue up until the transaction ends: call it last, and as the owner (``streetchief_app`` has no right to
    the log).  Texts are cut at 300 characters.
    """
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": AUDIT_LOCK})
    count, before = session.execute(_HEAD).one()
    details = {key: _clean(value) if isinstance(value, str) else value for key, value in (detail or {}).items()}
    row = AuditRow(
        id=count + 1,
        at=at.astimezone(UTC),
        actor=_clean(actor),
        action=_clean(action),
        subject=_clean(subject),
        result=result,
        detail=details,
    )
    row.hash = _seal(before, row)
    session.add(row)
    session.flush()
    session.execute(update(AuditHeadRow).values(count=row.id, hash=row.hash))
    return row.id


def head(session: Session) -> Anchor:
    """Where the log ends now."""
    count, last = session.execute(_HEAD).one()
    return Anchor(count, last.hex())


def verify(session: Session, anchor: Anchor | None = None) -> Break | None:
    """The first row that is not as it was written, or None.  Writers wait meanwhile, so that it sees one moment."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": AUDIT_LOCK})
    end = session.execute(_HEAD).one_or_none()
    if end is None:
        return Break(1, "head")
    with session.execute(_ROWS) as result:
        sealed, rows = _START, 0
        for row in result.scalars():
            rows += 1
            if row.id != rows:
                return Break(rows, "missing")
            if _seal(sealed, row) != row.hash:
                return Break(rows, "changed")
            sealed = row.hash
            if anchor is not None and anchor.count == rows and anchor.hash != sealed.hex():
                return Break(rows, "anchor")
            session.expunge(row)
    counted, last = end
    if counted > rows or (anchor is not None and anchor.count > rows):
        return Break(rows + 1, "cut")
    if counted < rows:
        return Break(counted + 1, "beyond")
    return None if last == sealed else Break(rows, "head")


def entries(
    session: Session,
    *,
    actor: str | None = None,
    action: str | None = None,
    result: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    most: int = 100,
) -> list[AuditRow]:
    """The newest rows that fit, newest first; `action` may be its beginning (``account.``), `before` a row's number."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(most)
    if actor is not None:
        query = query.where(AuditRow.actor == actor)
    if action is not None:
        query = query.where(AuditRow.action.startswith(action, autoescape=True))
    if result is not None:
        query = query.where(AuditRow.result == result)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if before is not None:
        query = query.where(AuditRow.id < before)
    return list(session.scalars(query))


def _seal(before: bytes, row: AuditRow) -> bytes:
    """The hash of a row after the hash before it."""
    body = {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "result": row.result,
        "detail": row.detail,
    }
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before + canonical.encode()).digest()


def _clean(value: str) -> str:
    """Text that PostgreSQL takes and a terminal shows as one line."""
    plain = "".join(c if c.isprintable() else "·" for c in value[:_LONGEST])
    return plain.encode("utf-8", "replace").decode()
