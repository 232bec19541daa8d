"""Two cases that are one matter, and causes that come back: events in both cases, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, allowed
from streetchief.casework import store
from streetchief.casework.actions import Action, Given
from streetchief.casework.case import Case
from streetchief.casework.facts import Joining
from streetchief.casework.fold import fold
from streetchief.casework.repeats import Pair, proposals
from streetchief.casework.service import FactsOf, Tell, silent, take_step
from streetchief.casework.states import ENDED, State
from streetchief.errors import BadInput, Conflict, Key, NotFound
from streetchief.storage.engine import transaction

_PAIRS = text(
    "select case_id, other_id, distance_m, apart from repeated_cases(:metres, make_interval(secs => :seconds))"
)
_RECURRED = text("select parent_id, case_id from recurred_causes(make_interval(secs => :seconds))")
_HAS_CHILDREN = text("select exists (select from cases where parent_id = :case)")


def find_repeats(session: Session, *, within_m: float, within: timedelta, by: Actor) -> tuple[Pair, ...]:
    """The merges to propose among the open cases in the actor's sight."""
    found = session.execute(_PAIRS, {"metres": within_m, "seconds": within.total_seconds()}).all()
    pairs = [Pair(int(row[0]), int(row[1]), float(row[2]), row[3]) for row in found]
    ids = {case for pair in pairs for case in (pair.case, pair.other)}
    seen = {case for case, subject in store.subjects(session, ids) if allowed(by, Permission.READ_CASE, subject)}
    return proposals(pair for pair in pairs if {pair.case, pair.other} <= seen)


def merge(
    engine: Engine, case_id: int, *, into: int, by: Actor, now: datetime, version: int, into_version: int,
    key: str | None, facts_of: FactsOf, tell: Tell = silent,
) -> tuple[Case, Case]:  # fmt: skip
    """Merge a case into another that carries its complaints on; returns both as they stand then.

    The emptied case ends as MERGED and points to the other.  The same key again changes nothing.  Raises NotFound for
    a case out of the actor's sight, Conflict ``stale_case`` for either, else as `decide` does; then neither is changed.
    """
    if case_id == into:
        raise BadInput("merge_into_itself")
    with transaction(engine) as session:
        case, other = _locked(session, case_id, into, by)
        if key is not None and store.keyed_event(session, case_id, key) == (Action.MERGE.value, by.id):
            return case, other
        _check(case, version)
        _check(other, into_version)
        has_children = bool(session.execute(_HAS_CHILDREN, {"case": case_id}).scalar_one())
        facts = replace(facts_of(session, case, now), joining=Joining(into, (), has_children))
        emptied = take_step(session, case, Action.MERGE, by, now, facts, Given(other=into), key, tell)
        facts = replace(facts_of(session, other, now), joining=Joining(case_id, case.complaints, False))
        return emptied, take_step(session, other, Action.ABSORB, by, now, facts, Given(other=case_id), key, tell)


def reopen_causes(
    engine: Engine, *, within: timedelta, by: Actor, now: datetime, facts_of: FactsOf, tell: Tell = silent
) -> int:
    """Reopen each closed parent case whose cause came back within the time, and join the new case; returns how many.

    Once for each closing: it is open afterwards, and what comes while it is open is for a person to join.  Of two
    workers the second finds the first one's work done.
    """
    with transaction(engine) as session:
        rows = session.execute(_RECURRED, {"seconds": within.total_seconds()}).all()
    return sum(_reopen_cause(engine, int(parent), int(case), by, now, facts_of, tell) for parent, case in rows)


def _reopen_cause(
    engine: Engine, parent_id: int, case_id: int, by: Actor, now: datetime, facts_of: FactsOf, tell: Tell
) -> bool:
    """Reopen a cause and join the new case to it; False where another worker was first."""
    with transaction(engine) as session:
        parent, case = _locked(session, parent_id, case_id, by)
        if parent.state != State.CLOSED or case.parent_id is not None or case.state in ENDED:
            return False
        facts = facts_of(session, parent, now)
        take_step(session, parent, Action.RECUR, by, now, facts, Given(other=case_id), None, tell)
        facts = facts_of(session, case, now)
        take_step(session, case, Action.SET_PARENT, by, now, facts, Given(parent=parent_id), None, tell)
        return True


def _locked(session: Session, first: int, second: int, by: Actor) -> tuple[Case, Case]:
    """Both cases, locked in the order of their ids, so that no two transactions wait for each other in a ring."""
    found = {case_id: _seen(session, case_id, by) for case_id in sorted((first, second))}
    return found[first], found[second]


def _seen(session: Session, case_id: int, by: Actor) -> Case:
    """The locked case.  Raises NotFound where there is none in the actor's sight."""
    events = store.load_events(session, case_id) if store.lock_case(session, case_id) else ()
    case = fold(events) if events else None
    if case is None or not allowed(by, Permission.READ_CASE, case.subject):
        raise NotFound("no_case", case=case_id)
    return case


def _check(case: Case, version: int) -> None:
    if case.version != version:
        state = Key(f"case.state.{case.state}")
        raise Conflict("stale_case", state=state, state_code=case.state.value, version=case.version)
