"""The counts of failed sign-ins in the database.  Takes a session, never commits."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from streetchief.accounts.secrets import token_hash
from streetchief.accounts.throttle import FORGET, LIMITS, Kind
from streetchief.errors import TooMany

KEEP = timedelta(days=1)
_ROW = text(
    "insert into sign_in_attempts as a (kind, key_hash, failures, last_at, until_at) "
    "values (:kind, :key, 0, :now, :now) on conflict (kind, key_hash) do update set kind = a.kind "
    "returning failures, last_at, until_at"
)  # the row, locked, whether it was there or not
_COUNT = text(
    "update sign_in_attempts set failures = :failures, last_at = :now, until_at = :until "
    "where kind = :kind and key_hash = :key"
)
_GIVE_BACK = text(
    "update sign_in_attempts set failures = greatest(failures - 1, 0), until_at = last_at "
    "where kind = :kind and key_hash = :key"
)
_FORGIVE = text("delete from sign_in_attempts where kind = :kind and key_hash = :key")
_PRUNE = text(
    "delete from sign_in_attempts a using (select kind, key_hash from sign_in_attempts where last_at < :old "
    "limit 1000 for update skip locked) o where a.kind = o.kind and a.key_hash = o.key_hash"
)


def count(session: Session, kind: Kind, key: str, now: datetime) -> None:
    """Count an attempt as failed before it is made.  Raises TooMany, and counts nothing, while it has to wait."""
    values = {"kind": kind.value, "key": token_hash(key), "now": now}
    row = session.execute(_ROW, values).one()
    if row.until_at > now:
        raise TooMany(wait_s=math.ceil((row.until_at - now).total_seconds()))
    failures = 1 if row.last_at < now - FORGET else row.failures + 1
    session.execute(_COUNT, {**values, "failures": failures, "until": now + LIMITS[kind].wait(failures)})


def right(session: Session, login: str, source: str | None) -> None:
    """The attempt was right: forget the login's failures, and give the source this one back.

    Not all of the source's: whoever has one account could otherwise guess the others' passwords unhindered.
    """
    session.execute(_FORGIVE, {"kind": Kind.LOGIN.value, "key": token_hash(login)})
    if source is not None:
        session.execute(_GIVE_BACK, {"kind": Kind.SOURCE.value, "key": token_hash(source)})


def prune(session: Session, now: datetime) -> None:
    """Clear away what is long forgotten."""
    session.execute(_PRUNE, {"old": now - KEEP})
