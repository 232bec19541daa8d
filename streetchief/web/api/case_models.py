"""A case as answers show it, and what the asker may do to it: the buttons, as data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from streetchief.actors import Actor
from streetchief.casework.actions import NOTHING, Action, Need, Proof, WhistleKind
from streetchief.casework.case import Case, Holder, RequestKind, StepClock, Task, TaskState
from streetchief.casework.permits import refusal
from streetchief.casework.states import EDGES, State
from streetchief.casework.whistle import is_open, open_tasks
from streetchief.web.schemas import Words
from streetchief.words import entry

_AT = "2026-03-02T01:00:00Z"
CLOCKS = ("clock", "answer", "whole")
_CLOCK = {"limit": "clock", "step": "handle", "started_at": _AT, "due_at": "2026-03-04T01:00:00Z", "is_paused": False,
          "provisional": False, "calendar_version": "2026-1", "tier": None, "extensions": 0}  # fmt: skip
EXAMPLE: dict[str, Any] = {
    "id": 17, "number": "qingjiang-20260302-17", "state": "dispatched", "stage": 3, "version": 3, "opened_at": _AT,
    "last_at": _AT, "closed_at": None, "scheme": "CJJ/T 214", "kind": "event", "code": "0204", "condition": None,
    "segment": "QJ-001-02", "street": "QJ-001", "areas": ["QJ-03", "QJ"], "registry_version": 1,
    "held_by": "department",
    "department": "urban_management", "supervisor": "sanitation", "tier": None, "needs_check": True, "is_checked": True,
    "is_passed": None, "is_forced": False, "request": None, "suspended_until": None, "extensions": 0, "suspensions": 0,
    "reworks": 0, "urged": 0, "complaints": [412], "parent_id": None, "clocks": [_CLOCK], "whistles": [], "tasks": [],
    "call_back": None,
}  # fmt: skip


class ClockShown(BaseModel):
    """A limit that runs: of the present step (`clock`), of the tier that answers, or end to end (`whole`)."""

    limit: str = Field(description="clock | answer | whole")
    step: str
    started_at: datetime
    due_at: datetime | None = Field(description="null while it is paused")
    is_paused: bool
    provisional: bool = Field(description="a day on the way is in a year whose calendar is not announced yet")
    calendar_version: str
    tier: int | None
    extensions: int


class TaskShown(BaseModel):
    """What one called department owes."""

    number: int
    whistle: int
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
    distance_m: float | None
    done_at: datetime | None
    returned_at: datetime | None
    left_at: datetime | None
    has_left_early: bool
    was_no_show: bool
    score: int | None
    is_score_struck: bool


class WhistleShown(BaseModel):
    """One call of departments."""

    number: int
    kind: WhistleKind
    caller: str
    called_at: datetime
    settled_at: datetime | None


class CallBackShown(BaseModel):
    """What the complainant said; null = not asked, because nobody answered."""

    answered: bool
    solved: bool | None
    satisfied: bool | None


class CaseShown(BaseModel):
    """A case after an event: the fold of its events up to `version`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    id: int
    number: str
    state: State
    stage: int = Field(ge=1, le=7)
    version: int
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    scheme: str
    kind: str | None
    code: str | None
    condition: str | None
    segment: str | None
    street: str | None
    areas: list[str]
    registry_version: int
    held_by: Holder | None
    department: str | None
    supervisor: str | None
    tier: int | None
    needs_check: bool
    is_checked: bool | None
    is_passed: bool | None
    is_forced: bool
    request: RequestKind | None
    suspended_until: datetime | None
    extensions: int
    suspensions: int
    reworks: int
    urged: int
    complaints: list[int]
    parent_id: int | None
    clocks: list[ClockShown]
    whistles: list[WhistleShown]
    tasks: list[TaskShown]
    call_back: CallBackShown | None


class ActionShown(BaseModel):
    """A step that the asker may take now, as far as roles and the state go; the case's own history may still refuse it.

    `waits_for_tasks`: refused until the called departments are done (事不完、人不撤).
    """

    action: Action
    name: Words
    needs: list[Need]
    to: list[State]
    waits_for_tasks: bool


class CaseDetail(CaseShown):
    """A case with what the asker may do to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE
                | {
                    "actions": [
                        {"action": "acknowledge", "name": {"zh": "确认接收", "en": "acknowledge"}, "needs": [],
                         "to": ["acknowledged"], "waits_for_tasks": False}
                    ]
                }
            ]
        }
    )  # fmt: skip
    actions: list[ActionShown]


def shown(case: Case) -> CaseShown:
    """A case as it is shown to everybody who may see it."""
    return CaseShown.model_validate(_fields(case))


def detail(case: Case, actor: Actor) -> CaseDetail:
    """The same with the asker's buttons."""
    return CaseDetail.model_validate(_fields(case) | {"actions": open_to(case, actor)})


def open_to(case: Case, actor: Actor) -> list[ActionShown]:
    """What the actor may do to the case now, in the order of the table."""
    is_busy = bool(open_tasks(case))
    return [
        ActionShown(
            action=action,
            name=Words(**entry(f"case.action.{action}")),
            needs=list(edge.needs),
            to=sorted(edge.ends()),
            waits_for_tasks=edge.needs_no_task and is_busy,
        )
        for (state, action), edge in EDGES.items()
        if state == case.state and action != Action.ABSORB and refusal(case, action, edge, actor, NOTHING) is None
    ]


def _fields(case: Case) -> dict[str, Any]:
    kinds = {whistle.number: whistle.kind for whistle in case.whistles}
    plain = {name: getattr(case, name) for name in CaseShown.model_fields if name in Case.__slots__}
    return plain | {
        "stage": int(case.stage),
        "request": case.request.kind if case.request else None,
        "clocks": [_clock(name, clock) for name in CLOCKS if (clock := getattr(case, name)) is not None],
        "whistles": [_named(WhistleShown, whistle) for whistle in case.whistles],
        "tasks": [_task(task, kinds[task.whistle]) for task in case.tasks],
        "call_back": _named(CallBackShown, case.call_back) if case.call_back else None,
    }


def _clock(name: str, clock: StepClock) -> dict[str, Any]:
    is_paused = clock.due_at is None
    return _named(ClockShown, clock) | {"limit": name, "is_paused": is_paused}


def _task(task: Task, kind: WhistleKind) -> dict[str, Any]:
    return _named(TaskShown, task) | {"kind": kind, "is_open": is_open(task)}


def _named(model: type[BaseModel], value: object) -> dict[str, Any]:
    """The fields of a value that the model shows."""
    return {name: getattr(value, name) for name in model.model_fields if hasattr(value, name)}
