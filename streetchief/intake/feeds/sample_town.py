"""Where the sample feed happens: the streets in metres, and the places where a placing is hard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from streetchief.city import City
from streetchief.geo.crs import to_xy
from streetchief.intake.feeds import sample_words as words
from streetchief.registry.model import Registry

HALF_WIDTH_M = {1: 18.0, 2: 12.0, 3: 7.0, None: 9.0}
Xy = tuple[float, float]


@dataclass(frozen=True)
class Town:
    """Segments as lines in `City.metric_srid`, the name of the street of each, and half its width."""

    names: tuple[str, ...]
    lines: tuple[LineString, ...]
    half_widths_m: tuple[float, ...]

    @classmethod
    def of(cls, registry: Registry, city: City) -> Town:
        """The segments of a registry, measured in the city's projection."""
        names = registry.street_by_code
        lines = tuple(LineString(to_xy(np.array(s.geometry.coords), city.metric_srid)) for s in registry.segments)
        half = (s.right_of_way_m / 2 if s.right_of_way_m else HALF_WIDTH_M[s.street_class] for s in registry.segments)
        return cls(tuple(names[s.street].name for s in registry.segments), lines, tuple(half))

    @cached_property
    def weights(self) -> list[float]:
        """How often each segment is complained about."""
        return [words.POPULAR.get(n, 1.0) * line.length for n, line in zip(self.names, self.lines, strict=True)]

    @cached_property
    def ground(self) -> BaseGeometry:
        """All streets as one geometry."""
        return shapely.union_all(list(self.lines))

    @cached_property
    def crossings(self) -> list[tuple[Xy, str, str]]:
        """Where two streets of different names meet."""
        found: dict[tuple[Xy, str, str], None] = {}
        for i, line in enumerate(self.lines):
            for j in range(i):
                a, b = sorted((self.names[i], self.names[j]))
                if a != b and line.distance(self.lines[j]) < 1.0:
                    place = shapely.shortest_line(line, self.lines[j]).coords[0]
                    found[((round(place[0], 1), round(place[1], 1)), a, b)] = None
        return list(found)

    @cached_property
    def between(self) -> list[Xy]:
        """Half-way places between two streets of different names that run 24–90 m apart."""
        found = []
        for i, line in enumerate(self.lines):
            for along in np.arange(10.0, line.length, 20.0):
                place = line.interpolate(along)
                for j, other in enumerate(self.lines):
                    gap_m = place.distance(other)
                    middle = shapely.shortest_line(place, other).interpolate(0.5, normalized=True)
                    if self.names[j] != self.names[i] and 24 <= gap_m <= 90 and middle.distance(line) > 0.35 * gap_m:
                        found.append((middle.x, middle.y))
        return found
