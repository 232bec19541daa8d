"""What is exported can be read back to equal content, and shows no private name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from streetchief.city import shipped_city_file
from streetchief.cityfile import read_city
from streetchief.registry.assemble import departments_of, registry_from_city
from streetchief.registry.changes import compare
from streetchief.registry.exports import export, shown_chief
from streetchief.registry.files import read_areas, read_categories, read_chiefs, read_rules, read_segments
from streetchief.registry.fingerprint import fingerprint, in_order
from streetchief.registry.model import Appointment, Registry, Span
from tests.registry.toytown import toytown, toytown_registry


def read_back(folder: Path, registry: Registry) -> Registry:
    """The exported files as a registry; departments, tiers and attribution come from the city file."""
    streets, segments, faults = read_segments(folder / "streets.geojson")
    areas, area_faults = read_areas(folder / "areas.geojson")
    chiefs, chief_faults = read_chiefs(folder / "chiefs.csv")
    rules, rule_faults = read_rules(folder / "rules.csv")
    categories, category_faults = read_categories(folder / "categories.csv")
    assert (*faults, *area_faults, *chief_faults, *rule_faults, *category_faults) == ()
    return replace(
        registry,
        streets=streets,
        segments=segments,
        areas=areas,
        appointments=chiefs,
        rules=rules,
        categories=categories,
    )


@pytest.mark.parametrize("city", [read_city(shipped_city_file()), toytown()], ids=["qingjiang", "toytown"])
def test_export_round_trips(tmp_path: Path, city: object) -> None:
    registry = in_order(registry_from_city(city)[0])  # type: ignore[arg-type]
    export(registry, tmp_path)
    again = read_back(tmp_path, registry)
    assert again == registry
    assert fingerprint(again) == fingerprint(registry)


def test_dates_widths_and_aliases_come_back(tmp_path: Path) -> None:
    registry = toytown_registry()
    on = Span(date(2024, 2, 29), date(2025, 1, 1))
    first = replace(registry.segments[0], on=on, accuracy_m=2.5, area="T-W")
    registry = in_order(replace(registry, segments=(first, *registry.segments[1:])))
    export(registry, tmp_path)
    assert read_back(tmp_path, registry) == registry


def test_private_names_are_masked_and_such_a_roster_is_refused(tmp_path: Path) -> None:
    registry = toytown_registry()
    private = Appointment("B1", 2, "甲某某", Span(date(2024, 1, 1)))
    public = Appointment("B1", 1, "乙某某", Span(date(2024, 1, 1)), public=True)
    kept = [a for a in registry.appointments if a.segment != "B1"]
    export(replace(registry, appointments=(*kept, private, public)), tmp_path)
    written = (tmp_path / "chiefs.csv").read_text("utf-8")
    assert "甲某某" not in written
    assert "乙某某" in written
    assert [f.code for f in read_chiefs(tmp_path / "chiefs.csv")[1]] == ["masked_name"]
    assert [shown_chief(a) for a in (private, public, registry.appointments[0])] == ["甲*", "乙某某", "示例 总巷长 1"]


def test_exported_geojson_says_where_it_comes_from(tmp_path: Path) -> None:
    export(replace(toytown_registry(), version=3), tmp_path)
    written = json.loads((tmp_path / "streets.geojson").read_text("utf-8"))
    assert (written["attribution"], written["registry_version"]) == ("a toy", 3)
    assert {f["properties"]["geometry_source"] for f in written["features"]} == {"toy drawing"}


def test_departments_come_from_the_city() -> None:
    assert [(d.code, d.inferred) for d in departments_of(toytown())] == [
        ("lamps", True),
        ("parks", False),
        ("roads", False),
    ]


def test_changes_are_counted() -> None:
    old = toytown_registry()
    renamed = tuple(replace(s, name="NEW") if s.name == "BUTTON LN" else s for s in old.streets)
    wider = replace(old.segments[0], right_of_way_m=30.0)
    new = replace(old, streets=renamed, segments=(wider, *old.segments[1:-1]), rules=old.rules[1:], version=9)
    changes = compare(old, new)
    assert (changes.added, changes.changed, changes.removed, changes.kept) == ((), ("A1", "B1"), ("C-2",), 2)
    assert changes.tables == {"areas": 0, "appointments": 0, "departments": 0, "categories": 0, "rules": 1}
    assert not changes.is_nothing
    assert compare(old, replace(old, version=9)).is_nothing
    assert len(compare(None, old).added) == len(old.segments)
