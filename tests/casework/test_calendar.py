"""Which days are worked, how working time passes, and what is not known yet."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetchief.casework.calendar import DayKind, Override, OverrideKind, WorkCalendar
from streetchief.casework.official import official_calendar, state_council
from streetchief.city import WorkHours
from streetchief.errors import BadInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
EIGHT = (WorkHours(((480, 720), (840, 1080))),)  # 08–12, 14–18
CHINA = WorkCalendar(SHANGHAI, EIGHT, state_council())
WORK, REST, NOTICE = OverrideKind.WORK, OverrideKind.REST, OverrideKind.NOTICE

DAYS = [
    ("2026-10-10", DayKind.MAKE_UP, "National Day's second make-up Saturday"),
    ("2026-09-20", DayKind.MAKE_UP, "a make-up Sunday, eleven days before the holiday"),
    ("2026-10-07", DayKind.HOLIDAY, "a Wednesday"),
    ("2026-10-03", DayKind.HOLIDAY, "a Saturday inside the holiday is holiday, not weekend"),
    ("2026-10-11", DayKind.WEEKEND, "the Sunday after a make-up Saturday"),
    ("2024-02-09", DayKind.WEEKDAY, "New Year's Eve was no statutory holiday in 2024"),
    ("2025-01-28", DayKind.HOLIDAY, "and is one since 2025"),
    ("2020-01-31", DayKind.HOLIDAY, "the Spring Festival that was made longer"),
    ("2027-10-01", DayKind.WEEKDAY, "a year without a notice: the plain rule, even on National Day"),
    ("2027-10-02", DayKind.WEEKEND, "the same"),
]


@pytest.mark.parametrize(("day", "kind", "why"), DAYS, ids=[d[0] for d in DAYS])
def test_the_kind_of_a_day(day: str, kind: DayKind, why: str) -> None:
    assert CHINA.kind_of(date.fromisoformat(day)) == kind, why


def test_2026_has_248_working_days_of_which_six_are_made_up() -> None:
    """The figures on which two independent libraries agree (ECOSYSTEM, finding 6)."""
    kinds = [CHINA.kind_of(date(2026, 1, 1) + timedelta(days=n)) for n in range(365)]
    assert sum(kind.is_working for kind in kinds) == 248
    assert kinds.count(DayKind.MAKE_UP) == 6


KNOWN = [
    ("2026-12-28", True, "published"),
    ("2026-12-29", False, "the notice of 2027 may change it, as that of 2019 changed 29 December 2018"),
    ("2025-12-31", True, "the notice of 2026 is there"),
    ("2027-01-01", False, "not published"),
    ("2003-12-31", False, "before the library begins"),
    ("2028-06-01", False, "far"),
]


@pytest.mark.parametrize(("day", "known", "why"), KNOWN, ids=[k[0] for k in KNOWN])
def test_what_is_known(day: str, known: bool, why: str) -> None:
    assert CHINA.is_known(date.fromisoformat(day)) is known, why


def test_notices_have_changed_days_from_29_december_on_and_none_before() -> None:
    """The ground of the rule about the end of a year."""
    changed = {d for d in state_council().rest | state_council().work if d.month == 12 and d.day >= 20}
    changed = {d for d in changed if (CHINA.kind_of(d).is_working) != (d.weekday() < 5)}
    assert min(d.day for d in changed) == 29
    assert {d.year for d in changed} == {2006, 2007, 2011, 2018}


def test_an_override_wins_over_the_notice_and_over_the_plain_rule() -> None:
    day = date(2026, 10, 10)
    local = WorkCalendar(SHANGHAI, EIGHT, state_council(), (Override(day, REST), Override(date(2027, 2, 6), WORK)))
    assert local.kind_of(day) == DayKind.OVERRIDE_REST
    assert local.kind_of(date(2027, 2, 6)) == DayKind.OVERRIDE_WORK
    assert local.is_known(date(2027, 2, 6))
    assert not local.is_known(date(2027, 2, 5)), "one day that the office sets does not publish its year"


def test_a_notice_entered_by_hand_makes_its_year_known() -> None:
    lines = (Override(date(2027, 1, 1), NOTICE), Override(date(2027, 1, 1), REST))
    local = WorkCalendar(SHANGHAI, EIGHT, state_council(), lines)
    assert local.is_known(date(2027, 5, 5))
    assert local.is_known(date(2026, 12, 31)), "now the year after is there too"
    assert not local.is_known(date(2027, 12, 30))


def test_the_version_is_of_what_can_change_an_answer() -> None:
    one, two = Override(date(2027, 1, 1), REST, "notice"), Override(date(2027, 1, 3), WORK)
    a = WorkCalendar(SHANGHAI, EIGHT, state_council(), (one, two))
    assert a.version == WorkCalendar(SHANGHAI, EIGHT, state_council(), (two, one)).version
    assert a.version == WorkCalendar(SHANGHAI, EIGHT, state_council(), (Override(one.day, REST, "other"), two)).version
    others = {
        CHINA.version,
        WorkCalendar(SHANGHAI, EIGHT, None, (one, two)).version,
        WorkCalendar(NEW_YORK, EIGHT, state_council(), (one, two)).version,
        WorkCalendar(SHANGHAI, (WorkHours(((540, 1020),)),), state_council(), (one, two)).version,
        WorkCalendar(SHANGHAI, EIGHT, state_council(), (one, Override(two.day, REST))).version,
    }
    assert len(others | {a.version}) == 6


def test_seasons_also_over_new_year() -> None:
    summer = WorkHours(((480, 720), (870, 1110)), (6, 1), (10, 1))
    winter = WorkHours(((540, 720), (780, 1020)), (11, 15), (3, 1))
    calendar = WorkCalendar(SHANGHAI, (summer, winter, *EIGHT), state_council())
    ends = {d: calendar.slots_of(date.fromisoformat(d))[-1][1].astimezone(SHANGHAI).strftime("%H:%M") for d in
            ("2026-05-29", "2026-06-01", "2026-09-30", "2026-11-13", "2026-11-16", "2026-02-27", "2026-03-02")}  # fmt: skip
    assert list(ends.values()) == ["18:00", "18:30", "18:30", "18:00", "17:00", "17:00", "18:00"]


def test_hours_must_hold_on_every_day_of_the_year() -> None:
    with pytest.raises(BadInput) as refused:
        WorkCalendar(SHANGHAI, (WorkHours(((480, 720),), (3, 1), (2, 29)),), None)
    assert refused.value.code == "no_work_hours"


def test_a_day_overridden_twice_is_refused() -> None:
    day = date(2027, 1, 1)
    with pytest.raises(BadInput):
        WorkCalendar(SHANGHAI, EIGHT, None, (Override(day, REST), Override(day, WORK)))


def test_an_unknown_official_calendar_is_refused() -> None:
    with pytest.raises(BadInput):
        official_calendar("mars")


# ── against an oracle that looks at every minute ────────────────────────────────────────────────────────────

NIGHTS = (WorkHours(((0, 360), (1320, 1440))),)  # 00–06 and 22–24: slots that the change of the clock falls into
NY_DAYS = WorkCalendar(NEW_YORK, (WorkHours(((540, 720), (780, 1020))),), None, (Override(date(2026, 11, 26), REST),))
NY_NIGHTS = WorkCalendar(NEW_YORK, NIGHTS, None, (Override(date(2026, 3, 8), WORK), Override(date(2026, 11, 1), WORK)))
CALENDARS = {"china": CHINA, "new york by day": NY_DAYS, "new york by night": NY_NIGHTS}


def is_worked(calendar: WorkCalendar, at: datetime) -> bool:
    """Whether the minute that begins at `at` is worked: read off the wall clock, no slots as instants."""
    wall = at.astimezone(calendar.zone)
    minute = wall.hour * 60 + wall.minute
    slots = next(h.slots for h in calendar.hours if h.holds(wall.date()))
    return calendar.kind_of(wall.date()).is_working and any(a <= minute < b for a, b in slots)


def slow_walk(calendar: WorkCalendar, start: datetime, minutes: int) -> datetime:
    at = start
    while minutes:
        minutes -= is_worked(calendar, at)
        at += timedelta(minutes=1)
    return at


def random_start(dice: random.Random, calendar: WorkCalendar) -> datetime:
    """Near the odd days: holidays in China, the change of the clock in New York."""
    odd = [date(2026, 2, 13), date(2025, 9, 27), date(2024, 4, 3), date(2027, 1, 1)]
    if calendar.zone is NEW_YORK:
        odd = [date(2026, 3, 6), date(2026, 10, 30), date(2026, 11, 25)]
    midnight = datetime.combine(dice.choice(odd), datetime.min.time(), UTC)
    return midnight + timedelta(minutes=dice.randrange(5 * 1440))


@pytest.mark.parametrize("name", CALENDARS)
def test_walking_is_what_looking_at_every_minute_gives(name: str) -> None:
    calendar, dice = CALENDARS[name], random.Random(name)
    for _ in range(60):
        start, minutes = random_start(dice, calendar), dice.randrange(1, 2000)
        reached = calendar.walk(start, timedelta(minutes=minutes))
        assert reached.at == slow_walk(calendar, start, minutes), (start, minutes)
        assert sum((day.counted for day in reached.days), timedelta()) == timedelta(minutes=minutes)
        assert calendar.worked(start, reached.at) == timedelta(minutes=minutes)
        assert [d.day for d in reached.days] == sorted({d.day for d in reached.days})


INSTANTS = st.datetimes(datetime(2021, 12, 1), datetime(2028, 3, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
AMOUNTS = st.integers(0, 200 * 3600).map(lambda s: timedelta(seconds=s))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(CALENDARS)), INSTANTS, AMOUNTS, AMOUNTS)
def test_working_time_is_additive(name: str, start: datetime, first: timedelta, second: timedelta) -> None:
    calendar = CALENDARS[name]
    then = calendar.walk(start, first).at
    assert calendar.walk(then, second).at == calendar.walk(start, first + second).at
    assert calendar.worked(start, then) == first
    assert calendar.worked(then, start) == -first


# A night is 8 hours by its slots; the clock leaps 02→03 on 8 March and shows 01–02 twice on 1 November 2026.
CLOCK_CHANGES = [
    (date(2026, 3, 8), timedelta(hours=7)),
    (date(2026, 11, 1), timedelta(hours=9)),
    (date(2026, 7, 1), timedelta(hours=8)),
]


@pytest.mark.parametrize(("day", "length"), CLOCK_CHANGES)
def test_a_slot_across_a_change_of_the_clock_is_as_long_as_it_really_is(day: date, length: timedelta) -> None:
    assert sum((b - a for a, b in NY_NIGHTS.slots_of(day)), timedelta()) == length
