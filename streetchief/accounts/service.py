"""Keeping accounts: one call, one transaction, one row of the audit log.

Who may: `MANAGE_ACCOUNTS` without a narrowed scope, else Forbidden.  Signing in and being recognised: `signin`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief.accounts import policy, secrets, store
from streetchief.accounts.model import LOGIN, Account
from streetchief.accounts.signin import actor_of_login, actor_of_session, actor_of_token, sign_in, sign_out, subject_of
from streetchief.accounts.store import Credentials
from streetchief.actors import Actor, Grant, Permission, Subject, allowed
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.storage import audit
from streetchief.storage.audit import Plain
from streetchief.storage.engine import transaction

__all__ = [
    "accounts", "actor_of_login", "actor_of_session", "actor_of_token", "create_user", "disable", "first_admin",
    "grant_role", "issue_token", "revoke", "revoke_token", "set_password", "sign_in", "sign_out",
]  # fmt: skip
MOST_NAME, MOST_TOKEN_DAYS = 80, 366


def accounts(engine: Engine, *, by: Actor) -> list[Account]:
    """All accounts, by login."""
    _permit(by)
    with transaction(engine) as session:
        return store.accounts(session)


def first_admin(engine: Engine, login: str, password: str, *, by: Actor, now: datetime) -> None:
    """The first administrator.  Raises Conflict when one exists that may sign in; two at once: one wins."""
    _permit(by)
    _check_new(login, login)
    secrets.check_password(password, login)
    with transaction(engine) as session:
        store.lock_accounts(session)
        if store.administrators(session):
            raise Conflict("admin_exists")
        user_id = store.add_user(session, login, login, secrets.hash_password(password), now)
        if user_id is None:
            raise Conflict("login_taken", login=login)
        store.add_grant(session, user_id, policy.grant("admin"), now)
        audit.record(session, at=now, actor=by.id, action="account.first_admin", subject=subject_of(login))


def create_user(engine: Engine, login: str, name: str, password: str | None, *, by: Actor, now: datetime) -> None:
    """An account that holds nothing yet; without a password it can live on tokens only.

    Raises BadInput for a login, name or password that is none, Conflict for a login that is taken.
    """
    _permit(by)
    _check_new(login, name)
    if password is not None:
        secrets.check_password(password, login)
    hashed = secrets.hash_password(password) if password is not None else None
    with transaction(engine) as session:
        if store.add_user(session, login, name, hashed, now) is None:
            raise Conflict("login_taken", login=login)
        detail: dict[str, Plain] = {"password": password is not None}
        audit.record(session, at=now, actor=by.id, action="account.create", subject=subject_of(login), detail=detail)


def set_password(engine: Engine, login: str, password: str, *, by: Actor, now: datetime) -> None:
    """Another password; sessions and tokens of the account end with the old one.  Raises BadInput, NotFound."""
    _permit(by)
    secrets.check_password(password, login)
    hashed = secrets.hash_password(password)
    with _changing(engine, login, "account.password", by, now) as (session, user, detail):
        store.set_password(session, user.id, hashed, now)
        detail["sessions"] = store.end_sessions(session, user.id)
        detail["tokens"] = store.revoke_tokens(session, user.id, now)


def grant_role(engine: Engine, login: str, grant: Grant, *, by: Actor, now: datetime) -> int:
    """Give a grant made by ``policy.grant``; its number.  The account's sessions end, its tokens go on with it.

    Raises BadInput for a scope that the current register does not have and for the role of our own programs,
    NotFound, Conflict when the account holds it already or is disabled.
    """
    _permit(by)
    grant = policy.grant(
        grant.role, tier=grant.tier, street=grant.street, area=grant.area, department=grant.department
    )  # a grant from elsewhere may say anything
    if policy.ROLES[grant.role].machine:
        raise BadInput("role_of_programs", role=grant.role)
    with _changing(engine, login, "account.grant", by, now) as (session, user, detail):
        if user.disabled_at is not None:
            raise Conflict("account_disabled", login=login)
        if (unknown := store.unknown_scope(session, grant)) is not None:
            raise BadInput("unknown_scope", field=unknown[0], value=unknown[1])
        number = store.add_grant(session, user.id, grant, now)
        if number is None:
            raise Conflict("grant_held", login=login)
        scope = {"tier": grant.tier, "street": grant.street, "area": grant.area, "department": grant.department}
        detail |= {"grant": number, "role": grant.role, **{k: v for k, v in scope.items() if v is not None}}
        detail["sessions"] = store.end_sessions(session, user.id)
    return number


def revoke(engine: Engine, login: str, grant_id: int, *, by: Actor, now: datetime) -> None:
    """Take a grant back; the account's sessions end.  Raises NotFound; Conflict for the last administrator's."""
    _permit(by)
    with _changing(engine, login, "account.revoke", by, now) as (session, user, detail):
        role = store.take_grant(session, user.id, grant_id)
        if role is None:
            raise NotFound("no_grant", login=login, grant=grant_id)
        if role == "admin":
            _keep_one_admin(session)
        detail |= {"grant": grant_id, "role": role, "sessions": store.end_sessions(session, user.id)}


def disable(engine: Engine, login: str, *, by: Actor, now: datetime) -> None:
    """No sign-in any more, sessions and tokens end; a second time is a no-op that is written down.

    Raises NotFound; Conflict for the last administrator.
    """
    _permit(by)
    with _changing(engine, login, "account.disable", by, now) as (session, user, detail):
        before = store.administrators(session)
        store.disable(session, user.id, user.disabled_at or now)
        if before:
            _keep_one_admin(session)
        detail["sessions"] = store.end_sessions(session, user.id)
        detail["tokens"] = store.revoke_tokens(session, user.id, now)


def issue_token(engine: Engine, login: str, name: str, days: int, *, by: Actor, now: datetime) -> str:
    """A new API token, shown this once.  Raises BadInput, NotFound, Conflict for a disabled account."""
    _permit(by)
    _check_name(name)
    if not 1 <= days <= MOST_TOKEN_DAYS:
        raise BadInput("bad_token_days", most=MOST_TOKEN_DAYS)
    token = secrets.new_token(secrets.TOKEN_PREFIX)
    with _changing(engine, login, "account.token", by, now) as (session, user, detail):
        if user.disabled_at is not None:
            raise Conflict("account_disabled", login=login)
        ends = now + timedelta(days=days)
        detail["token"] = store.add_token(session, secrets.token_hash(token), user.id, name, now, ends)
        detail["until"] = ends.isoformat()
    return token


def revoke_token(engine: Engine, login: str, token_id: int, *, by: Actor, now: datetime) -> None:
    """End an API token.  Raises NotFound unless it is a living one of the account."""
    _permit(by)
    with _changing(engine, login, "account.token_revoke", by, now) as (session, user, detail):
        if not store.revoke_tokens(session, user.id, now, token_id):
            raise NotFound("no_token", login=login, token=token_id)
        detail["token"] = token_id


@contextmanager
def _changing(
    engine: Engine, login: str, action: str, by: Actor, now: datetime
) -> Iterator[tuple[Session, Credentials, dict[str, Plain]]]:
    """An account, locked, in a transaction that ends with its row of the audit log; the block fills the detail."""
    with transaction(engine) as session:
        store.lock_accounts(session)
        user = store.credentials(session, login, lock=True)
        if user is None:
            raise NotFound("no_account", login=login)
        detail: dict[str, Plain] = {}
        yield session, user, detail
        audit.record(session, at=now, actor=by.id, action=action, subject=subject_of(login), detail=detail)


def _permit(by: Actor) -> None:
    if not allowed(by, Permission.MANAGE_ACCOUNTS, Subject()):
        raise Forbidden()


def _keep_one_admin(session: Session) -> None:
    if not store.administrators(session):
        raise Conflict("last_admin")


def _check_new(login: str, name: str) -> None:
    if not LOGIN.fullmatch(login):
        raise BadInput("bad_login")
    _check_name(name)


def _check_name(name: str) -> None:
    if not (1 <= len(name) <= MOST_NAME and name.isprintable() and name.strip()):
        raise BadInput("bad_account_name")


def _subject(login: str) -> str:
    return f"account:{login}"
