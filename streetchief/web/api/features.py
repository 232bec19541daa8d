"""Streets and complaints as GeoJSON, built by the database and passed on as bytes.

Streets are public, as the plaques on them are; single complaints are for who may read cases, within the scope.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from streetchief.actors import Permission
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction
from streetchief.web.api.inputs import Bbox, ComplaintQuery, StreetQuery, make_cursor, parse_bbox, parse_cursor
from streetchief.web.auth import ReaderOf
from streetchief.web.deps import EngineOf
from streetchief.web.schemas import refusals, refused

router = APIRouter(tags=["features"])
GEOJSON = "application/geo+json"
_IN_BOX = "geom && st_makeenvelope(:west, :south, :east, :north, 4326)"


class Feature(BaseModel):
    """A feature of RFC 7946."""

    type: Literal["Feature"]
    id: int | str
    geometry: dict[str, Any]
    properties: dict[str, Any]


class Streets(BaseModel):
    """Segments of one version of the register; null and none before the first is published."""

    type: Literal["FeatureCollection"]
    registry_version: int | None
    features: list[Feature]


class Complaints(BaseModel):
    """One page; `next` is the cursor of the one after it, null on the last."""

    type: Literal["FeatureCollection"]
    next: str | None
    features: list[Feature]


class GeoJson(JSONResponse):
    """GeoJSON that is bytes already."""

    media_type = GEOJSON

    def render(self, content: bytes) -> bytes:
        """As it is."""
        return content


_STREETS: dict[str, Any] = {"response_class": GeoJson, "responses": {200: {"model": Streets}, **refusals(422, 503)}}
_COMPLAINTS: dict[str, Any] = {"response_class": GeoJson, "responses": {200: {"model": Complaints}, **refused(422)}}


@router.get("/api/v1/streets", **_STREETS)
@router.get("/api/streets", deprecated=True, **_STREETS)
def streets(query: Annotated[StreetQuery, Query()], engine: EngineOf) -> Response:
    """The segments of the current registry, those that touch the box or all."""
    box = parse_bbox(query.bbox)
    where = _IN_BOX if box else "true"
    statement = text(
        "select (select max(version) from registry_versions), "
        f"coalesce((select json_agg(feature order by code)::text from segment_features where {where}), '[]')"
    )
    with transaction(engine) as session:
        version, features = session.execute(statement, _box_values(box)).one()
    return _collection(features, {"registry_version": version})


@router.get("/api/v1/complaints", **_COMPLAINTS)
@router.get("/api/complaints", deprecated=True, **_COMPLAINTS)
def complaints(
    query: Annotated[ComplaintQuery, Query()], request: Request, engine: EngineOf, actor: ReaderOf
) -> Response:
    """Complaints in the asker's scope, newest stored first, one page at a time: follow `next` until it is null."""
    box = parse_bbox(query.bbox)
    before = parse_cursor(query.cursor, query.filters())
    conditions = {
        "id < :before": before,
        "verdict = :verdict": query.verdict,
        "department = :department": query.department,
        "street_code = :street": query.street,
    }
    where = " and ".join([*(c for c, value in conditions.items() if value is not None), _IN_BOX if box else "true"])
    statement = text(
        f"with page as (select id, feature from complaint_features where {where} order by id desc limit :most + 1), "
        "shown as (select id, feature from page order by id desc limit :most) "
        "select coalesce((select json_agg(feature order by id desc)::text from shown), '[]'), "
        "(select min(id) from shown), (select count(*) from page) > :most"
    )
    values = query.model_dump(include={"verdict", "department", "street"}) | {"before": before, "most": query.limit}
    with acting(engine, actor, Permission.READ_CASE) as session:
        features, last_id, more = session.execute(statement, values | _box_values(box)).one()
    cursor = make_cursor(last_id, query.filters()) if more else None
    response = _collection(features, {"next": cursor})
    if cursor:
        parameters = query.model_dump(exclude_none=True) | {"cursor": cursor}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(parameters)}>; rel="next"'
    return response


def _box_values(box: Bbox | None) -> dict[str, Any]:
    return box._asdict() if box else {}


def _collection(features: str, members: dict[str, Any]) -> Response:
    head = json.dumps({"type": "FeatureCollection", **members})
    return GeoJson(f'{head[:-1]}, "features": {features}}}'.encode())
