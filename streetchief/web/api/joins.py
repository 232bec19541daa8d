"""Cases that are one matter: proposed, and merged by a person."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from streetchief.actors import Permission
from streetchief.casework import joining
from streetchief.pipeline.casejoins import merge
from streetchief.storage.acting import acting
from streetchief.web.api.case_models import CaseShown, shown
from streetchief.web.api.sight import must_see_case
from streetchief.web.api.steps import STALE, KeyOf
from streetchief.web.auth import RegistrarOf
from streetchief.web.deps import CityOf, EngineOf, FlowOf
from streetchief.web.schemas import BIGGEST_ID, BIGGEST_VERSION, IdOf, Strict, refused

router = APIRouter(prefix="/api/v1", tags=["cases"])


class Proposal(BaseModel):
    """Two open cases alike in class, place and time; `other` is the older one."""

    case: int
    other: int
    distance_m: float
    apart_s: float


class Proposals(BaseModel):
    """The merges to propose."""

    proposals: list[Proposal]


class MergeInto(Strict):
    """Into which case, and the versions of both that were seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": 16, "version": 3, "into_version": 5}]})
    into: int = Field(ge=1, le=BIGGEST_ID)
    version: int = Field(ge=1, le=BIGGEST_VERSION)
    into_version: int = Field(ge=1, le=BIGGEST_VERSION)


class Merged(BaseModel):
    """Both cases as they stand then."""

    case: CaseShown
    into: CaseShown


@router.get("/repeats", responses=refused())
def proposed(engine: EngineOf, city: CityOf, actor: RegistrarOf) -> Proposals:
    """The merges to propose in the asker's sight; none where the city says nothing about repeats."""
    rule = city.repeats
    if rule is None:
        return Proposals(proposals=[])
    with acting(engine, actor, Permission.READ_CASE) as session:
        found = joining.find_repeats(session, within_m=rule.within_m, within=rule.within, by=actor)
    return Proposals(
        proposals=[
            Proposal(case=one.case, other=one.other, distance_m=one.distance_m, apart_s=one.apart.total_seconds())
            for one in found
        ]
    )


@router.post("/cases/{id}/merge", responses={**refused(404, 422), 409: STALE})
def merged(id: IdOf, body: MergeInto, key: KeyOf, engine: EngineOf, flow: FlowOf, actor: RegistrarOf) -> Merged:
    """Merge a case into another that carries its complaints on; the same key again changes nothing."""
    for case_id in (id, body.into):
        must_see_case(engine, actor, case_id, key)
    emptied, kept = merge(
        flow, id, into=body.into, by=actor, now=datetime.now(UTC), version=body.version,
        into_version=body.into_version, key=key,
    )  # fmt: skip
    return Merged(case=shown(emptied), into=shown(kept))
