"""Acting on a case: one step of the table, decided on a version, under a key that makes a repeat harmless."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints
from sqlalchemy import Engine, text

from streetchief.casework import store
from streetchief.casework.actions import NOTHING, Action, Given, Proof, WhistleKind
from streetchief.casework.case import Case
from streetchief.casework.decide import LONGEST_TEXT
from streetchief.casework.fold import fold
from streetchief.errors import BadInput, Conflict, Key
from streetchief.storage.engine import transaction
from streetchief.web.api.case_models import CaseShown, shown
from streetchief.web.api.sight import must_see_case
from streetchief.web.auth import ReaderOf
from streetchief.web.deps import EngineOf, FlowOf
from streetchief.web.schemas import (
    BIGGEST_ID,
    BIGGEST_VERSION,
    SHOWN_ID,
    Code,
    IdOf,
    Stale,
    Strict,
    refused,
    shown_error,
)

router = APIRouter(prefix="/api/v1", tags=["cases"])
KeyOf = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=100, pattern=r"^[0-9A-Za-z._:-]+$",
        description="made anew for every step that a person decides on; the same again when the answer got lost",
    ),
]  # fmt: skip
TWO_SIDED = (Action.MERGE, Action.ABSORB)
"""Halves of one act on two cases: ``POST /cases/{id}/merge`` takes both."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
Said = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Photo = Annotated[str, StringConstraints(max_length=128, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]
_SEQ = text("select seq from case_events where case_id = :id and key = :key")
_STALE: dict[str, Any] = {
    **shown_error(Conflict("stale_case", state=Key("case.state.in_hand"), state_code="in_hand", version=5), SHOWN_ID),
    "state": "in_hand",
    "version": 5,
}


def in_our_time(at: datetime) -> datetime:
    """An instant that every zone can say; raises ValueError else."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError("out of range")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(in_our_time)]


class GivenIn(Strict):
    """What comes with a step; which of it a step needs is in `actions` of the case and in `/api/v1/lifecycle`."""

    result: bool | None = Field(None, description="check_report: whether the report is true")
    opinion: Said | None = None
    photo: Photo | None = Field(None, description="reference of a stored picture")
    reason: Said | None = None
    department: Code | None = Field(None, description="to which, or whose task is meant")
    departments: list[Code] | None = Field(None, min_length=1, max_length=30, description="called by a whistle")
    kind: WhistleKind | None = None
    tier: int | None = Field(None, ge=1, le=9, description="hand_to_chief: begin with this tier instead of the lowest")
    segment: Code | None = None
    until: Instant | None = Field(None, description="suspend_request: the latest end")
    score: int | None = Field(None, ge=1, le=5, description="1 bad … 5 good")
    proof: Proof | None = None
    plaque: Code | None = Field(None, description="the signed code on the segment's plaque")
    distance_m: float | None = Field(
        None, ge=0, le=1_000_000, description="of the check-in to the segment; no position"
    )
    passed: bool | None = Field(None, description="verify")
    answered: bool | None = Field(None, description="call_back")
    solved: bool | None = None
    satisfied: bool | None = None
    complaint: int | None = Field(None, ge=1, le=BIGGEST_ID)
    parent: int | None = Field(None, ge=1, le=BIGGEST_ID)
    other: int | None = Field(None, ge=1, le=BIGGEST_ID, description="id of the other case")
    leaver: Code | None = None
    successor: Code | None = None


class StepIn(Strict):
    """A step that somebody decided on while the case stood at `version`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "dispatch", "version": 2, "given": {"department": "urban_management"}},
                {"action": "whistle", "version": 3,
                 "given": {"kind": "joint_enforcement", "departments": ["police", "sanitation"]}},
                {"action": "verify", "version": 9, "given": {"passed": True, "opinion": "已清理", "photo": "p-3141"}},
            ]
        }
    )  # fmt: skip
    action: Action
    version: int = Field(ge=1, le=BIGGEST_VERSION)
    given: GivenIn | None = None


STALE: dict[str, Any] = {
    "model": Stale,
    "description": "the case changed meanwhile (`stale_case`, with its state and version), the table has no "
    "such step, the case's own history forbids it, or the key belongs to another step",
    "content": {"application/json": {"example": _STALE}},
}
"""The 409 of a step."""


@router.post(
    "/cases/{id}/actions",
    responses={**refused(404, 422), 409: STALE},
)
def step(id: IdOf, body: StepIn, key: KeyOf, engine: EngineOf, flow: FlowOf, actor: ReaderOf) -> CaseShown:
    """Take one step.  The answer is the case after it; the same key again changes nothing and gives the same answer."""
    must_see_case(engine, actor, id, key)
    if body.action in TWO_SIDED:
        raise BadInput("step_of_two_cases", action=Key(f"case.action.{body.action}"))
    case = flow.act(
        id, body.action, by=actor, now=datetime.now(UTC), version=body.version, key=key, given=_given(body.given)
    )  # fmt: skip
    return shown(as_answered(engine, case, key))


def as_answered(engine: Engine, case: Case, key: str) -> Case:
    """The case as it stood after the event of this key; as it stands now if the step changed nothing."""
    with transaction(engine) as session:
        seq = session.execute(_SEQ, {"id": case.id, "key": key}).scalar()
        if seq is None or seq == case.version:
            return case
        return fold(store.load_events(session, case.id)[:seq])


def _given(body: GivenIn | None) -> Given:
    if body is None:
        return NOTHING
    fields = {name: getattr(body, name) for name in GivenIn.model_fields}
    return Given(**(fields | {"departments": None if body.departments is None else tuple(body.departments)}))
