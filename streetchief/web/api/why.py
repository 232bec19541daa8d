"""Why a complaint stands where it stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from streetchief.pipeline.explain import explain
from streetchief.web.api.inputs import PLAIN
from streetchief.web.deps import CityOf, EngineOf

router = APIRouter(prefix="/api", tags=["why"])
Id = Annotated[str, Path(min_length=1, max_length=200, pattern=PLAIN)]


@router.get("/why/{feed}/{external_id:path}")
def why(feed: Id, external_id: Id, engine: EngineOf, city: CityOf) -> dict[str, Any]:
    """One paragraph in each language, with the verdict, the candidates and the versions that gave it."""
    return explain(engine, city, feed, external_id).as_dict()
