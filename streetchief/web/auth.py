"""Who is asking: a bearer token, or the cookie of a session together with proof that a page of ours sent the request.

A route that needs somebody takes ``actor: ActorOf``; it then asks ``allowed`` and opens its rows by ``acting``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from streetchief.accounts import secrets, signin
from streetchief.actors import Actor, Permission
from streetchief.errors import Forbidden, Unauthorised
from streetchief.web.deps import EngineOf

COOKIE = "streetchief_session"
FORM_HEADER = "X-CSRF-Token"
READING = ("GET", "HEAD", "OPTIONS")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BEARER = HTTPBearer(auto_error=False, description="a session's or an API token (`streetchief accounts token`)")
_COOKIE = APIKeyCookie(name=COOKIE, auto_error=False, description="set by signing in; writes also need X-CSRF-Token")
BearerOf = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
CookieOf = Annotated[str | None, Security(_COOKIE)]


def the_token(request: Request, bearer: BearerOf, cookie: CookieOf) -> str:
    """What the caller shows: the bearer token, else the cookie; a write by cookie must prove where it comes from.

    Raises Unauthorised for nothing and for another scheme, Forbidden for a write that a foreign page may have sent.
    """
    if "authorization" in request.headers:
        if bearer is None:
            raise Unauthorised("bad_credentials")
        return bearer.credentials
    if not cookie:
        raise Unauthorised()
    if request.method not in READING:
        refuse_foreign(request, required=True)
        if not secrets.is_form_token(request.headers.get(FORM_HEADER, ""), cookie):
            raise Forbidden("forged_request")
    return cookie


TokenOf = Annotated[str, Depends(the_token)]


def the_actor(request: Request, engine: EngineOf, token: TokenOf) -> Actor:
    """Who is asking, by one query.  Raises Unauthorised when the session or token ended."""
    now = datetime.now(UTC)
    if token.startswith(secrets.TOKEN_PREFIX):
        actor = signin.actor_of_token(engine, token, now)
    else:
        actor = signin.actor_of_session(engine, token, now)
    request.state.actor_id = actor.id
    return actor


ActorOf = Annotated[Actor, Depends(the_actor)]


def may(*permissions: Permission) -> Callable[..., Actor]:
    """Who is asking, for a route that nobody may call without one of the permissions.

    The permission alone is asked, whatever its scope; what lies in the scope is asked by the service and, beneath
    it, by row-level security.  Raises Forbidden.
    """

    def asked(actor: ActorOf) -> Actor:
        if not any(permission in grant.permissions for grant in actor.grants for permission in permissions):
            raise Forbidden()
        return actor

    return asked


ReaderOf = Annotated[Actor, Depends(may(Permission.READ_CASE))]
RegistrarOf = Annotated[Actor, Depends(may(Permission.REGISTER))]
DispatcherOf = Annotated[Actor, Depends(may(Permission.DISPATCH))]
CalledOf = Annotated[Actor, Depends(may(Permission.REPORT_IN))]
AuditorOf = Annotated[Actor, Depends(may(Permission.READ_AUDIT))]
KeeperOf = Annotated[Actor, Depends(may(Permission.MANAGE_ACCOUNTS))]
CallerOf = Annotated[Actor, Depends(may(Permission.CALL_BACK))]
CounterOf = Annotated[Actor, Depends(may(Permission.READ_FIGURES))]
RematcherOf = Annotated[Actor, Depends(may(Permission.REMATCH))]
WalkerOf = Annotated[Actor, Depends(may(Permission.PATROL))]
CheckerOf = Annotated[Actor, Depends(may(Permission.CHECK_PATROL))]
ReviewerOf = Annotated[Actor, Depends(may(Permission.REVIEW_PATROL))]
WatcherOf = Annotated[Actor, Depends(may(Permission.PATROL, Permission.CHECK_PATROL, Permission.REVIEW_PATROL))]
FigureReaderOf = Annotated[Actor, Depends(may(Permission.READ_FIGURES, Permission.REVIEW_PATROL))]


def refuse_foreign(request: Request, *, required: bool) -> None:
    """Raise Forbidden unless the request's Origin is our own address; without one, only where it is `required`."""
    origin = request.headers.get("origin")
    ours = f"{request.url.scheme}://{request.url.netloc}"
    if (origin is None and required) or (origin is not None and origin.lower() != ours.lower()):
        raise Forbidden("forged_request")


def give_cookie(request: Request, response: Response, token: str, seconds: int) -> None:
    """Hand the session to the browser: out of reach of scripts and of other sites, encrypted except on this machine."""
    secure = request.url.hostname not in LOOPBACK
    response.set_cookie(COOKIE, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def take_cookie(request: Request, response: Response) -> None:
    """Have the browser forget the session."""
    secure = request.url.hostname not in LOOPBACK
    response.delete_cookie(COOKIE, path="/", secure=secure, httponly=True, samesite="lax")
