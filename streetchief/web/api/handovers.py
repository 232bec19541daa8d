"""A chief leaves: the open cases are handed over in one act."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, text

from streetchief.actors import Actor, Permission
from streetchief.casework.service import hand_over_cases
from streetchief.errors import OutOfScope
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction
from streetchief.web.api.sight import areas_of
from streetchief.web.auth import DispatcherOf
from streetchief.web.deps import EngineOf, FlowOf
from streetchief.web.schemas import Code, Strict, refused

router = APIRouter(prefix="/api/v1", tags=["cases"])
_COUNT = text("select count(*) from cases where street_code = :street and tier = :tier and closed_at is null")


class HandOver(Strict):
    """Whose cases go to whom."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"street": "QJ-001", "tier": 3, "leaver": "wang.wu", "successor": "li.na"}]}
    )
    street: Code
    tier: int = Field(ge=1, le=9)
    leaver: Code = Field(description="login of the chief who leaves")
    successor: Code = Field(description="login of the one who follows")


class HandedOver(BaseModel):
    """How many open cases were handed over."""

    cases: int


@router.post("/handovers", responses=refused(404, 409, 422))
def handed_over(body: HandOver, engine: EngineOf, flow: FlowOf, actor: DispatcherOf) -> HandedOver:
    """Hand every open case of the street and tier over: all of them or none."""
    areas_of(engine, actor, Permission.DISPATCH, body.street)
    must_see_all(engine, actor, body)
    done = hand_over_cases(
        engine, street=body.street, tier=body.tier, leaver=body.leaver, successor=body.successor, by=actor,
        now=datetime.now(UTC), facts_of=flow.facts_of,
    )  # fmt: skip
    return HandedOver(cases=done)


def must_see_all(engine: Engine, actor: Actor, body: HandOver) -> None:
    """Raise OutOfScope if row-level security hides one of the cases: the second wall of a write."""
    asked = {"street": body.street, "tier": body.tier}
    with acting(engine, actor, Permission.DISPATCH) as session:
        seen = session.execute(_COUNT, asked).scalar_one()
    with transaction(engine) as session:
        there = session.execute(_COUNT, asked).scalar_one()
    if seen != there:
        raise OutOfScope("no_street", street=body.street)
