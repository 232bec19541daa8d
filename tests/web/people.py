"""A village in two communities, with everybody in it signed in: what is one's own, and what is another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shapely import box
from sqlalchemy import Engine
from starlette.testclient import TestClient

from streetchief.accounts import service as accounts
from streetchief.accounts.policy import CLI, grant
from streetchief.actors import Actor, Grant
from streetchief.casework.actions import Action, Given, WhistleKind
from streetchief.casework.case import Case
from streetchief.casework.notices import Facts, Notice
from streetchief.casework.outbox_store import put_in_inbox
from streetchief.city import Seeds, shipped_city_file
from streetchief.cityfile import read_city
from streetchief.intake.tables import IntakeRunRow, PlacingModelRow
from streetchief.patrol import service as patrols
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.registry import service as registry
from streetchief.registry.model import Appointment, Area, Span
from streetchief.storage.engine import transaction
from tests.pipeline.squares import CITY, FEED, REGISTRY, on_paper
from tests.web.conftest import MODEL, complaint

DAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OWN, OTHER = "own", "other"
SECRET_TEXT = "远街的秘密投诉"
AREAS = (
    Area("T", "town", "subdistrict", None, on_paper(box(-400, -200, 700, 800))),
    Area("A", "near village", "community", "T", on_paper(box(-400, -200, 700, 350))),
    Area("B", "far village", "community", "T", on_paper(box(-400, 350, 700, 800))),
)
TWO_VILLAGES = replace(
    REGISTRY,
    areas=tuple(sorted(AREAS, key=lambda a: a.code)),
    segments=tuple(replace(s, area="B" if s.street == "F" else "A") for s in REGISTRY.segments),
    appointments=(
        Appointment("E-1", 1, "王五", Span(from_on=DAY.date().replace(year=2020))),
        Appointment("F-1", 1, "赵六", Span(from_on=DAY.date().replace(year=2020))),
    ),
)
SHIPPED = read_city(shipped_city_file())
TOWN = replace(CITY, calendar=SHIPPED.calendar, buckets=SHIPPED.buckets, patrol=SHIPPED.patrol, seeds=Seeds())

GRANTS: Mapping[str, Mapping[str, Grant]] = {
    OWN: {
        "chief": grant("chief", tier=1, street="E"),
        "officer": grant("officer", department="waste"),
        "dispatcher": grant("dispatcher", area="A"),
        "supervisor": grant("supervisor", area="A"),
        "director": grant("director", area="A"),
        "analyst": grant("analyst", area="A"),
        "feed": grant("feed"),
        "admin": grant("admin"),
    },
    OTHER: {
        "chief": grant("chief", tier=1, street="F"),
        "officer": grant("officer", department="roads"),
        "dispatcher": grant("dispatcher", area="B"),
        "supervisor": grant("supervisor", area="B"),
        "director": grant("director", area="B"),
        "analyst": grant("analyst", area="B"),
    },
}
"""Whose is the case on East Street (community A, department waste), and who has only to do with Far Street."""


@dataclass(frozen=True)
class Village:
    """The running application with its two cases.

    near, far    the case on East Street and the one on Far Street
    loose        complaints without a case: on East Street, on Far Street
    walks        the patrols on East Street and on Far Street, still open
    tokens       "own.chief" → its bearer token
    """

    client: TestClient
    engine: Engine
    near: Case
    far: Case
    loose: tuple[int, int]
    walks: tuple[int, int]
    tokens: Mapping[str, str]

    def headers(self, who: str) -> dict[str, str]:
        """What proves that it is this person."""
        return {"authorization": f"Bearer {self.tokens[who]}"}


def settle_village(client: TestClient) -> Village:
    """Publish the register, take complaints in, open cases, whistle for a department on each, give everybody a token."""
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]
    registry.publish(engine, TOWN, TWO_VILLAGES, "squared paper")
    with transaction(engine) as session:
        run = IntakeRunRow(feed=FEED.id, source="f.csv", versions={}, started_at=DAY, finished_at=DAY, summary={})
        session.add(run)
        session.add(PlacingModelRow(feed=FEED.id, version=MODEL.version, body=MODEL.to_json(), created_at=DAY))
        session.flush()
        far = {"segment_code": "F-1", "street_code": "F", "street_name": "远街", "area_code": "B", "text": SECRET_TEXT,
               "department": "roads", "supervisor": "roads"}  # fmt: skip
        near = {"supervisor": "waste"}
        rows = [complaint(n, run.id, **(far if n % 2 else near)) for n in range(4)]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    flow = CaseFlow.of(engine, TOWN)
    cases = tuple(_called(flow, ids[n], department) for n, department in ((0, "waste"), (1, "roads")))
    with transaction(engine) as session:
        for case, recipient in zip(cases, ("department:waste", "department:roads"), strict=True):
            notice = Notice(f"case/{case.number}#1", "dispatch.department", recipient, Facts(case.number))
            put_in_inbox(session, notice.key, recipient, [{"topic": notice.topic, **notice.facts.as_dict()}], DAY)
    tokens = _tokens(engine)
    walks = [_walk(engine, side, street) for side, street in ((OWN, "E"), (OTHER, "F"))]
    return Village(client, engine, cases[0], cases[1], (ids[2], ids[3]), (walks[0], walks[1]), tokens)


def _walk(engine: Engine, side: str, street: str) -> int:
    chief = Actor(f"{side}.chief", (GRANTS[side]["chief"],))
    return patrols.start(engine, street=street, zone=TOWN.zone, by=chief, now=datetime.now(UTC), key="begun").id


def _called(flow: CaseFlow, complaint_id: int, department: str) -> Case:
    """A case that a chief answers, with one department called."""
    everywhere = {role: Actor(f"first.{role}", (grant(role),)) for role in ("dispatcher", "supervisor")}
    street = "E" if department == "waste" else "F"
    chief = Actor("first.chief", (grant("chief", tier=1, street=street),))
    case = flow.open_case(complaint_id, by=everywhere["dispatcher"], now=DAY)
    steps = (
        (
            everywhere["supervisor"],
            Action.CHECK_REPORT,
            Given(result=True, opinion=SECRET_TEXT if street == "F" else "属实"),
        ),
        (everywhere["dispatcher"], Action.REGISTER, Given()),
        (everywhere["dispatcher"], Action.HAND_TO_CHIEF, Given()),
        (chief, Action.WHISTLE, Given(kind=WhistleKind.RESIDENT_MATTER, departments=(department,))),
    )
    for by, action, given in steps:
        case = flow.act(case.id, action, by=by, now=DAY, version=case.version, given=given)
    return case


def _tokens(engine: Engine) -> dict[str, str]:
    found = {}
    for side, roles in GRANTS.items():
        for role, held in roles.items():
            who = f"{side}.{role}"
            login = FEED.id if role == "feed" else who
            accounts.create_user(engine, login, who, None, by=CLI, now=DAY)
            accounts.grant_role(engine, login, held, by=CLI, now=DAY)
            found[who] = accounts.issue_token(engine, login, "t", 366, by=CLI, now=datetime.now(UTC))
    return found
