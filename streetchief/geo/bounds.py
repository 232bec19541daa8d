"""Which places are believable: one reason code a row, "" where nothing is wrong.

The codes, the first that holds wins: ``missing_coordinate``, ``not_a_number``, ``nan_coordinate``,
``infinite_coordinate``, ``zero_coordinate``, ``swapped_coordinate``, ``outside_bounds``.  Their sentences are
``reason.<code>`` in the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streetchief.geo.crs import from_projected

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Bounds = tuple[float, float, float, float]
"""West, south, east, north: WGS-84 degrees, the rim belongs to them."""

ZERO_WITHIN = 1e-6
"""Both coordinates nearer to 0 than this (0.1 m for degrees) are an empty form, not a place."""


def place_faults(lon: ArrayLike, lat: ArrayLike, bounds: Bounds) -> NDArray[np.object_]:
    """What is wrong with each WGS-84 place: object array of n reason codes, "" = fine.

    lon, lat  n values each: floats, or objects where None, "" and pandas' NA count as missing and text is read as a
              number if it is one
    bounds    west, south, east, north of the city

    A place is `swapped_coordinate` where it lies outside and its mirror (lat as lon) lies inside.
    """
    return _faults(_column(lon), _column(lat), bounds, swapped=None)


def plainly_inside(lon: float, lat: float, bounds: Bounds) -> bool:
    """Whether `place_faults` finds nothing wrong with one WGS-84 place; without the cost of arrays."""
    west, south, east, north = bounds
    zero = abs(lon) < ZERO_WITHIN and abs(lat) < ZERO_WITHIN
    return west <= lon <= east and south <= lat <= north and not zero


def projected_place_faults(
    x: ArrayLike, y: ArrayLike, srid: int, bounds: Bounds
) -> tuple[FloatArray, NDArray[np.object_]]:
    """WGS-84 places, (n, 2), of a feed's projected coordinates, and what is wrong with each.

    x is east and y is north, in the units of `srid`.  Where the place falls outside and the exchanged pair (north as
    east) falls inside, the code is `swapped_coordinate`; the row is refused, not mended.  Rows at fault are NaN in
    the places.  Raises `BadInput` if `srid` is not projected.
    """
    east, north = _column(x), _column(y)
    lonlat = from_projected(np.column_stack((east[0], north[0])), srid)
    mirrored = from_projected(np.column_stack((north[0], east[0])), srid)
    faults = _faults(east, north, bounds, swapped=_inside(mirrored, bounds), lonlat=lonlat)
    lonlat[faults != ""] = np.nan
    return lonlat, faults


_Column = tuple[FloatArray, BoolArray, BoolArray]


def _faults(
    first: _Column, second: _Column, bounds: Bounds, *, swapped: BoolArray | None, lonlat: FloatArray | None = None
) -> NDArray[np.object_]:
    values = np.column_stack((first[0], second[0]))
    places = values if lonlat is None else lonlat
    outside = ~_inside(places, bounds)
    mirror_inside = _inside(values[:, ::-1], bounds) if swapped is None else swapped
    tests = (
        ("missing_coordinate", first[1] | second[1]),
        ("not_a_number", first[2] | second[2]),
        ("nan_coordinate", np.isnan(values).any(axis=1)),
        ("infinite_coordinate", np.isinf(values).any(axis=1)),
        ("zero_coordinate", (np.abs(values) < ZERO_WITHIN).all(axis=1)),
        ("swapped_coordinate", outside & mirror_inside),
        ("outside_bounds", outside),
    )
    faults = np.full(len(values), "", dtype=np.object_)
    for code, holds in reversed(tests):
        faults[holds] = code
    return faults


def _inside(lonlat: FloatArray, bounds: Bounds) -> BoolArray:
    west, south, east, north = bounds
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside: BoolArray = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _column(values: ArrayLike) -> _Column:
    """The values as floats (NaN where there is none), which were missing, and which were no number."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu":
        none = np.zeros(len(array), dtype=np.bool_)
        return array.astype(np.float64), none, none
    return _object_column(array.tolist())


def _object_column(values: Sequence[Any]) -> _Column:
    numbers = np.full(len(values), np.nan)
    missing = np.zeros(len(values), dtype=np.bool_)
    unreadable = np.zeros(len(values), dtype=np.bool_)
    for row, value in enumerate(values):
        if value is None or type(value).__name__ == "NAType" or (isinstance(value, str) and not value.strip()):
            missing[row] = True
            continue
        try:
            numbers[row] = float(value)
        except (TypeError, ValueError):
            unreadable[row] = True
    return numbers, missing, unreadable
