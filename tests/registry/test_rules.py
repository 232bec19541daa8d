"""Planted faults: each is found, alone, with its place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from shapely import LineString, Polygon, box, from_wkt

from streetchief.registry import rules
from streetchief.registry.model import Appointment, Area, Category, Fault, Registry, Rule, Segment, Span, Street
from streetchief.registry.rules import check
from streetchief.words import group
from tests.registry.toytown import toytown, toytown_registry

CITY = toytown()
TOY = toytown_registry()
A1, RULE = TOY.segments[0], TOY.rules[0]


def found(registry: Registry) -> list[Fault]:
    """The faults beside the three warnings that the toy has of its own (segments without chiefs)."""
    return [fault for fault in check(registry, CITY) if fault.code != "segment_without_chief"]


def with_segment(**changes: object) -> Registry:
    return replace(TOY, segments=(replace(A1, **changes), *TOY.segments[1:]))  # type: ignore[arg-type]


def with_rule(**changes: object) -> Registry:
    return replace(TOY, rules=(replace(RULE, **changes), *TOY.rules[1:]))  # type: ignore[arg-type]


def with_terms(*spans: tuple[date | None, date | None]) -> Registry:
    """A1's lane chiefs replaced by these terms."""
    others = [a for a in TOY.appointments if (a.segment, a.tier) != ("A1", 2)]
    terms = [Appointment("A1", 2, f"示例 {n}", Span(*span), placeholder=True) for n, span in enumerate(spans)]
    return replace(TOY, appointments=(*others, *terms))


def test_the_toy_is_fit_to_publish() -> None:
    assert found(TOY) == []
    assert [f.where for f in check(TOY, CITY)] == ["A2", "C-1", "C-2"]


BOW = LineString([(15, -22), (15.002, -21.998), (15.002, -22), (15, -21.998)])
SEGMENT_FAULTS = [
    ("segment_self_crossing", with_segment(geometry=BOW), True),
    ("segment_zero_length", with_segment(geometry=LineString([(15, -22), (15, -22)])), True),
    ("geometry_not_finite", with_segment(geometry=from_wkt("LINESTRING (15 -22, inf -22)")), True),
    ("segment_outside_bounds", with_segment(geometry=LineString([(16, -22), (16.001, -22)])), False),
    ("segment_unknown_area", with_segment(area="gone"), True),
    ("segment_unknown_street", with_segment(street="gone"), True),
    ("span_backward", with_segment(on=Span(date(2025, 1, 2), date(2025, 1, 2))), True),
    ("segment_same_geometry", with_segment(geometry=TOY.segments[1].geometry.reverse()), False),
    ("segment_code_duplicate", replace(TOY, segments=(*TOY.segments, replace(A1, geometry=LineString([(15, -22), (15.01, -22.01)])))), True),
    ("street_code_duplicate", replace(TOY, streets=(*TOY.streets, TOY.streets[0])), True),
    ("street_unnamed", replace(TOY, streets=(replace(TOY.streets[0], name=""), *TOY.streets[1:])), True),
    ("street_without_segments", replace(TOY, streets=(*TOY.streets, Street("st-x", "Lonely"))), False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "registry", "blocking"), SEGMENT_FAULTS, ids=[f[0] for f in SEGMENT_FAULTS])
def test_segment_faults(code: str, registry: Registry, blocking: bool) -> None:
    assert [(f.code, f.blocking) for f in found(registry) if f.code != "street_without_segments" or f.code == code] == [
        (code, blocking)
    ]


def test_a_self_crossing_is_shown_where_it_crosses() -> None:
    [fault] = found(with_segment(geometry=BOW))
    assert fault.where == "A1"
    assert fault.lonlat == pytest.approx((15.001, -21.999), abs=1e-6)


def test_all_segments_outside_is_one_blocking_fault() -> None:
    """Swapped axes in a whole file: one sentence, not a thousand."""
    swapped = [replace(s, geometry=LineString([(y, x) for x, y in s.geometry.coords])) for s in TOY.segments]
    assert [(f.code, f.blocking) for f in found(replace(TOY, segments=tuple(swapped)))] == [
        ("streets_outside_bounds", True)
    ]


D = date
TERMS = [
    ([], [(None, None)], "one open term"),
    ([], [(D(2024, 1, 1), D(2025, 1, 1)), (D(2025, 1, 1), None)], "the old one leaves on the day the new one comes"),
    (["appointment_gap"], [(D(2024, 1, 1), D(2025, 1, 1)), (D(2025, 1, 2), None)], "one day missing"),
    (["appointment_overlap"], [(D(2024, 1, 1), D(2025, 1, 2)), (D(2025, 1, 1), None)], "one day double"),
    (["appointment_overlap"], [(None, None), (D(2024, 1, 1), None)], "an open term and another"),
    (["appointment_overlap"], [(D(2024, 1, 1), None), (D(2024, 2, 1), D(2024, 3, 1))], "one inside the other"),
    (["appointment_overlap", "appointment_gap"],
     [(D(2024, 1, 1), D(2024, 9, 1)), (D(2024, 2, 1), D(2024, 3, 1)), (D(2024, 10, 1), None)],
     "the gap counts from the longer term"),
    (["appointment_ended"], [(D(2024, 1, 1), D(2025, 1, 1))], "nobody follows: a warning"),
    (["span_backward"], [(D(2024, 1, 1), None), (D(2024, 1, 1), D(2023, 1, 1))], "ends before it begins"),
    (["appointment_tier_missing"], [], "the second tier has nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "spans", "why"), TERMS, ids=[t[2] for t in TERMS])
def test_terms_of_chiefs(codes: list[str], spans: list[tuple[date | None, date | None]], why: str) -> None:
    faults = found(with_terms(*spans))
    assert [f.code for f in faults] == codes, why
    assert all(f.lonlat for f in faults)


def test_appointments_to_nowhere() -> None:
    stray = Appointment("gone", 1, "示例", Span()), Appointment("A1", 9, "示例", Span())
    codes = [f.code for f in found(replace(TOY, appointments=(*TOY.appointments, *stray)))]
    assert sorted(codes) == ["appointment_unknown_segment", "appointment_unknown_tier"]


RULE_FAULTS = [
    ("rule_unknown_department", with_rule(handler="gone"), "handler"),
    ("rule_unknown_department", with_rule(co_departments=("gone",)), "co-department"),
    ("rule_unknown_street", with_rule(street="gone"), "street"),
    ("rule_unknown_area", with_rule(area="gone"), "area"),
    ("rule_unknown_code", with_rule(code="R9"), "no such code"),
    ("rule_unknown_code", with_rule(kind="component"), "a code of the other kind"),
    ("rule_unknown_code", with_rule(scheme="TOY-2"), "a code of another scheme"),
    ("rule_catch_all", with_rule(code="*"), "never a default"),
    ("span_backward", with_rule(on=Span(D(2025, 1, 1), D(2024, 1, 1))), "dates"),
    ("rule_order_duplicate", with_rule(order=2), "order"),
]


@pytest.mark.parametrize(("code", "registry", "why"), RULE_FAULTS, ids=[f[2] for f in RULE_FAULTS])
def test_rule_faults(code: str, registry: Registry, why: str) -> None:
    codes = [f.code for f in found(registry) if not (why == "never a default" and f.code == "rule_unreachable")]
    assert codes == [code], why


def rule(order: int, code: str = "R1", **changes: object) -> Rule:
    return Rule(order, "TOY-1", "event", code, "roads", "roads", **changes)  # type: ignore[arg-type]


HIDDEN = [
    (True, rule(1), rule(2), "the same again"),
    (True, rule(1, "R*"), rule(2, "R1"), "a prefix before a code"),
    (True, rule(1, "R*"), rule(2, "R1*"), "a prefix before a longer prefix"),
    (True, rule(1), rule(2, condition="flooded"), "any condition before one condition"),
    (True, rule(1, area="T"), rule(2, area="T-E"), "an area before an area in it"),
    (True, rule(1), rule(2, on=Span(D(2024, 1, 1))), "always before from 2024"),
    (False, rule(1, "R1"), rule(2, "R*"), "a code before its prefix: what overrides are"),
    (False, rule(1, condition="flooded"), rule(2), "a condition first"),
    (False, rule(1, area="T-E"), rule(2, area="T"), "the smaller area first"),
    (False, rule(1, area="T-E"), rule(2, area="T-W"), "areas side by side"),
    (False, rule(1, on=Span(D(2024, 1, 1), D(2025, 1, 1))), rule(2), "a passing rule first"),
    (False, rule(1, "P1"), rule(2, "R1"), "other codes"),
]


@pytest.mark.parametrize(("hidden", "earlier", "later", "why"), HIDDEN, ids=[h[3] for h in HIDDEN])
def test_unreachable_rules(hidden: bool, earlier: Rule, later: Rule, why: str) -> None:
    faults = found(replace(TOY, rules=(later, earlier)))
    assert [(f.code, f.where, f.detail) for f in faults] == ([("rule_unreachable", "2", "1")] if hidden else []), why


def test_ambiguous_category_is_a_fault() -> None:
    twice = (*TOY.categories, Category("TOY-1", "event", "R1", "another name"))
    assert [f.code for f in found(replace(TOY, categories=twice))] == ["category_duplicate"]


def areas(**shapes: Polygon | None) -> Registry:
    """The root W (a square of 0.02°) and its children on squared paper, 0.01° a square."""
    parts = [Area(code, code, "community", "W", shape) for code, shape in shapes.items()]
    return Registry(areas=(Area("W", "W", "subdistrict", None, box(14.99, -22.01, 15.01, -21.99)), *parts))


WEST, EAST = box(14.99, -22.01, 15.0, -21.99), box(15.0, -22.01, 15.01, -21.99)
TILINGS = [
    ([], areas(a=WEST, b=EAST), "two halves"),
    ([], areas(a=WEST, b=None), "ground not known yet: no gap to speak of"),
    (["area_gap"], areas(a=WEST, b=box(15.001, -22.01, 15.01, -21.99)), "a strip between"),
    (["areas_overlap"], areas(a=WEST, b=box(14.999, -22.01, 15.01, -21.99)), "a strip double"),
    (["area_outside_parent"], areas(a=WEST, b=box(15.0, -22.01, 15.011, -21.99)), "stands out"),
    (["area_gap", "area_gap"], areas(a=WEST, b=box(15.0, -22.005, 15.01, -21.995)), "two gaps, two places"),
    ([], areas(a=WEST, b=box(15.000000001, -22.01, 15.01, -21.99)), "0.1 mm over 2 km is rounding"),
    (["area_not_valid"], areas(a=Polygon([(14.99, -22), (15, -21.99), (15, -22), (14.99, -21.99)])), "a bow tie"),
]


@pytest.mark.parametrize(("codes", "registry", "why"), TILINGS, ids=[t[2] for t in TILINGS])
def test_areas_tile(codes: list[str], registry: Registry, why: str) -> None:
    assert [f.code for f in check(registry, CITY)] == codes, why


def test_a_gap_has_a_size_and_a_place() -> None:
    [gap] = check(TILINGS[2][1], CITY)
    assert gap.where == "W"
    assert gap.lonlat == pytest.approx((15.0005, -22.0), abs=1e-3)
    assert float(gap.detail.split()[0]) == pytest.approx(103.2 * 2214.5, rel=0.01)  # 0.001° × 0.02° at 22° S


def test_area_tree_faults() -> None:
    loop = Registry(areas=(Area("a", "a", "x", "b"), Area("b", "b", "x", "a"), Area("c", "c", "x", "gone")))
    assert sorted(f.code for f in check(loop, CITY)) == ["area_cycle", "area_cycle", "area_parent_missing"]


def test_a_city_with_streets_only_has_no_faults() -> None:
    """No areas, no chiefs, no rules: those checks do not apply."""
    streets = (Street("s", "Only"),)
    segments = (Segment("s1", "s", LineString([(15, -22), (15.001, -22)])),)
    assert check(Registry(streets=streets, segments=segments, tiers=(1, 2)), CITY) == ()


def test_every_fault_has_its_sentence() -> None:
    """Fault codes are literals in the room's modules and in the reader of limits and calendar, which uses its tables;
    each has words in both languages, and no words are left over."""
    room = Path(rules.__file__).parent
    readers = [*room.glob("*.py"), room.parent / "casework" / "seeds.py"]
    source = "\n".join(path.read_text("utf-8") for path in readers)
    codes = set(re.findall(r'(?:Fault|Unfit|_twice|_pieces)\(\s*"([a-z_]+)"', source))
    codes |= set(re.findall(r'"(geometry_[a-z_]+)"', source)) - {"geometry_source"}
    assert codes == set(group("fault"))
