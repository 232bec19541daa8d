"""Every refusal is written down: nobody signed in (401), not allowed (403), out of scope (404)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from fastapi import Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from streetchief.accounts.signin import WRONG
from streetchief.errors import Forbidden, OutOfScope, StreetChiefError, Unauthorised
from streetchief.scrub import scrub
from streetchief.storage import audit
from streetchief.storage.engine import transaction

LOG = logging.getLogger("streetchief.web")
REFUSALS = (Unauthorised, Forbidden, OutOfScope)


def source_of(request: Request) -> str | None:
    """The caller's address; None where the server does not know it (a unix socket)."""
    return request.client.host if request.client is not None else None


def record_refusal(request: Request, error: StreetChiefError) -> None:
    """Write a refusal to the audit log; an error that is none, or that its service wrote down itself, is left out.

    The path is kept without its query, with phone and identity numbers taken out.  A log that cannot be written does
    not change the answer: the request is refused all the same, and the program's own log says so.
    """
    if not isinstance(error, REFUSALS) or error.code == WRONG:
        return
    engine: Engine = request.app.state.engine
    detail: dict[str, audit.Plain] = {"code": error.code, "source": source_of(request)}
    detail["request_id"] = str(request.scope.get("request_id", ""))
    try:
        with transaction(engine) as session:
            audit.record(
                session,
                at=datetime.now(UTC),
                actor=getattr(request.state, "actor_id", audit.NOBODY),
                action=f"http.{request.method.lower()}",
                subject=scrub(request.url.path),
                result=audit.REFUSED,
                detail=detail,
            )
    except SQLAlchemyError:
        LOG.exception("request %s: its refusal could not be written to the audit log", detail["request_id"])
