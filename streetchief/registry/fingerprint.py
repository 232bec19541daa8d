"""Equal content has one fingerprint, whatever file or database it came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from streetchief.registry.model import Registry
from streetchief.registry.sheets import appointment_key


def in_order(registry: Registry) -> Registry:
    """The same registry with every tuple sorted by its code (rules by order), as `Registry` promises."""
    return replace(
        registry,
        areas=tuple(sorted(registry.areas, key=lambda a: a.code)),
        streets=tuple(sorted(registry.streets, key=lambda s: s.code)),
        segments=tuple(sorted(registry.segments, key=lambda s: (s.code, s.street))),
        appointments=tuple(sorted(registry.appointments, key=appointment_key)),
        departments=tuple(sorted(registry.departments, key=lambda d: d.code)),
        categories=tuple(sorted(registry.categories, key=lambda c: (c.scheme, c.kind, c.code))),
        rules=tuple(sorted(registry.rules, key=lambda r: (r.order, r.scheme, r.kind, r.code))),
    )


def fingerprint(registry: Registry) -> str:
    """32 hex digits of the content; `version` and the order of the tuples have no say."""
    content = _plain(in_order(replace(registry, version=None)))
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True, byte_order=1)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
