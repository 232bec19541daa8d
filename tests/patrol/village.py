"""A village with two streets and two tiers of chiefs, far from any real one, and what it asks of patrols.

::

    main: main-1 ─ main-2 (community W) ─ main-3 (community E)         side: side-1 (community E)
    tier 2: 甲 on main-1 and main-2, 乙 on main-3, 丙 on side-1 from 2026-03-10 on;  tier 1: 总 on all of them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shapely import LineString
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief.accounts.policy import grant
from streetchief.actors import Actor, Grant, Permission
from streetchief.city import City, PatrolItem, PatrolPlan, PatrolTier, Title
from streetchief.cityfile import read_city
from streetchief.patrol import records, service
from streetchief.patrol.model import Answer, Draft, Handled, Patrol, Round, WorkingDay
from streetchief.registry.model import Appointment, Area, Registry, Segment, Span, Street
from streetchief.registry.service import publish

PLAN = PatrolPlan(
    items=(PatrolItem("order", Title("市容", "order")), PatrolItem("waste", Title("环卫", "waste"))),
    tiers=(PatrolTier(2, 1, 3), PatrolTier(1, 0, 1)),
    scheme="TOY-1",
    least=3,
)
CITY: City = replace(read_city(Path(__file__).parents[1] / "data" / "toytown.toml"), patrol=PLAN)
ZONE = CITY.zone  # Africa/Windhoek, UTC+2 all year
MONDAY = date(2026, 3, 2)
APPOINTED = [("main-1", "甲"), ("main-2", "甲"), ("main-3", "乙")]
LINES = {"main-1": ("main", 0, "W"), "main-2": ("main", 2, "W"), "main-3": ("main", 4, "E"), "side-1": ("side", 8, "E")}


def registry() -> Registry:
    """The village."""
    always = Span(date(2020, 1, 1))
    segments = tuple(
        Segment(code, street, LineString([(15 + n * 1e-3, -22), (15.002 + n * 1e-3, -22)]), area=area)
        for code, (street, n, area) in LINES.items()
    )
    return Registry(
        areas=(Area("T", "town", "subdistrict", None), Area("W", "west", "community", "T"),
               Area("E", "east", "community", "T")),
        streets=(Street("main", "主街"), Street("side", "旁街")),
        segments=segments,
        appointments=(
            *(Appointment(segment, 2, chief, always) for segment, chief in APPOINTED),
            Appointment("side-1", 2, "丙", Span(date(2026, 3, 10))),
            *(Appointment(segment, 1, "总", always) for segment in LINES),
        ),
        tiers=(1, 2),
    )  # fmt: skip


def settled(engine: Engine) -> Engine:
    """A database that holds the village."""
    publish(engine, CITY, registry())
    return engine


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """An instant of the village's clock, as aware UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


WALKER = Actor("jia", (grant("chief", tier=2, area="W"),))
EAST = Actor("yi", (grant("chief", tier=2, area="E"),))
HEAD = Actor("zong", (grant("chief", tier=1, area="T"),))
SUPERVISOR = Actor("grid", (grant("supervisor", area="T"),))
DIRECTOR = Actor("director", (grant("director"),))
TOWN_DIRECTOR = Actor("part", (grant("director", area="E"),))
ANALYST = Actor("figures", (grant("analyst"),))
OFFICER = Actor("officer", (grant("officer", department="roads"),))
P = Permission
TIMER = Actor("system:patrol", (Grant("worker", frozenset({P.CHECK_PATROL, P.REVIEW_PATROL})),))
DEFINITIONS = {"due": {"zh": "应巡", "en": "due"}}


def draft(**changes: object) -> Draft:
    """A finding on main-1 that was mended at once."""
    return replace(Draft("waste", "main-1", Handled.FIXED_ON_SPOT, "垃圾已清", "p/1"), **changes)  # type: ignore[arg-type]


def walk(
    engine: Engine, by: Actor, day: date, *, street: str = "main", segments: Sequence[str] | None = None,
    findings: Sequence[Draft] = (), is_ended: bool = True, hour: int = 9,
) -> Patrol:  # fmt: skip
    """A patrol on a day, begun at nine, ended half an hour later."""
    begun = at(day, hour)
    patrol = service.start(engine, street=street, segments=segments, zone=ZONE, by=by, now=begun)
    for one in findings:
        service.find(engine, patrol.id, one, plan=PLAN, by=by, now=begun + timedelta(minutes=5))
    if not is_ended:
        return patrol
    answers = {"order": Answer.GOOD}
    return service.end(engine, patrol.id, answers, plan=PLAN, by=by, now=begun + timedelta(minutes=30))


def working(day: date) -> WorkingDay:
    """Monday to Friday; the year 2027 is not published."""
    return WorkingDay(day.weekday() < 5, day.year < 2027, "weekdays")


def settle(engine: Engine, now: datetime, plan: PatrolPlan = PLAN) -> tuple[int, list[tuple[date, Round]]]:
    """Account for the days; how many patrols were missed, and what was told."""
    told: list[tuple[date, Round]] = []

    def tell(_session: Session, on: date, missed: Sequence[Round]) -> None:
        told.extend((on, one) for one in missed)

    count = records.settle_days(engine, plan=plan, zone=ZONE, working=working, tell=tell, by=TIMER, now=now)
    return count, told
