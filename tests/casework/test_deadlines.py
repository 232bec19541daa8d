"""When limits are due: a table worked out by hand, clocks that stop, buckets, other cities."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetchief.casework.buckets import Bucket, Marks, bucket_at, marks
from streetchief.casework.calendar import Override, OverrideKind, WorkCalendar
from streetchief.casework.clock import Clock, recompute
from streetchief.casework.deadlines import Due, ServiceLevel, Unit, advance, due_at, due_of, elapsed
from streetchief.casework.official import state_council
from streetchief.city import BucketShares, WorkHours
from streetchief.errors import BadInput
from tests.casework.hand_table import PLAIN, STOPPED, UD, UH, D, H

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
EIGHT = (WorkHours(((480, 720), (840, 1080))),)
CHINA = WorkCalendar(SHANGHAI, EIGHT, state_council())
QUARTER = BucketShares(0.25, 1.0)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def level(amount: str, unit: Unit) -> ServiceLevel:
    return ServiceLevel(Decimal(amount), unit)


def test_the_table_is_long_enough_and_no_row_stands_twice() -> None:
    assert len({row[:3] for row in PLAIN}) == len(PLAIN) >= 60
    years = {int(start[:4]) for start, *_ in PLAIN}
    assert years == {2022, 2023, 2024, 2025, 2026}
    assert {unit for _, _, unit, _, _ in PLAIN} == set(Unit)


@pytest.mark.parametrize(("start", "amount", "unit", "due", "why"), PLAIN, ids=[" ".join(r[:3]) for r in PLAIN])
def test_due_by_hand(start: str, amount: str, unit: Unit, due: str, why: str) -> None:
    found = due_of(level(amount, unit), at(start), CHINA)
    assert found.at.astimezone(SHANGHAI) == at(due), why
    assert found.at.tzinfo is UTC
    assert not found.provisional
    assert due_at(level(amount, unit), at(start), CHINA) == found.at


@pytest.mark.parametrize(
    ("start", "amount", "unit", "pauses", "extensions", "due", "why"), STOPPED, ids=[r[0] + r[5] for r in STOPPED]
)
def test_due_of_a_stopped_clock_by_hand(
    start: str, amount: str, unit: Unit, pauses: list[tuple[str, str]], extensions: int, due: str, why: str
) -> None:
    stops = tuple((at(a), at(b)) for a, b in pauses)
    clock = Clock(at(start), level(amount, unit), stops, extensions)
    found = clock.due(CHINA)
    assert found is not None
    assert found.at.astimezone(SHANGHAI) == at(due), why
    assert clock.remaining(found.at, CHINA) == timedelta()


# ── what is not known yet ───────────────────────────────────────────────────────────────────────────────────

FAR = [
    ("2028-02-01 09:00", "2", D, "2028-02-03 09:00", True, "no notice: Monday to Friday"),
    ("2028-06-03 09:00", "1", H, "2028-06-05 09:00", True, "a Saturday is free by the plain rule"),
    ("2026-12-24 09:00", "2", D, "2026-12-28 09:00", False, "over before the days that the next notice may change"),
    ("2026-12-28 17:00", "1", D, "2026-12-29 17:00", True, "29 December waits for the notice of 2027"),
    ("2026-12-30 08:00", "1", D, "2026-12-30 18:00", True, "the same"),
    ("2028-10-01 12:00", "2", UH, "2028-10-01 14:00", False, "the clock needs no calendar"),
    ("2028-02-28 12:00", "2", UD, "2028-03-01 12:00", False, "nor do calendar days"),
    ("1999-12-31 17:00", "1", D, "2000-01-03 17:00", True, "before the library begins: no exception either"),
    ("2090-05-02 17:00", "15", D, "2090-05-23 17:00", True, "far, and no exception"),
]


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due", "provisional", "why"), FAR, ids=[" ".join(r[:2]) for r in FAR]
)
def test_a_year_without_a_notice_is_provisional(
    start: str, amount: str, unit: Unit, due: str, provisional: bool, why: str
) -> None:
    found = due_of(level(amount, unit), at(start), CHINA)
    assert (found.at.astimezone(SHANGHAI), found.provisional) == (at(due), provisional), why
    assert found.calendar_version == CHINA.version
    assert Clock(at(start), level(amount, unit)).due(CHINA) == found, "a clock that never stopped says the same"


def test_computed_again_when_the_notice_comes() -> None:
    clock = Clock(at("2027-09-30 17:00"), level("2", D))
    old = clock.due(CHINA)
    assert old is not None
    assert (old.at, old.provisional) == (at("2027-10-04 17:00"), True)
    free = (Override(date(2027, 10, n), OverrideKind.REST, "notice") for n in range(1, 8))
    made_up = Override(date(2027, 10, 9), OverrideKind.WORK, "notice")
    notice = Override(date(2027, 1, 1), OverrideKind.NOTICE, "notice")
    newer = WorkCalendar(SHANGHAI, EIGHT, state_council(), (*free, made_up, notice))
    found = recompute(clock, old, newer)
    assert found is not None
    assert found.has_moved
    assert found.old is old
    # Thu 30 Sep 1; Fri 1 to Thu 7 Oct free; Fri 8: 8 (9); Sat 9 make-up 7
    assert (found.new.at, found.new.provisional) == (at("2027-10-09 17:00"), False)
    assert found.new.calendar_version == newer.version != old.calendar_version


def test_nothing_is_computed_again_while_paused() -> None:
    clock = Clock(at("2027-09-30 08:00"), level("1", D))
    old = clock.due(CHINA)
    assert old is not None
    assert recompute(Clock(clock.start, clock.level, ((at("2027-09-30 10:00"), None),)), old, CHINA) is None


def test_days_of_a_pause_have_no_say() -> None:
    """Paused from the start over days that nobody knows: what counts is settled."""
    lines = (Override(date(2027, 1, 4), OverrideKind.WORK),)
    calendar = WorkCalendar(SHANGHAI, EIGHT, state_council(), lines)
    clock = Clock(at("2026-12-30 09:00"), level("1", H), ((at("2026-12-30 09:00"), at("2027-01-04 09:00")),))
    due = clock.due(calendar)
    assert due is not None
    assert [day.day for day in due.days] == [date(2027, 1, 4)]
    assert not due.provisional


# ── other cities ────────────────────────────────────────────────────────────────────────────────────────────

NINE_TO_FIVE = (WorkHours(((540, 1020),)),)
BOSTON = WorkCalendar(
    NEW_YORK,
    NINE_TO_FIVE,
    None,
    (Override(date(2026, 11, 26), OverrideKind.REST, "Thanksgiving"), Override(date(2026, 1, 1), OverrideKind.NOTICE)),
)

ELSEWHERE = [
    ("2026-03-06 16:00", "1", D, "2026-03-09 16:00", "Fri 1; the clock leaps on Sunday; Mon 7: wall-clock slots hold"),
    ("2026-03-07 20:00", "8", UH, "2026-03-08 05:00", "eight real hours, one wall hour is missing"),
    ("2026-03-07 20:00", "1", UD, "2026-03-08 20:00", "a calendar day is 23 hours"),
    ("2026-10-31 20:00", "8", UH, "2026-11-01 03:00", "eight real hours, one wall hour comes twice"),
    ("2026-10-31 20:00", "1", UD, "2026-11-01 20:00", "a calendar day is 25 hours"),
    ("2026-11-25 16:00", "1", D, "2026-11-27 16:00", "Wed 1; Thanksgiving; Fri 7"),
    ("2026-10-02 16:00", "2", H, "2026-10-05 10:00", "China's National Day is no holiday here"),
]


@pytest.mark.parametrize(("start", "amount", "unit", "due", "why"), ELSEWHERE, ids=[" ".join(r[:3]) for r in ELSEWHERE])
def test_a_city_whose_clock_changes(start: str, amount: str, unit: Unit, due: str, why: str) -> None:
    found = due_of(level(amount, unit), at(start, NEW_YORK), BOSTON)
    assert found.at == at(due, NEW_YORK).astimezone(UTC), why
    assert not found.provisional


def test_a_working_day_is_eight_hours_however_long_the_citys_day_is() -> None:
    short = WorkCalendar(SHANGHAI, (WorkHours(((540, 900),)),), state_council())  # six hours
    assert due_at(level("1", D), at("2026-03-02 09:00"), short) == at("2026-03-03 11:00")


# ── limits and clocks that are refused ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "3661"])
def test_an_amount_that_is_no_limit_is_refused(amount: str) -> None:
    with pytest.raises(BadInput) as refused:
        level(amount, D)
    assert refused.value.code == "bad_limit"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        due_at(level("1", D), datetime(2026, 3, 2, 9), CHINA)  # noqa: DTZ001
    assert refused.value.code == "naive_time"


NINE, TEN, NOON = at("2026-03-02 09:00"), at("2026-03-02 10:00"), at("2026-03-02 12:00")
BAD_PAUSES = [
    ("ends before it begins", ((TEN, NINE),)),
    ("overlap", ((NINE, NOON), (TEN, NOON))),
    ("an open one before another", ((NINE, None), (NOON, None))),
]


@pytest.mark.parametrize(("why", "pauses"), BAD_PAUSES, ids=[b[0] for b in BAD_PAUSES])
def test_pauses_out_of_order_are_refused(why: str, pauses: tuple[tuple[datetime, datetime | None], ...]) -> None:
    with pytest.raises(BadInput) as refused:
        Clock(NINE, level("1", D), pauses)
    assert refused.value.code == "pauses_out_of_order", why


@pytest.mark.parametrize("count", [-1, 3])
def test_at_most_two_extensions(count: int) -> None:
    with pytest.raises(BadInput):
        Clock(NINE, level("1", D), extensions=count)


# ── laws ────────────────────────────────────────────────────────────────────────────────────────────────────

STARTS = st.datetimes(datetime(2021, 12, 1), datetime(2027, 3, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001
SECONDS = st.integers(1, 60 * 3600)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(Unit)), STARTS, SECONDS, SECONDS)
def test_every_unit_is_additive_and_measures_what_it_advances(unit: Unit, start: datetime, a: int, b: int) -> None:
    """In China; where the clock leaps, a calendar day that ends in the missing hour is the one exception."""
    first, second = timedelta(seconds=a), timedelta(seconds=b)
    then, _ = advance(unit, start, first, CHINA)
    assert advance(unit, then, second, CHINA)[0] == advance(unit, start, first + second, CHINA)[0]
    assert elapsed(unit, start, then, CHINA) == first


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(list(Unit)),
    STARTS,
    st.integers(1, 40),
    st.lists(SECONDS, min_size=2, max_size=6),
    st.integers(0, 2),
)
def test_what_was_left_at_a_pause_is_left_after_it(
    unit: Unit, start: datetime, amount: int, gaps: list[int], extensions: int
) -> None:
    instants = [start + timedelta(seconds=sum(gaps[: n + 1])) for n in range(len(gaps) // 2 * 2)]
    pauses = tuple(zip(instants[::2], instants[1::2], strict=True))
    clock = Clock(start, ServiceLevel(amount, unit), pauses, extensions)
    for begin, end in pauses:
        assert clock.remaining(begin, CHINA) == clock.remaining(end, CHINA)
    due = clock.due(CHINA)
    assert due is not None
    assert clock.remaining(due.at, CHINA) == timedelta()
    assert sum((day.counted for day in due.days), timedelta()) == (
        clock.length if unit.is_working_time else timedelta()
    )


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Unit)), STARTS, st.integers(1, 40), SECONDS)
def test_a_pause_never_makes_it_due_earlier(unit: Unit, start: datetime, amount: int, gap: int) -> None:
    plain = Clock(start, ServiceLevel(amount, unit)).due(CHINA)
    begin = start + timedelta(seconds=gap)
    stopped = Clock(start, ServiceLevel(amount, unit), ((begin, begin + timedelta(hours=30)),)).due(CHINA)
    assert plain is not None
    assert stopped is not None
    assert stopped.at >= plain.at


# ── buckets ─────────────────────────────────────────────────────────────────────────────────────────────────


def found_marks(clock: Clock, shares: BucketShares | None = QUARTER) -> Marks:
    found = marks(clock, CHINA, shares)
    assert found is not None
    return found


BUCKETS = [  # 2 工作日 from Monday 2 March 2026 08:00: due Tue 18:00; a quarter is 4 hours; severe after Thu 18:00
    ("2026-03-02 08:00", Bucket.NORMAL, "fresh"),
    ("2026-03-03 11:59", Bucket.NORMAL, "a minute more than a quarter left"),
    ("2026-03-03 12:00", Bucket.DUE_SOON, "exactly a quarter left"),
    ("2026-03-03 18:00", Bucket.DUE_SOON, "the due instant itself is in time"),
    ("2026-03-03 18:01", Bucket.OVERDUE, "after it, though no working time has run since"),
    ("2026-03-05 18:00", Bucket.OVERDUE, "overrun by exactly the limit"),
    ("2026-03-05 18:01", Bucket.SEVERELY_OVERDUE, "by more"),
]


@pytest.mark.parametrize(("now", "bucket", "why"), BUCKETS, ids=[b[0] for b in BUCKETS])
def test_buckets(now: str, bucket: Bucket, why: str) -> None:
    clock = Clock(at("2026-03-02 08:00"), level("2", D))
    assert bucket_at(found_marks(clock), at(now)) == bucket, why


def test_the_marks_move_with_pauses_and_extensions() -> None:
    clock = Clock(at("2026-03-02 08:00"), level("1", D), ((NINE, at("2026-03-03 09:00")),), extensions=1)
    found = found_marks(clock)
    # 16 hours: Mon 1; Tue 7 (8); Wed 8: due Wed 18:00; soon when 12 have run: Wed 12:00; severe 16 hours on: Fri 18:00
    assert (found.soon_at, found.due.at, found.severe_at) == (
        at("2026-03-04 12:00"),
        at("2026-03-04 18:00"),
        at("2026-03-06 18:00"),
    )


def test_a_paused_clock_is_its_own_bucket_unless_it_had_run_out_before() -> None:
    closed = Clock(at("2026-03-02 08:00"), level("1", D), ((NINE, NOON),))
    assert [closed.remaining(now, CHINA) for now in (NINE, TEN, NOON)] == [timedelta(hours=7)] * 3
    open_pause = Clock(at("2026-03-02 08:00"), level("1", D), ((NINE, None),))
    assert marks(open_pause, CHINA, QUARTER) is None
    assert bucket_at(None, NOON) == Bucket.PAUSED
    assert open_pause.remaining(at("2026-06-01 09:00"), CHINA) == timedelta(hours=7)
    too_late = Clock(at("2026-03-02 08:00"), level("1", H), ((TEN, None),))
    assert bucket_at(found_marks(too_late), NOON) == Bucket.SEVERELY_OVERDUE


def test_without_thresholds_nothing_is_due_soon_or_severe() -> None:
    clock = Clock(at("2026-03-02 08:00"), level("1", H))
    found = found_marks(clock, None)
    assert [bucket_at(found, now) for now in (NINE, TEN, at("2027-03-02 09:00"))] == [
        Bucket.NORMAL,
        Bucket.OVERDUE,
        Bucket.OVERDUE,
    ]


def test_the_working_adds_up() -> None:
    """Which days counted, as the command shows it."""
    due: Due = due_of(level("5", D), at("2026-09-30 17:00"), CHINA)
    hours = [day.counted / timedelta(hours=1) for day in due.days]
    assert hours == [1, *[0] * 7, 8, 8, 8, 0, 8, 7]
    assert due_of(level("5", UD), at("2026-09-30 17:00"), CHINA).days == ()
    assert due_of(level("5", UH), at("2026-09-30 17:00"), CHINA).days == ()
