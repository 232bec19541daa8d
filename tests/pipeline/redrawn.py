"""The village of `squares` redrawn, and its cases in every sort of state.

East of the crossing the ground becomes New Street (community B); west of it a lane is drawn close beside East Street.
Holes (R1) belong to the roads department on East Street only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from shapely import LineString, box
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from streetchief.accounts.policy import grant
from streetchief.actors import Actor, Grant, Permission
from streetchief.casework import store
from streetchief.casework.actions import NOTHING, Given, WhistleKind
from streetchief.casework.actions import Action as A
from streetchief.casework.case import Case
from streetchief.casework.chain import chain_on
from streetchief.casework.facts import Facts, Place
from streetchief.casework.fold import fold
from streetchief.casework.service import act, open_cases
from streetchief.casework.tables import CaseComplaintRow
from streetchief.city import TierTitle, Title
from streetchief.intake.tables import ComplaintRow
from streetchief.pipeline.receive import receive_file
from streetchief.registry import service
from streetchief.registry.model import Appointment, Area, Registry, Segment, Span, Street
from streetchief.storage.engine import transaction
from tests.casework.cast import FACTS
from tests.casework.ledger import OFFICE, times_of
from tests.pipeline.squares import CITY, FEED, REGISTRY, on_paper, row, write_feed

NOW = datetime(2026, 4, 1, 2, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ADMIN = Actor("keeper", (grant("admin"),))
ALL = frozenset(Permission)
ANYBODY = Actor(
    "ms-anybody",
    (Grant("everything", ALL), Grant("officer", ALL, department="waste"), Grant("chief", ALL, tier=1)),
)
WORKER = Actor("system:worker", (Grant("worker", frozenset(Permission)),))
TOWN = replace(CITY, tiers=(TierTitle(1, Title("街长", "head")), TierTitle(2, Title("段长", "warden"))))
SINCE = Span(from_on=date(2020, 1, 1))
BEFORE = replace(
    REGISTRY,
    areas=(*REGISTRY.areas, Area("B", "new", "community", None, on_paper(box(700, -200, 900, 800)))),
    appointments=tuple(Appointment(code, tier, "甲", SINCE) for code in ("E-1", "E-2") for tier in (1, 2)),
    tiers=(1, 2),
)


def _redrawn() -> Registry:
    kept = tuple(s for s in BEFORE.segments if s.code != "E-2")
    lane = Segment("L-1", "L", on_paper(LineString([(-300, 14), (-20, 14)])), area="A", geometry_source="paper")
    new = Segment("W-1", "W", on_paper(LineString([(0, 0), (300, 0)])), area="B", geometry_source="paper")
    return replace(
        BEFORE,
        streets=(*BEFORE.streets, Street("L", "小巷"), Street("W", '新"街')),
        segments=(*kept, lane, new),
        appointments=(
            Appointment("W-1", 1, "丙", SINCE, post="街长（代）"),
            Appointment("W-1", 2, "丁", Span(date(2020, 1, 1), date(2025, 12, 31))),
        ),
    )


AFTER = _redrawn()
ROWS = [
    *(row(f"a{n}", -150 + 3 * n, 7, at=f"2026-03-0{n + 1} 08:00:00") for n in range(3)),
    *(row(f"b{n}", 60 + 20 * n, 8, at="2026-03-02 08:00:00") for n in range(11)),
    *(row(f"r{n}", 100 + 30 * n, -8, code="R1") for n in range(4)),
    *(row(f"n{n}", 8, 120 + 30 * n) for n in range(3)),
    row("far", 0, 260), row("alone", 200, 8, address="新街"),
]  # fmt: skip


def facts_of(_session: Session, _case: Case, now: datetime) -> Facts:
    """The facts of the village as it was."""
    places = {s.code: Place(s.street, ("A",), 1, "waste", "roads") for s in BEFORE.segments}
    return replace(FACTS, chain=lambda code: chain_on(BEFORE, code, now.date()), place=places.get)


Step = tuple[A, Given]
CHECKED = (A.CHECK_REPORT, Given(result=True, opinion="属实"))
REGISTERED: tuple[Step, ...] = (CHECKED, (A.REGISTER, NOTHING))
SENT: tuple[Step, ...] = (*REGISTERED, (A.DISPATCH, Given(department="waste")))
HELD = (*SENT, (A.ACKNOWLEDGE, NOTHING), (A.START, NOTHING))
LIVES: Mapping[str, tuple[Step, ...]] = {
    "b1": REGISTERED,
    "b2": (*REGISTERED, (A.HAND_TO_CHIEF, NOTHING)),
    "b3": SENT,
    "b4": HELD,
    "b5": (*SENT, (A.SEND_BACK, Given(reason="not ours"))),
    "b6": ((A.DECLINE, Given(reason="nothing there")),),
    "b7": ((A.VOID, Given(reason="false alarm")),),
    "b8": ((A.PLACE, Given(segment="N-1")),),
    "b9": (*HELD, (A.SUSPEND_REQUEST, Given(reason="rain", until=LATER + timedelta(days=9))),
           (A.SUSPEND_GRANT, Given(opinion="so be it"))),
    "b10": (*REGISTERED, (A.WHISTLE, Given(kind=WhistleKind.EMERGENCY, departments=("police", "roads")))),
    "r1": (*REGISTERED, (A.DISPATCH, Given(department="roads"))),
    "r2": REGISTERED,
    "a1": (*REGISTERED, (A.HAND_TO_CHIEF, NOTHING)),
}  # fmt: skip
UNCASED = ("alone",)


def village(engine: Engine, folder: Path) -> int:
    """The village with its complaints and cases, and the redrawn registry published; gives its version."""
    service.publish(engine, TOWN, BEFORE, "as it was")
    receive_file(
        engine, TOWN, FEED, write_feed(folder / "f.csv", ROWS), clock=lambda: NOW, progress=lambda n: None
    )  # fmt: skip
    with transaction(engine) as session:
        wanted = select(ComplaintRow.id).where(ComplaintRow.external_id.not_in(UNCASED)).order_by(ComplaintRow.id)
        open_cases(
            session, complaints=list(session.scalars(wanted)), office=OFFICE, by=WORKER, now=NOW, times_of=times_of
        )
    for external_id, steps in LIVES.items():
        live(engine, external_id, steps)
    return service.publish(engine, TOWN, AFTER, "redrawn")


def live(engine: Engine, external_id: str, steps: tuple[Step, ...], since: datetime = NOW) -> Case:
    """Take the case of a complaint through steps, a minute each."""
    case = case_of(engine, external_id)
    for number, (action, given) in enumerate(steps, 1):
        case = act(
            engine, case.id, action, by=ANYBODY, now=since + timedelta(minutes=number), version=case.version, key=None,
            facts_of=facts_of, given=given,
        )  # fmt: skip
    return case


def case_of(engine: Engine, external_id: str) -> Case:
    """The fold of the case that carries a complaint."""
    with transaction(engine) as session:
        case_id = session.scalars(
            select(CaseComplaintRow.case_id)
            .join(ComplaintRow, ComplaintRow.id == CaseComplaintRow.complaint_id)
            .where(ComplaintRow.external_id == external_id)
        ).one()
        return fold(store.load_events(session, case_id))


PLACING: tuple[str, ...] = (
    "verdict", "reason", "confidence", "evidence", "segment_code", "street_code", "street_name", "distance_m",
    "offset_m", "side", "runner_up_street", "margin_m", "area_code", "department", "supervisor", "co_departments",
    "rule", "triage_reason",
)  # fmt: skip


def placings(engine: Engine) -> dict[str, tuple[object, ...]]:
    """The placing of every complaint, by the feed's id."""
    names = (ComplaintRow.external_id, *(getattr(ComplaintRow, name) for name in PLACING))
    with transaction(engine) as session:
        return {found[0]: tuple(found[1:]) for found in session.execute(select(*names))}
