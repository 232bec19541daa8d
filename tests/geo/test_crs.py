"""Projections: metres only, longitude first, NaN stays NaN."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from streetchief.errors import BadInput
from streetchief.geo.crs import estimate_metric_srid, from_projected, project_geometries, to_lonlat, to_xy

QINGJIANG = np.array([[103.04, 30.0]])


@pytest.mark.parametrize(
    ("srid", "why"),
    [
        (4326, "degrees"),
        (4490, "degrees, CGCS2000"),
        (2249, "US feet"),
        (3857, "world mercator: 15.5 % too long at 30° N"),
        (3395, "world mercator, ellipsoidal"),
        (4978, "geocentric: metres, but no map"),
    ],
)
def test_what_cannot_measure_is_refused(srid, why):
    with pytest.raises(BadInput, match="bad_metric_srid"):
        to_xy(QINGJIANG, srid)
    with pytest.raises(BadInput, match="bad_metric_srid"):
        to_lonlat(QINGJIANG, srid)
    with pytest.raises(BadInput, match="bad_metric_srid"):
        project_geometries([shapely.Point(0, 0)], srid)


def test_a_number_that_is_no_crs_is_refused():
    with pytest.raises(BadInput, match="unknown_srid"):
        to_xy(QINGJIANG, 999_999)


@given(st.floats(102.0, 104.0), st.floats(29.0, 31.0), st.sampled_from([4543, 4522, 32648]))
def test_round_trip(lon, lat, srid):
    point = np.array([[lon, lat]])
    assert np.abs(to_lonlat(to_xy(point, srid), srid) - point).max() < 1e-9


def test_a_metre_is_a_metre():
    east = np.array([[103.041, 30.0]])
    length_m = np.hypot(*(to_xy(east, 4543) - to_xy(QINGJIANG, 4543))[0])
    assert length_m == pytest.approx(96.49, abs=0.05)  # a thousandth of a degree of longitude at 30° N


@pytest.mark.parametrize("row", [(np.nan, 30.0), (103.0, np.inf), (103.0, 95.0)])
def test_rows_that_cannot_be_placed_are_nan(row):
    xy = to_xy(np.array([row, (103.04, 30.0)]), 4543)
    assert np.isnan(xy[0]).all()
    assert np.isfinite(xy[1]).all()


def test_empty():
    assert to_xy(np.empty((0, 2)), 4543).shape == (0, 2)
    assert len(project_geometries([], 4543)) == 0


@pytest.mark.parametrize(
    ("lon", "lat", "srid"),
    [
        (103.04, 30.0, 32648),  # 雅安
        (-71.06, 42.36, 32619),  # Boston
        (151.2, -33.9, 32756),  # Sydney: south
        (180.0, 10.0, 32660),  # the last meridian belongs to zone 60
        (-180.0, 10.0, 32601),
    ],
)
def test_the_zone_of_a_city(lon, lat, srid):
    points = np.array([[lon, lat], [lon, lat], [np.nan, np.nan], [lon, lat], [0.0, 0.0]])  # a stray 0,0 and a gap
    assert estimate_metric_srid(points) == srid


@pytest.mark.parametrize("points", [np.empty((0, 2)), np.array([[np.nan, 3.0]]), np.array([[600348.5, 3320568.8]])])
def test_no_zone_without_a_place(points):
    with pytest.raises(BadInput, match="no_place_for_srid"):
        estimate_metric_srid(points)


def test_projected_feeds_of_both_kinds():
    plain = from_projected(np.array([[600348.51, 3320568.80]]), 4543)
    prefixed = from_projected(np.array([[34600348.51, 3320568.80]]), 4522)  # zone 34 before the easting
    assert plain == pytest.approx(QINGJIANG, abs=1e-7)
    assert prefixed == pytest.approx(QINGJIANG, abs=1e-7)


def test_projected_feeds_may_be_in_feet():
    assert from_projected(np.array([[775000.0, 2955000.0]]), 2249) == pytest.approx(
        np.array([[-71.06, 42.36]]), abs=0.02
    )


def test_degrees_are_no_projected_feed():
    with pytest.raises(BadInput, match="not_projected"):
        from_projected(QINGJIANG, 4490)


def test_geometries_keep_their_shape_and_their_gaps():
    line = shapely.LineString([(103.04, 30.0), (103.041, 30.0)])
    projected = project_geometries([line, None, shapely.Point(103.04, 30.0)], 4543)
    assert projected[1] is None
    assert projected[0].length == pytest.approx(96.49, abs=0.05)
    assert projected[2].equals_exact(shapely.Point(600348.51, 3320568.80), 0.01)
