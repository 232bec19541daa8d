"""Opening cases and acting on them: one call, one transaction.

The row of the case is locked first; whoever comes second sees what the first one did and is told so.  Permission is
asked here, not of the database: row-level security is the second wall, for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, allowed
from streetchief.casework import clocks, store
from streetchief.casework.actions import NOTHING, Action, Given
from streetchief.casework.case import Case
from streetchief.casework.decide import decide
from streetchief.casework.events import CaseEvent, canonical
from streetchief.casework.facts import Facts, Times
from streetchief.casework.fold import apply, fold
from streetchief.casework.opening import case_number, open_event
from streetchief.errors import BadInput, Conflict, Key, NotFound
from streetchief.storage.engine import transaction

Class = tuple[str, str | None, str | None, str | None]
"""(scheme, kind, code, condition)."""
FactsOf = Callable[[Session, Case, datetime], Facts]
TimesOf = Callable[[Class], Times]
Tell = Callable[[Session, Case, Sequence[CaseEvent], Case], None]
"""Told of a step inside its transaction: the case before, the new events, the case after."""


def silent(_session: Session, _before: Case, _events: Sequence[CaseEvent], _after: Case) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True)
class Office:
    """Whose cases are opened: the city's code and zone stand in the public number."""

    city: str
    zone: ZoneInfo


def open_case(
    session: Session, complaint: int, *, office: Office, by: Actor, now: datetime, times_of: TimesOf,
    needs_check: bool = True,
) -> Case:  # fmt: skip
    """Open a case for a stored complaint.  Raises Conflict where there is none without a case."""
    store.share_openings(session)
    opening = store.load_opening(session, complaint, needs_check=needs_check)
    if opening is None:
        raise Conflict("complaint_has_case", complaint=complaint)
    case_id = store.next_case_id(session)
    number = case_number(office.city, office.zone, now, case_id)
    times = times_of((opening.scheme, opening.kind, opening.code, opening.condition))
    event = open_event(case_id, number, opening, by=by, now=now, times=times)
    case = fold([event])
    store.add_case(session, case)
    store.append_events(session, [event])
    return case


def open_cases(
    session: Session, *, run: int | None = None, complaints: Sequence[int] | None = None, office: Office, by: Actor,
    now: datetime, times_of: TimesOf, needs_check: bool = True,
) -> int:  # fmt: skip
    """Open a case for every complaint of a run, or of these ids, that has none; returns how many.  Set-based.

    The same cases, events and hashes as `open_case` one after the other.  A likely repeat gets a case of its own that
    names the complaint it repeats: whether it is the same matter is a person's judgement.
    """
    if now.tzinfo is None or now.utcoffset() is None:
        raise BadInput("step_naive_time")
    store.share_openings(session)
    ids = list(complaints or ()) if run is None else store.ids_without_case(session, run)
    classes = store.classes_of(session, ids)
    limits = [_opening_limits(times_of(found), now) for found in classes]
    columns = [list(column) for column in zip(*classes, strict=True)] or [[], [], [], []]
    given = {
        "city": office.city, "zone": office.zone.key, "actor": by.id, "now": now, "needs_check": needs_check,
        "complaints": ids, "clocks": [clock for clock, _ in limits], "wholes": [whole for _, whole in limits],
        **dict(zip(("schemes", "kinds", "codes", "conditions"), columns, strict=True)),
    }  # fmt: skip
    return int(session.execute(_OPEN_WANTED, given).scalar_one())


_OPEN_WANTED = text(
    "select open_wanted_cases(:city, :zone, :actor, :now, :needs_check, :complaints, cast(:schemes as text[]), "
    "cast(:kinds as text[]), cast(:codes as text[]), cast(:conditions as text[]), cast(:clocks as text[]), "
    "cast(:wholes as text[]))"
)


def _opening_limits(times: Times, now: datetime) -> tuple[str | None, str | None]:
    found = [clocks.to_payload(clocks.started(times, step, now)) for step in ("register", "whole")]
    clock, whole = (None if limit is None else canonical(limit) for limit in found)
    return clock, whole


def act(
    engine: Engine, case_id: int, action: Action, *, by: Actor, now: datetime, version: int, key: str | None,
    facts_of: FactsOf, given: Given = NOTHING, tell: Tell = silent,
) -> Case:  # fmt: skip
    """Take one step of a case and give the case after it.

    version   that the actor saw; another one stored is Conflict ``stale_case`` with the present state and version
    key       of the request: the same key again changes nothing and gives the present case; None = no such guard
    facts_of  asked inside the transaction, with the case as it stands locked
    tell      writes the notices of the step, inside the same transaction

    Raises NotFound for a case out of the actor's sight, else as `decide` does.
    """
    with transaction(engine) as session:
        case, repeated = _locked(session, case_id, action, by, key)
        if repeated:
            return case
        if case.version != version:
            raise Conflict(
                "stale_case", state=Key(f"case.state.{case.state}"), state_code=case.state.value, version=case.version
            )  # fmt: skip
        return take_step(session, case, action, by, now, facts_of(session, case, now), given, key, tell)


def _locked(session: Session, case_id: int, action: Action, by: Actor, key: str | None) -> tuple[Case, bool]:
    """The locked case, and whether this very request was carried out before."""
    if not store.lock_case(session, case_id):
        raise NotFound("no_case", case=case_id)
    case = fold(store.load_events(session, case_id))
    before = None if key is None else store.keyed_event(session, case_id, key)
    if before is not None and before[1] == by.id:  # what one did may put the case out of one's sight
        if before[0] != action.value and not (action == Action.ESCALATE and before[0] == Action.URGE.value):
            raise Conflict("key_used_otherwise", key=key)
        return case, True
    if not allowed(by, Permission.READ_CASE, case.subject):
        raise NotFound("no_case", case=case_id)
    if before is not None:
        raise Conflict("key_used_otherwise", key=key)
    return case, False


def take_step(
    session: Session, case: Case, action: Action, by: Actor, now: datetime, facts: Facts, given: Given,
    key: str | None, tell: Tell = silent,
) -> Case:  # fmt: skip
    """One step of a locked case in the caller's transaction, as `decide` judges it; the case after it."""
    events = decide(case, action, by=by, now=now, facts=facts, given=given)
    after = case
    for event in events:
        after = apply(after, event)
    if events:
        store.append_events(session, events, key)
        store.save_case(session, case, after)
        tell(session, case, events, after)
    return after


def load_case(session: Session, case_id: int, *, by: Actor) -> Case:
    """A case as it stands.  Raises NotFound where there is none, or none in the actor's sight."""
    events = store.load_events(session, case_id)
    case = fold(events) if events else None
    if case is None or not allowed(by, Permission.READ_CASE, case.subject):
        raise NotFound("no_case", case=case_id)
    return case


def hand_over_cases(
    engine: Engine, *, street: str, tier: int, leaver: str, successor: str, by: Actor, now: datetime,
    facts_of: FactsOf, tell: Tell = silent,
) -> int:  # fmt: skip
    """A chief is replaced: every open case of the street that is with the tier is handed over, in one act.

    Returns how many.  Raises Forbidden, and changes nothing, if the actor may not for one of them.
    """
    given = Given(leaver=leaver, successor=successor)
    with transaction(engine) as session:
        ids = store.open_ids(session, street=street, tier=tier)
        for case_id in ids:
            case = fold(store.load_events(session, case_id))
            take_step(session, case, Action.HAND_OVER_CHIEF, by, now, facts_of(session, case, now), given, None, tell)
    return len(ids)


def verify_cases(session: Session) -> tuple[int, int] | None:
    """The first case whose chain of events, or whose row, does not hold, and the first wrong seq; None if all hold."""
    return store.first_broken(session)
