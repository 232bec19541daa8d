"""Accounts: who may sign in and what they hold.  Every change is a row of the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from streetchief.accounts import policy, service
from streetchief.accounts.model import Account
from streetchief.web.auth import KeeperOf
from streetchief.web.deps import EngineOf
from streetchief.web.schemas import BIGGEST_ID, Code, Strict, refused

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
LOGIN = r"^[a-z0-9][a-z0-9._-]{1,39}$"
LoginOf = Annotated[str, Path(pattern=LOGIN)]
NumberOf = Annotated[int, Path(ge=1, le=BIGGEST_ID)]
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(json_schema_extra={"format": "password", "writeOnly": True}),
]
_ACCOUNT: dict[str, Any] = {
    "login": "li.na", "name": "李娜", "has_password": True, "created_at": "2026-03-02T01:00:00Z", "disabled_at": None,
    "grants": [{"id": 4, "role": "officer", "tier": None, "street": None, "area": None, "department": "police"}],
    "tokens": [],
}  # fmt: skip


class NewAccount(Strict):
    """An account that holds nothing yet; without a password it can live on tokens only."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "li.na", "name": "李娜", "password": "a long sentence"}]}
    )
    login: str = Field(pattern=LOGIN)
    name: Code
    password: Password | None = None


class NewPassword(Strict):
    """Another password; sessions and tokens of the account end with the old one."""

    password: Password


class NewGrant(Strict):
    """A role within a scope; what is left out does not narrow."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "chief", "tier": 3, "street": "QJ-001"}]})
    role: Code
    tier: int | None = Field(None, ge=1, le=9)
    street: Code | None = None
    area: Code | None = None
    department: Code | None = None


class NewToken(Strict):
    """An API token for a program."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "nightly export", "days": 90}]})
    name: Code
    days: int = Field(ge=1, le=service.MOST_TOKEN_DAYS)


class HeldGrant(BaseModel):
    """A grant; its id names it when it is revoked."""

    id: int
    role: str
    tier: int | None
    street: str | None
    area: str | None
    department: str | None


class HeldToken(BaseModel):
    """An API token, never its text."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class AccountShown(BaseModel):
    """An account."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACCOUNT]})
    login: str
    name: str
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    grants: list[HeldGrant]
    tokens: list[HeldToken]


class Accounts(BaseModel):
    """All accounts, by login."""

    accounts: list[AccountShown]


class Made(BaseModel):
    """The number of what was made."""

    id: int


class TokenText(BaseModel):
    """A token, shown this once."""

    token: str


@router.get("", responses=refused())
def listed(engine: EngineOf, actor: KeeperOf) -> Accounts:
    """All accounts, with what they hold."""
    return Accounts(accounts=[_shown(account) for account in service.accounts(engine, by=actor)])


@router.post("", status_code=201, responses=refused(409, 422, 429))
def created(body: NewAccount, engine: EngineOf, actor: KeeperOf) -> None:
    """Make an account."""
    service.create_user(engine, body.login, body.name, body.password, by=actor, now=datetime.now(UTC))


@router.put("/{login}/password", status_code=204, responses=refused(404, 422, 429))
def password(login: LoginOf, body: NewPassword, engine: EngineOf, actor: KeeperOf) -> None:
    """Set another password."""
    service.set_password(engine, login, body.password, by=actor, now=datetime.now(UTC))


@router.post("/{login}/disable", status_code=204, responses=refused(404, 409, 422))
def disabled(login: LoginOf, engine: EngineOf, actor: KeeperOf) -> None:
    """No sign-in any more; sessions and tokens end at once.  409 for the last administrator."""
    service.disable(engine, login, by=actor, now=datetime.now(UTC))


@router.post("/{login}/grants", status_code=201, responses=refused(404, 409, 422))
def granted(login: LoginOf, body: NewGrant, engine: EngineOf, actor: KeeperOf) -> Made:
    """Give a role; the account's sessions end."""
    grant = policy.grant(
        body.role, tier=body.tier, street=body.street, area=body.area, department=body.department
    )  # fmt: skip
    return Made(id=service.grant_role(engine, login, grant, by=actor, now=datetime.now(UTC)))


@router.delete("/{login}/grants/{id}", status_code=204, responses=refused(404, 409, 422))
def revoked(login: LoginOf, id: NumberOf, engine: EngineOf, actor: KeeperOf) -> None:
    """Take a role back; the account's sessions end.  409 for the last administrator's."""
    service.revoke(engine, login, id, by=actor, now=datetime.now(UTC))


@router.post("/{login}/tokens", status_code=201, responses=refused(404, 409, 422))
def token_issued(login: LoginOf, body: NewToken, engine: EngineOf, actor: KeeperOf) -> TokenText:
    """Make an API token."""
    made = service.issue_token(engine, login, body.name, body.days, by=actor, now=datetime.now(UTC))
    return TokenText(token=made)


@router.delete("/{login}/tokens/{id}", status_code=204, responses=refused(404, 422))
def token_revoked(login: LoginOf, id: NumberOf, engine: EngineOf, actor: KeeperOf) -> None:
    """End an API token."""
    service.revoke_token(engine, login, id, by=actor, now=datetime.now(UTC))


def _shown(account: Account) -> AccountShown:
    grants = [
        HeldGrant(id=h.id, role=h.grant.role, tier=h.grant.tier, street=h.grant.street, area=h.grant.area,
                  department=h.grant.department)
        for h in account.held
    ]  # fmt: skip
    return AccountShown(
        login=account.login, name=account.name, has_password=account.password, created_at=account.created_at,
        disabled_at=account.disabled_at, grants=grants,
        tokens=[HeldToken.model_validate(token, from_attributes=True) for token in account.tokens],
    )  # fmt: skip
