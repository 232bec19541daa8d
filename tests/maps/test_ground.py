from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from streetchief.errors import BadInput
from streetchief.maps.ground import SCALE, ground_of
from tests.maps.toymap import BLOCK, NAMES_EAST, SOUTH, WEST, toy_areas, toy_streets


def unpacked(flat: list[int]) -> np.ndarray:
    return np.cumsum(np.asarray(flat).reshape(-1, 2), axis=0) / SCALE


def frame(*shapes: object, codes: list[str] | None = None, crs: int | None = 4326) -> gpd.GeoDataFrame:
    codes = codes or [f"c{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes, "name": [f"n{c}" for c in codes]}, geometry=list(shapes), crs=crs)


def test_pieces_of_a_street_become_one() -> None:
    ground = ground_of(toy_streets(), toy_areas())
    assert ground.codes == tuple(f"S{i:02d}" for i in range(12))
    assert ground.names[:6] == NAMES_EAST
    assert [len(lines) for lines in ground.lines] == [1] * 12  # five pieces, end to end
    meridian = Geod(ellps="WGS84").line_length([WEST, WEST], [SOUTH, SOUTH + 5 * BLOCK])
    assert ground.lengths_m[0] == pytest.approx(meridian, abs=0.3)
    assert ground.areas[0][0] == "东社区"
    assert ground.bounds == pytest.approx(
        (WEST - BLOCK / 2, SOUTH - BLOCK / 2, WEST + 5.5 * BLOCK, SOUTH + 5.5 * BLOCK)
    )


def test_coordinates_come_back_within_a_metre() -> None:
    rng = np.random.default_rng(3)
    line = shapely.LineString(
        np.column_stack((-71 + rng.normal(0, 0.001, 50).cumsum(), 42 + rng.normal(0, 0.001, 50).cumsum()))
    )
    back = shapely.LineString(unpacked(ground_of(frame(line), None).lines[0][0]))
    assert shapely.hausdorff_distance(line, back) < 1.2e-5


def test_any_declared_system_is_understood() -> None:
    lonlat = toy_streets()
    there = ground_of(lonlat.to_crs(4543), None)
    assert there.lengths_m == pytest.approx(ground_of(lonlat, None).lengths_m, abs=0.2)
    assert np.allclose(unpacked(there.lines[0][0])[0], [WEST, SOUTH], atol=2e-6)


def test_no_declared_system_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        ground_of(frame(shapely.LineString([(0, 0), (1, 1)]), crs=None), None)
    assert refused.value.code == "map_no_crs"


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        ground_of(toy_streets().drop(columns="name"), None)
    assert "name" in str(refused.value.values["detail"])


ODD = [
    (None, 0),  # a street without geometry is not drawn
    (shapely.LineString(), 0),
    (shapely.MultiLineString([[(0, 0), (0, 1)], [(1, 0), (1, 1)]]), 2),
    (
        shapely.GeometryCollection([shapely.Point(0, 0), shapely.LineString([(0, 0), (0, 1)])]),
        1,
    ),  # points of it are not
    (shapely.LineString([(0, 0, 9), (0, 1, 9)]), 1),  # heights are dropped
    (shapely.LineString([(0, 0), (0, 0)]), 0),  # of no length
]


@pytest.mark.parametrize(("shape", "parts"), ODD)
def test_odd_shapes(shape: object, parts: int) -> None:
    ground = ground_of(frame(shape), None)
    assert sum(map(len, ground.lines)) == parts
    for lines in ground.lines:
        assert all(len(flat) % 2 == 0 for flat in lines)


def test_a_name_that_is_no_text_is_empty() -> None:
    streets = frame(shapely.LineString([(0, 0), (0, 1)]))
    streets["name"] = [np.nan]
    assert ground_of(streets, None).names == ("",)


def test_areas_keep_their_holes() -> None:
    ring = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    ((name, label, rings),) = ground_of(toy_streets(), frame(shapely.MultiPolygon([ring]))).areas
    assert name == "nc0"
    assert len(rings) == 2
    assert ring.contains(shapely.Point(np.asarray(label) / SCALE))


def test_nothing_at_all() -> None:
    assert ground_of(toy_streets().iloc[:0], None).bounds is None
