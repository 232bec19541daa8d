"""Cells: tile numbers known from slippy maps, and laws of the Morton code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetchief.geo.cells import CELL_ZOOM, NO_CELL, cell_centre, cell_of, parent

lonlats = st.tuples(st.floats(-180.0, 180.0), st.floats(-85.0, 85.0))


def interleave(x: int, y: int) -> int:
    """The Morton code, bit by bit: slow and plain."""
    return sum(((x >> bit & 1) << 2 * bit) | ((y >> bit & 1) << (2 * bit + 1)) for bit in range(32))


@pytest.mark.parametrize(
    ("lon", "lat", "zoom", "x", "y"),
    [
        (0.0, 0.0, 1, 1, 1),  # a border belongs to the cell east and south of it
        (-180.0, 85.0511, 20, 0, 0),
        (180.0, -85.0511, 20, 2**20 - 1, 2**20 - 1),  # the last meridian belongs to the last column
        (103.04, 30.0, 12, 3220, 1689),
        (-71.06, 42.36, 12, 1239, 1514),
        (10.0, 89.9, 3, 4, 0),  # beyond the cut: the first row
    ],
)
def test_tiles_of_slippy_maps(lon, lat, zoom, x, y):
    assert parent(cell_of(np.array([[lon, lat]])), zoom).tolist() == [interleave(x, y)]


@given(st.lists(lonlats, min_size=1, max_size=20), st.integers(0, CELL_ZOOM))
def test_the_centre_lies_in_its_cell(points, zoom):
    cells = parent(cell_of(np.array(points)), zoom)
    assert np.array_equal(parent(cell_of(cell_centre(cells, zoom)), zoom), cells)


@given(lonlats, st.integers(0, CELL_ZOOM), st.integers(0, CELL_ZOOM))
def test_a_parent_of_a_parent_is_a_shift(point, zoom, other):
    fine, coarse = max(zoom, other), min(zoom, other)
    cell = cell_of(np.array([point]))
    assert parent(cell, coarse) == parent(cell, fine) >> (2 * (fine - coarse))


@given(lonlats)
def test_the_cell_is_near(point):
    lon, lat = cell_centre(cell_of(np.array([point])))[0]
    assert abs(lon - point[0]) <= 180.0 / 2**CELL_ZOOM * 1.000001
    assert abs(lat - point[1]) <= 180.0 / 2**CELL_ZOOM


def test_what_is_no_place_has_no_cell():
    cells = cell_of(np.array([[np.nan, 30.0], [103.0, np.inf], [103.04, 30.0]]))
    assert cells[:2].tolist() == [NO_CELL, NO_CELL]
    assert cells[2] >= 0
    assert parent(cells, 10)[:2].tolist() == [NO_CELL, NO_CELL]
    assert np.isnan(cell_centre(cells, CELL_ZOOM)[:2]).all()


def test_empty_and_a_zoom_that_is_none():
    assert cell_of(np.empty((0, 2))).shape == (0,)
    assert cell_centre(np.empty(0, np.int64), 3).shape == (0, 2)
    for zoom in (-1, CELL_ZOOM + 1):
        with pytest.raises(ValueError, match="zoom"):
            parent(np.array([1]), zoom)
