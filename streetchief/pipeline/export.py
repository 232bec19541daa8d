"""Complaints as a GeoJSON file for others: verdict, street, departments and chiefs, no personal data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from streetchief.city import City
from streetchief.registry import service as registry_service
from streetchief.registry.exports import shown_chief
from streetchief.registry.model import Registry
from streetchief.storage.engine import transaction

_COLUMNS = (
    "feed", "external_id", "reported_at", "scheme", "kind", "code", "category", "verdict", "reason", "confidence",
    "evidence", "segment_code", "street_name", "distance_m", "runner_up_street", "margin_m", "area_code",
    "area_name", "department", "supervisor", "co_departments", "triage_reason", "synthetic", "registry_version",
    "model_version",
)  # fmt: skip
_QUERY = text(
    f"select f.id, {', '.join(f'f.{name}' for name in _COLUMNS)}, r.feed as repeat_feed, r.external_id as repeat_id, "
    "st_x(f.geom) as lon, st_y(f.geom) as lat from complaint_facts f left join complaints r on r.id = f.repeat_of "
    "order by f.id"
)
_ROWS = 5_000


def write_complaints(engine: Engine, city: City, path: Path) -> int:
    """Write every complaint to `path`, one feature a line, and return how many.

    The file appears whole or not at all.  Times are in the city's zone; `repeat_of` names the earlier complaint;
    `chiefs` are those of the segment on the day, private names masked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    count = 0
    with part.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for feature in _features(engine, city):
            file.write(",\n" if count else "\n")
            json.dump(feature, file, ensure_ascii=False)
            count += 1
        file.write("\n]}\n")
    part.replace(path)
    return count


def _features(engine: Engine, city: City) -> Iterator[dict[str, Any]]:
    registries: dict[int, Registry] = {}
    with transaction(engine) as session:
        rows = session.execute(_QUERY.execution_options(yield_per=_ROWS)).mappings()
        for row in rows:
            version = row["registry_version"]
            if version not in registries:
                registries[version] = registry_service.load(engine, version)
            yield _feature(dict(row), registries[version], city)


def _feature(row: dict[str, Any], registry: Registry, city: City) -> dict[str, Any]:
    reported_at: datetime = row["reported_at"].astimezone(city.zone)
    segment = row["segment_code"] if row["verdict"] == "matched" else None
    chiefs = registry.chiefs_on(segment, reported_at.date()) if segment else ()
    properties = {name: row[name] for name in _COLUMNS} | {
        "reported_at": reported_at.isoformat(),
        "repeat_of": None if row["repeat_id"] is None else {"feed": row["repeat_feed"], "id": row["repeat_id"]},
        "chiefs": [{"tier": chief.tier, "name": shown_chief(chief)} for chief in chiefs],
    }
    geometry = {"type": "Point", "coordinates": [round(row["lon"], 7), round(row["lat"], 7)]}
    return {"type": "Feature", "geometry": geometry, "properties": {"id": row["external_id"]} | properties}
