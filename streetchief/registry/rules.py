"""What makes a registry unfit to publish: pure judgement, one fault a finding, each with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations

from streetchief.city import City
from streetchief.registry.ground import check_areas, check_bounds, check_streets, place_of
from streetchief.registry.model import Appointment, Fault, Registry, Rule, Span


def check(registry: Registry, city: City) -> tuple[Fault, ...]:
    """Everything wrong with a registry, blocking faults first; () when it may be published as it is.

    What a city does not keep (areas, chiefs, rules) is not asked for.
    """
    found = [
        *check_streets(registry.streets, registry.segments),
        *check_bounds(registry.segments, city.bounds),
        *check_areas(registry.areas, city.metric_srid),
        *_check_references(registry),
        *_check_appointments(registry),
        *_check_rules(registry),
    ]
    return tuple(sorted(found, key=lambda fault: not fault.blocking))


def _check_references(registry: Registry) -> Iterator[Fault]:
    areas = {area.code for area in registry.areas}
    for segment in registry.segments:
        if segment.area is not None and segment.area not in areas:
            yield Fault("segment_unknown_area", segment.code, segment.area, place_of(segment.geometry))
    for code, times in Counter(d.code for d in registry.departments).items():
        if times > 1:
            yield Fault("department_duplicate", code)
    for key, times in Counter((c.scheme, c.kind, c.code) for c in registry.categories).items():
        if times > 1:
            yield Fault("category_duplicate", " ".join(key))


def _check_appointments(registry: Registry) -> Iterator[Fault]:
    """Nobody twice, no day without a chief between the first and the last, every tier filled where one is."""
    by_post: dict[tuple[str, int], list[Appointment]] = {}
    for one in registry.appointments:
        by_post.setdefault((one.segment, one.tier), []).append(one)
    tiers_of: dict[str, set[int]] = {}
    for (code, tier), terms in by_post.items():
        where = f"{code} [{tier}]"
        if code not in registry.segment_by_code:
            yield Fault("appointment_unknown_segment", where)
            continue
        if tier not in registry.tiers:
            yield Fault("appointment_unknown_tier", where)
        tiers_of.setdefault(code, set()).add(tier)
        place = place_of(registry.segment_by_code[code].geometry)
        for fault in _check_terms(where, terms):
            yield Fault(fault.code, where, fault.detail, place, fault.blocking)
    pilots = {street.code for street in registry.streets if street.pilot}
    for segment in registry.segments if registry.appointments else ():
        missing = [str(tier) for tier in registry.tiers if tier not in tiers_of.get(segment.code, ())]
        place = place_of(segment.geometry)
        if segment.code in tiers_of and missing:
            yield Fault("appointment_tier_missing", segment.code, ", ".join(missing), place)
        elif missing and segment.street in pilots:
            yield Fault("segment_without_chief", segment.code, segment.street, place, blocking=False)


def _check_terms(where: str, terms: list[Appointment]) -> Iterator[Fault]:
    forward = [term for term in terms if _is_forward(term.on)]
    for term in terms:
        if term not in forward:
            yield Fault("span_backward", where, _days(term.on))
    forward.sort(key=lambda term: (term.on.from_on or date.min, term.on.to_on or date.max))
    last: Appointment | None = None
    for term in forward:
        start, end = _start(term), _end(last) if last else _start(term)
        if last and start < end:
            yield Fault("appointment_overlap", where, f"{_days(last.on)} / {_days(term.on)}")
        elif start > end:
            yield Fault("appointment_gap", where, f"{end} – {start}")
        if last is None or _end(term) > _end(last):
            last = term
    if forward and all(term.on.to_on for term in forward):
        yield Fault("appointment_ended", where, str(max(t.on.to_on for t in forward if t.on.to_on)), blocking=False)


def _check_rules(registry: Registry) -> Iterator[Fault]:
    departments = {d.code for d in registry.departments}
    parents = {area.code: area.parent for area in registry.areas}
    codes: dict[tuple[str, str], list[str]] = {}
    for category in registry.categories:
        codes.setdefault((category.scheme, category.kind), []).append(category.code)
    for order, times in Counter(rule.order for rule in registry.rules).items():
        if times > 1:
            yield Fault("rule_order_duplicate", str(order))
    for rule in registry.rules:
        for name in sorted({rule.handler, rule.supervisor, *rule.co_departments} - departments):
            yield Fault("rule_unknown_department", str(rule.order), name)
        if rule.street is not None and rule.street not in registry.street_by_code:
            yield Fault("rule_unknown_street", str(rule.order), rule.street)
        if rule.area is not None and rule.area not in parents:
            yield Fault("rule_unknown_area", str(rule.order), rule.area)
        if not _is_forward(rule.on):
            yield Fault("span_backward", str(rule.order), _days(rule.on))
        if not rule.code.removesuffix("*"):
            yield Fault("rule_catch_all", str(rule.order), rule.code)
        elif not any(_covers(rule.code, code) for code in codes.get((rule.scheme, rule.kind), ())):
            yield Fault("rule_unknown_code", str(rule.order), f"{rule.scheme} {rule.kind} {rule.code}")
    groups: dict[tuple[str, str], list[Rule]] = {}
    for rule in sorted(registry.rules, key=lambda r: r.order):
        groups.setdefault((rule.scheme, rule.kind), []).append(rule)
    for rules in groups.values():
        hidden = {
            later.order: earlier for earlier, later in combinations(rules, 2) if _shadows(earlier, later, parents)
        }
        for order, earlier in hidden.items():
            yield Fault("rule_unreachable", str(order), str(earlier.order))


def _shadows(earlier: Rule, later: Rule, parents: Mapping[str, str | None]) -> bool:
    """Whether every complaint that fits the later rule fits the earlier one too, so that it can never win."""
    return (
        _covers(earlier.code, later.code)
        and earlier.condition in (None, later.condition)
        and earlier.street in (None, later.street)
        and (earlier.area is None or earlier.area in _upwards(later.area, parents))
        and _start(earlier) <= _start(later)
        and _end(later) <= _end(earlier)
    )


def _covers(pattern: str, code: str) -> bool:
    """Whether a pattern takes in a whole code, or all that another prefix takes in."""
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def _upwards(area: str | None, parents: Mapping[str, str | None]) -> set[str]:
    chain: set[str] = set()
    while area is not None and area not in chain:
        chain.add(area)
        area = parents.get(area)
    return chain


def _start(dated: Appointment | Rule) -> date:
    return dated.on.from_on or date.min


def _end(dated: Appointment | Rule) -> date:
    return dated.on.to_on or date.max


def _is_forward(on: Span) -> bool:
    return on.from_on is None or on.to_on is None or on.from_on < on.to_on


def _days(on: Span) -> str:
    return f"{on.from_on or '…'} – {on.to_on or '…'}"
