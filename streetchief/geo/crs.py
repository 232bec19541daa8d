"""Between degrees and metres: pyproj, longitude and x always first.

Every distance is measured in a projected CRS in metres, `metric_srid`.  A CRS in degrees or feet is refused, and so
is a world Mercator (EPSG:3857): at 30° N it is 15.5 % too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from streetchief.errors import BadInput

FloatArray = NDArray[np.float64]

WGS84_SRID = 4326


def to_xy(lonlat: FloatArray, metric_srid: int) -> FloatArray:
    """Metres in `metric_srid`, (n, 2) east and north, of WGS-84 degrees, (n, 2) longitude first.

    Rows that are not finite or that the projection cannot place become NaN.  Raises `BadInput` where `metric_srid` is
    no projected CRS in metres.
    """
    return _transform(lonlat, _metric(metric_srid)[0])


def to_lonlat(xy: FloatArray, metric_srid: int) -> FloatArray:
    """WGS-84 degrees of metres in `metric_srid`; the inverse of `to_xy`, with the same shapes and errors."""
    return _transform(xy, _metric(metric_srid)[1])


def from_projected(xy: FloatArray, srid: int) -> FloatArray:
    """WGS-84 degrees, (n, 2), of a feed's projected coordinates, (n, 2) east and north in the CRS's own units.

    East comes first whatever the axis order of the CRS; zone prefixes (34,600,000 in EPSG:4522) belong to the CRS.
    CGCS2000 is taken as WGS-84.  Rows that cannot be placed become NaN.  Raises `BadInput` for a CRS that is not
    projected.  See `streetchief.geo.bounds.projected_place_faults` for swapped axes.
    """
    if not _crs(srid).is_projected:
        raise BadInput("not_projected", srid=srid)
    return _transform(xy, _transformers(srid)[1])


def project_geometries(
    geometries: Sequence[BaseGeometry | None] | NDArray[np.object_], metric_srid: int
) -> NDArray[np.object_]:
    """The same geometries with WGS-84 degrees turned into metres: object array of the same length; None stays None.

    Raises `BadInput` where `metric_srid` is no projected CRS in metres.
    """
    shapes = np.empty(len(geometries), dtype=np.object_)
    shapes[:] = list(geometries)
    forward = _metric(metric_srid)[0]
    projected: NDArray[np.object_] = shapely.transform(shapes, lambda lonlat: _transform(lonlat, forward))
    return projected


def estimate_metric_srid(lonlat: FloatArray) -> int:
    """EPSG code of the UTM zone (326xx north, 327xx south) of the median of WGS-84 points, (n, 2) degrees.

    Rows that are not finite do not count.  The exceptions of Norway and Svalbard are not made: the plain zone is as
    good to measure in.  Raises `BadInput` if no row is left or the median is no place on earth.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        raise BadInput("no_place_for_srid")
    lon, lat = np.median(points, axis=0)
    if abs(lon) > 180.0 or abs(lat) > 90.0:
        raise BadInput("no_place_for_srid")
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return (32600 if lat >= 0.0 else 32700) + zone


def _transform(points: FloatArray, transformer: Transformer) -> FloatArray:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    moved = np.full(points.shape, np.nan)
    finite = np.isfinite(points).all(axis=1)
    moved[finite] = np.column_stack(transformer.transform(points[finite, 0], points[finite, 1]))
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    return moved


@lru_cache(maxsize=64)
def _crs(srid: int) -> CRS:
    try:
        return CRS.from_epsg(srid)
    except CRSError as fault:
        raise BadInput("unknown_srid", srid=srid) from fault


@lru_cache(maxsize=64)
def _transformers(srid: int) -> tuple[Transformer, Transformer]:
    """From WGS-84 into the CRS, and back.  pyproj keeps a context a thread, so the pair may be shared."""
    return (
        Transformer.from_crs(WGS84_SRID, srid, always_xy=True),
        Transformer.from_crs(srid, WGS84_SRID, always_xy=True),
    )


@lru_cache(maxsize=64)
def _metric(srid: int) -> tuple[Transformer, Transformer]:
    crs = _crs(srid)
    metres = all(axis.unit_name == "metre" for axis in crs.axis_info[:2])
    if not crs.is_projected or not metres or _is_world_mercator(crs):
        raise BadInput("bad_metric_srid", srid=srid, name=crs.name)
    return _transformers(srid)


def _is_world_mercator(crs: CRS) -> bool:
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    return "Pseudo Mercator" in method or method.startswith("Mercator")
