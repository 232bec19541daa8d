"""The files that ``streetchief streets`` is given, as one registry with its faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from streetchief.city import City, PropertyNames
from streetchief.cityfile import read_city
from streetchief.geo.crs import estimate_metric_srid
from streetchief.registry.adopt import adopt
from streetchief.registry.assemble import departments_of, registry_from_city
from streetchief.registry.files import SegmentFile, read_areas, read_categories, read_chiefs, read_rules, read_segments
from streetchief.registry.fingerprint import in_order
from streetchief.registry.ground import check_areas, check_streets
from streetchief.registry.lines import SEGMENT_PREFIX
from streetchief.registry.model import Fault, Registry, Street
from streetchief.registry.rules import check
from streetchief.registry.vectors import read_layer

Found = tuple[Registry, tuple[Fault, ...]]


def checked_file(
    file: Path, *, properties: PropertyNames, srid: int | None, layer: str | None, encoding: str | None
) -> Found:
    """What one file holds and all its faults: a city file (.toml) whole, polygons as areas, the rest as streets."""
    if file.suffix.lower() == ".toml":
        return registry_from_city(read_city(file))
    shapes = read_layer(file, srid=srid, layer=layer, encoding=encoding).shapes
    shapes = shapes[~shapely.is_missing(shapes)]
    if len(shapes) and np.isin(shapely.get_type_id(shapes), (3, 6)).all():
        areas, faults = read_areas(file, srid=srid, layer=layer)
        metric_srid = estimate_metric_srid(shapely.get_coordinates(shapes))
        return Registry(areas=areas), (*faults, *check_areas(areas, metric_srid))
    streets, segments, faults = read_segments(file, properties=properties, srid=srid, layer=layer, encoding=encoding)
    return Registry(streets=streets, segments=segments), (*faults, *check_streets(streets, segments))


@dataclass(frozen=True, slots=True)
class Tables:
    """The files of an import beside the streets; None = that part stays as it is."""

    areas: Path | None = None
    chiefs: Path | None = None
    rules: Path | None = None
    categories: Path | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A new street network; `keep_codes` lets known streets and segments keep their codes, and so their chiefs."""

    network: SegmentFile
    geometry_source: str = ""
    keep_codes: bool = True


def imported(city: City, current: Registry | None, drawing: Drawing | None, tables: Tables) -> Found:
    """The registry after an import, and the faults of reading.

    What is given replaces its part of the current version (of the city's seeds, if nothing is published); with nothing
    given it is the city's seeds.  Departments and tiers always come from the city file.
    """
    found: list[Fault] = []
    if drawing is None and tables == Tables():
        base, faults = registry_from_city(city)
        judged = check(base, city)
        return in_order(base), tuple(fault for fault in faults if fault not in judged)
    base = current if current is not None else registry_from_city(city)[0]
    if drawing is not None:
        base, faults = _redrawn(base, drawing)
        found.extend(faults)
    if tables.areas:
        areas, faults = read_areas(tables.areas)
        base, found = replace(base, areas=areas), [*found, *faults]
    if tables.chiefs:
        chiefs, faults = read_chiefs(tables.chiefs)
        base, found = replace(base, appointments=chiefs), [*found, *faults]
    if tables.rules:
        rules, faults = read_rules(tables.rules)
        base, found = replace(base, rules=rules), [*found, *faults]
    if tables.categories:
        categories, faults = read_categories(tables.categories)
        base, found = replace(base, categories=categories), [*found, *faults]
    tiers = tuple(tier.tier for tier in city.tiers)
    base = replace(base, departments=departments_of(city), tiers=tiers, version=None)
    return in_order(base), tuple(found)


def _redrawn(base: Registry, drawing: Drawing) -> Found:
    streets, segments, faults = drawing.network
    if drawing.geometry_source:
        segments = tuple(replace(s, geometry_source=s.geometry_source or drawing.geometry_source) for s in segments)
    if not drawing.keep_codes:
        return replace(base, streets=streets, segments=segments), faults
    given = [s.code for s in segments if not s.code.startswith(SEGMENT_PREFIX)]
    new = adopt(base, streets, segments, given)
    redrawn = replace(base, streets=new.streets, segments=new.segments, appointments=new.appointments)
    return redrawn, (*faults, *new.faults)


def joined(files: Sequence[SegmentFile]) -> SegmentFile:
    """Several street files as one; a street that two of them name is one street."""
    streets: dict[str, Street] = {}
    for named, _, _ in files:
        for street in named:
            streets.setdefault(street.code, street)
    segments = tuple(segment for _, found, _ in files for segment in found)
    return tuple(streets.values()), segments, tuple(fault for _, _, faults in files for fault in faults)
