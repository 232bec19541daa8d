"""First rule wins; what no rule covers goes to triage and says why."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from streetchief.matching.routing import CategoryCode, Place, RouteTable, route
from streetchief.registry.model import Appointment, Category, Registry, Rule, Span

OLD, NEW = "scheme of 2007", "scheme of 2013"
REGISTRY = Registry(
    categories=(
        Category(OLD, "event", "0105", "dirty water"),
        Category(NEW, "event", "0105", "dirty balcony"),
        Category(NEW, "event", "0405", "shop on the pavement"),
        Category(NEW, "event", "0499", "nobody's"),
        Category(NEW, "component", "0405", "tree"),
    ),
    rules=(
        Rule(30, NEW, "event", "01*", "clean", "office"),
        Rule(10, NEW, "event", "0405", "market", "market", condition="food", street="S1"),
        Rule(11, NEW, "event", "0405", "patrol", "office", area="A", co_departments=("market",)),
        Rule(12, NEW, "event", "0405", "old", "office", on=Span(to_on=date(2026, 1, 1))),
        Rule(13, NEW, "event", "0405", "patrol", "office"),
        Rule(40, OLD, "event", "0105", "water", "office"),
    ),
    appointments=(
        Appointment("S1-01", 1, "top", Span()),
        Appointment("S1-01", 3, "near", Span(to_on=date(2026, 3, 2)), public=True),
        Appointment("S1-01", 3, "next", Span(from_on=date(2026, 3, 2)), public=True),
    ),
)
TABLE = RouteTable.of(REGISTRY, ZoneInfo("Asia/Shanghai"))
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOWHERE = Place()

CASES = [
    ("prefix", CategoryCode(NEW, "event", "0105"), None, NOWHERE, AT, "clean", 30),
    ("same digits, other generation", CategoryCode(OLD, "event", "0105"), None, NOWHERE, AT, "water", 40),
    ("street and condition override", CategoryCode(NEW, "event", "0405"), "food", Place("S1-01", "S1"), AT, "market", 10),
    ("condition alone is not enough", CategoryCode(NEW, "event", "0405"), "food", NOWHERE, AT, "patrol", 13),
    ("an area's rule holds below it", CategoryCode(NEW, "event", "0405"), None, Place(areas=("A1", "A")), AT, "patrol", 11),
    ("a lapsed rule is passed over", CategoryCode(NEW, "event", "0405"), None, NOWHERE, AT, "patrol", 13),
    ("validity ends at the city's midnight", CategoryCode(NEW, "event", "0405"), None, NOWHERE,
     datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "old", 12),
    ("… and not at Greenwich's", CategoryCode(NEW, "event", "0405"), None, NOWHERE,
     datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "patrol", 13),
]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "code", "condition", "place", "at", "department", "rule"), CASES, ids=[c[0] for c in CASES]
)
def test_route(
    why: str, code: CategoryCode, condition: str | None, place: Place, at: datetime, department: str, rule: int
) -> None:
    assignment = route(TABLE, code, condition, place, at)
    assert (assignment.department, assignment.rule, assignment.triage_reason) == (department, rule, "")


TRIAGE = [
    (CategoryCode(NEW, "event", None), "missing_code"),
    (CategoryCode(NEW, None, "0405"), "missing_kind"),
    (CategoryCode(NEW, "event", "0199"), "unknown_code"),  # the prefix rule would fit, the code does not exist
    (CategoryCode("another scheme", "event", "0105"), "unknown_code"),
    (CategoryCode(NEW, "component", "0405"), "no_rule"),  # a component is not the event of the same digits
    (CategoryCode(NEW, "event", "0499"), "no_rule"),
]


@pytest.mark.parametrize(("code", "reason"), TRIAGE)
def test_triage(code: CategoryCode, reason: str) -> None:
    assignment = route(TABLE, code, None, NOWHERE, AT)
    assert (assignment.department, assignment.rule, assignment.triage_reason) == (None, None, reason)


def test_the_chain_of_chiefs_is_that_of_the_city_day() -> None:
    def names(at: datetime) -> list[str]:
        place = Place("S1-01", "S1")
        return [c.chief for c in route(TABLE, CategoryCode(NEW, "event", "0105"), None, place, at).chiefs]

    assert names(datetime(2026, 3, 1, 15, 59, tzinfo=UTC)) == ["near", "top"]
    assert names(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == ["next", "top"]


def test_a_naive_instant_is_refused_and_the_table_travels() -> None:
    with pytest.raises(ValueError, match="aware"):
        route(TABLE, CategoryCode(NEW, "event", "0105"), None, NOWHERE, datetime(2026, 3, 1))  # noqa: DTZ001
    assert route(pickle.loads(pickle.dumps(TABLE)), CategoryCode(NEW, "event", "0105"), None, NOWHERE, AT).rule == 30
