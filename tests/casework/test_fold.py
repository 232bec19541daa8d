"""Any history: it stays in the table, every edge is reached, its fold is the case, tampering is seen."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from streetchief.casework.actions import Action, Given, Proof, WhistleKind
from streetchief.casework.case import Case
from streetchief.casework.decide import decide
from streetchief.casework.events import CaseEvent, verify_chain
from streetchief.casework.fold import apply, fold
from streetchief.casework.opening import open_event
from streetchief.casework.states import EDGES, State
from streetchief.errors import BadInput, Conflict, Forbidden
from tests.casework.cast import CAST, FACTS, MORNING, OPENING, ClockHours

ACTORS = sorted(CAST)
SURE = Given(
    result=True, opinion="看过", photo="p1", reason="理由", department="waste", departments=("roads", "police"),
    kind=WhistleKind.JOINT_ENFORCEMENT, segment="E-1", score=4, proof=Proof.PLAQUE, plaque="signed E-1", passed=True,
    answered=True, solved=True, satisfied=True, complaint=7, parent=70, other=2, leaver="resident-chief", successor="new-chief",
)  # fmt: skip


def some_given(pick: random.Random, case: Case) -> Given:
    """Something that fits often enough."""
    return replace(
        SURE, result=pick.random() < 0.9, department=pick.choice((None, "waste", "roads", "police")),
        departments=tuple(pick.sample(("roads", "police", "waste"), pick.randint(1, 2))),
        proof=pick.choice(list(Proof)), distance_m=pick.choice((5.0, 500.0)), segment=pick.choice(("E-1", "E-1", "F-1")),
        passed=pick.random() < 0.6, solved=pick.random() < 0.5, complaint=pick.choice((None, 7, 8, 9)),
        until=case.last_at + timedelta(days=pick.randint(1, 400)),
    )  # fmt: skip


def first() -> CaseEvent:
    return open_event(1, "village-20260302-1", OPENING, by=CAST["system:worker"], now=MORNING, times=FACTS.times)


def life(seed: int, seen: Counter[tuple[State, Action]], steps: int = 60) -> Iterator[tuple[Case, CaseEvent]]:
    """A life at random; every second one prefers the edges that were taken least."""
    pick = random.Random(seed)
    case = fold([first()])
    for _ in range(steps):
        at = case.last_at + timedelta(minutes=pick.randint(1, 600))
        facts = replace(FACTS, times=ClockHours(provisional=pick.random() < 0.5))
        here = [edge for edge in EDGES if edge[0] == case.state and pick.random() < 0.6]
        edges = sorted(here, key=lambda edge: (seen[edge] * (seed % 2), pick.random()))
        taken = next(filter(None, (attempt(case, action, at, facts, pick) for _, action in edges)), None)
        if taken is None:
            continue
        seen[case.state, taken.action] += 1
        yield case, taken
        case = apply(case, taken)


def attempt(case: Case, action: Action, at, facts, pick: random.Random) -> CaseEvent | None:  # type: ignore[no-untyped-def]
    for who in pick.sample(ACTORS, len(ACTORS)):
        try:
            events = decide(case, action, by=CAST[who], now=at, facts=facts, given=some_given(pick, case))
        except (BadInput, Conflict, Forbidden):
            continue
        if events:
            return events[0]
    return None


def situation(case: Case) -> tuple[object, ...]:
    """What decides which steps are open: two cases alike in it can go the same ways."""
    tasks = frozenset((t.state, t.left_at is None, t.is_return_accepted, t.score is None) for t in case.tasks)
    asked = case.request and case.request.kind
    return case.state, case.held_by, tasks, asked, case.is_passed, case.is_checked, case.call_back, case.is_at_top


def test_every_edge_is_reached_and_no_step_leaves_the_table() -> None:
    """From one case of every situation met so far, any step at random, until all have been taken."""
    pick = random.Random(6)
    start = fold([first()])
    met, seen = {situation(start): start}, set()
    for _ in range(60_000):
        state = pick.choice(sorted({kept.state for kept in met.values()}))
        case = pick.choice([kept for kept in met.values() if kept.state == state])
        here = [a for s, a in EDGES if s == state] or [Action.OPEN]
        new = [a for a in here if (state, a) not in seen]
        action = pick.choice(new if new and pick.random() < 0.5 else here)
        facts = replace(FACTS, times=ClockHours(provisional=pick.random() < 0.5))
        event = attempt(case, action, case.last_at + timedelta(minutes=pick.randint(1, 600)), facts, pick)
        if event is not None:
            assert event.state in EDGES[case.state, event.action].ends()
            seen.add((case.state, event.action))
            after = apply(case, event)
            met.setdefault(situation(after), after)
        if len(seen) == len(EDGES):
            break
    assert sorted(set(EDGES) - seen) == []


@settings(max_examples=60, deadline=None)
@drawn(st.integers(0, 2**32))
def test_the_fold_of_what_json_kept_is_the_case_and_its_chain_holds(seed: int) -> None:
    events = [first()]
    case = fold(events)
    for before, event in life(seed, Counter(), steps=25):
        assert before == case
        events.append(event)
        case = apply(case, event)
    kept = [replace(e, payload=json.loads(e.body)) for e in events]
    assert fold(kept) == case
    assert verify_chain(kept) is None
    assert case.version == len(events)


@settings(max_examples=40, deadline=None)
@drawn(st.integers(0, 2**32), st.data())
def test_one_changed_event_is_found(seed: int, data: st.DataObject) -> None:
    events = [first(), *(event for _, event in life(seed, Counter(), steps=12))]
    n = data.draw(st.integers(0, len(events) - 1))
    change = data.draw(st.sampled_from(("by", "at", "state", "payload", "hash", "gone")))
    event = events[n]
    changed = {
        "by": replace(event, by=event.by + "x"),
        "at": replace(event, at=event.at + timedelta(microseconds=1)),
        "state": replace(event, state=State.VOID if event.state != State.VOID else State.CLOSED),
        "payload": replace(event, payload={**event.payload, "more": 1}),
        "hash": replace(event, hash="0" * 64),
    }
    tampered = [*events[:n], *([changed[change]] if change != "gone" else []), *events[n + 1 :]]
    found = verify_chain(tampered)
    assert found == n + 1 if change != "gone" or n + 1 < len(events) else found is None


@pytest.mark.parametrize("state", list(State), ids=str)
def test_what_is_not_in_the_table_is_refused(state: State) -> None:
    case = replace(fold([first()]), state=state)
    for action in Action:
        if (state, action) not in EDGES:
            with pytest.raises(Conflict, match="no_such_step"):
                decide(case, action, by=CAST["director"], now=MORNING, facts=FACTS, given=SURE)


@pytest.mark.parametrize("edge", sorted(EDGES), ids=lambda e: f"{e[0]}-{e[1]}")
@pytest.mark.parametrize("who", ["analyst", "foreign-chief"])
def test_a_role_without_the_permission_or_out_of_scope_is_refused(edge: tuple[State, Action], who: str) -> None:
    case = replace(fold([first()]), state=edge[0])
    with pytest.raises(Forbidden):
        decide(case, edge[1], by=CAST[who], now=MORNING, facts=FACTS, given=SURE)


def test_naive_time_and_a_clock_that_went_back_are_refused() -> None:
    case = fold([first()])
    with pytest.raises(BadInput, match="step_naive_time"):
        decide(
            case, Action.CHECK_REPORT, by=CAST["supervisor"], now=MORNING.replace(tzinfo=None), facts=FACTS, given=SURE
        )
    with pytest.raises(Conflict, match="clock_went_back"):
        decide(
            case,
            Action.CHECK_REPORT,
            by=CAST["supervisor"],
            now=MORNING - timedelta(seconds=1),
            facts=FACTS,
            given=SURE,
        )
