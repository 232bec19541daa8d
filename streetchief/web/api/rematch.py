"""Rematch: stored complaints placed anew under another version of the register; first shown, then done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.pipeline.outlook import Outlook
from streetchief.pipeline.rematch import SAMPLE, commit, look_ahead
from streetchief.web.auth import RematcherOf
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.schemas import BIGGEST_VERSION, Code, Name, Strict, refused
from streetchief.words import LANGUAGES

router = APIRouter(prefix="/api/v1", tags=["rematch"])
MOST_SAMPLED = 1000


class Wanted(Strict):
    """Which complaints, under which version; left out = every feed, the current version."""

    feed: Code | None = None
    registry: int | None = Field(None, ge=1, le=BIGGEST_VERSION)
    sample: int = Field(SAMPLE, ge=0, le=MOST_SAMPLED, description="how many examples to show")


class Agreed(Wanted):
    """The outlook that was agreed to, by its fingerprint; the rest as it was asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seen": "2.212.212.0123456789abcdef"}]})
    seen: Name = Field(description="`fingerprint` of the outlook")


class OutlookShown(BaseModel):
    """What would change: figures for programs, sentences for the person who says yes.

    The `sample` names single complaints and cases, so it is shown to who may read all of them; else it is empty.
    """

    registry: int
    feeds: list[str]
    seen: int
    ended: int
    by_person: int
    complaints: dict[str, Any]
    cases: dict[str, Any]
    sample: list[dict[str, Any]]
    fingerprint: str
    said: dict[str, list[str]]


class Committed(BaseModel):
    """What was done; `rematch` is its number, null where nothing moved."""

    rematch: int | None
    outlook: OutlookShown


@router.get("/rematch", responses=refused(404, 422))
def outlook(query: Annotated[Wanted, Query()], engine: EngineOf, city: CityOf, actor: RematcherOf) -> OutlookShown:
    """What a rematch would change; nothing is written."""
    found = look_ahead(engine, city, by=actor, feed=query.feed, registry=query.registry, sample=query.sample)
    return _shown(found, actor)


@router.post("/rematch", responses=refused(404, 409, 422))
def committed(body: Agreed, engine: EngineOf, city: CityOf, actor: RematcherOf) -> Committed:
    """Do what the outlook showed, in one transaction; 409 when something else would happen by now."""
    done = commit(
        engine, city, body.seen, by=actor, now=datetime.now(UTC), feed=body.feed, registry=body.registry,
        sample=body.sample,
    )  # fmt: skip
    return Committed(rematch=done.rematch, outlook=_shown(done.outlook, actor))


def _shown(found: Outlook, actor: Actor) -> OutlookShown:
    plain = found.as_dict() | {"said": {language: found.sentences(language) for language in LANGUAGES}}
    if not allowed(actor, Permission.READ_CASE, Subject()):
        plain["sample"] = []
    return OutlookShown.model_validate(plain)
