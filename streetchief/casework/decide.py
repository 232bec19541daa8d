"""(case, action, who, when, facts) → events.  Pure: SQL finds, Python decides."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from streetchief.actors import Actor
from streetchief.casework import clocks
from streetchief.casework.actions import NOTHING, Action, Given, Need
from streetchief.casework.asking import Ask, Outcome
from streetchief.casework.case import Case
from streetchief.casework.decisions import DECISIONS
from streetchief.casework.events import CaseEvent
from streetchief.casework.facts import Facts
from streetchief.casework.permits import refusal
from streetchief.casework.states import EDGES, Edge
from streetchief.casework.whistle import open_tasks
from streetchief.errors import BadInput, Conflict, Forbidden, Key

LONGEST_TEXT = 2000
_REFERENCE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
_TEXTS = (Need.OPINION, Need.REASON)


def decide(
    case: Case, action: Action, *, by: Actor, now: datetime, facts: Facts, given: Given = NOTHING
) -> tuple[CaseEvent, ...]:
    """The events of a step, sealed and linked to the case's last one; empty where nothing changes.

    Raises Conflict ``no_such_step`` for an edge that is not in the table and for one that the case's own history
    forbids (each with its code), Forbidden for who may not, BadInput for a naive `now` and for what is missing or
    cannot be.
    """
    if now.tzinfo is None or now.utcoffset() is None:
        raise BadInput("step_naive_time")
    edge = EDGES.get((case.state, action))
    if edge is None:
        raise Conflict("no_such_step", state=Key(f"case.state.{case.state}"), action=Key(f"case.action.{action}"))
    refused = refusal(case, action, edge, by, given)
    if refused is not None:
        raise Forbidden(refused, action=Key(f"case.action.{action}"))
    at = now.astimezone(UTC)
    if at < case.last_at:
        raise Conflict("clock_went_back", now=at.isoformat(), last=case.last_at.isoformat())
    ready = _ready(edge, given, facts)
    if edge.needs_no_task and (still := open_tasks(case)):
        raise Conflict("tasks_open", departments=", ".join(task.department for task in still))
    outcome = DECISIONS[action](Ask(case, action, edge, ready, by, at, facts))
    return () if outcome is None else (_event(case, action, edge, ready, by, at, facts, outcome),)


def _event(
    case: Case, action: Action, edge: Edge, given: Given, by: Actor, at: datetime, facts: Facts, outcome: Outcome
) -> CaseEvent:
    fork = next((f for f in edge.forks if f.on == outcome.fork), None)
    to, step = (edge.to, edge.starts) if fork is None else (fork.to, fork.starts)
    payload: dict[str, Any] = {name: getattr(given, name) for name in ("opinion", "reason", "photo")}
    payload = {name: value for name, value in payload.items() if value is not None} | outcome.payload
    if step is not None and outcome.action is None:
        clock = clocks.to_payload(clocks.started(facts.times, step, at, outcome.payload.get("tier")))
        payload["clock"] = clock
        payload["answer"] = clock if step == "answer" else None
    return CaseEvent(
        case.id, case.version + 1, at, by.id, outcome.action or action, to, payload, case.last_hash
    ).sealed()  # fmt: skip


def _ready(edge: Edge, given: Given, facts: Facts) -> Given:
    """What was given, texts cleaned; raises BadInput that names what is missing or cannot be."""
    changes = {need.value: clean(getattr(given, need), facts) for need in _TEXTS}
    if given.photo is not None and not _REFERENCE.fullmatch(given.photo):
        raise BadInput("bad_photo_reference")
    fields = {name: getattr(given, name) for name in Given.__slots__}
    ready = Given(**(fields | changes))
    for need in edge.needs:
        if getattr(ready, need) in (None, "", ()):
            raise BadInput("missing_need", need=Key(f"case.need.{need}"))
    return ready


def clean(text: str | None, facts: Facts) -> str | None:
    """A text without control characters, telephone and identity numbers; None for an empty one."""
    if text is None:
        return None
    if len(text) > LONGEST_TEXT:
        raise BadInput("text_too_long", most=LONGEST_TEXT)
    plain = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return facts.scrub(plain.strip()) or None
