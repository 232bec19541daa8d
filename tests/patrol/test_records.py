"""Accounted days, monthly reviews and quarterly bulletins on real PostGIS."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from streetchief.actors import Actor
from streetchief.city import PatrolTier
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.patrol import checks, records, rules
from streetchief.patrol.model import Counts, Handled, Record, RecordKind
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from tests.patrol.village import (
    ANALYST,
    DEFINITIONS,
    DIRECTOR,
    EAST,
    HEAD,
    MONDAY,
    OFFICER,
    PLAN,
    TIMER,
    TOWN_DIRECTOR,
    WALKER,
    ZONE,
    at,
    draft,
    settle,
    walk,
    working,
)  # fmt: skip

DAY = timedelta(days=1)
APRIL = date(2026, 4, 1)


def settle_from(engine: Engine, first: date, after: date) -> None:
    """Account for every day of a span, a day at a time, as a timer does."""
    for n in range((after - first).days):
        settle(engine, at(first + DAY * (n + 1), 5))


def missed(engine: Engine) -> list[tuple[str, str, int]]:
    found = records.missed(engine, from_on=MONDAY, to_on=date(2027, 1, 1), by=DIRECTOR)
    return sorted((on.isoformat(), one.beat.name, one.missed) for on, one in found)


def test_a_missed_patrol_is_noted_once(village: Engine) -> None:
    walk(village, WALKER, MONDAY)
    count, told = settle(village, at(MONDAY + DAY, 5))
    assert count == 1
    assert [(on, one.beat.name, one.beat.ground.areas) for on, one in told] == [(MONDAY, "main-3", ("E", "T"))]
    assert settle(village, at(MONDAY + DAY, 5)) == (0, [])
    assert settle(village, at(MONDAY + DAY, 23)) == (0, [])
    assert missed(village) == [("2026-03-02", "main-3", 1)]


@pytest.mark.parametrize(
    ("by", "segments", "is_ended", "names"),
    [
        (WALKER, ["main-2"], True, ["main-3"]),  # one segment of the beat is enough
        (WALKER, None, False, ["main-1", "main-3"]),  # begun, never ended
        (HEAD, None, True, ["main-1", "main-3"]),  # the tier above does not walk for the tier below
        (EAST, None, True, ["main-1"]),
    ],
)
def test_what_counts_as_walked(
    village: Engine, by: Actor, segments: list[str] | None, is_ended: bool, names: list[str]
) -> None:
    walk(village, by, MONDAY, segments=segments, is_ended=is_ended)
    _, told = settle(village, at(MONDAY + DAY, 5))
    assert [one.beat.name for _, one in told] == names


def test_an_empty_post_owes_nothing_and_a_new_chief_does_from_his_day_on(village: Engine) -> None:
    for day, due in ((date(2026, 3, 9), 2), (date(2026, 3, 10), 3)):  # 丙 on side-1 from the 10th
        count, _ = settle(village, at(day + DAY, 5))
        assert count == due


def test_days_of_rest_and_unpublished_years(village: Engine) -> None:
    saturday = date(2026, 3, 7)
    assert settle(village, at(saturday + DAY, 5)) == (0, [])
    with transaction(village) as session:
        rows = session.execute(text("select day_on, is_working, is_known from patrol_days")).all()
    assert [tuple(row) for row in rows] == [(saturday, False, True)]
    far = date(2028, 3, 6)
    count, _ = settle(village, at(far + DAY, 5))
    assert count > 0, "a month is caught up"
    with transaction(village) as session:
        assert session.scalar(text("select bool_or(is_known) from patrol_days where day_on > '2027-12-31'")) is False


def test_nothing_asked_nothing_missed(village: Engine) -> None:
    quiet = replace(PLAN, tiers=())
    assert settle(village, at(MONDAY + DAY, 5), quiet) == (0, [])
    busy = replace(PLAN, tiers=(PatrolTier(2, 2, 0),))
    walk(village, WALKER, MONDAY + DAY)
    count, told = settle(village, at(MONDAY + DAY * 2, 5), busy)
    assert (count, [(one.due, one.done) for _, one in told]) == (3, [(2, 1), (2, 0)])


def test_two_timers_one_record(village: Engine) -> None:
    told: list[int] = []
    barrier = threading.Barrier(6)

    def run() -> None:
        barrier.wait()
        told.append(len(settle(village, at(MONDAY + DAY * 4, 5))[1]))

    settle(village, at(MONDAY + DAY, 5))
    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(told) == 6, "two beats on three days, told of once each"
    assert len(missed(village)) == 8


def test_a_timer_that_dies_leaves_the_day_open(village: Engine) -> None:
    def tell(*_: object) -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        records.settle_days(
            village, plan=PLAN, zone=ZONE, working=working, tell=tell, by=TIMER, now=at(MONDAY + DAY, 5)
        )  # fmt: skip
    assert missed(village) == []
    assert settle(village, at(MONDAY + DAY, 5))[0] == 2


def test_who_may_account_and_who_sees_it(village: Engine, database_engine: Engine) -> None:
    settle(village, at(MONDAY + DAY, 5))
    for by in (WALKER, OFFICER, TOWN_DIRECTOR):  # the last one reviews, but only one community
        with pytest.raises(Forbidden):
            records.settle_days(
                village, plan=PLAN, zone=ZONE, working=working, tell=lambda *_: None, by=by, now=at(MONDAY + DAY, 5)
            )  # fmt: skip
    names = {
        by.id: [one.beat.name for _, one in records.missed(village, from_on=MONDAY, to_on=APRIL, by=by)]
        for by in (WALKER, EAST, HEAD, TOWN_DIRECTOR)
    }
    assert names == {"jia": ["main-1"], "yi": ["main-3"], "zong": ["main-1", "main-3"], "part": ["main-3"]}


def test_without_a_register_no_day_is_accounted_for(database_engine: Engine) -> None:
    with pytest.raises(NotFound, match="no_registry"):
        settle(database_engine, at(MONDAY + DAY, 5))
    with transaction(database_engine) as session:
        assert session.scalar(text("select count(*) from patrol_days")) == 0


def review(engine: Engine, month: date = MONDAY, by: Actor = DIRECTOR, now: object = None, least: int = 3) -> Record:
    over = rules.month_of(month)[1]
    return records.review(
        engine, month, plan=replace(PLAN, least=least), zone=ZONE, definitions=DEFINITIONS, by=by,
        now=at(over, 5) if now is None else now,
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def march(village: Engine) -> Engine:
    """A month: 甲 walks four days of the first week, 乙 one; the head walks once; one sample is checked."""
    over = draft(handled=Handled.HANDED_OVER, photo=None)
    for n in range(4):
        walk(village, WALKER, MONDAY + DAY * n, findings=[draft(), over] if n == 0 else [draft()] if n == 1 else [])
    walk(village, EAST, MONDAY + DAY, findings=[draft(segment="main-3")])
    walk(village, HEAD, MONDAY, street="side")
    settle_from(village, MONDAY, MONDAY + DAY * 7)
    week_after = at(MONDAY + DAY * 7, 6)
    checks.draw_week(village, MONDAY, plan=PLAN, zone=ZONE, by=TIMER, now=week_after)
    drawn = [c.patrol for c in checks.sample(village, MONDAY, by=DIRECTOR) if c.tier == 2]
    checks.check(village, drawn[0], True, None, by=HEAD, now=week_after)
    checks.check(village, drawn[1], False, "不符", by=HEAD, now=week_after)
    return village


def counts_of(record: Record) -> dict[tuple[str | None, int | None], Counts]:
    return {(line.street, line.tier): line.counts for line in record.lines}


MAIN_2 = Counts(
    patrols=5, due=10, done=5, missed=5, findings=4, fixed_on_spot=3, handed_over=1, sampled=3, checked=2, agreed=1
)
SIDE_1 = Counts(patrols=1, sampled=1)


def test_the_review_of_a_month_counted_by_hand(march: Engine) -> None:
    made = review(march)
    total = rules.plus(MAIN_2, SIDE_1)
    assert counts_of(made) == {
        (None, None): total, (None, 1): SIDE_1, (None, 2): MAIN_2, ("main", None): MAIN_2, ("main", 2): MAIN_2,
        ("side", None): SIDE_1, ("side", 1): SIDE_1,
    }  # fmt: skip
    found = {r.measure: (r.numerator, r.denominator, r.value) for r in rules.rates(MAIN_2, made.least)}
    assert found == {
        "done_rate": (5, 10, 0.5), "fixed_rate": (3, 4, 0.75), "handed_over_rate": (1, 4, 0.25),
        "agreement_rate": (1, 2, None),  # two of three is too little to say
    }  # fmt: skip
    assert (made.revision, made.period_on, made.kind) == (1, date(2026, 3, 1), RecordKind.MONTHLY_REVIEW)
    assert (made.sources.days, made.sources.settled, made.sources.working) == (31, 7, 5)
    assert made.sources.registry_versions == (1,) and made.sources.calendar_versions == ("weekdays",)
    assert made.definitions == DEFINITIONS
    with transaction(march) as session:
        acts = [row.subject for row in audit.entries(session, action="patrol.monthly_review")]
    assert acts == ["monthly_review:2026-03-01"]


def test_stored_once_and_a_later_computation_is_another_revision(march: Engine) -> None:
    first = review(march)
    assert review(march, now=at(date(2026, 5, 1))) == first, "nothing changed"
    walk(march, EAST, date(2026, 3, 20))  # entered late
    second = review(march)
    assert (second.revision, counts_of(second)["main", 2].patrols) == (2, 6)
    held = records.records(march, by=DIRECTOR, newest=False)
    assert [(one.revision, counts_of(one)["main", 2].patrols) for one in held] == [(2, 6), (1, 5)]
    assert held[1] == first, "the old one is as it was"
    assert records.records(march, by=DIRECTOR) == [second]
    assert review(march, least=4).revision == 3, "another threshold says something else"


def test_ten_review_at_once_and_make_one(march: Engine) -> None:
    made: list[Record] = []
    threads = [threading.Thread(target=lambda: made.append(review(march))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 10 and {one.id for one in made} == {made[0].id}


@pytest.mark.parametrize("table", ["patrol_days", "patrol_rounds", "patrol_records", "patrol_figures"])
@pytest.mark.parametrize("act", ["delete from {}", "truncate {} cascade", "update {} set {}"])
def test_what_is_frozen_stays(march: Engine, table: str, act: str) -> None:
    review(march)
    column = {"patrol_days": "is_known = false", "patrol_rounds": "done = due", "patrol_records": "least = 0",
              "patrol_figures": "missed = 0"}[table]  # fmt: skip
    with pytest.raises(DBAPIError, match="append only"), transaction(march) as session:
        session.execute(text(act.format(table, column)))


def test_who_may_review_and_when(march: Engine) -> None:
    for by in (WALKER, ANALYST, TOWN_DIRECTOR, OFFICER):
        with pytest.raises(Forbidden):
            review(march, by=by)
    with pytest.raises(BadInput, match="period_not_over"):
        review(march, now=at(APRIL, 3, 59))


@pytest.mark.parametrize(
    ("by", "lines"),
    [
        (DIRECTOR, {(None, None), (None, 1), (None, 2), ("main", None), ("main", 2), ("side", None), ("side", 1)}),
        (ANALYST, {(None, None), (None, 1), (None, 2), ("main", None), ("main", 2), ("side", None), ("side", 1)}),
        (WALKER, {("main", None), ("main", 2)}),  # his street; no sums of streets that are not his
        (EAST, {("main", None), ("main", 2), ("side", None), ("side", 1)}),
    ],
)
def test_each_reads_the_lines_of_his_scope(march: Engine, by: Actor, lines: set[object]) -> None:
    review(march)
    (one,) = records.records(march, by=by)
    assert set(counts_of(one)) == lines


def test_who_reads_no_figures(march: Engine) -> None:
    review(march)
    with pytest.raises(Forbidden):
        records.records(march, by=OFFICER)


def bulletin(engine: Engine, by: Actor = DIRECTOR) -> Record:
    return records.bulletin(
        engine, MONDAY, plan=PLAN, zone=ZONE, definitions=DEFINITIONS, by=by, now=at(APRIL, 5)
    )  # fmt: skip


def test_the_bulletin_adds_up_the_last_revisions_of_its_reviews(march: Engine) -> None:
    with pytest.raises(Conflict, match="no_monthly_review"):
        bulletin(march)
    january = walk(march, WALKER, date(2026, 1, 5))
    for month in (date(2026, 1, 1), date(2026, 2, 1)):
        review(march, month)
    old = review(march)
    walk(march, EAST, date(2026, 3, 21))
    new = review(march)
    made = bulletin(march)
    assert (made.kind, made.period_on, made.sources.days) == (RecordKind.QUARTERLY_BULLETIN, date(2026, 1, 1), 90)
    assert new.id in made.sources.reviews and old.id not in made.sources.reviews and len(made.sources.reviews) == 3
    assert january.walked_on.month == 1
    assert counts_of(made)[None, None].patrols == 1 + 0 + 7
    assert counts_of(made)["main", 2] == rules.plus(rules.plus(MAIN_2, Counts(patrols=1)), Counts(patrols=1))
    assert bulletin(march) == made
    walk(march, EAST, date(2026, 3, 22))
    assert bulletin(march) == made, "a bulletin draws from its reviews, whatever the patrols say meanwhile"
    review(march)
    assert (bulletin(march).revision, counts_of(bulletin(march))["main", 2].patrols) == (2, 8)
    with pytest.raises(Forbidden):
        bulletin(march, by=ANALYST)
