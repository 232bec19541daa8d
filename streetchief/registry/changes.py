"""What a new registry changes against the published one: for the preview before publishing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from streetchief.registry.model import Registry


@dataclass(frozen=True, slots=True)
class Changes:
    """Codes of segments, sorted, and how many lines of the other tables differ."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    tables: dict[str, int]

    @property
    def is_nothing(self) -> bool:
        """Whether both registries say the same."""
        return not (self.added or self.changed or self.removed or any(self.tables.values()))


def compare(old: Registry | None, new: Registry) -> Changes:
    """The changes from `old` (None = nothing is published yet) to `new`.

    A segment counts as changed if it or its street differs.
    """
    old = replace(old, version=None) if old is not None else Registry()
    before, after = _with_streets(old), _with_streets(new)
    both = before.keys() & after.keys()
    changed = tuple(sorted(code for code in both if before[code] != after[code]))
    names = ("areas", "appointments", "departments", "categories", "rules")
    return Changes(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=changed,
        removed=tuple(sorted(before.keys() - after.keys())),
        kept=len(both) - len(changed),
        tables={name: len(set(map(repr, getattr(old, name))) ^ set(map(repr, getattr(new, name)))) for name in names},
    )


def _with_streets(registry: Registry) -> dict[str, tuple[Any, ...]]:
    return {s.code: (s, registry.street_by_code.get(s.street)) for s in registry.segments}
