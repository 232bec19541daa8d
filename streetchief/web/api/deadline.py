"""The deadline calculator: which limit holds, when it is due, and the days that counted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from streetchief.casework.buckets import Bucket
from streetchief.casework.clock import MOST_EXTENSIONS, Clock
from streetchief.casework.deadlines import Step, Unit
from streetchief.casework.worked import Worked, kind_of
from streetchief.errors import BadInput, NotFound
from streetchief.web.api.steps import Instant
from streetchief.web.auth import ActorOf
from streetchief.web.deps import CityOf, FlowOf
from streetchief.web.schemas import Code, Name, Strict, refused

router = APIRouter(prefix="/api/v1", tags=["deadline"])
_EXAMPLE: dict[str, Any] = {
    "limit": {"amount": "2", "unit": "work_day", "step": "handle", "scheme": "CJJ/T 214", "kind": "event",
              "code": "0201",
              "condition": None, "basis": "DB", "is_inferred": False},
    "start_at": "2026-02-13T02:00:00+00:00", "extensions": 0, "due_at": "2026-02-24T02:00:00+00:00",
    "provisional": False, "bucket": "normal", "asked_at": "2026-02-13T02:00:00+00:00", "calendar_version": "2026-1",
    "days": [{"day": "2026-02-13", "kind": "work", "is_known": True, "counted_s": 21600}],
}  # fmt: skip


class DeadlineQuery(Strict):
    """Which limit, from when; `at` is the instant of the bucket, now if it is left out."""

    scheme: Name
    code: Code
    start: Instant
    kind: Literal["component", "event"] | None = Field(None, description="needed where both kinds have the code")
    condition: Name | None = None
    step: Step = Step.HANDLE
    extensions: int = Field(0, ge=0, le=MOST_EXTENSIONS)
    paused_from: Instant | None = None
    paused_until: Instant | None = Field(None, description="left out = still paused")
    at: Instant | None = None


class LimitShown(BaseModel):
    """The limit that holds."""

    amount: str
    unit: Unit
    step: Step
    scheme: str
    kind: str
    code: str
    condition: str | None
    basis: str
    is_inferred: bool


class DayShown(BaseModel):
    """A day on the way and how much of it counted."""

    day: date
    kind: str
    is_known: bool
    counted_s: int


class DeadlineShown(BaseModel):
    """The working; `due_at` is null while it is paused."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    limit: LimitShown
    start_at: datetime
    extensions: int
    due_at: datetime | None
    provisional: bool | None
    bucket: Bucket
    asked_at: datetime
    calendar_version: str
    days: list[DayShown]


@router.get("/deadline", responses=refused(404, 422))
def deadline(query: Annotated[DeadlineQuery, Query()], city: CityOf, flow: FlowOf, actor: ActorOf) -> DeadlineShown:
    """When a step is due.  404 where no limit is known: none is ever made up."""
    calendar = flow.times.calendar
    if calendar is None:
        raise BadInput("no_calendar", city=city.code)
    kind = kind_of(city, query.scheme, query.code, query.kind)
    level = flow.times.limits.find(query.scheme, kind, query.code, query.condition, query.step)
    if level is None:
        raise NotFound("no_limit", scheme=query.scheme, category=query.code)
    pauses = () if query.paused_from is None else ((query.paused_from, query.paused_until),)
    clock = Clock(query.start, level, pauses, query.extensions)
    return DeadlineShown.model_validate(Worked(clock, calendar, city, query.at or datetime.now(UTC)).as_dict())
