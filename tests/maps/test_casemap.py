"""The small map of one placing: what is on it, and that names stay text."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from streetchief.maps.casemap import draw_case
from streetchief.matching.index import StreetIndex
from streetchief.matching.model import PlacingModel
from streetchief.matching.why import explain
from tests.pipeline.squares import ORIGIN, REGISTRY, SRID

SVG = "{http://www.w3.org/2000/svg}"
MODEL = PlacingModel.shipped()
CORNER = np.add(ORIGIN, (12.0, 15.0))


def drawn(index: StreetIndex, xy: np.ndarray) -> ElementTree.Element:
    return ElementTree.fromstring(draw_case(index, xy, explain(index, xy, MODEL)))


def test_a_corner_shows_both_streets_with_their_metres() -> None:
    svg = drawn(StreetIndex.from_registry(REGISTRY, SRID), CORNER)
    kinds = [path.get("class") for path in svg.iter(f"{SVG}path")]
    assert kinds.count("street candidate chosen") == 1
    assert "street candidate" in kinds
    links = [(line.get("x1"), line.get("x2"), line.get("y2")) for line in svg.iter(f"{SVG}line")]
    assert links == [("240.0", "216.0", "240.0"), ("240.0", "240.0", "270.0")], "12 m west, 15 m south, 2 px a metre"
    texts = [text.text or "" for text in svg.iter(f"{SVG}text")]
    assert texts[0].startswith("北街 12.0 m ")
    assert texts[1].startswith("东街 15.0 m ")


def test_hostile_names_stay_text() -> None:
    hostile = "</title><script>alert(1)</script>"
    streets = tuple(replace(street, name=hostile) for street in REGISTRY.streets)
    svg = drawn(StreetIndex.from_registry(replace(REGISTRY, streets=streets), SRID), CORNER)
    assert list(svg.iter(f"{SVG}script")) == []
    assert hostile in next(svg.iter(f"{SVG}text")).text


def test_nowhere_is_an_empty_map() -> None:
    svg = drawn(StreetIndex.from_registry(REGISTRY, SRID), np.array([np.nan, 0.0]))
    assert list(svg.iter(f"{SVG}line")) == []
