"""What deciding needs to know from outside the case."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from streetchief.casework.chain import Link

Pauses = tuple[tuple[datetime, datetime | None], ...]


class DueInstant(Protocol):
    """When a limit is due; ``deadlines.Due`` is one."""

    @property
    def at(self) -> datetime:
        """Aware UTC."""

    @property
    def provisional(self) -> bool:
        """Whether a day on the way is not known yet."""

    @property
    def calendar_version(self) -> str:
        """Which calendar said so."""


class Times(Protocol):
    """The limits of one class of case."""

    def due(
        self, step: str, start: datetime, *, tier: int | None = None, pauses: Pauses = (), extensions: int = 0
    ) -> DueInstant | None:
        """When a step that began at `start` is due; None = no limit is configured, never an invented one.

        step  ``deadlines.Step``; tier of an ``answer``; pauses are closed; each extension adds the limit once more
        """


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment puts a case: its street, its area and every area above, and whose it is by the rules."""

    street: str
    areas: tuple[str, ...]
    registry_version: int
    department: str | None = None
    supervisor: str | None = None


@dataclass(frozen=True, slots=True)
class Joining:
    """The other case of a merge: what it carries, and whether the one that ends has cases below it."""

    other: int
    complaints: tuple[int, ...]
    has_children: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one decision.

    times             limits of the case's class
    chain             segment → its chain of chiefs on the day (`streetchief.casework.chain`), lowest tier first
    place             segment → its place today, None = there is no such segment
    departments       codes that are known
    complaints        ids of complaints that have no case yet
    ancestors         case id → ids of its parents upwards; None = there is no such case in sight
    is_plaque_signed  (segment, code) → whether that is the signed code of its plaque
    geofence_m        farthest check-in; None = the city allows no geofence
    scrub             free text → without telephone and identity numbers
    joining           the other case, where two are merged in this very transaction
    """

    times: Times
    chain: Callable[[str], tuple[Link, ...]]
    place: Callable[[str], Place | None]
    departments: Collection[str]
    complaints: Collection[int]
    ancestors: Callable[[int], tuple[int, ...] | None]
    is_plaque_signed: Callable[[str, str], bool]
    geofence_m: float | None
    scrub: Callable[[str], str]
    joining: Joining | None = None
