"""Notices: no personal data, urgency, lanes, words; quiet hours, digests and waits, on the clocks of several cities."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from streetchief.casework.notice_hours import Hours, RetryPlan
from streetchief.casework.notices import RULES, Facts, Notice, Urgency, delivery_key, sentence_of
from streetchief.errors import BadInput
from streetchief.words import group

CITY, BOSTON = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
FACTS = Facts("2026-000017", "和兴路", "暴露垃圾", datetime(2026, 7, 1, 6, 30, tzinfo=UTC), "/cases/17")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "broken",
    [
        {"case": "x" * 121},  # room for a story
        {"case": "1", "street": "和兴路\n联系人 王某"},  # a second line
        {"case": "1", "link": "https://elsewhere.example/"},  # another host
        {"case": "1", "link": "//elsewhere.example/"},
        {"case": "1", "link": "/cases/1?phone=13800000000"},  # a query could carry a person
        {"case": "1", "due_at": datetime(2026, 7, 1)},  # naive  # noqa: DTZ001
    ],
)
def test_facts_have_no_room_for_more_than_a_case(broken: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Facts(**broken)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "topic", "recipient"),
    [
        ("案件", "dispatch.department", "user:li"),  # goes into a header
        ("a\r\nX: 1", "dispatch.department", "user:li"),
        ("", "dispatch.department", "user:li"),
        ("k", "dance.department", "user:li"),  # no such step
        ("k", "dispatch", "user:li"),
        ("k", "dispatch.department", "li"),
        ("k", "dispatch.department", "user:"),
        ("k", "dispatch.department", "user:a\nb"),
    ],
)
def test_notices_that_are_none(key: str, topic: str, recipient: str) -> None:
    with pytest.raises(BadInput):
        Notice(key, topic, recipient, FACTS)


def test_facts_survive_the_database() -> None:
    assert Facts.from_dict(FACTS.as_dict()) == FACTS


def test_every_step_has_its_words_and_no_words_are_left_over() -> None:
    assert set(group("notice.what")) == set(RULES)


@pytest.mark.parametrize(
    ("topic", "given", "weight", "has_lane"),
    [
        ("dispatch.department", None, Urgency.NORMAL, True),
        ("dispatch.feed", None, Urgency.MACHINE, True),  # a program reads it
        ("close.complainant", None, Urgency.MACHINE, True),  # although closing is of low urgency for people
        ("close.chief", None, Urgency.LOW, False),
        ("overdue.chief", None, Urgency.NORMAL, False),  # a clock waits for nobody
        ("whistle.called", Urgency.EMERGENCY, Urgency.EMERGENCY, False),
    ],
)
def test_how_much_a_notice_weighs(topic: str, given: Urgency | None, weight: Urgency, has_lane: bool) -> None:
    notice = Notice("k", topic, "user:li", FACTS, given)
    assert (notice.weight, notice.lane("email") is not None) == (weight, has_lane)


def test_the_key_is_stable_and_tells_deliveries_apart() -> None:
    key = delivery_key("case/1#5", "dispatch.department", "user:li", "email")
    assert len(key) == 40 and key == delivery_key("case/1#5", "dispatch.department", "user:li", "email")
    others = [("case/1#6", "dispatch.department", "user:li", "email"), ("case/1#5", "urge.department", "user:li", "email"),
              ("case/1#5", "dispatch.department", "user:wu", "email"), ("case/1#5", "dispatch.department", "user:li", "in_app")]  # fmt: skip
    assert len({key, *(delivery_key(*other) for other in others)}) == 5


def test_the_words() -> None:
    assert sentence_of("dispatch.department", FACTS, "zh", CITY) == (
        "案件 2026-000017：已派遣，请签收处置；和兴路；暴露垃圾；时限 2026-07-01 14:30；/cases/17"
    )
    english = sentence_of("dispatch.department", FACTS, "en", CITY, "https://desk.example")
    assert "due 2026-07-01 14:30" in english and english.endswith("https://desk.example/cases/17")


NIGHT = Hours.parse(CITY, "22:00-07:00", "08:30")


@pytest.mark.parametrize(
    ("urgency", "now", "expected"),
    [
        (Urgency.NORMAL, "2026-07-01 13:59", "2026-07-01 13:59"),  # 21:59 in the city
        (Urgency.NORMAL, "2026-07-01 14:00", "2026-07-01 23:00"),  # 22:00 → 07:00 of the next day
        (Urgency.NORMAL, "2026-07-01 22:59", "2026-07-01 23:00"),  # 06:59
        (Urgency.NORMAL, "2026-07-01 23:00", "2026-07-01 23:00"),  # 07:00: quiet no more
        (Urgency.EMERGENCY, "2026-07-01 18:00", "2026-07-01 18:00"),
        (Urgency.MACHINE, "2026-07-01 18:00", "2026-07-01 18:00"),
        (Urgency.LOW, "2026-07-01 00:29", "2026-07-01 00:30"),  # 08:29 → 08:30
        (Urgency.LOW, "2026-07-01 00:30", "2026-07-02 00:30"),  # at the very time: the next one
    ],
)
def test_when_a_notice_may_go(urgency: Urgency, now: str, expected: str) -> None:
    assert NIGHT.not_before(urgency, utc(now)) == utc(expected)


@pytest.mark.parametrize(
    ("quiet", "now", "expected"),
    [
        # 8 March 2026: clocks go from 02:00 to 03:00 (07:00 UTC)
        ("22:00-02:30", "2026-03-08 06:30", "2026-03-08 07:30"),  # 01:30; 02:30 is skipped: 03:30
        # 1 November 2026: 01:00 to 02:00 comes twice (05:00 and 06:00 UTC)
        ("22:00-01:30", "2026-11-01 05:10", "2026-11-01 05:30"),  # the first 01:10 → the first 01:30
        ("22:00-01:30", "2026-11-01 06:10", "2026-11-01 06:30"),  # the second 01:10 → the second 01:30
        ("12:00-13:00", "2026-11-01 17:30", "2026-11-01 18:00"),  # a span within one day
    ],
)
def test_quiet_hours_when_the_clocks_change(quiet: str, now: str, expected: str) -> None:
    assert Hours.parse(BOSTON, quiet, "08:30").not_before(Urgency.NORMAL, utc(now)) == utc(expected)


def test_quiet_hours_may_be_off() -> None:
    assert not any(Hours.parse(CITY, "off", "08:30").is_quiet(utc(f"2026-07-01 {hour:02}:00")) for hour in range(24))


@pytest.mark.parametrize("quiet", ["", "22-7", "22:00", "25:00-07:00", "22:00-07:60", "on"])
def test_hours_that_are_none(quiet: str) -> None:
    with pytest.raises(BadInput):
        Hours.parse(CITY, quiet, "08:30")


def test_waits_double_without_jitter_and_end() -> None:
    plan = RetryPlan.parse("5,3600,14")
    waits = [plan.wait_s(n) for n in range(1, 15)]
    assert waits[:4] == [5, 10, 20, 40] and waits[10:] == [3600, 3600, 3600, None]
    assert plan.wait_s(1000) is None


@pytest.mark.parametrize("text", ["", "5", "5,3600", "0,1,1", "10,5,3", "1,2,0", "nan,2,3", "1,1e9,3", "a,b,c"])
def test_waits_that_are_none(text: str) -> None:
    with pytest.raises(BadInput):
        RetryPlan.parse(text)
