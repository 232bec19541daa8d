"""Clocks of cases by the real calendar, chains with gaps and stand-ins, and the edges of what may be asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from streetchief.casework.actions import NOTHING, Action, Given, WhistleKind
from streetchief.casework.case import Case
from streetchief.casework.chain import Answering, Link, above, answering, chain_on
from streetchief.casework.clock import Clock
from streetchief.casework.deadlines import ServiceLevel, Step, Unit
from streetchief.casework.decide import decide
from streetchief.casework.events import CaseEvent
from streetchief.casework.facts import Facts
from streetchief.casework.fold import apply
from streetchief.casework.limits import LimitTable
from streetchief.casework.requests import a_year_after
from streetchief.casework.seeds import calendar_from_city
from streetchief.casework.states import EDGES, ENDED, State
from streetchief.city import shipped_city_file
from streetchief.cityfile import read_city
from streetchief.errors import BadInput, Conflict, Forbidden, StreetChiefError
from streetchief.pipeline.casetimes import CityTimes
from streetchief.registry.model import Appointment, Span
from tests.casework.cast import CAST, FACTS, MORNING, ClockHours, fresh
from tests.casework.test_fold import ACTORS, SURE
from tests.pipeline.squares import REGISTRY as VILLAGE

A = Action
ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR, _ = calendar_from_city(read_city(shipped_city_file()))


def city(text: str) -> datetime:
    """An instant by the clock of the city."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def real_facts(**steps: tuple[str, Unit]) -> Facts:
    """Limits of the village by the official calendar and the slots 8–12 and 14–18."""
    levels = tuple(
        ServiceLevel(Decimal(amount), unit, "village scheme", "event", "*", None, Step(step), "test")
        for step, (amount, unit) in steps.items()
    )
    times = CityTimes(LimitTable(levels), CALENDAR).of_class(("village scheme", "event", "W1", None))
    return replace(FACTS, times=times)


WORK = real_facts(handle=("6", Unit.WORK_HOUR), whole=("5", Unit.WORK_DAY), report_in=("0.5", Unit.URGENT_HOUR))


def go(case: Case, who: str, action: Action, at: datetime, given: Given = NOTHING, facts: Facts = WORK) -> Case:
    for event in decide(case, action, by=CAST[who], now=at, facts=facts, given=given):
        case = apply(case, event)
    return case


def in_hand(at: datetime, facts: Facts = WORK) -> Case:
    """In hand with waste, dispatched at the instant."""
    case = replace(fresh(), state=State.REGISTERED, last_at=at)
    case = go(case, "dispatcher", A.DISPATCH, at, Given(department="waste"), facts)
    return go(go(case, "waste-officer", A.ACKNOWLEDGE, at), "waste-officer", A.START, at)


def suspended(case: Case, at: datetime, until: datetime) -> Case:
    case = go(case, "waste-officer", A.SUSPEND_REQUEST, at, Given(reason="待料", until=until))
    return go(case, "director", A.SUSPEND_GRANT, at)


@pytest.mark.parametrize(
    ("begun", "stopped", "resumed", "due"),
    [
        # 6 working hours from 09:00: 3 before noon, 3 after 14:00
        ("2026-03-02 09:00", "2026-03-02 11:00", "2026-03-02 15:00", "2026-03-03 09:00"),  # 4 left: 15–18, 8–9
        ("2026-03-02 09:00", "2026-03-02 13:00", "2026-03-04 13:30", "2026-03-04 17:00"),  # over noon: 3 left
        ("2026-03-02 09:00", "2026-03-02 20:00", "2026-03-09 07:00", "2026-03-02 17:00"),  # had run out: stays
        ("2026-03-06 17:00", "2026-03-06 17:30", "2026-03-07 10:00", "2026-03-09 15:30"),  # over a weekend: 5.5 left
        (
            "2026-02-13 17:00",
            "2026-02-14 09:00",
            "2026-02-18 10:00",
            "2026-02-24 12:00",
        ),  # over Spring Festival; the 14th is a make-up Saturday
    ],
)
def test_what_was_left_at_the_suspension_is_left_at_its_end(begun: str, stopped: str, resumed: str, due: str) -> None:
    case = in_hand(city(begun))
    before = case.clock
    assert before is not None
    case = suspended(case, city(stopped), city(stopped) + timedelta(days=60))
    assert case.clock is not None
    assert case.clock.due_at is None
    case = go(case, "waste-officer", A.RESUME, city(resumed))
    assert case.clock is not None
    assert case.clock.due_at == city(due)
    level = ServiceLevel(Decimal(6), Unit.WORK_HOUR, "village scheme", "event", "*", None, Step.HANDLE, "test")
    told = Clock(before.started_at, level, case.clock.pauses).due(CALENDAR)
    assert told is not None
    assert told.at == case.clock.due_at


@settings(max_examples=80, deadline=None)
@drawn(st.integers(0, 20_000), st.integers(0, 20_000), st.integers(1, 100_000))
def test_no_working_minute_is_won_or_lost_by_a_suspension(begin: int, run: int, stand: int) -> None:
    """Whenever it begins, runs and stands: the working time left is the same to the microsecond."""
    begun = city("2026-02-02 00:00") + timedelta(minutes=begin)
    stopped = begun + timedelta(minutes=run)
    resumed = stopped + timedelta(minutes=stand)
    level = ServiceLevel(Decimal(6), Unit.WORK_HOUR, "village scheme", "event", "*", None, Step.HANDLE, "test")
    left = Clock(begun, level).remaining(stopped, CALENDAR)
    case = go(suspended(in_hand(begun), stopped, resumed), "system:worker", A.RESUME, resumed)
    assert case.clock is not None
    now = Clock(begun, level, case.clock.pauses)
    if left > timedelta(0):
        assert now.remaining(resumed, CALENDAR) == left
    else:
        assert case.clock.due_at is not None
        assert case.clock.due_at <= stopped


@pytest.mark.parametrize(
    ("at", "until", "is_granted"),
    [
        ("2026-03-02 09:00", "2027-03-02 09:00", True),  # exactly one year
        ("2026-03-02 09:00", "2027-03-03 09:00", False),  # and one day more
        ("2026-03-02 09:00", "2027-03-02 09:00:01", False),
        ("2028-02-29 09:00", "2029-02-28 09:00", True),  # from a day that the next year does not have
        ("2028-02-29 09:00", "2029-03-01 09:00", False),
        ("2026-03-02 09:00", "2026-03-02 09:00", False),  # no time at all
        ("2026-03-02 09:00", "2026-03-01 09:00", False),  # over already
    ],
)
def test_a_suspension_lasts_a_year_at_most(at: str, until: str, is_granted: bool) -> None:
    case = in_hand(city(at))
    if is_granted:
        assert suspended(case, city(at), city(until)).suspended_until == city(until)
        assert city(until) == a_year_after(city(at))
        return
    with pytest.raises(BadInput, match="suspension_too_long"):
        suspended(case, city(at), city(until))


def test_a_naive_end_and_a_director_who_shortens_and_one_who_would_lengthen() -> None:
    at = city("2026-03-02 09:00")
    case = in_hand(at)
    naive = Given(reason="待料", until=datetime(2026, 5, 1))  # noqa: DTZ001
    with pytest.raises(BadInput, match="step_naive_time"):
        go(case, "waste-officer", A.SUSPEND_REQUEST, at, naive)
    asked = go(case, "waste-officer", A.SUSPEND_REQUEST, at, Given(reason="待料", until=at + timedelta(days=90)))
    shorter = go(asked, "director", A.SUSPEND_GRANT, at, Given(until=at + timedelta(days=30)))
    assert shorter.suspended_until == at + timedelta(days=30)
    with pytest.raises(BadInput, match="suspension_too_long"):
        go(asked, "director", A.SUSPEND_GRANT, at, Given(until=at + timedelta(days=400)))
    # granted so late that the asked end is past
    with pytest.raises(BadInput, match="suspension_too_long"):
        go(asked, "director", A.SUSPEND_GRANT, at + timedelta(days=91))


def test_an_extension_adds_the_original_limit_in_working_time_twice_and_no_third_time() -> None:
    at = city("2026-03-02 09:00")
    case = in_hand(at)
    due = [case.clock and case.clock.due_at]
    for _ in range(2):
        case = go(case, "waste-officer", A.EXTEND_REQUEST, at, Given(reason="量大"))
        case = go(case, "director", A.EXTEND_GRANT, at)
        due.append(case.clock and case.clock.due_at)
    assert due == [city("2026-03-02 17:00"), city("2026-03-03 15:00"), city("2026-03-04 11:00")]
    with pytest.raises(Conflict, match="extended_enough"):
        go(case, "waste-officer", A.EXTEND_REQUEST, at, Given(reason="量大"))
    back = go(case, "waste-officer", A.SEND_BACK, at, Given(reason="不归我们"))
    again = go(back, "dispatcher", A.DISPATCH, at, Given(department="roads"))
    with pytest.raises(Conflict, match="extended_enough"):  # two a case, not two a department
        go(again, "roads-officer", A.EXTEND_REQUEST, at, Given(reason="量大"))


def test_without_a_limit_there_is_nothing_to_extend() -> None:
    none = real_facts(whole=("5", Unit.WORK_DAY))
    case = in_hand(MORNING, none)
    assert case.clock is None
    with pytest.raises(Conflict, match="no_limit_runs"):
        go(case, "waste-officer", A.EXTEND_REQUEST, MORNING, Given(reason="量大"), none)


def test_called_departments_get_their_limits_anew_with_the_case() -> None:
    """Provisional days became known: the tasks at work are computed again, the old instants kept in the event."""
    called = Given(kind=WhistleKind.JOINT_ENFORCEMENT, departments=("roads", "police", "waste"))
    case = go(
        replace(fresh(), state=State.WITH_CHIEF, held_by=None), "resident-chief", A.WHISTLE, MORNING, called, FACTS
    )
    case = go(case, "resident-chief", A.TASK_CALL_OFF, MORNING, Given(department="waste", reason="不需要"), FACTS)
    slower = replace(FACTS, times=ClockHours({"report_in": 1, "handle": 48, "register": 1, "whole": 96}))
    (event,) = decide(case, A.RECOMPUTE_DEADLINE, by=CAST["system:worker"], now=MORNING, facts=slower)
    after = apply(case, event)
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert [t.arrive_due_at for t in after.tasks] == [MORNING + hour, MORNING + hour, MORNING + hour / 2]
    assert [t.finish_due_at for t in after.tasks] == [MORNING + 2 * day, MORNING + 2 * day, MORNING + day]
    assert [changed["task"] for changed in event.payload["tasks"]] == [1, 2]
    assert event.payload["tasks"][0]["old"]["arrive_due_at"] == (MORNING + hour / 2).isoformat(timespec="microseconds")
    assert decide(after, A.RECOMPUTE_DEADLINE, by=CAST["system:worker"], now=MORNING, facts=slower) == ()


CHAINS = [
    ((True, True, True), [3, 2, 1, None]),
    ((False, True, True), [2, 1, None]),
    ((True, False, True), [3, 1, None]),  # an empty tier is passed over
    ((True, True, False), [3, 2, None]),
    ((True, False, False), [3, None]),
    ((False, False, True), [1, None]),
    ((False, False, False), [None]),
]


@pytest.mark.parametrize(("filled", "way"), CHAINS)
def test_the_way_up_a_chain(filled: tuple[bool, bool, bool], way: list[int | None]) -> None:
    chain = tuple(Link(tier, is_there) for tier, is_there in zip((3, 2, 1), filled, strict=True))
    found, tier = list[int | None](), None
    while True:
        up = answering(chain) if not found else above(chain, tier)
        found.append(None if up is None else up.tier)
        if up is None:
            break
        tier = up.tier
    assert found == way
    assert (answering(()), above((), None)) == (None, None)


def test_who_stands_in_and_who_was_passed_over_is_said() -> None:
    chain = (Link(3, False), Link(2, True, True), Link(1, True))
    assert answering(chain) == Answering(2, True, (3,))
    case = replace(fresh(), state=State.REGISTERED)
    (event,) = decide(
        case, A.HAND_TO_CHIEF, by=CAST["dispatcher"], now=MORNING, facts=replace(FACTS, chain=lambda _: chain)
    )
    assert (event.payload["tier"], event.payload["stand_in"], event.payload["empty_tiers"]) == (2, True, [3])
    for facts, placed, code in (
        (replace(FACTS, chain=lambda _: ()), case, "no_chief_on_segment"),
        (FACTS, replace(case, segment=None), "case_not_placed"),
    ):
        with pytest.raises(Conflict, match=code):
            decide(placed, A.HAND_TO_CHIEF, by=CAST["dispatcher"], now=MORNING, facts=facts)


def test_the_chain_is_that_of_the_day() -> None:
    """Who left yesterday answers no more; who stands in is known by the post; every tier of the city has its link."""
    changed = date(2026, 3, 1)
    appointments = (
        Appointment("E-1", 2, "甲", Span(to_on=changed), post="社区街长"),
        Appointment("E-1", 2, "乙", Span(from_on=changed), post="社区街长（代）"),
        Appointment("E-1", 1, "丙", Span(from_on=changed + timedelta(days=1))),
    )
    registry = replace(VILLAGE, appointments=appointments, tiers=(1, 2, 3))
    empty = Link(3, False)
    for days, links in (
        (-1, (empty, Link(2, True), Link(1, False))),
        (0, (empty, Link(2, True, True), Link(1, False))),
        (1, (empty, Link(2, True, True), Link(1, True))),
    ):
        assert chain_on(registry, "E-1", changed + timedelta(days=days)) == links


@settings(max_examples=150, deadline=None)
@drawn(st.lists(st.tuples(st.sampled_from(sorted(set(A) - {A.OPEN})), st.sampled_from(ACTORS), st.integers(-5, 5000),
                          st.sampled_from((None, "waste", "roads", "police")), st.booleans()), max_size=40))  # fmt: skip
def test_no_sequence_of_actions_leaves_the_table(steps: list[tuple[Action, str, int, str | None, bool]]) -> None:
    """Any action by anyone at any time, also before the last one: a step of the table, or a refusal with a sentence."""
    case = fresh()
    for action, who, minutes, department, is_good in steps:
        at = case.last_at + timedelta(minutes=minutes)
        given = replace(SURE, department=department, result=is_good, passed=is_good, solved=is_good, complaint=None,
                        until=at + timedelta(days=30))  # fmt: skip
        try:
            events: tuple[CaseEvent, ...] = decide(case, action, by=CAST[who], now=at, facts=FACTS, given=given)
        except StreetChiefError as refused:
            assert isinstance(refused, (BadInput, Conflict, Forbidden))
            assert (case.state, action) in EDGES or refused.code == "no_such_step"
            continue
        for event in events:
            assert minutes >= 0
            assert event.state in EDGES[case.state, action].ends()
            assert (event.seq, event.prev_hash) == (case.version + 1, case.last_hash)
            case = apply(case, event)
            assert (case.closed_at is not None) == (case.state in ENDED)
            assert (case.merged_into is not None) == (case.state == State.MERGED)
            assert bool(case.complaints) == (case.state != State.MERGED)
