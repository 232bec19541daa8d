"""Lists of cases and of what happened to one: what may be asked, and how the answers look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from streetchief.casework.actions import Action
from streetchief.casework.buckets import Bucket
from streetchief.casework.case import Holder, RequestKind
from streetchief.casework.states import State
from streetchief.web.schemas import BIGGEST_ID, BIGGEST_VERSION, Code, Strict

MOST_CASES, MOST_EVENTS = 200, 500
_AT = "2026-03-02T01:00:00+00:00"
_LINE: dict[str, Any] = {
    "id": 17, "number": "qingjiang-20260302-17", "state": "dispatched", "stage": 3, "held_by": "department",
    "tier": None, "department": "urban_management", "departments": ["sanitation", "urban_management"],
    "areas": ["QJ-03", "QJ"], "street_code": "QJ-001", "street_name": "青江大道", "segment_code": "QJ-001-02",
    "scheme": "CJJ/T 214", "kind": "event", "code": "0204", "category": "暴露垃圾", "opened_at": _AT,
    "due_at": "2026-03-04T01:00:00+00:00", "due_step": "handle", "due_provisional": False, "answer_due_at": None,
    "whole_due_at": None, "request": None, "suspended_until": None, "urged": 0, "open_tasks": 0, "parent_id": None,
    "closed_at": None, "version": 3, "soon_at": "2026-03-03T01:00:00+00:00",
    "severe_at": "2026-03-08T01:00:00+00:00", "bucket": "normal",
}  # fmt: skip


class CaseQuery(Strict):
    """Parameters of the list; every one that is given narrows it."""

    state: State | None = None
    department: Code | None = Field(None, description="handles, supervises or was called")
    street: Code | None = Field(None, description="street code")
    area: Code | None = Field(None, description="area code; also finds the areas below it")
    tier: int | None = Field(None, ge=1, le=9, description="of the chief who answers, 1 is the highest")
    bucket: Bucket | None = Field(None, description="of the present step's limit; cases that ended are in none")
    overdue: bool | None = Field(None, description="whether the present step's limit is over, slightly or severely")
    open: bool | None = Field(None, description="whether it has not ended")
    cursor: str | None = Field(None, max_length=60, description="`next` of the page before, with the same filters")
    limit: int = Field(100, ge=1, le=MOST_CASES)

    def filters(self) -> tuple[object, ...]:
        """What a cursor belongs to."""
        return tuple(sorted((name, str(value)) for name, value in self if name not in ("cursor", "limit")))


class CaseLine(BaseModel):
    """A case in a list."""

    id: int
    number: str
    state: State
    stage: int
    held_by: Holder | None
    tier: int | None
    department: str | None
    departments: list[str]
    areas: list[str]
    street_code: str | None
    street_name: str | None
    segment_code: str | None
    scheme: str
    kind: str | None
    code: str | None
    category: str | None
    opened_at: datetime
    due_at: datetime | None
    due_step: str | None
    due_provisional: bool
    answer_due_at: datetime | None
    whole_due_at: datetime | None
    request: RequestKind | None
    suspended_until: datetime | None
    urged: int
    open_tasks: int
    parent_id: int | None
    closed_at: datetime | None
    version: int
    soon_at: datetime | None = Field(description="from here on due soon; null until a worker has marked it")
    severe_at: datetime | None = Field(description="after here severely overdue; null likewise")
    bucket: Bucket | None


class CasePage(BaseModel):
    """One page; `next` is null on the last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"next": None, "cases": [_LINE]}]})
    next: str | None
    cases: list[CaseLine]


class EventQuery(Strict):
    """Which events."""

    after: int = Field(0, ge=0, le=BIGGEST_VERSION)
    limit: int = Field(MOST_EVENTS, ge=1, le=MOST_EVENTS)


class EventLine(BaseModel):
    """One appended fact; `hash` seals it and all before it."""

    seq: int
    at: datetime
    actor: str
    action: Action
    state: State
    payload: dict[str, Any]
    prev_hash: str
    hash: str


class EventPage(BaseModel):
    """What happened to a case, in order."""

    case: int
    events: list[EventLine]


class OpenCase(Strict):
    """The complaint for which a case is opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"complaint": 412}]})
    complaint: int = Field(ge=1, le=BIGGEST_ID)
