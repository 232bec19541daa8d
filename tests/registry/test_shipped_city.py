"""The data that ships: what DOMAIN allows, nothing invented, fit to publish."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import numpy as np
import pytest
import shapely

from streetchief.city import shipped_city_file, shipped_data_dir
from streetchief.cityfile import read_city
from streetchief.geo.crs import project_geometries
from streetchief.registry.assemble import registry_from_city

CITY = read_city(shipped_city_file())
REGISTRY, FAULTS = registry_from_city(CITY)
PILOT = {
    "正黄美食风情街",
    "和平南路",
    "和平西路",
    "汉阙路",
    "先锋路",
    "和兴路",
    "宁雅路",
    "明珠路",
}  # press of 2020-03-31
NEIGHBOURS = {"和平东路", "熊猫大道", "汉碑街", "顺兴路", "孝廉街", "爱国路", "东环路"}  # naming notice of 2020-12-23


def metric(code: str) -> shapely.LineString:
    """All segments of a street in metres."""
    return shapely.union_all(project_geometries([s.geometry for s in REGISTRY.segments if s.street == code], 4543))


def test_it_is_fit_to_publish() -> None:
    """One warning: two cities gave the local code 0198 different meanings."""
    assert [(f.code, f.where) for f in FAULTS] == [("category_ambiguous", "GB/T 30428.2-2013 event 0198")]


def test_no_street_is_invented() -> None:
    assert {s.name for s in REGISTRY.streets if s.pilot} == PILOT
    assert {s.name for s in REGISTRY.streets if not s.pilot} == NEIGHBOURS
    assert {s.name_source for s in REGISTRY.streets} == {"press 2020-03-31", "naming notice 2020-12-23"}


@pytest.mark.parametrize("name", ["streets.geojson", "areas.geojson"])
def test_every_feature_says_that_it_is_schematic(name: str) -> None:
    features = json.loads((shipped_data_dir() / name).read_text("utf-8"))["features"]
    for feature in features:
        properties = feature["properties"]
        assert properties["geometry_source"] == "schematic"
        assert properties["accuracy_m"] is None
        assert properties["name_source"]
        if "street_code" in properties:
            assert properties["area_source"] == "schematic", "which street lies where follows from the drawing"


def test_segments_are_plausible() -> None:
    lengths = shapely.length(project_geometries([s.geometry for s in REGISTRY.segments], 4543))
    assert lengths.min() >= 80
    assert lengths.max() <= 500
    assert all(2 <= n <= 6 for n in Counter(s.street for s in REGISTRY.segments).values())
    west, south, east, north = shapely.total_bounds([s.geometry for s in REGISTRY.segments])
    assert 103.02 <= west < east <= 103.07
    assert 29.99 <= south < north <= 30.03


def test_the_network_hangs_together() -> None:
    """From any segment to any other over common points."""
    shapes = np.array([s.geometry for s in REGISTRY.segments])
    assert shapely.union_all(shapes).geom_type == "MultiLineString"
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    group = np.arange(len(shapes))
    for _ in shapes:
        np.minimum.at(group, left, group[right])
    assert set(group) == {0}


def test_sourced_relations_of_the_naming_notice() -> None:
    """汉碑街 runs from 和平东路 (north) to 熊猫大道 (south); 顺兴路 from 孝廉街 via 爱国路 to 东环路, south of 和平东路."""
    steles, east_peace, panda = metric("QJ-HBJ"), metric("QJ-HPDL"), metric("QJ-XMDD")
    assert steles.intersects(east_peace)
    assert steles.intersects(panda)
    assert steles.intersection(east_peace).y > steles.intersection(panda).y
    way = metric("QJ-SXL")
    at = [way.intersection(metric(code)).x for code in ("QJ-XLJ", "QJ-AGL", "QJ-DHL")]
    assert at == sorted(at)
    assert way.bounds[3] < east_peace.bounds[1]


def test_there_is_a_close_parallel_pair_and_a_curve() -> None:
    food, joy = metric("QJ-ZHMS"), metric("QJ-HXL")
    middle = (
        food.interpolate(0.5, normalized=True)
        if food.geom_type == "LineString"
        else shapely.line_merge(food).interpolate(0.5, normalized=True)
    )
    assert 30 <= middle.distance(joy) <= 60
    curve = shapely.line_merge(metric("QJ-NYL"))
    ends = shapely.LineString([curve.coords[0], curve.coords[-1]])
    assert curve.length > 1.1 * ends.length


def test_chiefs_are_placeholders_and_every_day_has_an_answer() -> None:
    pilots = {s.code for s in REGISTRY.streets if s.pilot}
    assert all(a.placeholder and a.chief.startswith("示例") and not a.public for a in REGISTRY.appointments)
    for segment in REGISTRY.segments:
        expected = [3, 2, 1] if segment.street in pilots else []
        for day in (date(2020, 4, 1), date(2024, 6, 30), date(2024, 7, 1), date(2030, 1, 1)):
            assert [a.tier for a in REGISTRY.chiefs_on(segment.code, day)] == expected
    before, after = (REGISTRY.chiefs_on("QJ-HPNL-02", d)[0].chief for d in (date(2024, 6, 30), date(2024, 7, 1)))
    assert before != after


def test_areas_are_the_division_codes() -> None:
    assert [a.code[-3:] for a in REGISTRY.areas] == ["000", *(f"{n:03d}" for n in range(1, 8)), "200", "201"]
    assert [a.name for a in REGISTRY.areas[1:8]] == [
        "青江路社区", "沙湾路社区", "汉碑路社区", "土桥社区", "石马社区", "孝廉社区", "桐梓林社区",
    ]  # fmt: skip
    assert {a.parent for a in REGISTRY.areas[1:]} == {"511802004000"}


def test_eight_departments_and_no_catch_all() -> None:
    assert len(REGISTRY.departments) == 8
    assert [d.name_zh for d in REGISTRY.departments if d.inferred] == ["城管"]
    assert {r.handler for r in REGISTRY.rules} == {d.code for d in REGISTRY.departments}
    assert all("待街道办事处确认" in r.basis for r in REGISTRY.rules)
    covered = {
        (c.kind, c.code)
        for c in REGISTRY.categories
        for r in REGISTRY.rules
        if (c.scheme, c.kind) == (r.scheme, r.kind)
        and (c.code == r.code or (r.code[-1] == "*" and c.code.startswith(r.code[:-1])))
    }
    events = {(c.kind, c.code) for c in REGISTRY.categories if c.scheme == "GB/T 30428.2-2013" and c.kind == "event"}
    assert events - covered, "codes with no rule go to triage"


def test_categories_of_all_three_generations() -> None:
    assert {c.scheme for c in REGISTRY.categories} == {"CJ/T 214-2007", "GB/T 30428.2-2013", "GB/T 47678.5-2026"}
    names = {(c.scheme[:4], c.kind, c.code): c.name for c in REGISTRY.categories}
    assert names["CJ/T", "event", "0105"] == "水域不洁"
    assert names["GB/T", "event", "0105"] == "临街阳台、屋顶脏乱差"
