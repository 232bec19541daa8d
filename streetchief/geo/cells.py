"""Cells of the ground: web-mercator tiles as Morton codes (x and y bit by bit), so that a parent is a shift.

A cell is one int64.  At `CELL_ZOOM` = 20 it is about 38 m wide at the equator and 33 m at 30° N.  The tile numbers are
those of every slippy map: x grows to the east from −180°, y to the south from 85.0511° N.  Cells count and draw; they
never measure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CELL_ZOOM = 20
NO_CELL = -1
"""The cell of a place that is not finite."""
MAX_LATITUDE = 85.0511287798066
"""Where web mercator is cut; places nearer to the poles count with the last row of tiles."""

_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def cell_of(lonlat: FloatArray) -> IntArray:
    """Cells at `CELL_ZOOM`, (n,) int64, of WGS-84 degrees, (n, 2); `NO_CELL` where a row is not finite.

    A place on a border belongs to the cell east and south of it; longitude 180 belongs to the last column.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    finite = np.isfinite(points).all(axis=1)
    lon = np.where(finite, points[:, 0], 0.0)
    lat = np.radians(np.clip(np.where(finite, points[:, 1], 0.0), -MAX_LATITUDE, MAX_LATITUDE))
    tiles = 1 << CELL_ZOOM
    x = np.floor((lon + 180.0) / 360.0 * tiles)
    y = np.floor((1.0 - np.arcsinh(np.tan(lat)) / np.pi) / 2.0 * tiles)
    columns = np.clip(x, 0, tiles - 1).astype(np.int64)
    rows = np.clip(y, 0, tiles - 1).astype(np.int64)
    return np.where(finite, _spread(columns) | (_spread(rows) << 1), NO_CELL)


def parent(cell: IntArray, zoom: int) -> IntArray:
    """The cells at `zoom` (0 to `CELL_ZOOM`) that hold cells at `CELL_ZOOM`; `NO_CELL` stays.

    Raises `ValueError` for another zoom.
    """
    _check(zoom)
    cells = np.asarray(cell, dtype=np.int64)
    return np.where(cells < 0, NO_CELL, cells >> (2 * (CELL_ZOOM - zoom)))


def cell_centre(cell: IntArray, zoom: int = CELL_ZOOM) -> FloatArray:
    """Centres, (n, 2) WGS-84 degrees, of cells at `zoom`; NaN for `NO_CELL`.  Raises `ValueError` for another zoom.

    The centre is that of the drawn square: half way in web mercator.
    """
    _check(zoom)
    cells = np.asarray(cell, dtype=np.int64).reshape(-1)
    known = cells >= 0
    codes = np.where(known, cells, 0)
    tiles = 1 << zoom
    lon = (_gather(codes) + 0.5) / tiles * 360.0 - 180.0
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * (_gather(codes >> 1) + 0.5) / tiles))))
    return np.where(known[:, None], np.column_stack((lon, lat)), np.nan)


def _check(zoom: int) -> None:
    if not 0 <= zoom <= CELL_ZOOM:
        raise ValueError(f"zoom must be 0 to {CELL_ZOOM}, not {zoom}")


def _spread(numbers: IntArray) -> IntArray:
    """Bits moved to the even places."""
    for shift, mask in _SPREAD:
        numbers = (numbers | (numbers << shift)) & mask
    return numbers


def _gather(codes: IntArray) -> IntArray:
    """The even bits moved together: the inverse of `_spread`."""
    codes = codes & 0x5555555555555555
    for shift, mask in ((1, 0x3333333333333333), (2, 0x0F0F0F0F0F0F0F0F), (4, 0x00FF00FF00FF00FF),
                        (8, 0x0000FFFF0000FFFF), (16, 0x00000000FFFFFFFF)):  # fmt: skip
        codes = (codes | (codes >> shift)) & mask
    return codes
