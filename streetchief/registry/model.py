"""Who answers for which ground: frozen values, no database, no files.

Geometry is shapely, WGS-84 degrees, longitude first.  Dates are city dates; a validity is half-open,
``[from_on, to_on)``, and an open end is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from shapely import LineString, MultiPolygon, Polygon


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of city dates; None = open."""

    from_on: date | None = None
    to_on: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the day lies in the span."""
        return (self.from_on is None or self.from_on <= on) and (self.to_on is None or on < self.to_on)


@dataclass(frozen=True, slots=True)
class Area:
    """A piece of ground or organisation in one tree: subdistrict, communities, and deeper.

    code      unique in the registry (12-digit division code where one exists)
    level     ``subdistrict`` | ``community`` | ``grid`` | ``building`` | ``group`` | any later level
    parent    code of the area above, None at the root
    geometry  None where only the name is known
    """

    code: str
    name: str
    level: str
    parent: str | None
    geometry: Polygon | MultiPolygon | None = None
    geometry_source: str = ""


@dataclass(frozen=True, slots=True)
class Street:
    """A named street; `name_source` says where the name was read."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    pilot: bool = True
    name_source: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """The stretch of a street that one chain of chiefs answers for: the unit of matching.

    street_class    ``1`` main, ``2`` secondary, ``3`` back street; None = unknown
    right_of_way_m  full width between the property lines, metres; None = unknown
    area            code of the community it lies in; None = unknown
    accuracy_m      of the geometry, metres; None = unknown (schematic)
    """

    code: str
    street: str
    geometry: LineString
    street_class: int | None = None
    right_of_way_m: float | None = None
    area: str | None = None
    geometry_source: str = ""
    accuracy_m: float | None = None
    on: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A chief on a segment for a span of time.

    tier         1 is the highest; titles are city data
    chief        a name, or a placeholder marked by `placeholder`
    public       whether the name may be shown in full; a resident chief is a private person
    """

    segment: str
    tier: int
    chief: str
    on: Span
    post: str = ""
    public: bool = False
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Department:
    """A department (责任部门)."""

    code: str
    name_zh: str
    name_en: str
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """One code of one scheme: (scheme, kind, code) is the identity; a bare code is ambiguous."""

    scheme: str
    kind: str
    code: str
    name: str
    big_name: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the responsibility table; the first line that fits wins.

    order          position; unique
    code           a whole code, or a prefix ending in ``*``
    condition      None = any
    street, area   override for one street or one area (and the areas below it); None = everywhere
    handler        department that fixes (处置单位); `supervisor` the one that supervises (主管部门)
    basis          where the rule comes from, shown by `why`
    """

    order: int
    scheme: str
    kind: str
    code: str
    handler: str
    supervisor: str
    condition: str | None = None
    street: str | None = None
    area: str | None = None
    co_departments: tuple[str, ...] = ()
    on: Span = field(default_factory=Span)
    basis: str = ""


@dataclass(frozen=True)
class Registry:
    """Everything that is published together as one version.

    Tuples are sorted by code (rules by order), so that equal content has one fingerprint.
    """

    areas: tuple[Area, ...] = ()
    streets: tuple[Street, ...] = ()
    segments: tuple[Segment, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    departments: tuple[Department, ...] = ()
    categories: tuple[Category, ...] = ()
    rules: tuple[Rule, ...] = ()
    tiers: tuple[int, ...] = ()
    attribution: str = ""
    version: int | None = None

    @cached_property
    def street_by_code(self) -> Mapping[str, Street]:
        """Streets by their code."""
        return {street.code: street for street in self.streets}

    @cached_property
    def segment_by_code(self) -> Mapping[str, Segment]:
        """Segments by their code."""
        return {segment.code: segment for segment in self.segments}

    def chiefs_on(self, segment: str, on: date) -> tuple[Appointment, ...]:
        """Who was chief of a segment on a day, lowest tier (nearest to the residents) first; empty if nobody."""
        found = [a for a in self._appointments_of.get(segment, ()) if a.on.holds(on)]
        return tuple(sorted(found, key=lambda a: -a.tier))

    @cached_property
    def _appointments_of(self) -> Mapping[str, list[Appointment]]:
        by_segment: dict[str, list[Appointment]] = {}
        for appointment in self.appointments:
            by_segment.setdefault(appointment.segment, []).append(appointment)
        return by_segment


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a registry file, and where.

    code      e.g. ``segment_self_crossing``; its sentence is ``fault.<code>`` in the catalogue
    where     segment, street, area code, or line of a table
    lonlat    the place on the map, None if it has none
    blocking  whether it forbids publishing; the others are warnings
    """

    code: str
    where: str
    detail: str = ""
    lonlat: tuple[float, float] | None = None
    blocking: bool = True
