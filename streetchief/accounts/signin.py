"""Signing in, being recognised, signing out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from streetchief.accounts import attempts, secrets, store
from streetchief.accounts.model import LOGIN, SessionLimits
from streetchief.accounts.throttle import Kind
from streetchief.actors import Actor
from streetchief.errors import NotFound, Unauthorised
from streetchief.storage import audit
from streetchief.storage.engine import transaction

WRONG = "bad_sign_in"
"""The one code for every way in which signing in fails: nothing tells an unknown login from a wrong password."""


def sign_in(
    engine: Engine,
    login: str,
    password: str,
    *,
    now: datetime,
    source: str | None = None,
    limits: SessionLimits | None = None,
) -> tuple[str, Actor]:
    """A new session: its token, which is stored nowhere, and who it is.

    source  the caller's address, for the throttle and the audit log; None = unknown
    Raises Unauthorised (always the same, after the same work), TooMany while the login or the source has to wait.
    Every attempt that was looked at is in the audit log; a login that is none is not, it may be a password.
    """
    login = login.strip().lower()
    limits = limits or SessionLimits()
    with transaction(engine) as session:
        attempts.count(session, Kind.LOGIN, login, now)
        if source is not None:
            attempts.count(session, Kind.SOURCE, source, now)
        known = store.credentials(session, login) if LOGIN.fullmatch(login) else None
    usable = known.password_hash if known is not None and known.disabled_at is None else None
    if not secrets.is_password(password, usable) or known is None:
        raise _refused(engine, known.login if known else None, source, now)
    token = secrets.new_token(secrets.SESSION_PREFIX)
    with transaction(engine) as session:
        still = store.credentials(session, login, lock=True)
        if still == known:  # nobody disabled it or changed its password while we were hashing
            attempts.right(session, login, source)
            attempts.prune(session, now)
            hashed = secrets.token_hash(token)
            store.add_session(session, hashed, known.id, now, now + limits.absolute, limits.idle)
            actor = store.actor_of_session(session, hashed, now)
            detail = _from(source)
            audit.record(session, at=now, actor=login, action="session.start", subject=subject_of(login), detail=detail)
            if actor is not None:
                return token, actor
    raise _refused(engine, login, source, now)


def sign_out(engine: Engine, token: str, *, now: datetime) -> None:
    """End a session; one that ended already is a no-op."""
    with transaction(engine) as session:
        login = store.end_session(session, secrets.token_hash(token))
        if login is not None:
            audit.record(session, at=now, actor=login, action="session.end", subject=subject_of(login))


def actor_of_session(engine: Engine, token: str, now: datetime) -> Actor:
    """Who a session belongs to, with the grants of this moment.  Raises Unauthorised when it ended, however."""
    with transaction(engine) as session:
        actor = store.actor_of_session(session, secrets.token_hash(token), now)
    if actor is None:
        raise Unauthorised("bad_credentials")
    return actor


def actor_of_token(engine: Engine, token: str, now: datetime) -> Actor:
    """Who an API token belongs to, with the grants of this moment.  Raises Unauthorised when it ended, however."""
    with transaction(engine) as session:
        actor = store.actor_of_token(session, secrets.token_hash(token), now)
    if actor is None:
        raise Unauthorised("bad_credentials")
    return actor


def actor_of_login(engine: Engine, login: str) -> Actor:
    """An account as an actor, without a password: for commands run by whoever owns the database.  Raises NotFound."""
    with transaction(engine) as session:
        actor = store.actor_of_login(session, login)
    if actor is None:
        raise NotFound("no_account", login=login)
    return actor


def _refused(engine: Engine, login: str | None, source: str | None, now: datetime) -> Unauthorised:
    """Write a failed attempt down; `login` only if it is one."""
    with transaction(engine) as session:
        subject = subject_of(login or "?")
        audit.record(
            session, at=now, actor=audit.NOBODY, action="session.start", subject=subject, result=audit.REFUSED,
            detail=_from(source),
        )  # fmt: skip
    return Unauthorised(WRONG)


def subject_of(login: str) -> str:
    """How the audit log names an account."""
    return f"account:{login}"


def _from(source: str | None) -> dict[str, audit.Plain]:
    return {"source": source}
