"""What answers look like in the API's description."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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
from streetchief.words import LANGUAGES, sentence

BIGGEST_ID = 2**63 - 1
BIGGEST_VERSION = 2**31 - 1
PLAIN = r"^[^\x00-\x1f\x7f]+$"
IdOf = Annotated[int, Path(ge=1, le=BIGGEST_ID)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PLAIN)]
SHOWN_ID = "5b0c3f0e8d1c4b0f9a7d2e6c1f3a8b9d"
_EXAMPLES: dict[int, StreetChiefError] = {
    401: Unauthorised(),
    403: Forbidden(),
    404: NotFound("no_case", case=17),
    409: Conflict("login_taken", login="li.na"),
    422: BadInput("bad_parameters", names="limit"),
    429: TooMany(wait_s=8),
    503: Unavailable("database_gone"),
}
_WHEN = {
    401: "nobody is signed in, or what was shown proves nothing",
    403: "signed in, but not allowed to do this",
    404: "there is none, or none in your scope: the answer is the same, word for word",
    409: "it contradicts what is stored",
    422: "what was sent cannot be understood; `names` of the parameters, never their content",
    429: "too often; `Retry-After` says how many seconds to wait",
    503: "the database cannot be reached",
}


class Strict(BaseModel):
    """What a caller sends: nothing beside the declared fields, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ErrorBody(BaseModel):
    """Every refusal: a code for programs, a sentence for people in both languages, the id of the request."""

    code: str = Field(description="stable; for programs")
    zh: str
    en: str
    request_id: str = Field(description="also in the header `X-Request-ID`; the program's log knows it")


class Stale(ErrorBody):
    """The refusal of a step that was decided on an old version: how the case stands now."""

    state: str | None = Field(None, description="present state; null where another conflict is meant")
    version: int | None = Field(None, description="present version; null where another conflict is meant")


class Words(BaseModel):
    """One idea in both languages."""

    zh: str
    en: str


def shown_error(error: StreetChiefError, request_id: str) -> dict[str, Any]:
    """An error as its body."""
    return {
        "code": error.code,
        **{language: sentence(error, language) for language in LANGUAGES},
        "request_id": request_id,
    }


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may refuse with these statuses."""
    return {
        status: {
            "model": ErrorBody,
            "description": _WHEN[status],
            "content": {"application/json": {"example": shown_error(_EXAMPLES[status], SHOWN_ID)}},
        }
        for status in statuses
    }


def refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for a route that asks who you are and reads the database, as nearly all do."""
    return refusals(401, 403, 503, *statuses)


def as_json(body: str) -> Response:
    """JSON that the database built, passed on as it is."""
    return Response(body.encode(), media_type=JSONResponse.media_type)
