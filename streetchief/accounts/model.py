"""Accounts as frozen values: who may sign in, what they hold, how long a session lasts.  No secret stands here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from streetchief.actors import Grant

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Held:
    """A grant that an account holds; `id` names it when it is revoked."""

    id: int
    grant: Grant


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it may be shown: never its text.  `used_at` is right to the minute."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a machine that may sign in.

    login        lower case, unique for ever
    name         shown to colleagues; never written to the audit log
    password     whether it has one; a machine may live on tokens alone
    disabled_at  None while it may sign in
    """

    login: str
    name: str
    password: bool
    created_at: datetime
    disabled_at: datetime | None
    held: tuple[Held, ...] = ()
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts: at most `absolute` after signing in, at most `idle` after its last request."""

    absolute: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=60)
