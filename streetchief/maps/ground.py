"""Streets and areas as a page carries them: names, lengths and short integer coordinates.

Coordinates are millionths of a degree (WGS-84, ≈ 0.1 m), each line or ring as ``[lon, lat, dlon, dlat, …]``: first
point whole, then differences.  Shapes are simplified by about `SIMPLIFY_DEG` before; that is for drawing only, lengths
are measured on the shapes as given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Geod

from streetchief.errors import BadInput

SIMPLIFY_DEG = 1e-5
"""About 1 m: less than a pixel at the deepest zoom that the page allows."""
SCALE = 1_000_000
_EARTH = Geod(ellps="WGS84")

Flat = list[int]


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies under the heat.

    codes, names, lengths_m (geodesic, metres) and lines are parallel, one entry a street code in order of code;
    areas are (name, label point as [lon, lat] millionths, rings).  bounds are (west, south, east, north) degrees or
    None when there is nothing.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    lengths_m: tuple[float, ...]
    lines: tuple[list[Flat], ...]
    areas: tuple[tuple[str, Flat, list[Flat]], ...]
    bounds: tuple[float, float, float, float] | None


def ground_of(streets: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> Ground:
    """Encode streets (`code`, `name`, line geometry) and areas (`code`, `name`, polygon geometry).

    Rows of one street code become one street, named by its first row.  Empty and missing geometries are left out of
    the drawing.  Any declared coordinate system is turned to WGS-84; raises `BadInput` when none is declared or a
    column is missing.
    """
    lines = _degrees(streets, "streets")
    polygons = _degrees(areas, "areas") if areas is not None else None
    gathered: dict[str, tuple[str, list[Any]]] = {}
    for code, name, shape in zip(lines["code"], lines["name"], lines.geometry, strict=True):
        gathered.setdefault(str(code), (_text(name), []))[1].append(shape)
    codes = tuple(sorted(gathered))
    return Ground(
        codes=codes,
        names=tuple(gathered[code][0] for code in codes),
        lengths_m=tuple(round(sum(map(_EARTH.geometry_length, gathered[code][1])), 1) for code in codes),
        lines=tuple(list(_flat_lines(gathered[code][1])) for code in codes),
        areas=() if polygons is None else tuple(map(_area, polygons["name"], polygons.geometry)),
        bounds=_bounds([f for f in (lines, polygons) if f is not None and len(f)]),
    )  # fmt: skip


def _bounds(frames: list[gpd.GeoDataFrame]) -> tuple[float, float, float, float] | None:
    if not frames:
        return None
    west, south, east, north = np.asarray([f.total_bounds for f in frames], dtype=np.float64).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def _degrees(frame: gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
    missing = [name for name in ("code", "name") if name not in frame.columns]
    if missing:
        raise BadInput("map_bad_table", detail=f"{what}: no column {', '.join(missing)}")
    if frame.crs is None:
        raise BadInput("map_no_crs", what=what)
    known = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return known if known.crs.equals("EPSG:4326") else known.to_crs(4326)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _flat(coordinates: np.ndarray[Any, Any]) -> Flat:
    whole = np.round(coordinates[:, :2] * SCALE).astype(np.int64)
    steps = np.diff(whole, axis=0)
    kept = whole[:1].ravel().tolist() + steps[(steps != 0).any(axis=1)].ravel().tolist()
    return [int(v) for v in kept]


def _parts(shapes: Iterable[Any], kind: str) -> list[Any]:
    parts = shapely.get_parts(shapely.get_parts(np.asarray(list(shapes), dtype=object)))
    return [p for p in parts if p.geom_type == kind]


def _flat_lines(shapes: Iterable[Any]) -> Iterable[Flat]:
    """Pieces that meet end to end become one line, so that a name has room."""
    whole = shapely.line_merge(shapely.MultiLineString(_parts(shapes, "LineString")))
    for part in _parts([whole], "LineString"):
        yield _flat(shapely.get_coordinates(part.simplify(SIMPLIFY_DEG)))


def _area(name: object, shape: Any) -> tuple[str, Flat, list[Flat]]:
    outlines = [ring for part in _parts([shape], "Polygon") for ring in (part.exterior, *part.interiors)]
    rings = [_flat(shapely.get_coordinates(ring.simplify(SIMPLIFY_DEG))) for ring in outlines]
    label = shape.representative_point()
    return _text(name), [round(label.x * SCALE), round(label.y * SCALE)], rings
