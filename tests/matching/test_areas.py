"""The deepest area wins, a common edge goes to the lower code."""

from __future__ import annotations

import numpy as np
from shapely import box

from streetchief.matching.areas import AreaIndex
from streetchief.registry.model import Area, Registry

TOWN = Area("T", "town", "subdistrict", None, box(0, 0, 2, 1))
WEST = Area("W", "west", "community", "T", box(0, 0, 1, 1))
EAST = Area("E", "east", "community", "T", box(1, 0, 2, 1))
NAMED_ONLY = Area("N", "no ground", "community", "T")
POINTS = np.array([[0.5, 0.5], [1.5, 0.5], [1.0, 0.5], [9.0, 9.0], [np.nan, 0.5]])


def test_locate() -> None:
    index = AreaIndex.of(Registry(areas=(TOWN, WEST, EAST, NAMED_ONLY)))
    found = [index.codes[i] if i >= 0 else None for i in index.locate(POINTS)]
    assert found == ["W", "E", "E", None, None]
    assert index.upwards["W"] == ("W", "T")


def test_a_hole_in_the_tiling_falls_to_the_area_above() -> None:
    index = AreaIndex.of(Registry(areas=(TOWN, WEST)))
    assert index.codes[index.locate(POINTS[1:2])[0]] == "T"


def test_no_areas_locate_nothing() -> None:
    index = AreaIndex.of(Registry())
    assert list(index.locate(POINTS)) == [-1] * 5
    assert index.locate(np.empty((0, 2))).shape == (0,)
