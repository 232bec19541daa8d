"""A registry as files that the importer reads back to equal content: GeoJSON for ground, CSV for the rest."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import shapely

from streetchief.registry.model import Appointment, Registry
from streetchief.registry.sheets import CATEGORIES, CHIEFS, MASK, RULES, columns_of

STREETS_FILE, AREAS_FILE = "streets.geojson", "areas.geojson"
CHIEFS_FILE, RULES_FILE, CATEGORIES_FILE = "chiefs.csv", "rules.csv", "categories.csv"
Record = dict[str, object]


def export(registry: Registry, folder: Path) -> tuple[Path, ...]:
    """Write streets, areas, chiefs, rules and categories into a folder, which is made; the files that were written.

    Names of chiefs who are not public are masked (张*), unless they are placeholders: such a roster is for reading,
    and the importer refuses it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    head = {"attribution": registry.attribution, "registry_version": registry.version}
    _write_geojson(folder / STREETS_FILE, head, street_features(registry))
    _write_geojson(folder / AREAS_FILE, head, area_features(registry))
    _write_csv(folder / CHIEFS_FILE, chief_rows(registry), CHIEFS)
    _write_csv(folder / RULES_FILE, rule_rows(registry), RULES)
    _write_csv(folder / CATEGORIES_FILE, category_rows(registry), CATEGORIES)
    return tuple(folder / n for n in (STREETS_FILE, AREAS_FILE, CHIEFS_FILE, RULES_FILE, CATEGORIES_FILE))


def shown_chief(appointment: Appointment) -> str:
    """The name as everybody may see it: in full if public or a placeholder, else its first character and ``*``."""
    if appointment.public or appointment.placeholder:
        return appointment.chief
    return appointment.chief[:1] + MASK


def street_features(registry: Registry) -> Iterable[Record]:
    """One GeoJSON feature a segment, with the properties of its street on each."""
    for segment in registry.segments:
        street = registry.street_by_code[segment.street]
        properties = {
            "code": segment.code,
            "street_code": street.code,
            "name": street.name,
            "aliases": "|".join(street.aliases) or None,
            "pilot": street.pilot,
            "street_class": segment.street_class,
            "right_of_way_m": segment.right_of_way_m,
            "area": segment.area,
            "geometry_source": segment.geometry_source,
            "accuracy_m": segment.accuracy_m,
            "name_source": street.name_source,
            "from_on": _day(segment.on.from_on),
            "to_on": _day(segment.on.to_on),
        }
        yield _feature(properties, segment.geometry)


def area_features(registry: Registry) -> Iterable[Record]:
    """One GeoJSON feature an area; geometry null where its ground is unknown."""
    for area in registry.areas:
        properties = {"code": area.code, "name": area.name, "level": area.level, "parent": area.parent}
        yield _feature({**properties, "geometry_source": area.geometry_source}, area.geometry)


def chief_rows(registry: Registry) -> Iterable[Record]:
    """The roster, names masked as `shown_chief` says."""
    for one in registry.appointments:
        yield {
            "segment": one.segment,
            "tier": one.tier,
            "chief": shown_chief(one),
            "post": one.post,
            "from_on": _day(one.on.from_on),
            "to_on": _day(one.on.to_on),
            "public": str(one.public).lower(),
            "placeholder": str(one.placeholder).lower(),
        }


def rule_rows(registry: Registry) -> Iterable[Record]:
    """The responsibility table."""
    for rule in registry.rules:
        names = "order scheme kind code condition street area handler supervisor basis".split()
        yield {
            **{name: getattr(rule, name) for name in names},
            "co_departments": "|".join(rule.co_departments),
            "from_on": _day(rule.on.from_on),
            "to_on": _day(rule.on.to_on),
        }


def category_rows(registry: Registry) -> Iterable[Record]:
    """The category schemes."""
    for category in registry.categories:
        yield {n: getattr(category, n) for n in "scheme kind code name big_name evidence".split()}


def _feature(properties: Mapping[str, object], shape: Any) -> Record:
    geometry = None if shape is None else json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _write_geojson(path: Path, head: Mapping[str, object], features: Iterable[Record]) -> None:
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, allow_nan=False) for feature in features)
    foreword = json.dumps({"type": "FeatureCollection", **head}, ensure_ascii=False)[:-1]
    path.write_text(f'{foreword}, "features": [\n{lines}\n]}}\n', "utf-8")


def _write_csv(path: Path, rows: Iterable[Record], kind: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns_of(kind), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None
