"""Signing in and out, and who I am."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from streetchief.accounts import secrets, signin
from streetchief.accounts.model import SessionLimits
from streetchief.actors import Actor, Permission
from streetchief.web.auth import ActorOf, TokenOf, give_cookie, refuse_foreign, take_cookie
from streetchief.web.deps import EngineOf
from streetchief.web.refusals import source_of
from streetchief.web.schemas import refusals

router = APIRouter(prefix="/api/v1", tags=["session"])
Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SignIn(BaseModel):
    """Who signs in; `bearer` asks for a token instead of a cookie, for programs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"login": "li.na", "password": "a long sentence", "bearer": False}]},
    )
    login: Short
    password: Short = Field(json_schema_extra={"format": "password", "writeOnly": True})
    bearer: bool = False


class GrantShown(BaseModel):
    """A role within a scope; null does not narrow."""

    role: str
    tier: int | None
    street: str | None
    area: str | None
    department: str | None
    permissions: list[Permission]


class Me(BaseModel):
    """Who I am and what I may do.  `csrf_token` goes back as X-CSRF-Token with every write by cookie."""

    login: str
    grants: list[GrantShown]
    csrf_token: str | None


class SignedIn(Me):
    """The same after signing in; `token` only where a bearer token was asked for."""

    token: str | None = None


@router.post("/session", responses=refusals(401, 403, 422, 429, 503))
def start(body: SignIn, request: Request, response: Response, engine: EngineOf) -> SignedIn:
    """Sign in: a new session every time, whatever cookie the request brought."""
    refuse_foreign(request, required=False)
    limits: SessionLimits = request.app.state.session_limits
    now = datetime.now(UTC)
    token, actor = signin.sign_in(
        engine, body.login, body.password, now=now, source=source_of(request), limits=limits
    )  # fmt: skip
    if body.bearer:
        return SignedIn(login=actor.id, grants=_grants(actor), csrf_token=None, token=token)
    give_cookie(request, response, token, int(limits.absolute.total_seconds()))
    return SignedIn(login=actor.id, grants=_grants(actor), csrf_token=secrets.form_token(token))


@router.delete("/session", status_code=204, responses=refusals(401, 403, 503))
def end(request: Request, response: Response, engine: EngineOf, token: TokenOf, _: ActorOf) -> None:
    """Sign out.  An API token is not a session: it is revoked by ``streetchief accounts token``."""
    signin.sign_out(engine, token, now=datetime.now(UTC))
    take_cookie(request, response)


@router.get("/me", responses=refusals(401, 503))
def me(request: Request, token: TokenOf, actor: ActorOf) -> Me:
    """Who I am."""
    by_cookie = "authorization" not in request.headers
    return Me(login=actor.id, grants=_grants(actor), csrf_token=secrets.form_token(token) if by_cookie else None)


def _grants(actor: Actor) -> list[GrantShown]:
    return [
        GrantShown(
            role=held.role,
            tier=held.tier,
            street=held.street,
            area=held.area,
            department=held.department,
            permissions=sorted(held.permissions),
        )
        for held in actor.grants
    ]
