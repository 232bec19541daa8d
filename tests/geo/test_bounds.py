"""Places that are not believable, each with its code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetchief.geo.bounds import place_faults, projected_place_faults
from streetchief.words import group

QINGJIANG = (103.0, 29.95, 103.1, 30.05)
BOSTON = (-71.2, 42.2, -70.9, 42.5)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("lon", "lat", "bounds", "code"),
    [
        (103.04, 30.0, QINGJIANG, ""),
        (103.0, 29.95, QINGJIANG, ""),  # the rim belongs to the city
        (103.1, 30.05, QINGJIANG, ""),
        (-71.06, 42.36, BOSTON, ""),
        (None, 30.0, QINGJIANG, "missing_coordinate"),
        (103.04, "", QINGJIANG, "missing_coordinate"),
        ("  ", None, QINGJIANG, "missing_coordinate"),
        (pd.NA, 30.0, QINGJIANG, "missing_coordinate"),
        (None, NAN, QINGJIANG, "missing_coordinate"),  # missing is said before NaN
        ("about here", 30.0, QINGJIANG, "not_a_number"),
        ("103.04", "30.0", QINGJIANG, ""),  # a number written as text is a number
        ("103,04", "30,0", QINGJIANG, "not_a_number"),  # decimal comma: never guessed
        (NAN, 30.0, QINGJIANG, "nan_coordinate"),
        ("nan", 30.0, QINGJIANG, "nan_coordinate"),
        (103.04, NAN, QINGJIANG, "nan_coordinate"),
        (INF, 30.0, QINGJIANG, "infinite_coordinate"),
        (103.04, -INF, QINGJIANG, "infinite_coordinate"),
        (NAN, INF, QINGJIANG, "nan_coordinate"),
        (0.0, 0.0, QINGJIANG, "zero_coordinate"),
        (-0.0, 1e-9, QINGJIANG, "zero_coordinate"),
        (0.0, 0.0, (-1.0, -1.0, 1.0, 1.0), "zero_coordinate"),  # 0,0 is an empty form even where it lies inside
        (0.0, 30.0, QINGJIANG, "outside_bounds"),
        (30.0, 103.04, QINGJIANG, "swapped_coordinate"),
        (42.36, -71.06, BOSTON, "swapped_coordinate"),
        (30.0, 103.2, QINGJIANG, "outside_bounds"),  # swapped would not help
        (71.06, 42.36, BOSTON, "outside_bounds"),  # the sign is missing: said as outside, never mended
        (600348.5, 3320568.8, QINGJIANG, "outside_bounds"),  # metres in a feed of degrees
        (45.2, 45.1, (45.0, 45.0, 45.3, 45.3), ""),  # bounds that hold their own mirror: inside stays fine
    ],
)
def test_one_code_a_row(lon, lat, bounds, code):
    assert place_faults(np.array([lon], object), np.array([lat], object), bounds).tolist() == [code]


def test_float_columns_know_nan_but_not_missing():
    faults = place_faults(np.array([NAN, 103.04, INF]), np.array([30.0, 30.0, 1.0]), QINGJIANG)
    assert faults.tolist() == ["nan_coordinate", "", "infinite_coordinate"]


def test_empty_columns():
    assert place_faults(np.empty(0), np.empty(0), QINGJIANG).shape == (0,)
    assert place_faults([], [], QINGJIANG).shape == (0,)


@given(st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 2), max_size=30))
def test_every_row_has_a_known_code_and_stands_alone(rows):
    lon, lat = (np.array([row[i] for row in rows], dtype=np.float64) for i in (0, 1))
    faults = place_faults(lon, lat, QINGJIANG)
    assert set(faults) - {""} <= set(group("reason"))
    assert faults.tolist() == [place_faults(lon[[i]], lat[[i]], QINGJIANG)[0] for i in range(len(rows))]


@given(st.floats(103.0, 103.1), st.floats(29.95, 30.05))
def test_inside_is_fine_and_its_mirror_is_swapped(lon, lat):
    assert place_faults([lon, lat], [lat, lon], QINGJIANG).tolist() == ["", "swapped_coordinate"]


@pytest.mark.parametrize(
    ("x", "y", "srid", "code"),
    [
        (600348.51, 3320568.80, 4543, ""),
        (34600348.51, 3320568.80, 4522, ""),
        (3320568.80, 600348.51, 4543, "swapped_coordinate"),  # X is north in Chinese surveying
        (3320568.80, 34600348.51, 4522, "swapped_coordinate"),
        (34600348.51, 3320568.80, 4543, "outside_bounds"),  # a zone prefix where none is declared
        (600348.51, 3320568.80, 4522, "outside_bounds"),  # and the other way round
        (103.04, 30.0, 4543, "outside_bounds"),  # degrees in a feed of metres
        (0.0, 0.0, 4543, "zero_coordinate"),
        (None, 3320568.80, 4543, "missing_coordinate"),
        (NAN, 3320568.80, 4543, "nan_coordinate"),
        (INF, 3320568.80, 4543, "infinite_coordinate"),
    ],
)
def test_projected_feeds(x, y, srid, code):
    lonlat, faults = projected_place_faults(np.array([x], object), np.array([y], object), srid, QINGJIANG)
    assert faults.tolist() == [code]
    assert np.isfinite(lonlat).all() == (code == "")
    if code == "":
        assert lonlat[0] == pytest.approx([103.04, 30.0], abs=1e-7)
