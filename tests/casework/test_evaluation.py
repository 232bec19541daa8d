"""Figures with known answers: what two cities published, and a handful of cases counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from streetchief.accounts import policy
from streetchief.actors import Actor, Permission
from streetchief.casework.evaluating import evaluate_by_slip, evaluate_by_staff, issue_slips, read_rates
from streetchief.casework.evaluation import CaseFact, Figure, Rate, rates
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction

F = Figure
DAY = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = DAY + timedelta(days=31)
ZONE = ZoneInfo("Asia/Shanghai")
DESK = Actor("desk", (policy.grant("dispatcher", area="T"),))
AREAS = ("C1", "T")


@pytest.mark.parametrize(
    ("figure", "numerator", "denominator", "published"),
    [
        (F.CLOSED_OF_FILED, 37_704, 38_498, "97.94"),  # 雅安 to 2016-07
        (F.CLOSED_OF_DUE, 911, 972, "93.72"),  # 天门 2016-12
        (F.IN_TIME_OF_DUE, 737, 972, "75.82"),  # 天门 2016-12
        (F.CLOSED_OF_DUE, 902, 956, "94.35"),  # 天门, events
        (F.CLOSED_OF_DUE, 9, 16, "56.25"),  # 天门, components
    ],
)
def test_published_figures(figure: Figure, numerator: int, denominator: int, published: str) -> None:
    rate = Rate(figure, numerator, denominator)
    assert rate.percent() == Decimal(published)
    for language in ("zh", "en"):
        assert all(rate.definition(language))


def test_two_denominators_give_two_figures_and_say_so() -> None:
    """雅安's 按期结案 25,370 over 立案 is 65.90 %; the same 天门 cases over 立案 would be another figure."""
    assert Rate(F.IN_TIME_OF_FILED, 25_370, 38_498).percent() == Decimal("65.90")
    assert Rate(F.CLOSED_OF_FILED, 911, 996).percent() == Decimal("91.47")
    assert len({Rate(f, 0, 1).definition("zh") for f in Figure}) == len(Figure)


def test_a_rate_of_nothing_and_one_that_cannot_be() -> None:
    assert Rate(F.REWORK, 0, 0).percent() is None
    assert Rate(F.REWORK, 1, 8).percent(0) == Decimal(13)  # 12.5: halves go up
    for numerator, denominator in ((2, 1), (-1, 1)):
        with pytest.raises(BadInput, match="bad_rate"):
            Rate(F.REWORK, numerator, denominator)


def a_case(**changes: object) -> CaseFact:
    """Filed on 1 March, due on the 5th, closed on the 4th, called back and satisfied."""
    plain = CaseFact(
        DAY, DAY + timedelta(days=2), DAY + timedelta(days=3), DAY + timedelta(days=4), False, 0,
        DAY + timedelta(days=3), 1, 1, 1, 1,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


CASES = {
    "plain": a_case(),
    "late": a_case(closed_at=DAY + timedelta(days=5)),
    "at the very instant": a_case(closed_at=DAY + timedelta(days=4)),
    "办结, not 结案": a_case(closed_at=None, called_back_at=None, called_back=0, answered=0, solved=0, satisfied=0),
    "void": a_case(is_no_case=True),
    "never filed": a_case(registered_at=None),
    "filed in February, due in March": a_case(registered_at=DAY - timedelta(days=1)),
    "due in April": a_case(due_at=APRIL),
    "no limit": a_case(due_at=None),
    "closed in April": a_case(closed_at=APRIL, called_back_at=APRIL),
    "reworked, nobody answered": a_case(reworks=2, answered=0, solved=0, satisfied=0),
    "three complaints, one unhappy": a_case(called_back=3, answered=2, solved=2, satisfied=1),
}


def test_a_month_counted_by_hand() -> None:
    found = {rate.figure: (rate.numerator, rate.denominator) for rate in rates(CASES.values(), DAY, APRIL)}
    assert found == {
        F.CLOSED_OF_FILED: (7, 9),  # not: 办结 only, closed in April
        F.IN_TIME_OF_FILED: (5, 9),  # not either: late, no limit
        F.CLOSED_OF_DUE: (6, 8),  # due in March: all but the two of April and of no limit
        F.IN_TIME_OF_DUE: (5, 8),
        F.RESPONSE: (8, 10),  # six plain ones, one that did not answer, two of three
        F.SOLUTION: (8, 8),
        F.SATISFACTION: (7, 8),
        F.REWORK: (1, 10),
    }


def test_one_score_a_month_each_by_slip_or_by_staff(database_engine: Engine) -> None:
    now = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)  # 23:00 in the city: still March
    one, two = issue_slips(database_engine, "E", AREAS, 2, by=DESK, now=now, valid=timedelta(days=365))
    assert evaluate_by_slip(database_engine, one, 5, now=now, zone=ZONE) == "E"
    with pytest.raises(Conflict, match="evaluated_already"):
        evaluate_by_slip(database_engine, one, 1, now=now, zone=ZONE)
    evaluate_by_slip(database_engine, one, 4, now=now + timedelta(hours=2), zone=ZONE)  # April in the city
    evaluate_by_slip(database_engine, two, 2, now=now, zone=ZONE)
    evaluate_by_staff(database_engine, "E", AREAS, 3, by=DESK, now=now, zone=ZONE)
    with pytest.raises(Conflict, match="evaluated_already"):
        evaluate_by_staff(database_engine, "E", AREAS, 3, by=DESK, now=now, zone=ZONE)
    with transaction(database_engine) as session:
        rows = session.execute(
            text("select month::text, votes, residents, mean_score from street_evaluation_facts order by month")
        ).all()
        assert [tuple(row) for row in rows] == [
            ("2026-03-01", 3, 2, Decimal("3.33")),
            ("2026-04-01", 1, 1, Decimal("4.00")),
        ]
        kept = session.execute(text("select string_agg(t::text, '') from resident_tokens t")).scalar_one()
        assert one not in kept


def test_slips_that_are_none_and_scores_that_are_none(database_engine: Engine) -> None:
    (slip,) = issue_slips(database_engine, "E", AREAS, 1, by=DESK, now=DAY, valid=timedelta(days=30))
    for wrong, at in (("scr_guessed", DAY), (slip, DAY + timedelta(days=30)), (slip, DAY - timedelta(seconds=1))):
        with pytest.raises(NotFound, match="no_slip"):
            evaluate_by_slip(database_engine, wrong, 3, now=at, zone=ZONE)
    for score in (0, 6, True):
        with pytest.raises(BadInput, match="bad_score"):
            evaluate_by_slip(database_engine, slip, score, now=DAY, zone=ZONE)
    with pytest.raises(BadInput, match="step_naive_time"):
        evaluate_by_staff(database_engine, "E", AREAS, 3, by=DESK, now=DAY.replace(tzinfo=None), zone=ZONE)
    with pytest.raises(BadInput, match="bad_slip_count"):
        issue_slips(database_engine, "E", AREAS, 0, by=DESK, now=DAY, valid=timedelta(days=1))
    for who in (Actor("d", (policy.grant("dispatcher", area="elsewhere"),)), Actor("s", (policy.grant("supervisor"),))):
        with pytest.raises(Forbidden):
            issue_slips(database_engine, "E", AREAS, 1, by=who, now=DAY, valid=timedelta(days=1))


def test_the_second_wall_of_evaluations(database_engine: Engine) -> None:
    evaluate_by_staff(database_engine, "E", AREAS, 3, by=DESK, now=DAY, zone=ZONE)
    ask = text("select count(*) from street_evaluation_facts")
    for area, seen in (("T", 1), ("elsewhere", 0), (None, 1)):
        analyst = Actor("a", (policy.grant("analyst", area=area),))
        with acting(database_engine, analyst, Permission.READ_FIGURES) as session:
            assert session.execute(ask).scalar_one() == seen
    officer = Actor("o", (policy.grant("officer", department="waste"),))
    with acting(database_engine, officer, Permission.READ_CASE) as session:
        assert session.execute(ask).scalar_one() == 0
        assert read_rates(session, DAY, APRIL)[0] == Rate(F.CLOSED_OF_FILED, 0, 0)
