"""The registry that a city file's seed files describe."""

from __future__ import annotations

from dataclasses import replace

from streetchief.city import City, Seeds
from streetchief.registry.files import SegmentFile, read_areas, read_categories, read_chiefs, read_rules, read_segments
from streetchief.registry.model import Department, Fault, Registry
from streetchief.registry.rules import check


def registry_from_city(city: City) -> tuple[Registry, tuple[Fault, ...]]:
    """The registry of the seed files and everything wrong with it: faults of reading first, then of `rules.check`.

    A file that the city does not name gives nothing; a segment or area that does not say where its geometry comes
    from takes the city's ``geometry_source``.  Raises BadInput for a file that cannot be read at all.
    """
    seeds = city.seeds
    streets, segments, faults = _streets(seeds) if seeds.streets else ((), (), ())
    areas, area_faults = read_areas(seeds.areas) if seeds.areas else ((), ())
    chiefs, chief_faults = read_chiefs(seeds.chiefs) if seeds.chiefs else ((), ())
    categories, category_faults = read_categories(seeds.categories) if seeds.categories else ((), ())
    rules, rule_faults = read_rules(seeds.rules) if seeds.rules else ((), ())
    source = seeds.geometry_source
    registry = Registry(
        areas=tuple(a if a.geometry_source else replace(a, geometry_source=source) for a in areas),
        streets=streets,
        segments=tuple(s if s.geometry_source else replace(s, geometry_source=source) for s in segments),
        appointments=chiefs,
        departments=departments_of(city),
        categories=categories,
        rules=rules,
        tiers=tuple(tier.tier for tier in city.tiers),
        attribution=seeds.attribution,
    )
    found = (*faults, *area_faults, *chief_faults, *category_faults, *rule_faults, *check(registry, city))
    return registry, found


def departments_of(city: City) -> tuple[Department, ...]:
    """The departments that the city file names, sorted by code."""
    found = (Department(d.code, d.name.zh, d.name.en, d.inferred) for d in city.departments)
    return tuple(sorted(found, key=lambda d: d.code))


def _streets(seeds: Seeds) -> SegmentFile:
    assert seeds.streets is not None
    return read_segments(
        seeds.streets,
        properties=seeds.streets_properties,
        srid=seeds.srid,
        layer=seeds.layer,
        encoding=seeds.encoding,
    )
