"""Why a complaint stands where it stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy import Engine, text

from streetchief.actors import Actor, Permission
from streetchief.errors import NotFound, OutOfScope
from streetchief.pipeline.explain import explain
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction
from streetchief.web.auth import ReaderOf
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.schemas import PLAIN, Words, refused

router = APIRouter(tags=["why"])
Id = Annotated[str, Path(min_length=1, max_length=200, pattern=PLAIN)]
_SEEN = text("select exists (select from complaints where feed = :feed and external_id = :external_id)")


class Reasons(BaseModel):
    """A placing and a routing in words, with the versions that gave them."""

    complaint: dict[str, Any]
    placing: dict[str, Any]
    chiefs: list[dict[str, Any]]
    map_svg: str
    paragraph: Words


@router.get("/api/v1/why/{feed}/{external_id:path}", responses=refused(404, 422))
@router.get("/api/why/{feed}/{external_id:path}", responses=refused(404, 422), deprecated=True)
def why(feed: Id, external_id: Id, engine: EngineOf, city: CityOf, actor: ReaderOf) -> Reasons:
    """One paragraph in each language, with the verdict, the candidates and the versions that gave it."""
    must_see(engine, actor, feed, external_id)
    return Reasons.model_validate(explain(engine, city, feed, external_id).as_dict())


def must_see(engine: Engine, actor: Actor, feed: str, external_id: str) -> None:
    """Raise OutOfScope, said as if there were no such complaint, unless it lies in the actor's scope."""
    asked = {"feed": feed, "external_id": external_id}
    with acting(engine, actor, Permission.READ_CASE) as session:
        if session.execute(_SEEN, asked).scalar_one():
            return
    with transaction(engine) as session:
        refused_as = OutOfScope if session.execute(_SEEN, asked).scalar_one() else NotFound
    raise refused_as(what=f"{feed} {external_id}")
