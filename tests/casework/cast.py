"""The people and the facts of the tests: a street 东街 with three tiers of chiefs, three departments, plain limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from streetchief.actors import Actor, Grant, Permission
from streetchief.casework.case import Case
from streetchief.casework.chain import Link
from streetchief.casework.facts import Facts, Joining, Pauses, Place
from streetchief.casework.fold import fold
from streetchief.casework.opening import Opening, open_event

P = Permission
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in the city
AREAS = ("C1", "T")
LIMITS = {
    "register": 1,
    "dispatch": 1,
    "answer": 2,
    "report_in": 0.5,
    "handle": 24,
    "verify": 24,
    "close": 24,
    "whole": 96,
}
PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    "chief": frozenset({P.READ_CASE, P.ANSWER, P.WHISTLE, P.CONFIRM_ARRIVAL, P.RATE, P.ESCALATE}),
    "officer": frozenset({P.READ_CASE, P.HANDLE, P.REPORT_IN}),
    "dispatcher": frozenset({P.READ_CASE, P.REGISTER, P.PLACE, P.DISPATCH, P.CALL_BACK, P.CLOSE}),
    "supervisor": frozenset({P.READ_CASE, P.CHECK_REPORT, P.VERIFY}),
    "director": frozenset({P.READ_CASE, P.APPROVE, P.URGE}),
    "worker": frozenset({P.READ_CASE, P.ESCALATE}),
    "analyst": frozenset({P.READ_CASE}),
}


@dataclass(frozen=True, slots=True)
class PlainDue:
    """A due instant of the fake limits."""

    at: datetime
    provisional: bool = False
    calendar_version: str = "plain"


@dataclass(frozen=True, slots=True)
class ClockHours:
    """Limits in hours of the clock; a step that is not listed has none."""

    hours: Mapping[str, float] = field(default_factory=lambda: LIMITS)
    provisional: bool = False

    def due(
        self, step: str, start: datetime, *, tier: int | None = None, pauses: Pauses = (), extensions: int = 0
    ) -> PlainDue | None:
        if step not in self.hours:
            return None
        stood = sum(((until or begin) - begin for begin, until in pauses), timedelta())
        return PlainDue(start + timedelta(hours=self.hours[step]) * (1 + extensions) + stood, self.provisional)


def actor(name: str, role: str, *, tier: int | None = None, street: str | None = None, area: str | None = None,
          department: str | None = None) -> Actor:  # fmt: skip
    return Actor(name, (Grant(role, PERMISSIONS[role], tier, street, area, department),))


CAST: Mapping[str, Actor] = {
    a.id: a
    for a in (
        actor("resident-chief", "chief", tier=3, street="E"),
        actor("community-chief", "chief", tier=2, area="C1"),
        actor("subdistrict-chief", "chief", tier=1, area="T"),
        actor("foreign-chief", "chief", tier=3, street="F"),
        actor("roads-officer", "officer", department="roads"),
        actor("waste-officer", "officer", department="waste"),
        actor("police-officer", "officer", department="police"),
        actor("dispatcher", "dispatcher", area="T"),
        actor("supervisor", "supervisor", area="T"),
        actor("second-supervisor", "supervisor", area="T"),
        actor("director", "director", area="T"),
        actor("analyst", "analyst"),
        actor("system:worker", "worker"),
    )
}

FULL_CHAIN = (Link(3, True), Link(2, True), Link(1, True))
PLACES = {
    "E-1": Place("E", AREAS, 1, "waste", "roads"),
    "F-1": Place("F", ("C2", "T"), 2, "roads", "roads"),
}
FACTS = Facts(
    times=ClockHours(),
    chain=lambda segment: FULL_CHAIN,
    place=PLACES.get,
    departments=frozenset({"roads", "waste", "police"}),
    complaints=frozenset({7, 8, 9}),
    ancestors=lambda case: {70: (), 71: (1,)}.get(case),
    is_plaque_signed=lambda segment, code: code == f"signed {segment}",
    geofence_m=100.0,
    scrub=lambda text: text.replace("13800000000", "[电话]"),
    joining=Joining(2, (20, 21), False),
)
OPENING = Opening(1, "village scheme", "event", "W1", None, 1, "E-1", "E", AREAS, "waste", "roads")


def fresh(**changes: object) -> Case:
    """A case just opened at `MORNING`."""
    event = open_event(
        1, "village-20260302-1", replace(OPENING, **changes), by=CAST["system:worker"], now=MORNING, times=FACTS.times
    )
    return fold([event])
