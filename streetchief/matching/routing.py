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

    rules_of: Mapping[CategoryCode, tuple[Rule, ...]]
    known_codes: frozenset[CategoryCode]
    registry: Registry
    zone: ZoneInfo

    @classmethod
    def of(cls, registry: Registry, zone: ZoneInfo) -> RouteTable:
        """The table of a published registry; `zone` turns an instant into the city's day."""
        ordered = sorted(registry.rules, key=lambda r: r.order)
        known = frozenset(CategoryCode(c.scheme, c.kind, c.code) for c in registry.categories)
        return cls({code: tuple(r for r in ordered if _names(r, code)) for code in known}, known, registry, zone)


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
        for rule in rules.rules_of[code]:
            if _fits(rule, condition, place, on):
                return Assignment(rule.handler, rule.supervisor, rule.co_departments, chiefs, rule.order)
        reason = NO_RULE
    return Assignment(None, chiefs=chiefs, triage_reason=reason)


def _triage_reason(rules: RouteTable, code: CategoryCode) -> str:
    if not code.code:
        return MISSING_CODE
    if not code.kind:
        return MISSING_KIND
    return "" if code in rules.known_codes else UNKNOWN_CODE


def _names(rule: Rule, code: CategoryCode) -> bool:
    """Whether the rule is about the code: the whole of it, or a prefix of it."""
    if (rule.scheme, rule.kind) != (code.scheme, code.kind):
        return False
    return str(code.code).startswith(rule.code[:-1]) if rule.code.endswith("*") else rule.code == code.code


def _fits(rule: Rule, condition: str | None, place: Place, on: date) -> bool:
    return (
        (rule.condition is None or rule.condition == condition)
        and (rule.street is None or rule.street == place.street)
        and (rule.area is None or rule.area in place.areas)
        and rule.on.holds(on)
    )
