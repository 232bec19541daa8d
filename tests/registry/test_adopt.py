"""A survey replaces the drawing: codes, chiefs and rules stay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shapely import LineString

from streetchief.registry.adopt import adopt
from streetchief.registry.model import Segment, Street
from tests.registry.toytown import toytown_registry

TOY = toytown_registry()
ANCHOR = next(s for s in TOY.streets if s.name == "ANCHOR ST")


def network(name: str, *lines: list[tuple[float, float]]) -> tuple[list[Street], list[Segment]]:
    """A street as a file without codes gives it."""
    segments = [Segment(f"sg-{n}", "st-new", LineString(xy), geometry_source="survey") for n, xy in enumerate(lines)]
    return [Street("st-new", name)], segments


@pytest.mark.parametrize("name", ["ANCHOR ST", "anchor  st", "Quay Road"])
def test_one_line_is_cut_in_the_old_proportions(name: str) -> None:
    """Two old segments of equal length, A1 in the west; the survey is drawn from the east, in three ways."""
    ways = [[(15.02, -22.0), (15.012, -22.0)], [(15.012, -22.0), (15.004, -22.0)], [(15.004, -22.0), (15.0, -22.0)]]
    new = adopt(TOY, *network(name, *ways), [])
    assert [s.code for s in new.segments] == ["A1", "A2"]
    assert [s.street for s in new.segments] == [ANCHOR.code] * 2
    assert new.segments[0].geometry.coords[0] == pytest.approx((15.0, -22.0))
    assert new.segments[0].geometry.coords[-1] == pytest.approx((15.01, -22.0), abs=1e-5)
    assert {s.geometry_source for s in new.segments} == {"survey"}
    assert [s.right_of_way_m for s in new.segments] == [20.0, 20.0], "what the survey does not say stays known"
    assert [a for a in new.appointments if a.segment == "A1"] == [a for a in TOY.appointments if a.segment == "A1"]


def test_two_carriageways_share_the_code_and_its_chiefs() -> None:
    north = [[(15.0, -22.0), (15.01, -22.0)], [(15.01, -22.0), (15.02, -22.0)]]
    south = [[(15.02, -22.0003), (15.01, -22.0003)], [(15.01, -22.0003), (15.0, -22.0003)]]
    new = adopt(TOY, *network("ANCHOR ST", *north, *south), [])
    assert sorted(s.code for s in new.segments) == ["A1", "A1-2", "A2", "A2-2"]
    terms = [(a.tier, a.chief, a.on) for a in TOY.appointments if a.segment == "A1"]
    assert [(a.tier, a.chief, a.on) for a in new.appointments if a.segment == "A1-2"] == terms


def test_what_the_file_names_itself_is_taken_as_it_comes() -> None:
    streets, segments = network("ANCHOR ST", [(15.0, -22.0), (15.02, -22.0)])
    own = [replace(segments[0], code="OWN-1")]
    new = adopt(TOY, streets, own, ["OWN-1"])
    assert (new.streets, new.segments) == (tuple(streets), tuple(own))


def test_chiefs_of_a_lost_segment_are_reported() -> None:
    new = adopt(TOY, *network("A NEW ROAD", [(15.0, -22.0), (15.02, -22.0)]), [])
    assert new.appointments == ()
    assert [(f.code, f.where, f.blocking) for f in new.faults] == [
        ("appointment_dropped", "A1", False),
        ("appointment_dropped", "B1", False),
    ]
