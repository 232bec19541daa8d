"""Publishing into real PostGIS: what comes out equals what went in, and the database itself refuses nonsense."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import LineString
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from streetchief.city import shipped_city_file
from streetchief.cityfile import read_city
from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.registry import service
from streetchief.registry.assemble import registry_from_city
from streetchief.registry.fingerprint import fingerprint, in_order
from streetchief.registry.model import Registry, Segment, Street
from tests.registry.toytown import toytown, toytown_registry

QINGJIANG = read_city(shipped_city_file())


def versionless(registry: Registry) -> Registry:
    return replace(registry, version=None)


@pytest.mark.parametrize("city", [QINGJIANG, toytown()], ids=["qingjiang", "toytown"])
def test_round_trip(database_engine: Engine, city: object) -> None:
    registry = in_order(registry_from_city(city)[0])  # type: ignore[arg-type]
    version = service.publish(database_engine, city, registry, "first")  # type: ignore[arg-type]
    loaded = service.load(database_engine)
    assert loaded.version == version
    assert versionless(loaded) == registry
    assert fingerprint(loaded) == fingerprint(registry)


def test_versions_are_kept_and_equal_content_is_a_no_op(database_engine: Engine) -> None:
    city, registry = toytown(), toytown_registry()
    assert service.current_version(database_engine) is None
    first = service.publish(database_engine, city, registry)
    assert service.publish(database_engine, city, replace(registry, segments=registry.segments[::-1])) == first
    renamed = replace(registry, streets=(replace(registry.streets[0], name="NEW NAME"), *registry.streets[1:]))
    second = service.publish(database_engine, city, renamed, "renamed")
    assert second > first
    assert [v.version for v in service.list_versions(database_engine)] == [second, first]
    assert versionless(service.load(database_engine, first)) == in_order(registry)
    assert versionless(service.load(database_engine)) == in_order(renamed)
    third = service.publish(database_engine, city, registry, "back again")
    assert third > second, "going back is a version too"


def test_what_may_not_be_published(database_engine: Engine) -> None:
    registry = toytown_registry()
    bow = LineString([(15, -22), (15.002, -21.998), (15.002, -22), (15, -21.998)])
    crossing = replace(registry, segments=(replace(registry.segments[0], geometry=bow), *registry.segments[1:]))
    with pytest.raises(BadInput) as refused:
        service.publish(database_engine, toytown(), crossing)
    assert refused.value.code == "registry_faults"
    assert refused.value.values["count"] == 1
    assert service.current_version(database_engine) is None, "nothing is half written"
    service.publish(database_engine, toytown(), registry)
    with pytest.raises(Conflict) as other:
        service.publish(database_engine, QINGJIANG, registry_from_city(QINGJIANG)[0])
    assert other.value.code == "other_city"
    with pytest.raises(Conflict):
        service.seed(database_engine, QINGJIANG)


def test_nothing_published_yet(database_engine: Engine) -> None:
    with pytest.raises(NotFound) as none:
        service.load(database_engine)
    assert none.value.code == "no_registry"
    version = service.seed(database_engine, toytown())
    assert service.seed(database_engine, toytown()) == version
    with pytest.raises(NotFound) as gone:
        service.load(database_engine, version + 1)
    assert gone.value.code == "no_registry_version"


def test_two_at_once_publish_one_version(database_engine: Engine) -> None:
    city, registry = toytown(), toytown_registry()
    versions: list[int] = []
    threads = [
        threading.Thread(target=lambda: versions.append(service.publish(database_engine, city, registry)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(versions) == 4
    assert len(set(versions)) == 1
    assert len(service.list_versions(database_engine)) == 1


def test_metric_column_measures_metres(database_engine: Engine) -> None:
    """A1 was drawn 300 m long in UTM 33S."""
    service.publish(database_engine, toytown(), toytown_registry())
    with database_engine.connect() as connection:
        row = connection.execute(
            text("select ST_Length(geom_metric), ST_SRID(geom_metric), ST_SRID(geom) from segments where code = 'A1'")
        ).one()
    assert row[0] == pytest.approx(300.0, abs=0.001)
    assert tuple(row[1:]) == (32733, 4326)


def test_a_published_version_does_not_depend_on_the_seed_files(database_engine: Engine) -> None:
    """From the first publication on the database owns the registry: seeding again changes nothing."""
    city, registry = toytown(), toytown_registry()
    renamed = replace(registry, streets=(replace(registry.streets[0], name="OFFICE EDIT"), *registry.streets[1:]))
    version = service.publish(database_engine, city, renamed)
    assert service.seed(database_engine, city) == version
    assert "OFFICE EDIT" in {s.name for s in service.load(database_engine).streets}


NONSENSE = [
    ("ck_segments_geom_usable", "LINESTRING(NaN -22, 15 -22)"),
    ("ck_segments_geom_usable", "LINESTRING(15 -22, Infinity -22)"),
    ("ck_segments_geom_usable", "LINESTRING EMPTY"),
    ("ck_segments_geom_usable", "LINESTRING(15 -22, 15 -22)"),
    ("ck_segments_geom_usable", "LINESTRING(15 -22, 500000 7567000)"),
    ("ck_segments_geom_simple", "LINESTRING(15 -22, 15.002 -21.998, 15.002 -22, 15 -21.998)"),
]


@pytest.mark.parametrize(("constraint", "wkt"), NONSENSE, ids=[n[1] for n in NONSENSE])
def test_the_database_refuses_bad_geometry(database_engine: Engine, constraint: str, wkt: str) -> None:
    version = service.publish(database_engine, toytown(), toytown_registry())
    with np.errstate(invalid="ignore"):
        shape = shapely.from_wkt(wkt.replace("Infinity", "inf"))
    with pytest.raises(IntegrityError) as refused, database_engine.begin() as connection:
        connection.execute(
            text(
                "update segments set geom = ST_SetSRID(cast(:wkb as geometry), 4326) where version = :v and code = 'A1'"
            ),
            {"wkb": shapely.to_wkb(shape, hex=True), "v": version},
        )
    assert constraint in str(refused.value)


def test_the_database_refuses_overlapping_chiefs(database_engine: Engine) -> None:
    version = service.publish(database_engine, toytown(), toytown_registry())
    with pytest.raises(IntegrityError) as refused, database_engine.begin() as connection:
        connection.execute(
            text("insert into appointments values (:v, 'A1', 2, 99, '示例', '', false, true, date '2025-02-28', null)"),
            {"v": version},
        )
    assert "ex_appointments_overlap" in str(refused.value)


def test_fingerprint_sees_every_field() -> None:
    registry = toytown_registry()
    changed = [
        replace(registry, attribution="x"),
        replace(registry, tiers=(1,)),
        replace(registry, areas=registry.areas[:-1]),
        replace(registry, rules=(replace(registry.rules[0], basis="x"), *registry.rules[1:])),
        replace(registry, segments=(replace(registry.segments[0], accuracy_m=1.0), *registry.segments[1:])),
        replace(registry, streets=(*registry.streets, Street("x", "x"))),
        replace(registry, segments=(*registry.segments, Segment("x", "x", LineString([(15, -22), (15, -21.9)])))),
    ]
    prints = {fingerprint(r) for r in [registry, *changed]}
    assert len(prints) == len(changed) + 1
    assert fingerprint(replace(registry, version=7)) == fingerprint(registry)
