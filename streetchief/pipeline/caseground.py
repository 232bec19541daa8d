"""What a published registry says to a case: whose place it is, by whom it is answered, what things are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from streetchief.casework.case import Case
from streetchief.casework.chain import Link, chain_on
from streetchief.casework.facts import Place
from streetchief.city import City
from streetchief.matching import routing
from streetchief.matching.routing import CategoryCode, RouteTable
from streetchief.registry.model import Registry


@dataclass(frozen=True)
class CaseGround:
    """One registry version as cases need it; it never changes, so it is kept as long as the version is current."""

    city: City
    registry: Registry
    version: int

    @cached_property
    def departments(self) -> frozenset[str]:
        """Codes of all departments."""
        return frozenset(department.code for department in self.registry.departments)

    def chain(self, segment: str, now: datetime) -> tuple[Link, ...]:
        """The chain of a segment on the city's day of an instant."""
        return chain_on(self.registry, segment, now.astimezone(self.city.zone).date())

    def place(self, segment: str, case: Case, now: datetime) -> Place | None:
        """Where the segment puts a case, with the departments that the rules name there; None = no such segment."""
        found = self.registry.segment_by_code.get(segment)
        if found is None:
            return None
        areas = self.areas_above(found.area)
        code = CategoryCode(case.scheme, case.kind, case.code)
        where = routing.Place(segment, found.street, areas)
        whose = routing.route(self._routes, code, case.condition, where, now)
        return Place(found.street, areas, self.version, whose.department, whose.supervisor)

    def areas_above(self, code: str | None) -> tuple[str, ...]:
        """An area and all above it, from the deepest upwards; () for none."""
        chain: list[str] = []
        while code is not None and code in self._parents and code not in chain:
            chain.append(code)
            code = self._parents[code]
        return tuple(chain)

    def street_name(self, case: Case) -> str | None:
        """What the street is called; None while the case has none, or the street is no more."""
        street = None if case.street is None else self.registry.street_by_code.get(case.street)
        return None if street is None else street.name

    def category_name(self, case: Case) -> str | None:
        """What the matter is called; None for a code that the city does not know."""
        return self._categories.get((case.scheme, case.kind, case.code))

    @cached_property
    def _parents(self) -> dict[str, str | None]:
        return {area.code: area.parent for area in self.registry.areas}

    @cached_property
    def _routes(self) -> RouteTable:
        return RouteTable.of(self.registry, self.city.zone)

    @cached_property
    def _categories(self) -> dict[tuple[str, str | None, str | None], str]:
        return {(c.scheme, c.kind, c.code): c.name for c in self.registry.categories}
