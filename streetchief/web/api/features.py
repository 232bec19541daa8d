"""Streets and complaints as GeoJSON, built by the database and passed on as bytes."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import text

from streetchief.storage.engine import transaction
from streetchief.web.api.inputs import Bbox, ComplaintQuery, StreetQuery, make_cursor, parse_bbox, parse_cursor
from streetchief.web.deps import EngineOf

router = APIRouter(prefix="/api", tags=["features"])
GEOJSON = "application/geo+json"
_IN_BOX = "geom && st_makeenvelope(:west, :south, :east, :north, 4326)"


@router.get("/streets")
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


@router.get("/complaints")
def complaints(query: Annotated[ComplaintQuery, Query()], engine: EngineOf) -> Response:
    """Complaints, newest stored first, one page at a time: follow `next` until it is null."""
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
    with transaction(engine) as session:
        features, last_id, more = session.execute(statement, values | _box_values(box)).one()
    cursor = make_cursor(last_id, query.filters()) if more else None
    response = _collection(features, {"next": cursor})
    if cursor:
        parameters = query.model_dump(exclude_none=True) | {"cursor": cursor}
        response.headers["Link"] = f'</api/complaints?{urlencode(parameters)}>; rel="next"'
    return response


def _box_values(box: Bbox | None) -> dict[str, Any]:
    return box._asdict() if box else {}


def _collection(features: str, members: dict[str, Any]) -> Response:
    head = json.dumps({"type": "FeatureCollection", **members})
    return Response(f'{head[:-1]}, "features": {features}}}'.encode(), media_type=GEOJSON)
