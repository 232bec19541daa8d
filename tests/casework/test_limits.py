"""What a limit's text says, which limit holds, and the tables that seed them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from streetchief.casework.buckets import Bucket
from streetchief.casework.calendar import DayKind, Override, OverrideKind
from streetchief.casework.deadlines import ServiceLevel, Step, Unit
from streetchief.casework.limits import WHY_UNCLEAR, LimitTable, patterns, read_limit
from streetchief.casework.seeds import calendar_from_city, limits_from_city, read_limits, read_overrides
from streetchief.city import shipped_city_file
from streetchief.cityfile import read_city
from streetchief.errors import BadInput
from streetchief.registry.sheets import CALENDAR_OVERRIDES, LIMITS, write_template
from streetchief.words import group

TEXTS = [
    ("2紧急工作时", "2", Unit.URGENT_HOUR, False, "hours of the clock"),
    ("2紧急工作日", "2", Unit.URGENT_DAY, False, "calendar days"),
    ("1工作日", "1", Unit.WORK_DAY, False, ""),
    ("4 工作时", "4", Unit.WORK_HOUR, False, "a space"),
    ("1个工作日", "1", Unit.WORK_DAY, False, "a measure word"),
    ("２工作小时", "2", Unit.WORK_HOUR, False, "full-width digits"),
    ("0.5紧急工作时", "0.5", Unit.URGENT_HOUR, False, "half an hour"),
    ("4小时", "4", Unit.WORK_HOUR, True, "our reading of a bare hour"),
    ("15天", "15", Unit.WORK_DAY, True, "our reading of a bare day"),
    ("2 urgent_hour", "2", Unit.URGENT_HOUR, False, "our own words"),
    ("5天|5天", "5", Unit.WORK_DAY, True, "the same under every condition"),
]
NOT_READ = [
    ("2紧急工作时|4小时", "needs_condition", "which condition has which?"),
    ("1紧急工作时制止|3天", "needs_condition", "several as well"),
    ("1紧急工作时制止", "of_another_act", "to be stopped, not settled"),
    ("尽快", "unreadable", "as soon as possible is no limit"),
    ("30分钟", "unreadable", "minutes are none of the four units"),
    ("两天", "unreadable", "a number in words"),
    ("0天", "unreadable", "nothing"),
    ("9999天", "unreadable", "a slip of the pen"),
    ("-2天", "unreadable", "before the start"),
    ("", "unreadable", "empty"),
]


@pytest.mark.parametrize(("text", "amount", "unit", "inferred", "why"), TEXTS, ids=[t[0] for t in TEXTS])
def test_a_text_that_is_read(text: str, amount: str, unit: Unit, inferred: bool, why: str) -> None:
    found = read_limit(text)
    assert (found.amount, found.unit, found.is_inferred, found.reason) == (Decimal(amount), unit, inferred, ""), why


@pytest.mark.parametrize(("text", "reason", "why"), NOT_READ, ids=[t[0] for t in NOT_READ])
def test_a_text_that_is_not_read_says_why(text: str, reason: str, why: str) -> None:
    found = read_limit(text)
    assert found.reason == reason, why


def test_every_reason_and_word_has_its_sentence() -> None:
    assert set(group("unclear")) == set(WHY_UNCLEAR)
    assert set(group("unit")) == set(Unit)
    assert set(group("step")) == set(Step)


def one(code: str, amount: int, condition: str | None = None, step: Step = Step.HANDLE) -> ServiceLevel:
    return ServiceLevel(amount, Unit.WORK_DAY, "S", "event", code, condition, step)


TABLE = LimitTable(
    (
        one("0505", 1),
        one("0505", 2, "危及安全"),
        one("050*", 3),
        one("050*", 4, "夜间"),
        one("05*", 5),
        one("*", 9),
        one("*", 10, "夜间"),
        one("0505", 11, step=Step.VERIFY),
        one("*", 12, step=Step.WHOLE),
    )
)
ORDER = [
    ("0505", "危及安全", Step.HANDLE, 2, "the exact condition"),
    ("0505", None, Step.HANDLE, 1, "no condition"),
    ("0505", "夜间", Step.HANDLE, 1, "a condition without a line of its own: the code's own line before a prefix"),
    ("0506", "夜间", Step.HANDLE, 4, "the longest prefix, its exact condition"),
    ("0506", "危及安全", Step.HANDLE, 3, "the longest prefix, any condition"),
    ("0511", None, Step.HANDLE, 5, "a shorter prefix"),
    ("0101", None, Step.HANDLE, 9, "the scheme's default"),
    ("0101", "夜间", Step.HANDLE, 10, "the default has conditions too"),
    ("0505", None, Step.VERIFY, 11, "another step"),
    ("0505", "危及安全", Step.WHOLE, 12, "end to end"),
    ("0505", None, Step.CLOSE, None, "no limit for that step is known"),
]


@pytest.mark.parametrize(("code", "condition", "step", "amount", "why"), ORDER, ids=[o[4] for o in ORDER])
def test_the_order_of_looking_up(code: str, condition: str | None, step: Step, amount: int | None, why: str) -> None:
    found = TABLE.find("S", "event", code, condition, step)
    assert (found.amount if found else None) == amount, why


def test_another_scheme_or_kind_has_no_limit() -> None:
    assert TABLE.find("S", "component", "0505") is None
    assert TABLE.find("T", "event", "0505") is None


def test_patterns_run_from_special_to_general() -> None:
    assert patterns("0505") == ("0505", "050*", "05*", "0*", "*")


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────


def write(tmp_path: Path, text: str, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_a_table_of_limits(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "标准,类型,编码,立案条件,环节,时限,依据\n"  # the titles of the Excel template
        "S,event,0101,,,2紧急工作时,办法第3条\n"
        "S,event,0101,夜间,verify,4小时,\n"
        "S,event,0102,,,2天|5天,\n"
        "S,event,0103,,,尽快,\n"
        "S,thing,0104,,,1天,\n"
        "S,event,0105,,paint,1天,\n"
        "S,event,0106,,,,\n"
        "S,event,0101,,handle,3天,twice\n",
    )
    table, faults = read_limits(path)
    assert table.find("S", "event", "0101") == ServiceLevel(
        Decimal(2), Unit.URGENT_HOUR, "S", "event", "0101", basis="办法第3条"
    )
    night = table.find("S", "event", "0101", "夜间", Step.VERIFY)
    assert night is not None
    assert (night.amount, night.unit, night.is_inferred) == (4, Unit.WORK_HOUR, True)
    assert table.find("S", "event", "0102") is None
    unclear = [table.why_none("S", "event", code, "夜间") for code in ("0102", "0103", "0999")]
    assert [(u.text, u.reason) if u else None for u in unclear] == [
        ("2天|5天", "needs_condition"),
        ("尽快", "unreadable"),
        None,
    ]
    assert [(f.code, f.where) for f in faults] == [
        ("bad_kind", "table.csv:6"),
        ("bad_step", "table.csv:7"),
        ("row_incomplete", "table.csv:8"),
        ("limit_twice", "table.csv"),
    ]


def test_a_table_without_the_limit_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_limits(write(tmp_path, "scheme,kind,code\nS,event,0101\n"))


def test_a_table_of_overrides(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "day,kind,basis\n2027,notice,国务院办公厅通知\n2027-01-01,rest,元旦\n2027/1/3,work,调休\n"
        "2027-01-03,rest,twice\n2027-02-30,rest,no such day\n2027-02-06,holiday,no such kind\nnotice,notice,no year\n",
    )
    overrides, faults = read_overrides(path)
    assert overrides == (
        Override(date(2027, 1, 1), OverrideKind.REST, "元旦"),
        Override(date(2027, 1, 1), OverrideKind.NOTICE, "国务院办公厅通知"),
        Override(date(2027, 1, 3), OverrideKind.WORK, "调休"),
    )
    assert [f.code for f in faults] == ["bad_date", "bad_override_kind", "bad_date", "day_twice"]
    assert {f.code for f in faults} | {"bad_kind", "bad_step", "limit_twice"} <= set(group("fault"))


def test_the_same_tables_from_excel(tmp_path: Path) -> None:
    limits, days = tmp_path / "limits.xlsx", tmp_path / "days.xlsx"
    write_template(limits, LIMITS, [{"scheme": "S", "kind": "event", "code": "05*", "limit": "1工作日"}])
    write_template(days, CALENDAR_OVERRIDES, [{"day": "2027", "kind": "notice"}, {"day": "2027-01-01", "kind": "rest"}])
    table, faults = read_limits(limits)
    overrides, more = read_overrides(days)
    assert (faults, more) == ((), ())
    assert table.find("S", "event", "0505") is not None
    assert [o.kind for o in overrides] == [OverrideKind.REST, OverrideKind.NOTICE]


# ── the city that ships ─────────────────────────────────────────────────────────────────────────────────────

CITY = read_city(shipped_city_file())
SCHEME = "GB/T 30428.2-2013"


def test_the_shipped_limits_are_another_citys_and_say_so() -> None:
    table, faults = limits_from_city(CITY)
    assert faults == ()
    assert len(table.levels) == 95
    assert Counter(u.reason for u in table.unclear) == {"needs_condition": 104}
    assert len({(x.scheme, x.kind, x.code) for x in (*table.levels, *table.unclear)}) == 190
    for level in table.levels:
        assert level.basis.startswith("示例：")
        assert "to be confirmed by the office" in level.basis


SHIPPED = [  # DOMAIN §2, "limit (one real city)"
    ("event", "0401", None, "2", Unit.URGENT_HOUR),
    ("event", "0405", None, "2", Unit.URGENT_HOUR),
    ("event", "0112", None, "2", Unit.WORK_HOUR),
    ("event", "0410", None, "2", Unit.WORK_HOUR),
    ("event", "0110", None, "4", Unit.WORK_HOUR),
    ("event", "0201", None, "1", Unit.WORK_DAY),
    ("event", "0136", None, "1", Unit.WORK_DAY),
    ("event", "0111", None, "5", Unit.WORK_DAY),
    ("event", "0113", None, "5", Unit.WORK_DAY),
    ("event", "0505", None, "2", Unit.URGENT_HOUR),
    ("component", "0101", "缺失", "2", Unit.URGENT_HOUR),
]


@pytest.mark.parametrize(
    ("kind", "code", "condition", "amount", "unit"), SHIPPED, ids=[f"{s[0]} {s[1]}" for s in SHIPPED]
)
def test_the_reading_of_bare_words_gives_the_figures_of_the_domain_note(
    kind: str, code: str, condition: str | None, amount: str, unit: Unit
) -> None:
    found = limits_from_city(CITY)[0].find(SCHEME, kind, code, condition)
    assert found is not None
    assert (found.amount, found.unit) == (Decimal(amount), unit)


def test_the_shipped_calendar_says_that_its_hours_are_inferred() -> None:
    calendar, faults = calendar_from_city(CITY)
    assert faults == ()
    assert calendar.kind_of(date(2026, 10, 10)).is_working
    assert CITY.calendar is not None
    assert CITY.calendar.inferred
    assert CITY.buckets is not None
    assert "推定" in CITY.buckets.basis


def test_the_page_names_every_unit_step_bucket_and_reason() -> None:
    page = (Path(__file__).parents[2] / "docs/deadlines.md").read_text("utf-8")
    assert [w for w in (*Unit, *Step, *Bucket, *OverrideKind, *WHY_UNCLEAR) if f"`{w}`" not in page] == []
    assert set(group("bucket")) == set(Bucket)
    assert set(group("daykind")) == set(DayKind)
