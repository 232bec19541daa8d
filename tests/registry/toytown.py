"""The second small city, and small registries on squared paper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streetchief.city import City
from streetchief.cityfile import read_city
from streetchief.registry.assemble import registry_from_city
from streetchief.registry.model import Registry

DATA = Path(__file__).parent.parent / "data"
TOYTOWN_FILE = DATA / "toytown.toml"


def toytown() -> City:
    """Two tiers, three departments, UTM 33S, a scheme of its own."""
    return read_city(TOYTOWN_FILE)


def toytown_registry() -> Registry:
    """Its seed files as a registry, which has no blocking fault."""
    return registry_from_city(toytown())[0]


def write_geojson(path: Path, *features: tuple[dict[str, Any], str, Any]) -> Path:
    """A GeoJSON file of (properties, geometry type, coordinates)."""
    rows = [
        {"type": "Feature", "properties": p, "geometry": {"type": kind, "coordinates": xy} if kind else None}
        for p, kind, xy in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), "utf-8")
    return path


def line(name: str | None, xy: Sequence[Sequence[float]], **properties: Any) -> tuple[dict[str, Any], str, Any]:
    """One feature of `write_geojson`."""
    return {"name": name, **properties}, "LineString", xy
