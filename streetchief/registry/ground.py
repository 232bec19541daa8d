"""Faults of the ground itself: segments that are no proper lines, areas that do not tile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from streetchief.geo.crs import project_geometries
from streetchief.registry.model import Area, Fault, Segment, Street

Place = tuple[float, float]
Bounds = tuple[float, float, float, float]

LEAST_AREA_M2 = 1.0  # smaller gaps and overlaps are rounding of coordinates


def check_streets(streets: Sequence[Street], segments: Sequence[Segment]) -> Iterator[Fault]:
    """Faults that a street file alone can show: codes, names, geometry.  Needs no city."""
    yield from _twice("street_code_duplicate", (s.code for s in streets))
    yield from _twice("segment_code_duplicate", (s.code for s in segments))
    known = {street.code: street for street in streets}
    for street in streets:
        if not street.name:
            yield Fault("street_unnamed", street.code)
    used = {segment.street for segment in segments}
    for code in sorted(set(known) - used):
        yield Fault("street_without_segments", code, known[code].name, blocking=False)
    for segment in segments:
        if segment.street not in known:
            yield Fault("segment_unknown_street", segment.code, segment.street, place_of(segment.geometry))
        if segment.on.from_on and segment.on.to_on and segment.on.from_on >= segment.on.to_on:
            yield Fault(
                "span_backward", segment.code, f"{segment.on.from_on} – {segment.on.to_on}", place_of(segment.geometry)
            )
    yield from _check_lines(segments)
    yield from _same_geometry(segments)


def check_bounds(segments: Sequence[Segment], bounds: Bounds) -> Iterator[Fault]:
    """Segments wholly outside the city: a warning each; that all of them are is one blocking fault (swapped axes?)."""
    if not segments:
        return
    west, south, east, north = bounds
    boxes = shapely.bounds([s.geometry for s in segments])
    outside = (boxes[:, 2] < west) | (boxes[:, 0] > east) | (boxes[:, 3] < south) | (boxes[:, 1] > north)
    if outside.all():
        first = segments[0]
        yield Fault("streets_outside_bounds", first.code, f"{west}, {south}, {east}, {north}", place_of(first.geometry))
        return
    for row in np.flatnonzero(outside).tolist():
        segment = segments[row]
        yield Fault("segment_outside_bounds", segment.code, segment.street, place_of(segment.geometry), blocking=False)


def check_areas(areas: Sequence[Area], metric_srid: int) -> Iterator[Fault]:
    """Faults of the tree and of its tiling: siblings that overlap, children that leave a gap or stand out.

    Sizes are in square metres of `metric_srid`; less than 1 m² is no fault.  An area without geometry is skipped, and
    a parent is only held against its children where all of them have geometry.
    """
    yield from _twice("area_code_duplicate", (a.code for a in areas))
    by_code = {area.code: area for area in areas}
    for area in areas:
        if area.parent is not None and area.parent not in by_code:
            yield Fault("area_parent_missing", area.code, area.parent, place_of(area.geometry))
        elif _is_in_cycle(area, by_code):
            yield Fault("area_cycle", area.code, area.parent or "", place_of(area.geometry))
    sound: list[Area] = []
    for area in areas:
        if area.geometry is None or (area.geometry.is_valid and not area.geometry.is_empty):
            sound.append(area)
        else:
            reason = shapely.is_valid_reason(area.geometry)
            yield Fault("area_not_valid", area.code, reason, place_of(area.geometry))
    usable = {area.code for area in sound}
    children: dict[str | None, list[Area]] = {}
    for area in sound:
        children.setdefault(area.parent, []).append(area)
    for parent, siblings in children.items():
        yield from _overlaps(siblings, metric_srid)
        above = by_code.get(parent) if parent is not None else None
        if above is not None and above.code in usable:
            yield from _tiling(above, siblings, metric_srid)


def place_of(shape: BaseGeometry | None) -> Place | None:
    """The middle vertex of a line, a point inside an area; None where there is none."""
    if shape is None or shape.is_empty:
        return None
    if isinstance(shape, LineString):
        lon, lat = shape.coords[len(shape.coords) // 2][:2]
    else:
        point = shape.representative_point() if shape.is_valid else shape.centroid
        if point.is_empty:
            return None
        lon, lat = point.x, point.y
    return (round(lon, 7), round(lat, 7)) if np.isfinite([lon, lat]).all() else None


def _check_lines(segments: Sequence[Segment]) -> Iterator[Fault]:
    shapes = np.array([s.geometry for s in segments], dtype=object)
    if not len(shapes):
        return
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    broken = set(row[~np.isfinite(xy).all(axis=1)].tolist())
    sound = np.array([i not in broken for i in range(len(shapes))])
    zero = sound & (shapely.length(shapes) == 0)
    crossing = np.zeros(len(shapes), dtype=bool)
    crossing[sound & ~zero] = ~shapely.is_simple(shapes[sound & ~zero])
    for index, segment in enumerate(segments):
        if index in broken:
            yield Fault("geometry_not_finite", segment.code, segment.street)
        elif zero[index]:
            yield Fault("segment_zero_length", segment.code, segment.street, place_of(segment.geometry))
        elif crossing[index]:
            yield Fault("segment_self_crossing", segment.code, segment.street, _crossing(segment.geometry))


def _crossing(line: LineString) -> Place | None:
    """Where a line meets itself: an end of a piece that is no end of the line."""
    noded = shapely.get_parts(shapely.unary_union(line))
    ends = Counter(point for piece in noded for point in (piece.coords[0], piece.coords[-1]))
    for own in (line.coords[0], line.coords[-1]):
        ends[own] -= 1
    lon, lat = max(sorted(ends), key=lambda point: ends[point])[:2]
    return round(lon, 7), round(lat, 7)


def _same_geometry(segments: Sequence[Segment]) -> Iterator[Fault]:
    """Segments drawn twice, in the same or the opposite direction: often the two directions of one road."""
    first: dict[bytes, Segment] = {}
    for segment in segments:
        one, other = (shapely.to_wkb(segment.geometry), shapely.to_wkb(segment.geometry.reverse()))
        known = first.setdefault(min(one, other), segment)
        if known is not segment:
            place = place_of(segment.geometry)
            yield Fault("segment_same_geometry", segment.code, known.code, place, blocking=False)


def _overlaps(siblings: Sequence[Area], metric_srid: int) -> Iterator[Fault]:
    grounded = [a for a in siblings if a.geometry is not None]
    shapes = np.array([a.geometry for a in grounded], dtype=object)
    if len(shapes) < 2:
        return
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for one, other in sorted((int(a), int(b)) for a, b in zip(left, right, strict=True) if a < b):
        names = f"{grounded[one].code} × {grounded[other].code}"
        yield from _pieces("areas_overlap", names, shapes[one].intersection(shapes[other]), metric_srid)


def _tiling(parent: Area, children: Sequence[Area], metric_srid: int) -> Iterator[Fault]:
    shapes = [child.geometry for child in children]
    if parent.geometry is None or any(shape is None for shape in shapes):
        return
    together = shapely.union_all(shapes)
    yield from _pieces("area_gap", parent.code, parent.geometry.difference(together), metric_srid)
    yield from _pieces("area_outside_parent", parent.code, together.difference(parent.geometry), metric_srid)


def _pieces(code: str, where: str, ground: BaseGeometry, metric_srid: int) -> Iterator[Fault]:
    """One fault a piece of ground that is larger than rounding, largest first."""
    parts = [part for part in shapely.get_parts(ground) if isinstance(part, Polygon)]
    sizes = shapely.area(project_geometries(parts, metric_srid)) if parts else []
    for size, part in sorted(zip(sizes, parts, strict=True), key=lambda pair: -pair[0]):
        if size >= LEAST_AREA_M2:
            yield Fault(code, where, f"{size:.0f} m²", place_of(part))


def _is_in_cycle(area: Area, by_code: dict[str, Area]) -> bool:
    step, seen = area.parent, set[str]()
    while step is not None and step in by_code and step not in seen:
        if step == area.code:
            return True
        seen.add(step)
        step = by_code[step].parent
    return False


def _twice(code: str, codes: Iterable[str]) -> Iterator[Fault]:
    for value, times in sorted(Counter(codes).items()):
        if times > 1:
            yield Fault(code, value, f"× {times}")
