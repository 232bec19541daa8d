"""The audit log: who did what, and whether it is as it was written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from streetchief.storage import audit
from streetchief.storage.engine import transaction
from streetchief.web.api.steps import Instant
from streetchief.web.auth import AuditorOf
from streetchief.web.deps import EngineOf
from streetchief.web.schemas import BIGGEST_ID, Name, Strict, refused

router = APIRouter(prefix="/api/v1", tags=["audit"])
MOST_ROWS = 500
_EXAMPLE: dict[str, Any] = {
    "id": 9, "at": "2026-03-02T01:00:00Z", "actor": "li.na", "action": "http.get", "subject": "/api/v1/cases/17",
    "result": "refused", "detail": {"code": "no_case", "source": "127.0.0.1", "request_id": "5b0c"},
}  # fmt: skip


class AuditQuery(Strict):
    """Which rows."""

    actor: Name | None = None
    action: Name | None = Field(None, description="or its beginning, e.g. `account.`")
    result: Literal["done", "refused"] | None = None
    since: Instant | None = None
    before: int = Field(BIGGEST_ID, ge=1, le=BIGGEST_ID, description="`next` of the page before")
    limit: int = Field(100, ge=1, le=MOST_ROWS)


class AuditLine(BaseModel):
    """One act."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    result: Literal["done", "refused"]
    detail: dict[str, str | int | bool | None]


class AuditPage(BaseModel):
    """Rows, newest first; `next` is null on the last page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"next": None, "rows": [_EXAMPLE]}]})
    next: int | None
    rows: list[AuditLine]


class AnchorQuery(Strict):
    """What was noted at an earlier verification, kept outside of this database."""

    anchor: Annotated[str, Field(pattern=r"^[0-9]{1,18}:[0-9a-f]{64}$")] | None = None


class Verified(BaseModel):
    """Whether the log is as it was written; keep the `anchor` somewhere else."""

    is_sound: bool
    anchor: str = Field(description="count:hash of the end of the log")
    row: int | None = Field(description="the first row that is not as it was written")
    what: str | None = Field(description="changed | missing | cut | beyond | head | anchor")


@router.get("/audit", responses=refused(422))
def rows(query: Annotated[AuditQuery, Query()], engine: EngineOf, actor: AuditorOf) -> AuditPage:
    """Who did what, newest first."""
    with transaction(engine) as session:
        found = audit.entries(
            session, actor=query.actor, action=query.action, result=query.result, since=query.since,
            before=query.before, most=query.limit + 1,
        )  # fmt: skip
        shown = [AuditLine.model_validate(row, from_attributes=True) for row in found[: query.limit]]
    return AuditPage(next=shown[-1].id if len(found) > query.limit else None, rows=shown)


@router.get("/audit/verify", responses=refused(422))
def verified(query: Annotated[AnchorQuery, Query()], engine: EngineOf, actor: AuditorOf) -> Verified:
    """Check every row of the log."""
    noted = None
    if query.anchor is not None:
        count, _, sealed = query.anchor.partition(":")
        noted = audit.Anchor(int(count), sealed)
    with transaction(engine) as session:
        broken = audit.verify(session, noted)
        end = str(audit.head(session)) if broken is None or broken.what != "head" else ""
    return Verified(
        is_sound=broken is None, anchor=end, row=broken.row if broken else None, what=broken.what if broken else None
    )  # fmt: skip
