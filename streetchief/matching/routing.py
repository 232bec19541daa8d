"""Whose it is: category + condition + place + instant → departments and chain of chiefs.

The responsibility table is data: ordered rules, the first that fits wins.  A code that its scheme does not know,
or one that no rule covers, goes to triage with the reason; there is no default department.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streetchief.registry.model import Appointment, Registry, Rule

MISSING_CODE = "missing_code"
MISSING_KIND = "missing_kind"
UNKNOWN_CODE = "unknown_code"
NO_RULE = "no_rule"
TRIAGE_REASONS = (MISSING_CODE, MISSING_KIND, UNKNOWN_CODE, NO_RULE)


class CategoryCode(NamedTuple):
    """The identity of a category.  The same digits differ between schemes and kinds, so all three are needed."""

    scheme: str
    kind: str | None
    code: str | None


class Place(NamedTuple):
    """Where a complaint was placed; None and () where it was not.

    areas: from the deepest area upwards.
    """

    segment: str | None = None
    street: str | None = None
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has to act.

    department      handler (处置单位); None = triage, then `triage_reason` says why
    supervisor      主管部门
    co_departments  called together with the handler
    chiefs          chain of chiefs on that day, nearest to the residents first; () without a segment
    rule            order of the rule that decided; None in triage
    """

    department: str | None
    supervisor: str | None = None
    co_departments: tuple[str, ...] = ()
    chiefs: tuple[Appointment, ...] = ()
    rule: int | None = None
    triage_reason: str = ""


@dataclass(frozen=True)
class RouteTable:
    """The responsibility rules and appointments of one registry version; immutable and picklable."""

    rules_of: Mapping[tuple[str, str], tuple[Rule, ...]]
    known_codes: frozenset[CategoryCode]
    registry: Registry
    zone: ZoneInfo

    @classmethod
    def of(cls, registry: Registry, zone: ZoneInfo) -> RouteTable:
        """The table of a published registry; `zone` turns an instant into the city's day."""
        rules_of: dict[tuple[str, str], tuple[Rule, ...]] = {}
        for rule in sorted(registry.rules, key=lambda r: r.order):
            key = (rule.scheme, rule.kind)
            rules_of[key] = (*rules_of.get(key, ()), rule)
        known = frozenset(CategoryCode(c.scheme, c.kind, c.code) for c in registry.categories)
        return cls(rules_of, known, registry, zone)


def route(rules: RouteTable, code: CategoryCode, condition: str | None, place: Place, at: datetime) -> Assignment:
    """The assignment of one complaint at an aware instant.  The first rule that fits wins.

    Raises ValueError if `at` has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("route() needs an aware instant")
    on = at.astimezone(rules.zone).date()
    chiefs = rules.registry.chiefs_on(place.segment, on) if place.segment else ()
    reason = _triage_reason(rules, code)
    if not reason:
        for rule in rules.rules_of.get((code.scheme, code.kind or ""), ()):
            if _fits(rule, code.code or "", condition, place, on):
                return Assignment(rule.handler, rule.supervisor, rule.co_departments, chiefs, rule.order)
        reason = NO_RULE
    return Assignment(None, chiefs=chiefs, triage_reason=reason)


def _triage_reason(rules: RouteTable, code: CategoryCode) -> str:
    if not code.code:
        return MISSING_CODE
    if not code.kind:
        return MISSING_KIND
    return "" if code in rules.known_codes else UNKNOWN_CODE


def _fits(rule: Rule, code: str, condition: str | None, place: Place, on: date) -> bool:
    pattern = rule.code
    if not (code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern):
        return False
    return (
        (rule.condition is None or rule.condition == condition)
        and (rule.street is None or rule.street == place.street)
        and (rule.area is None or rule.area in place.areas)
        and rule.on.holds(on)
    )
