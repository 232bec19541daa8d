"""The first event of a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from streetchief.actors import Actor
from streetchief.casework import clocks
from streetchief.casework.actions import Action
from streetchief.casework.events import FIRST, CaseEvent
from streetchief.casework.facts import Times
from streetchief.casework.states import State
from streetchief.errors import BadInput


@dataclass(frozen=True, slots=True)
class Opening:
    """What a complaint says to the case that it opens; see `streetchief.casework.case.Case` for the fields.

    repeat_of    the complaint that it likely repeats
    needs_check  whether it is checked on site (核实) before it is registered: reports of the public are
    """

    complaint: int
    scheme: str
    kind: str | None
    code: str | None
    condition: str | None
    registry_version: int
    segment: str | None
    street: str | None
    areas: tuple[str, ...]
    department: str | None
    supervisor: str | None
    repeat_of: int | None = None
    needs_check: bool = True


def case_number(city: str, zone: ZoneInfo, opened_at: datetime, case_id: int) -> str:
    """The public number (案卷号): city, city day, serial; a day's serials have gaps."""
    return f"{city}-{opened_at.astimezone(zone):%Y%m%d}-{case_id}"


def open_event(case_id: int, number: str, opening: Opening, *, by: Actor, now: datetime, times: Times) -> CaseEvent:
    """The event that opens a case: RECEIVED, the limit of registering and the end-to-end limit running."""
    if now.tzinfo is None or now.utcoffset() is None:
        raise BadInput("step_naive_time")
    at = now.astimezone(UTC)
    fields = {name: getattr(opening, name) for name in Opening.__slots__}
    payload = fields | {
        "number": number,
        "areas": list(opening.areas),
        "clock": clocks.to_payload(clocks.started(times, "register", at)),
        "whole": clocks.to_payload(clocks.started(times, "whole", at)),
    }
    return CaseEvent(case_id, 1, at, by.id, Action.OPEN, State.RECEIVED, payload, FIRST).sealed()
