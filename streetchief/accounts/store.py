"""Accounts in the database.  Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, Row, Select, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from streetchief.accounts.model import Account, Held, Token
from streetchief.accounts.policy import held_grant
from streetchief.accounts.tables import ApiTokenRow, UserGrantRow, UserRow, UserSessionRow
from streetchief.actors import Actor, Grant

ACCOUNTS_LOCK = 0x5C0004
CLEARED_AT_ONCE = 1000
TOUCH = timedelta(minutes=1)
"""`used_at` is written at most this often: a request costs one query, not one write."""
_SCOPE = (UserGrantRow.role, UserGrantRow.tier, UserGrantRow.street, UserGrantRow.area, UserGrantRow.department)
_KNOWN = {
    "street": "select exists (select from streets where version = v and code = :value)",
    "area": "select exists (select from areas where version = v and code = :value)",
    "department": "select exists (select from departments where version = v and code = :value)",
    "tier": "select exists (select from registry_versions where version = v and cast(:value as int) = any (tiers))",
}


class Credentials(NamedTuple):
    """What signing in looks at; never shown."""

    id: int
    login: str
    password_hash: str | None
    disabled_at: datetime | None


def lock_accounts(session: Session) -> None:
    """One change of who is an administrator at a time, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(ACCOUNTS_LOCK)))


def credentials(session: Session, login: str, *, lock: bool = False) -> Credentials | None:
    """The account of a login, locked on demand against changes until the transaction ends; None if there is none."""
    row = UserRow
    query = select(row.id, row.login, row.password_hash, row.disabled_at).where(row.login == login)
    found = session.execute(query.with_for_update() if lock else query).one_or_none()
    return Credentials(*found) if found else None


def add_user(session: Session, login: str, name: str, password_hash: str | None, now: datetime) -> int | None:
    """The new account's id, or None if the login is taken."""
    password_at = now if password_hash is not None else None
    values = {"login": login, "name": name, "password_hash": password_hash, "password_at": password_at}
    statement = text(
        "insert into users (login, name, password_hash, created_at, password_at) "
        "values (:login, :name, :password_hash, :now, :password_at) on conflict (login) do nothing returning id"
    )
    return session.execute(statement, {**values, "now": now}).scalar()


def set_password(session: Session, user_id: int, password_hash: str, now: datetime) -> None:
    """Another password."""
    values = {"password_hash": password_hash, "password_at": now}
    session.execute(update(UserRow).where(UserRow.id == user_id).values(values))


def disable(session: Session, user_id: int, now: datetime) -> None:
    """No sign-in any more."""
    session.execute(update(UserRow).where(UserRow.id == user_id).values(disabled_at=now))


def add_grant(session: Session, user_id: int, grant: Grant, now: datetime) -> int | None:
    """The number of the grant, or None if the account holds it already."""
    statement = text(
        "insert into user_grants (user_id, role, tier, street, area, department, granted_at) "
        "values (:user_id, :role, :tier, :street, :area, :department, :now) on conflict do nothing returning id"
    )
    scope = {"tier": grant.tier, "street": grant.street, "area": grant.area, "department": grant.department}
    return session.execute(statement, {"user_id": user_id, "role": grant.role, "now": now, **scope}).scalar()


def take_grant(session: Session, user_id: int, grant_id: int) -> str | None:
    """Delete a grant; its role, or None if the account holds none of this number."""
    row = UserGrantRow
    statement = delete(row).where(row.user_id == user_id, row.id == grant_id).returning(row.role)
    return session.scalars(statement).one_or_none()


def administrators(session: Session) -> int:
    """How many accounts that may sign in are administrators."""
    query = select(func.count(func.distinct(UserRow.id))).join(UserGrantRow, UserGrantRow.user_id == UserRow.id)
    return session.scalars(query.where(UserGrantRow.role == "admin", UserRow.disabled_at.is_(None))).one()


def unknown_scope(session: Session, grant: Grant) -> tuple[str, object] | None:
    """The first (field, value) of the scope that the current register does not have."""
    for field, known in _KNOWN.items():
        value = getattr(grant, field)
        statement = known.replace("= v ", "= (select max(version) from registry_versions) ")
        if value is not None and not session.execute(text(statement), {"value": value}).scalar():
            return field, value
    return None


def add_session(
    session: Session, token_hash: bytes, user_id: int, now: datetime, ends: datetime, idle: timedelta
) -> None:
    """A session; those that ended by themselves are cleared away."""
    row = UserSessionRow
    over = select(row.token_hash).where(row.expires_at <= now).limit(CLEARED_AT_ONCE).with_for_update(skip_locked=True)
    session.execute(delete(row).where(row.token_hash.in_(over)))
    values = {"token_hash": token_hash, "user_id": user_id, "created_at": now, "used_at": now}
    session.execute(insert(UserSessionRow).values(**values, expires_at=ends, idle=idle))


def end_session(session: Session, token_hash: bytes) -> str | None:
    """End one session; the login whose it was, or None."""
    row = UserSessionRow
    statement = delete(row).where(row.token_hash == token_hash, row.user_id == UserRow.id).returning(UserRow.login)
    return session.scalars(statement).one_or_none()


def end_sessions(session: Session, user_id: int) -> int:
    """End all sessions of an account; how many there were."""
    return _count(session.execute(delete(UserSessionRow).where(UserSessionRow.user_id == user_id)))


def add_token(session: Session, token_hash: bytes, user_id: int, name: str, now: datetime, ends: datetime) -> int:
    """The number of a new API token."""
    values = {"token_hash": token_hash, "user_id": user_id, "name": name, "created_at": now, "expires_at": ends}
    return session.scalars(insert(ApiTokenRow).values(**values).returning(ApiTokenRow.id)).one()


def revoke_tokens(session: Session, user_id: int, now: datetime, token_id: int | None = None) -> int:
    """Revoke one live token of an account, or all; how many there were."""
    row = ApiTokenRow
    statement = update(row).where(row.user_id == user_id, row.revoked_at.is_(None), row.expires_at > now)
    if token_id is not None:
        statement = statement.where(row.id == token_id)
    return _count(session.execute(statement.values(revoked_at=now)))


def actor_of_session(session: Session, token_hash: bytes, now: datetime) -> Actor | None:
    """The actor of a living session, by one query; None when it ended, in whatever way."""
    row = UserSessionRow
    query = _who(row.used_at).join(row, row.user_id == UserRow.id)
    query = query.where(row.token_hash == token_hash, row.expires_at > now, row.used_at + row.idle > now)
    return _actor(session, query, update(row).where(row.token_hash == token_hash), now)


def actor_of_token(session: Session, token_hash: bytes, now: datetime) -> Actor | None:
    """The actor of a living API token, by one query; None when it ended or was revoked."""
    row = ApiTokenRow
    query = _who(row.used_at).join(row, row.user_id == UserRow.id)
    query = query.where(row.token_hash == token_hash, row.expires_at > now, row.revoked_at.is_(None))
    return _actor(session, query, update(row).where(row.token_hash == token_hash), now)


def actor_of_login(session: Session, login: str) -> Actor | None:
    """The actor of a login that may sign in; None for any other."""
    found = session.execute(_who(UserRow.created_at).where(UserRow.login == login)).all()
    return _from_rows(found) if found else None


def accounts(session: Session) -> list[Account]:
    """All accounts by login, with what they hold and their tokens that were not revoked."""
    held: dict[int, list[Held]] = {}
    for row in session.scalars(select(UserGrantRow).order_by(UserGrantRow.id)):
        one = held_grant(row.role, row.tier, row.street, row.area, row.department)
        held.setdefault(row.user_id, []).append(Held(row.id, one))
    tokens: dict[int, list[Token]] = {}
    for token in session.scalars(select(ApiTokenRow).where(ApiTokenRow.revoked_at.is_(None)).order_by(ApiTokenRow.id)):
        shown = Token(token.id, token.name, token.created_at, token.expires_at, token.used_at)
        tokens.setdefault(token.user_id, []).append(shown)
    return [
        Account(
            login=user.login,
            name=user.name,
            password=user.password_hash is not None,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
            held=tuple(held.get(user.id, ())),
            tokens=tuple(tokens.get(user.id, ())),
        )
        for user in session.scalars(select(UserRow).order_by(UserRow.login))
    ]


def _who(used_at: Any) -> Select[Any]:
    """Login and grants, a row a grant (one row without role where there is none); disabled accounts are nobody."""
    query = select(UserRow.login, used_at.label("used_at"), *_SCOPE)
    query = query.outerjoin(UserGrantRow, UserGrantRow.user_id == UserRow.id).select_from(UserRow)
    return query.where(UserRow.disabled_at.is_(None)).order_by(UserGrantRow.id)


def _actor(session: Session, query: Select[Any], touch: Any, now: datetime) -> Actor | None:
    found = session.execute(query).all()
    if not found:
        return None
    if found[0].used_at is None or found[0].used_at <= now - TOUCH:
        session.execute(touch.values(used_at=now))
    return _from_rows(found)


def _from_rows(found: Iterable[Row[Any]]) -> Actor:
    rows = list(found)
    grants = tuple(held_grant(r.role, r.tier, r.street, r.area, r.department) for r in rows if r.role is not None)
    return Actor(rows[0].login, grants)


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
