"""Lives of more than one case: repeats closed together, a cause that comes back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from streetchief.casework import joining, store
from streetchief.casework.actions import Action as A
from streetchief.casework.actions import Audience, Given
from streetchief.casework.case import Case
from streetchief.casework.repeats import Pair, proposals
from streetchief.casework.service import open_cases, verify_cases
from streetchief.casework.states import EDGES
from streetchief.casework.states import State as S
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.storage.engine import transaction
from tests.casework.cast import CAST, MORNING
from tests.casework.ledger import OFFICE, add_complaints, facts_of, times_of
from tests.casework.test_service import go, load_case_of, open_first
from tests.lives.story import Line, live
from tests.lives.test_case_lives import CLOSING, REGISTERED, SEEN, handled_by

WITHIN = timedelta(hours=24)
MONTH = timedelta(days=30)
BAD = Given(answered=True, solved=False, satisfied=False)
GOOD = Given(answered=True, solved=True, satisfied=True)


def merge(engine: Engine, case: Case, into: Case, who: str = "dispatcher", **changes: object) -> tuple[Case, Case]:
    given = {
        "by": CAST[who], "now": max(case.last_at, into.last_at) + timedelta(minutes=1), "version": case.version,
        "into_version": into.version, "key": None, "facts_of": facts_of,
    }  # fmt: skip
    return joining.merge(engine, case.id, into=into.id, **(given | changes))  # type: ignore[arg-type]


def carried(engine: Engine) -> dict[int, int]:
    with transaction(engine) as session:
        assert verify_cases(session) is None
        return {row[0]: row[1] for row in session.execute(text("select complaint_id, case_id from case_complaints"))}


def test_repeat_complaints_are_closed_together(database_engine: Engine) -> None:
    """Three residents, one heap of rubbish: one case carries all three, each is asked, one bad answer brings a rework."""
    first, second, third = open_first(database_engine, 3)
    a, b, c = (case.complaints[0] for case in (first, second, third))
    first = live(database_engine, first, REGISTERED)
    emptied, first = merge(database_engine, second, first)
    assert (emptied.state, emptied.merged_into, emptied.complaints) == (S.MERGED, first.id, ())
    first = live(
        database_engine, first, [Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste"))]
    )  # fmt: skip
    emptied, first = merge(database_engine, third, first)
    assert first.complaints == (a, b, c)
    assert carried(database_engine) == dict.fromkeys((a, b, c), first.id)
    first = live(
        database_engine,
        first,
        [
            *handled_by("waste-officer"),
            *CLOSING,
            Line("dispatcher", A.CALL_BACK, "which_complaint", GOOD),
            Line("dispatcher", A.CALL_BACK, "which_complaint", Given(answered=True, complaint=c + 1)),
            Line("dispatcher", A.CALL_BACK, S.CLOSED, Given(answered=True, solved=True, satisfied=True, complaint=a)),
            Line("dispatcher", A.CALL_BACK, S.CLOSED, Given(answered=False, complaint=b)),
            Line("dispatcher", A.CALL_BACK, S.CLOSED, Given(answered=True, solved=True, satisfied=False, complaint=c)),
        ],
    )
    assert [(said.complaint, said.answered, said.satisfied) for said in first.call_backs] == [
        (a, True, True), (b, False, None), (c, True, False),
    ]  # fmt: skip
    assert Audience.COMPLAINANT in EDGES[S.VERIFIED, A.CLOSE].emits  # told for each complaint that the case carries
    assert Audience.COMPLAINANT in EDGES[S.RECEIVED, A.MERGE].emits
    with transaction(database_engine) as session:
        said = session.execute(
            text("select complaints, called_back, answered, solved, satisfied from case_facts where id = :id"),
            {"id": first.id},
        ).one()
        assert tuple(said) == (3, 3, 2, 2, 1)


def test_what_cannot_be_merged(database_engine: Engine) -> None:
    first, second, third = open_first(database_engine, 3)
    with pytest.raises(BadInput, match="merge_into_itself"):
        merge(database_engine, first, first)
    with pytest.raises(Conflict, match="merge_is_of_two"):  # one half alone
        go(database_engine, first, "dispatcher", A.MERGE, Given(other=second.id))
    with pytest.raises(Conflict, match="merge_is_of_two"):
        go(database_engine, first, "dispatcher", A.ABSORB, Given(other=second.id))
    with pytest.raises(Forbidden, match="step_forbidden"):
        merge(database_engine, second, first, who="waste-officer")
    with pytest.raises(NotFound):
        merge(database_engine, second, first, who="foreign-chief")
    for stale in ({"version": 9}, {"into_version": 9}):
        with pytest.raises(Conflict, match="stale_case"):
            merge(database_engine, second, first, **stale)
    child = go(database_engine, third, "dispatcher", A.SET_PARENT, Given(parent=second.id))
    with pytest.raises(Conflict, match="case_has_children"):
        merge(database_engine, second, first)
    void = go(database_engine, child, "director", A.VOID, Given(reason="误立"))
    with pytest.raises(Conflict, match="no_such_step"):  # into an ended one
        merge(database_engine, first, void)
    done = live(
        database_engine,
        first,
        [
            *REGISTERED,
            Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste")),
            *handled_by("waste-officer"),
        ],
    )
    with pytest.raises(Conflict, match="no_such_step"):  # what is done is verified on its own
        merge(database_engine, done, second)
    assert set(carried(database_engine).values()) == {first.id, second.id, third.id}


def test_a_merge_refused_in_its_second_half_leaves_the_first_undone(database_engine: Engine) -> None:
    first, second = open_first(database_engine, 2)
    first = go(database_engine, first, "director", A.VOID, Given(reason="误立"))
    with pytest.raises(Conflict, match="no_such_step"):
        merge(database_engine, second, first)
    assert load_case_of(database_engine, second) == second
    assert carried(database_engine)[second.complaints[0]] == second.id


def test_a_second_click_and_two_desks_at_once(database_engine: Engine) -> None:
    """The same key changes nothing; two desks that merge A into B and B into A do not wait for each other for ever."""
    first, second = open_first(database_engine, 2)
    done: list[object] = []

    def one(case: Case, into: Case, key: str) -> None:
        try:
            done.append(merge(database_engine, case, into, key=key)[1].id)
        except Conflict as refused:
            done.append(refused.code)

    threads = [threading.Thread(target=one, args=a) for a in ((first, second, "k1"), (second, first, "k2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, done))[1] == "stale_case"
    into, case, key = (second, first, "k1") if done.count(second.id) else (first, second, "k2")
    before = load_case_of(database_engine, into)
    assert merge(database_engine, case, into, key=key) == (load_case_of(database_engine, case), before)
    assert load_case_of(database_engine, into) == before


def place(engine: Engine, metres: list[float], hours: list[float]) -> list[Case]:
    """Open cases in a row to the east, so many metres and hours from the first; all of one class and segment."""
    with transaction(engine) as session:
        ids = add_complaints(session, len(metres))
        session.execute(
            text("update complaints set kind = 'event', code = 'W1', verdict = 'matched', area_code = 'C1'")
        )
        for complaint, east, later in zip(ids, metres, hours, strict=True):
            session.execute(
                text(
                    "update complaints set geom = st_project(geom::geography, :m, pi() / 2)::geometry, "
                    "reported_at = reported_at + make_interval(secs => :s) where id = :id"
                ),
                {"m": east, "s": later * 3600, "id": complaint},
            )
        open_cases(session, complaints=ids, office=OFFICE, by=CAST["system:worker"], now=MORNING, times_of=times_of)
        cases = session.execute(text("select case_id from case_complaints order by complaint_id")).scalars().all()
    with transaction(engine) as session:
        return [joining.fold(store.load_events(session, case)) for case in cases]


def found(engine: Engine, who: str = "dispatcher", within_m: float = 50) -> list[tuple[int, int]]:
    with transaction(engine) as session:
        pairs = joining.find_repeats(session, within_m=within_m, within=WITHIN, by=CAST[who])
        return [(pair.case, pair.other) for pair in pairs]


@pytest.mark.parametrize(
    ("metres", "hours", "change", "is_one"),
    [
        (49.9, 23.9, "", True),
        (0, 0, "", True),
        (49.9, -23.9, "", True),  # reported earlier, came in later
        (50.1, 0, "", False),
        (0, 24.1, "", False),
        (0, 0, "update cases set segment_code = 'E-2' where id = :second", False),
        (0, 0, "update cases set segment_code = null where id = :second", True),  # nobody knows yet where it is
        (0, 0, "update complaints set code = 'W2' where id = (select max(id) from complaints)", False),
        (0, 0, "update complaints set kind = 'component' where id = (select max(id) from complaints)", False),
        (0, 0, "update complaints set verdict = 'suspect' where id = (select max(id) from complaints)", False),
        (0, 0, "update complaints set code = null", False),  # of no class nothing is known
        (0, 0, "update cases set closed_at = now() where id = :second", False),
    ],
)
def test_likely_repeats(database_engine: Engine, metres: float, hours: float, change: str, is_one: bool) -> None:
    first, second = place(database_engine, [0, metres], [0, hours])
    with transaction(database_engine) as session:
        if change:
            session.execute(text(change), {"second": second.id} if ":second" in change else {})
    assert found(database_engine) == ([(second.id, first.id)] if is_one else [])


def test_a_row_of_cases_is_not_run_together_and_merging_finds_the_next(database_engine: Engine) -> None:
    """A – 40 m – B – 40 m – C: first B into A; C is like A's new complaint then, and is asked about by itself."""
    a, b, c = place(database_engine, [0, 40, 80], [0, 1, 2])
    assert found(database_engine) == [(b.id, a.id)]
    assert found(database_engine, "foreign-chief") == []  # out of sight
    _, a = merge(database_engine, b, a)
    assert found(database_engine) == [(c.id, a.id)]
    assert found(database_engine, within_m=39) == []


def test_what_is_proposed_does_not_depend_on_the_order_of_pairs() -> None:
    pairs = [Pair(case, other, 1.0, WITHIN) for case in range(2, 8) for other in range(1, case) if case - other < 3]
    assert proposals(reversed(pairs)) == proposals(pairs)
    assert [(p.case, p.other) for p in proposals(pairs)] == [(2, 1), (3, 1), (5, 4), (6, 4)]
    assert proposals([]) == ()


def closed_cause(engine: Engine) -> tuple[Case, Case, Case]:
    """A closed parent case with one closed child, and a case that came later, not yet registered."""
    parent, child, later = place(engine, [0, 500, 1000], [0, 0, 0])
    child = go(engine, child, "dispatcher", A.SET_PARENT, Given(parent=parent.id))
    whole = [
        *REGISTERED,
        Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste")),
        *handled_by("waste-officer"),
        *CLOSING,
    ]
    return live(engine, parent, whole), live(engine, child, whole), later


def came_back(engine: Engine, case: Case, after: timedelta, parent: Case) -> None:
    """Let the later case be opened so long after the parent was closed."""
    assert parent.closed_at is not None
    with transaction(engine) as session:
        session.execute(
            text("update cases set opened_at = :at where id = :id"), {"at": parent.closed_at + after, "id": case.id}
        )


def sweep(engine: Engine, now: timedelta = timedelta(days=40)) -> int:
    return joining.reopen_causes(
        engine, within=MONTH, by=CAST["system:worker"], now=MORNING + now, facts_of=facts_of
    )  # fmt: skip


def test_a_cause_that_comes_back_is_reopened_once_and_again_after_its_next_closing(database_engine: Engine) -> None:
    parent, _, later = closed_cause(database_engine)
    came_back(database_engine, later, MONTH, parent)
    assert sweep(database_engine) == 0  # a report that nobody checked reopens nothing
    later = live(database_engine, later, REGISTERED)
    came_back(database_engine, later, MONTH, parent)  # the row was written afresh
    assert (sweep(database_engine), sweep(database_engine)) == (1, 0)
    again = load_case_of(database_engine, parent)
    assert (again.state, again.recurrences, again.closed_at) == (S.REGISTERED, 1, None)
    assert load_case_of(database_engine, later).parent_id == parent.id
    assert carried(database_engine)
    again = live(
        database_engine,
        again,
        [
            Line("dispatcher", A.DISPATCH, S.DISPATCHED, Given(department="waste")),
            *handled_by("waste-officer"),
            Line("second-supervisor", A.VERIFY, S.VERIFIED, SEEN),
            Line("dispatcher", A.CLOSE, S.CLOSED),
        ],
    )
    assert sweep(database_engine, timedelta(days=80)) == 0  # the case of the last recurrence is no new one


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (MONTH + timedelta(seconds=1), ""),
        (timedelta(0), ""),  # it was there when the cause was closed
        (timedelta(days=1), "update cases set segment_code = 'E-2' where id = :later"),
        (timedelta(days=1), "update cases set code = 'W2' where id = :later"),
        (timedelta(days=1), "update cases set parent_id = null"),  # closed, but no parent of anything
    ],
)
def test_what_is_no_recurrence(database_engine: Engine, after: timedelta, change: str) -> None:
    parent, _, later = closed_cause(database_engine)
    later = live(database_engine, later, REGISTERED)
    came_back(database_engine, later, after, parent)
    with transaction(database_engine) as session:
        if change:
            session.execute(text(change), {"later": later.id} if ":later" in change else {})
    assert sweep(database_engine) == 0


def test_two_workers_reopen_a_cause_once(database_engine: Engine) -> None:
    parent, _, later = closed_cause(database_engine)
    later = live(database_engine, later, REGISTERED)
    came_back(database_engine, later, timedelta(days=3), parent)
    start, done = threading.Barrier(2), list[int]()

    def one() -> None:
        start.wait()
        done.append(sweep(database_engine))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1]
    assert load_case_of(database_engine, parent).recurrences == 1


def test_only_our_programs_say_that_a_cause_came_back(database_engine: Engine) -> None:
    parent, _, later = closed_cause(database_engine)
    for who in ("dispatcher", "director", "resident-chief"):
        with pytest.raises(Forbidden, match="only_our_programs"):
            go(database_engine, parent, who, A.RECUR, Given(other=later.id))
