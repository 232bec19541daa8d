"""Datums: known answers, an independent library, and laws."""

from __future__ import annotations

import numpy as np
import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetchief.geo.crs import to_xy
from streetchief.geo.datum import CHINA_BOX, Datum, from_wgs84, to_wgs84

# DOMAIN.md §3: WGS-84, GCJ-02, BD-09 (longitude, latitude) and EPSG:4543 (east, north) of three places of 青江.
KNOWN = [
    ((103.04, 30.00), (103.0419710, 29.9974126), (103.0485051, 30.0032857), (600348.51, 3320568.80)),
    ((103.02, 29.99), (103.0218949, 29.9873595), (103.0284726, 29.9930485), (598428.49, 3319442.84)),
    ((103.07, 30.03), (103.0720583, 30.0274683), (103.0784949, 30.0337567), (603212.27, 3323921.32)),
]
METRES = 111_320.0  # a degree, at most
chinese_points = st.tuples(st.floats(73.5, 135.0), st.floats(3.5, 53.5))


def one(point: tuple[float, float]) -> np.ndarray:
    return np.array([point], dtype=np.float64)


@pytest.mark.parametrize(("wgs", "gcj", "bd", "xy"), KNOWN)
def test_known_answers(wgs, gcj, bd, xy):
    assert from_wgs84(one(wgs), Datum.GCJ02) == pytest.approx(one(gcj), abs=6e-8)
    assert from_wgs84(one(wgs), Datum.BD09) == pytest.approx(one(bd), abs=6e-8)
    assert to_wgs84(one(gcj), Datum.GCJ02) == pytest.approx(one(wgs), abs=2e-7)
    assert to_wgs84(one(bd), Datum.BD09) == pytest.approx(one(wgs), abs=2e-7)
    assert to_xy(one(wgs), 4543) == pytest.approx(one(xy), abs=0.006)


@pytest.mark.parametrize(
    ("datum", "forward", "inverse"),
    [
        (Datum.GCJ02, prcoords.wgs_gcj, prcoords.gcj_wgs_bored),
        (Datum.BD09, prcoords.wgs_bd, prcoords.bd_wgs_bored),
    ],
)
def test_agrees_with_an_independent_library(datum, forward, inverse):
    draw = np.random.default_rng(20260101)
    wgs = np.column_stack((draw.uniform(73.5, 135.0, 1500), draw.uniform(3.5, 53.5, 1500)))
    there = from_wgs84(wgs, datum)
    theirs = np.array([forward((lat, lon))[::-1] for lon, lat in wgs])
    assert np.abs(there - theirs).max() < 1e-12
    back = np.array([inverse((lat, lon))[::-1] for lon, lat in there])
    assert np.abs(to_wgs84(there, datum) - back).max() * METRES < 0.05  # its own inverse stops within centimetres


@given(chinese_points, st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_round_trip_is_below_a_millimetre(point, datum):
    back = to_wgs84(from_wgs84(one(point), datum), datum)
    assert np.abs(back - one(point)).max() * METRES < 0.001


@given(st.lists(chinese_points, min_size=1, max_size=20), st.sampled_from(list(Datum)))
def test_a_batch_says_what_its_rows_say(points, datum):
    together = to_wgs84(np.array(points), datum)
    apart = np.vstack([to_wgs84(one(point), datum) for point in points])
    assert np.array_equal(together, apart)


def test_gcj_read_as_wgs_is_hundreds_of_metres_off():
    wgs = one((103.04, 30.0))
    assert 330 < np.hypot(*(to_xy(from_wgs84(wgs, Datum.GCJ02), 4543) - to_xy(wgs, 4543))[0]) < 360
    assert 850 < np.hypot(*(to_xy(from_wgs84(wgs, Datum.BD09), 4543) - to_xy(wgs, 4543))[0]) < 950


@pytest.mark.parametrize(
    "row",
    [
        (np.nan, 30.0),  # half a place
        (np.nan, np.nan),
        (np.inf, 30.0),
        (103.0, -np.inf),
        (-71.06, 42.36),  # Boston: the published formula is the identity outside China
        (0.0, 0.0),
        (CHINA_BOX[2] + 1e-6, 30.0),  # just outside the rectangle
        (30.0, 103.0),  # swapped: outside, left for the bounds to refuse
    ],
)
@pytest.mark.parametrize("datum", list(Datum))
def test_rows_outside_china_and_broken_rows_stay(row, datum):
    given_rows = np.array([row, (103.04, 30.0)])
    assert np.array_equal(to_wgs84(given_rows, datum)[0], row, equal_nan=True)
    assert np.array_equal(from_wgs84(given_rows, datum)[0], row, equal_nan=True)


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_cgcs2000_is_the_identity_at_street_scale(datum):
    points = np.array([[103.04, 30.0], [np.nan, 1.0]])
    assert np.array_equal(to_wgs84(points, datum), points, equal_nan=True)


@pytest.mark.parametrize("datum", list(Datum))
def test_input_is_never_written_and_empty_is_fine(datum):
    points = np.array([[103.04, 30.0]])
    points.flags.writeable = False
    assert to_wgs84(points, datum) is not points
    assert to_wgs84(np.empty((0, 2)), datum).shape == (0, 2)


def test_a_wrong_shape_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="n, 2"):
        to_wgs84(np.array([103.04, 30.0]), Datum.GCJ02)
