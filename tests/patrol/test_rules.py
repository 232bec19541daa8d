"""Judgement about patrols, without a database: tables of odd cases, and laws."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetchief.accounts.policy import grant
from streetchief.actors import Actor, Subject
from streetchief.city import PatrolTier
from streetchief.errors import BadInput, Forbidden
from streetchief.patrol import rules
from streetchief.patrol.model import Answer, Beat, Counts, Ground, Handled, Line, Patrol, WorkingDay
from tests.patrol.village import MONDAY, PLAN, SUPERVISOR, draft

SHANGHAI = ZoneInfo("Asia/Shanghai")
GROUND = Ground("main", ("main-1", "main-2"), ("T", "W"), 1)
PATROL = Patrol(1, "jia", 2, GROUND, MONDAY, datetime(2026, 3, 2, 7, tzinfo=UTC))
ITEMS = [item.code for item in PLAN.items]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("在 30.00123, 103.04567 处", "30.00123"),  # degrees
        ("x=600348.51 y=3320568.80", "600348"),  # metres of a projection
        ("３０.００１２３", "００１２３"),  # full-width digits
        ("北纬30°00'12.5\" 东经103°02'24\"", "00'12"),  # degrees, minutes, seconds
        ("30．0012", "0012"),  # full-width point
        ("103 °", "103"),
    ],
)
def test_what_reads_like_a_coordinate_is_blanked(text: str, place: str) -> None:
    assert place not in rules.without_places(text)
    assert rules.PLACE_MARK in rules.without_places(text)


@pytest.mark.parametrize(
    "text", ["占道 2.5 米", "门牌 128 号", "3 处", "约 12.75 平方米", "第 2026-03-02 次", "12345 转来"]
)
def test_measures_of_a_street_stay(text: str) -> None:
    assert rules.without_places(text) == text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"item": "weather"}, "unknown_patrol_item"),
        ({"segment": "main-3"}, "segment_not_walked"),  # of the street, but not walked
        ({"opinion": " \n"}, "finding_needs_opinion"),
        ({"opinion": "长" * 501}, "finding_needs_opinion"),
        ({"photo": None}, "fix_needs_photo"),  # nobody else will look
        ({"photo": "看图 1"}, "patrol_photo_reference"),
        ({"photo": "IMG_30.00123_103.04567.jpg"}, "patrol_photo_reference"),  # cameras do that
        ({"kind": "event"}, "finding_category"),  # a kind without a code
        ({"code": "W1"}, "finding_category"),  # a code without its kind is ambiguous
        ({"kind": "thing", "code": "W1"}, "finding_category"),
    ],
)
def test_a_finding_must_be_whole(changes: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        rules.check_draft(draft(**changes), PATROL, ITEMS)
    assert refused.value.code == code


def test_a_hand_over_needs_no_photo() -> None:
    rules.check_draft(draft(handled=Handled.HANDED_OVER, photo=None, kind="event", code="W1"), PATROL, ITEMS)


def test_every_item_gets_an_answer() -> None:
    assert rules.all_answers(PLAN.items, {}, {"waste"}) == {"order": Answer.NOT_SEEN, "waste": Answer.PROBLEM}
    with pytest.raises(BadInput, match="good_but_found"):
        rules.all_answers(PLAN.items, {"waste": Answer.GOOD}, {"waste"})
    with pytest.raises(BadInput, match="unknown_patrol_item"):
        rules.all_answers(PLAN.items, {"weather": Answer.GOOD}, ())


def test_as_which_tier_one_walks() -> None:
    both = Actor("x", (grant("chief", tier=1, area="T"), grant("chief", tier=2, street="main")))
    subject = Subject("main", frozenset({"T", "W"}))
    assert rules.tier_of(both, subject, None) == 2, "the nearest to the residents"
    assert rules.tier_of(both, subject, 1) == 1
    for by, asked in ((both, 3), (SUPERVISOR, None), (Actor("y"), None)):
        with pytest.raises(Forbidden):
            rules.tier_of(by, subject, asked)


@pytest.mark.parametrize(
    ("checker", "may"),
    [
        (Actor("zong", (grant("chief", tier=1, area="T"),)), True),
        (Actor("jia", (grant("chief", tier=1, area="T"),)), False),  # the walker himself, promoted since
        (Actor("x", (grant("chief", tier=2, area="T"),)), False),  # the same tier
        (Actor("x", (grant("chief", tier=3, area="T"),)), False),  # the tier below
        (Actor("x", (grant("chief", tier=1, area="E"),)), False),  # above, elsewhere
        (SUPERVISOR, True),  # no tier: somebody must check the highest one
        (Actor("x", (grant("director"),)), False),  # reviews, does not check
        (Actor("x", (grant("chief", tier=2, area="T"), grant("chief", tier=1, street="main"))), True),
    ],
)
def test_who_may_check(checker: Actor, may: bool) -> None:
    if may:
        rules.check_checker(checker, PATROL)
        return
    with pytest.raises(Forbidden):
        rules.check_checker(checker, PATROL)


@pytest.mark.parametrize(
    ("last", "now", "days"),
    [
        (None, "2026-03-03 03:59", [date(2026, 3, 1)]),  # a walk may go past midnight: the 2nd is not over yet
        (None, "2026-03-03 04:00", [date(2026, 3, 2)]),  # nothing is missed before the beginning: one day, no more
        (date(2026, 3, 2), "2026-03-03 04:00", []),
        (date(2026, 2, 27), "2026-03-03 12:00", [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]),
        (date(2026, 3, 9), "2026-03-03 12:00", []),  # a clock that went back settles nothing
    ],
)
def test_which_days_are_to_be_accounted_for(last: date | None, now: str, days: list[date]) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    assert list(rules.days_to_settle(last, instant, SHANGHAI)) == days


def test_a_long_stop_is_caught_up_to_a_month() -> None:
    days = rules.days_to_settle(date(2020, 1, 1), datetime(2026, 3, 3, 12, tzinfo=UTC), SHANGHAI)
    assert (len(days), days[-1]) == (31, date(2026, 3, 2))


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(BadInput, match="naive"):
        rules.city_day(datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None), SHANGHAI)


@pytest.mark.parametrize(
    ("walks", "per_day", "is_working", "due_done"),
    [
        (0, 1, True, [(1, 0)]),
        (1, 1, True, [(1, 1)]),
        (3, 1, True, [(1, 1)]),  # more than owed does not make up for others
        (1, 2, True, [(2, 1)]),
        (0, 1, False, []),  # a day of rest
        (0, 0, True, []),  # nothing is asked, so nothing is missed
    ],
)
def test_what_a_beat_owes(walks: int, per_day: int, is_working: bool, due_done: list[tuple[int, int]]) -> None:
    plan = replace(PLAN, tiers=(PatrolTier(2, per_day, 0),))
    found = rules.settle([Beat(2, GROUND, walks)], plan, WorkingDay(is_working, True, "v"))
    assert [(one.due, one.done) for one in found] == due_done


def test_a_tier_that_the_city_does_not_name_owes_nothing() -> None:
    assert rules.settle([Beat(7, GROUND)], PLAN, WorkingDay(True, True, "v")) == ()


@given(st.permutations(list(range(1, 40))), st.integers(0, 50))
def test_a_sample_does_not_depend_on_the_order(patrols: list[int], size: int) -> None:
    drawn = rules.draw(MONDAY, 2, patrols, size)
    assert drawn == rules.draw(MONDAY, 2, range(1, 40), size)
    assert len(set(drawn)) == len(drawn) == min(size, 39)
    assert drawn == rules.draw(MONDAY, 2, patrols, 50)[:size], "a larger sample holds the smaller one"


def test_weeks_and_tiers_have_samples_of_their_own() -> None:
    one = rules.draw(MONDAY, 2, range(100), 10)
    assert one != rules.draw(MONDAY + timedelta(days=7), 2, range(100), 10)
    assert one != rules.draw(MONDAY, 1, range(100), 10)


def test_a_sample_is_fair() -> None:
    """Over 400 weeks each of 20 patrols is drawn in about a quarter of them."""
    counts = [0] * 20
    for week in range(400):
        for patrol in rules.draw(MONDAY + timedelta(days=7 * week), 2, range(20), 5):
            counts[patrol] += 1
    assert min(counts) > 65 and max(counts) < 140, counts


@pytest.mark.parametrize(
    ("day", "month", "quarter"),
    [
        (date(2026, 1, 31), (date(2026, 1, 1), date(2026, 2, 1)), (date(2026, 1, 1), date(2026, 4, 1))),
        (date(2024, 2, 29), (date(2024, 2, 1), date(2024, 3, 1)), (date(2024, 1, 1), date(2024, 4, 1))),
        (date(2026, 12, 1), (date(2026, 12, 1), date(2027, 1, 1)), (date(2026, 10, 1), date(2027, 1, 1))),
        (date(2026, 9, 30), (date(2026, 9, 1), date(2026, 10, 1)), (date(2026, 7, 1), date(2026, 10, 1))),
    ],
)
def test_periods(day: date, month: tuple[date, date], quarter: tuple[date, date]) -> None:
    assert rules.month_of(day) == month
    assert rules.quarter_of(day) == quarter
    assert len(rules.months_of(*quarter)) == 3


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_months_fill_their_quarter(day: date) -> None:
    first, after = rules.quarter_of(day)
    months = [rules.month_of(month) for month in rules.months_of(first, after)]
    assert [m[0] for m in months[1:]] == [m[1] for m in months[:-1]]
    assert (months[0][0], months[-1][1]) == (first, after)
    assert rules.week_of(day).weekday() == 0 and 0 <= (day - rules.week_of(day)).days < 7


def test_a_period_is_over_four_hours_into_the_next() -> None:
    after = date(2026, 4, 1)
    with pytest.raises(BadInput, match="period_not_over"):
        rules.check_over(after, datetime(2026, 4, 1, 3, 59, tzinfo=SHANGHAI), SHANGHAI)
    rules.check_over(after, datetime(2026, 4, 1, 4, 0, tzinfo=SHANGHAI), SHANGHAI)


counts = st.builds(Counts, **{f.name: st.integers(0, 1000) for f in fields(Counts)})
lines = st.lists(
    st.builds(Line, st.sampled_from(["a", "b", "c"]), st.sampled_from([1, 2, 3]), counts, st.just(("T",))),
    max_size=12,
)


@given(lines)
def test_sums_add_up_in_every_direction(told: list[Line]) -> None:
    found = rules.with_sums(told)
    by = {(line.street, line.tier): line.counts for line in found}
    assert len(by) == len(found)
    for f in fields(Counts):
        total = sum(getattr(line.counts, f.name) for line in told)
        assert getattr(by[None, None], f.name) == total
        assert sum(getattr(c, f.name) for (s, t), c in by.items() if s and t is None) == total
        assert sum(getattr(c, f.name) for (s, t), c in by.items() if t and s is None) == total
        assert sum(getattr(c, f.name) for (s, t), c in by.items() if s and t) == total


@given(lines, lines, lines)
def test_three_months_added_are_the_quarter(one: list[Line], two: list[Line], three: list[Line]) -> None:
    months = [line for month in (one, two, three) for line in rules.with_sums(month)]
    assert rules.add(months) == rules.with_sums([*one, *two, *three])


def test_rates_and_small_samples() -> None:
    found = {r.measure: r for r in rules.rates(Counts(due=4, done=3, findings=2, fixed_on_spot=1, handed_over=1), 3)}
    assert (found["done_rate"].numerator, found["done_rate"].denominator, found["done_rate"].value) == (3, 4, 0.75)
    small = found["fixed_rate"]
    assert (small.numerator, small.denominator, small.value, small.is_held_out) == (1, 2, None, True)
    nothing = found["agreement_rate"]
    assert (nothing.denominator, nothing.value, nothing.is_held_out) == (0, None, False)
