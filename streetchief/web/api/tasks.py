"""What the asker's department was called to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from streetchief.actors import Actor, Permission
from streetchief.casework.actions import Proof, WhistleKind
from streetchief.casework.case import TaskState
from streetchief.storage.acting import acting
from streetchief.web.auth import CalledOf
from streetchief.web.deps import EngineOf
from streetchief.web.schemas import BIGGEST_ID, Strict, as_json, refused

router = APIRouter(prefix="/api/v1", tags=["tasks"])
MOST_TASKS = 200
_PAGE = (
    "with page as ("
    "select t.case_id as case, c.number as case_number, c.street_code as street, c.segment_code as segment, c.version, "
    "t.number as task, t.kind, t.department, t.caller, t.state, t.is_open, t.called_at, t.arrive_due_at, "
    "t.finish_due_at, t.arrived_at, t.proof, t.done_at, t.returned_at, t.left_at, t.was_no_show, t.has_left_early, "
    "t.score from case_tasks t join cases c on c.id = t.case_id where t.department = any(:mine) and {where} "
    "order by t.case_id desc, t.number desc limit :limit) "
    "select coalesce(json_agg(to_json(page) order by page.case desc, page.task desc)::text, '[]') from page"
)
_EXAMPLE: dict[str, Any] = {
    "case": 17, "case_number": "qingjiang-20260302-17", "street": "QJ-001", "segment": "QJ-001-02", "version": 5,
    "task": 1, "kind": "joint_enforcement", "department": "police", "caller": "wang.wu", "state": "called",
    "is_open": True, "called_at": "2026-03-02T01:00:00+00:00", "arrive_due_at": "2026-03-02T01:30:00+00:00",
    "finish_due_at": None, "arrived_at": None, "proof": None, "done_at": None, "returned_at": None, "left_at": None,
    "was_no_show": False, "has_left_early": False, "score": None,
}  # fmt: skip


class TaskQuery(Strict):
    """Which tasks."""

    open: bool | None = Field(None, description="whether the department still owes something")
    below: int | None = Field(None, ge=1, le=BIGGEST_ID, description="tasks of cases with a smaller id: the next page")
    limit: int = Field(100, ge=1, le=MOST_TASKS)


class TaskLine(BaseModel):
    """A task with the case to which it belongs; `version` is the one to act on."""

    case: int
    case_number: str
    street: str | None
    segment: str | None
    version: int
    task: int
    kind: WhistleKind
    department: str
    caller: str
    state: TaskState
    is_open: bool
    called_at: datetime
    arrive_due_at: datetime | None
    finish_due_at: datetime | None
    arrived_at: datetime | None
    proof: Proof | None
    done_at: datetime | None
    returned_at: datetime | None
    left_at: datetime | None
    was_no_show: bool
    has_left_early: bool
    score: int | None


class TaskPage(BaseModel):
    """Tasks, those of the newest case first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tasks": [_EXAMPLE]}]})
    tasks: list[TaskLine]


@router.get("/tasks", responses={200: {"model": TaskPage}, **refused(422)})
def tasks(query: Annotated[TaskQuery, Query()], engine: EngineOf, actor: CalledOf) -> Response:
    """The tasks of the asker's departments."""
    where = ["true"]
    where += ["t.is_open = :open"] if query.open is not None else []
    where += ["t.case_id < :below"] if query.below is not None else []
    asked = query.model_dump(exclude_none=True) | {"mine": sorted(departments_of(actor))}
    with acting(engine, actor, Permission.REPORT_IN) as session:
        found = session.execute(text(_PAGE.format(where=" and ".join(where))), asked).scalar_one()
    return as_json(f'{{"tasks": {found}}}')


def departments_of(actor: Actor) -> frozenset[str]:
    """The departments for which the actor reports in."""
    held = (grant for grant in actor.grants if Permission.REPORT_IN in grant.permissions)
    return frozenset(grant.department for grant in held if grant.department is not None)
