"""The event of a case whose complaint was placed anew: by the city's programs, never against a person's choice.

It is a ``place`` of the state table, which leaves every open case where it is.  It differs from a person's in that the
street may be lost (nobody's choice is needed for that), and in that it says why and from where.
``sql/068_rematch.sql`` writes the same event for sets of cases, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from streetchief.casework.actions import Action
from streetchief.casework.case import Case, Holder
from streetchief.casework.chain import Link, answering
from streetchief.casework.events import CaseEvent
from streetchief.casework.states import EDGES
from streetchief.errors import BadInput

REMATCH_ACTOR = "system:rematch"
_OWN_PROGRAMS = "system:"


@dataclass(frozen=True, slots=True)
class Aim:
    """Where the matcher and the rules of today put the complaint that opened a case.

    segment, street  None unless it is placed for certain
    areas            its area and every area above it
    is_rerouted      whether the rules name another department or supervisor than they had named for the complaint
    """

    verdict: str
    segment: str | None
    street: str | None
    areas: tuple[str, ...]
    department: str | None
    supervisor: str | None
    registry_version: int
    is_rerouted: bool


def is_placed_by_person(events: Iterable[CaseEvent]) -> bool:
    """Whether a person ever chose the street of the case."""
    return any(event.action == Action.PLACE and not event.by.startswith(_OWN_PROGRAMS) for event in events)


def rematch_event(
    case: Case, aim: Aim, *, rematch: int, chain: Callable[[str], tuple[Link, ...]], now: datetime
) -> CaseEvent | None:
    """The event that brings an open case, not placed by a person, to its aim; None where it stands there already.

    The department and supervisor of a case that a department holds stay: the event says whom the rules would name.
    Where a chief holds it, it is with the same tier of the new street, or the next one above that is filled.  The
    instant is `now`, or that of the last event if that is later.

    chain  segment → its chain of chiefs today, lowest tier first

    Raises BadInput for a naive `now`, ValueError for a case that has ended: it keeps the street of its day.
    """
    if now.tzinfo is None or now.utcoffset() is None:
        raise BadInput("step_naive_time")
    edge = EDGES.get((case.state, Action.PLACE))
    if edge is None:
        raise ValueError(f"a case that is {case.state} is not placed any more")
    follows = case.held_by != Holder.DEPARTMENT
    is_elsewhere = (case.segment, case.street, case.areas) != (aim.segment, aim.street, aim.areas)
    named = (aim.department, aim.supervisor)
    if not is_elsewhere and (not aim.is_rerouted or named == (case.department, case.supervisor)):
        return None
    payload = _payload(case, aim, rematch, follows=follows)
    if case.held_by == Holder.CHIEF:
        payload |= _answering(case, aim, chain)
    at = max(now.astimezone(UTC), case.last_at)
    return CaseEvent(
        case.id, case.version + 1, at, REMATCH_ACTOR, Action.PLACE, edge.to, payload, case.last_hash
    ).sealed()  # fmt: skip


def _payload(case: Case, aim: Aim, rematch: int, *, follows: bool) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "because": "rematch", "rematch": rematch, "verdict": aim.verdict, "segment": aim.segment,
        "street": aim.street, "areas": list(aim.areas), "registry_version": aim.registry_version,
        "from": {
            "segment": case.segment, "street": case.street, "areas": list(case.areas), "department": case.department,
            "supervisor": case.supervisor, "registry_version": case.registry_version,
        },
    }  # fmt: skip
    if follows:
        source = aim if aim.is_rerouted else case
        payload |= {"department": source.department, "supervisor": source.supervisor}
    elif aim.is_rerouted:
        payload["named"] = {"department": aim.department, "supervisor": aim.supervisor}
    return payload


def _answering(case: Case, aim: Aim, chain: Callable[[str], tuple[Link, ...]]) -> dict[str, Any]:
    found = None if aim.segment is None else answering(chain(aim.segment), case.tier)
    if found is None:
        return {"tier": None}
    return {"tier": found.tier, "stand_in": found.is_stand_in, "empty_tiers": list(found.empty)}
