"""Coordinate datums of Chinese feeds, to and from WGS-84.

GCJ-02 (火星坐标) and BD-09 (百度坐标) are the obfuscations that public Chinese maps wear.  The formulas here are the
published reconstructions (geoChina, eviltransform, prcoords agree on them); they follow the real services to *a few
metres*, and no more than that may be claimed.  Against the forward formula itself the inverse is exact to well below
a millimetre: it takes three fixed-point steps where a single step is off by up to a metre.

CGCS2000 and WGS-84 differ by centimetres: at street scale CGCS2000 is the identity.

GCJ-02 and BD-09 apply inside one published rectangle round China; outside it the conversion is the identity.  The
rectangle is coarser than the border (it holds Ulaanbaatar and Seoul), and on its rim, open sea and steppe, forward and
inverse do not meet.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import pi

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the published rectangle, degrees."""

_AXIS_M = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, which GCJ-02 uses."""
_ECCENTRICITY2 = 0.00669342162296594323
_INVERSE_STEPS = 3
_BD_SHIFT = np.array([0.0065, 0.0060])
"""Constant part of BD-09 against GCJ-02: degrees of longitude, latitude."""
_BD_WAVE = pi * 3000.0 / 180.0


class Datum(StrEnum):
    """What a feed's longitude and latitude refer to; every feed must declare one."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lonlat: FloatArray, datum: Datum) -> FloatArray:
    """WGS-84 degrees of points given in `datum`.

    lonlat is (n, 2) float64 degrees, longitude first; the result is a new array of the same shape.  Rows that are not
    finite, and rows outside `CHINA_BOX`, come back as they are.  Good to a few metres for GCJ-02 and BD-09.
    """
    if datum is Datum.GCJ02:
        return _where_china(lonlat, _gcj_to_wgs)
    if datum is Datum.BD09:
        return _where_china(lonlat, lambda bd: _gcj_to_wgs(_bd_to_gcj(bd)))
    return _points(lonlat).copy()


def from_wgs84(lonlat: FloatArray, datum: Datum) -> FloatArray:
    """Degrees in `datum` of WGS-84 points; the inverse of `to_wgs84`, with the same shapes and exceptions."""
    if datum is Datum.GCJ02:
        return _where_china(lonlat, _wgs_to_gcj)
    if datum is Datum.BD09:
        return _where_china(lonlat, lambda wgs: _gcj_to_bd(_wgs_to_gcj(wgs)))
    return _points(lonlat).copy()


def _points(lonlat: FloatArray) -> FloatArray:
    points = np.asarray(lonlat, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"lonlat must be (n, 2), not {points.shape}")
    return points


def _where_china(lonlat: FloatArray, convert: Callable[[FloatArray], FloatArray]) -> FloatArray:
    points = _points(lonlat).copy()
    west, south, east, north = CHINA_BOX
    lon, lat = points[:, 0], points[:, 1]
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)  # NaN compares false
    points[inside] = convert(points[inside])
    return points


def _wgs_to_gcj(wgs: FloatArray) -> FloatArray:
    x, y = wgs[:, 0] - 105.0, wgs[:, 1] - 35.0
    ripple = 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (ripple + 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(pi / 12.0 * y) + 320.0 * np.sin(pi / 30.0 * y)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (ripple + 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(pi / 12.0 * x) + 300.0 * np.sin(pi / 30.0 * x)) * 2.0 / 3.0
    latitude = np.radians(wgs[:, 1])
    curve = 1.0 - _ECCENTRICITY2 * np.sin(latitude) ** 2
    north_m_per_degree = np.radians(_AXIS_M * (1.0 - _ECCENTRICITY2) / curve**1.5)
    east_m_per_degree = np.radians(_AXIS_M * np.cos(latitude) / np.sqrt(curve))
    shift: FloatArray = np.column_stack((east / east_m_per_degree, north / north_m_per_degree))
    gcj: FloatArray = wgs + shift
    return gcj


def _gcj_to_bd(gcj: FloatArray) -> FloatArray:
    x, y = gcj[:, 0], gcj[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_WAVE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_WAVE)
    bd: FloatArray = np.column_stack((radius * np.cos(angle), radius * np.sin(angle))) + _BD_SHIFT
    return bd


def _gcj_to_wgs(gcj: FloatArray) -> FloatArray:
    return _solve(_wgs_to_gcj, gcj, gcj)


def _bd_to_gcj(bd: FloatArray) -> FloatArray:
    return _solve(_gcj_to_bd, bd, bd - _BD_SHIFT)


def _solve(forward: Callable[[FloatArray], FloatArray], target: FloatArray, start: FloatArray) -> FloatArray:
    """The point whose `forward` is `target`, by fixed-point steps from `start`."""
    guess = start
    for _ in range(_INVERSE_STEPS):
        guess = guess - (forward(guess) - target)
    return guess
