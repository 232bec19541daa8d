"""One table from error to status, one shape of answer: ``{code, zh, en, request_id}``, or a page for a browser."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from streetchief.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    StreetChiefError,
    TooMany,
    Unauthorised,
    Unavailable,
)
from streetchief.web.pages.render import page
from streetchief.web.refusals import record_refusal
from streetchief.web.schemas import shown_error

STATUS: dict[type[StreetChiefError], int] = {
    BadInput: 422,
    Unauthorised: 401,
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    TooMany: 429,
    Unavailable: 503,
}
INTERNAL_STATUS = 500


def status_of(error: StreetChiefError) -> int:
    """The HTTP status of an error of ours; 500 for a class that the table does not know."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), INTERNAL_STATUS)


def answer(request: Request, error: StreetChiefError, status: int | None = None) -> Response:
    """An error as an answer: a page where a browser asked for one, JSON everywhere else."""
    status = status or status_of(error)
    body = shown_error(error, request.scope.get("request_id", ""))
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/"):
        shown: Response = page("error.html", status=status, **body)
    else:
        shown = JSONResponse(body | stands(error), status)
    if isinstance(error, TooMany):
        shown.headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, Unauthorised):
        shown.headers["WWW-Authenticate"] = "Bearer"
    return shown


def stands(error: StreetChiefError) -> dict[str, Any]:
    """How a case stands now, where the error is that the caller did not know."""
    if error.code != "stale_case":
        return {}
    return {"state": error.values["state_code"], "version": error.values["version"]}


def add_handlers(app: FastAPI) -> None:
    """Answer what routes raise.  What is not listed here is caught by the application's guard: 500."""
    app.add_exception_handler(StreetChiefError, _ours)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, StreetChiefError)
    record_refusal(request, error)
    return answer(request, error)


def _not_valid(request: Request, error: Exception) -> Response:
    """Names the parameters that are wrong, never their content."""
    assert isinstance(error, RequestValidationError)
    names = sorted({str(fault["loc"][-1])[:50] for fault in error.errors()})
    return answer(request, BadInput("bad_parameters", names=", ".join(names)))


def _http(request: Request, error: Exception) -> Response:
    """What the framework refuses; a body that it cannot read (400) is as wrong as one that does not fit (422)."""
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return answer(request, BadInput("bad_request"))
    code = {404: "no_page", 405: "bad_method"}.get(error.status_code, "bad_request")
    return answer(request, StreetChiefError(code), error.status_code)


def _database(request: Request, error: Exception) -> Response:
    return answer(request, Unavailable("database_gone"))
