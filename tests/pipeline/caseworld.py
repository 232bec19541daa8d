"""A little world of cases on the shipped city: its registry, complaints, one account of each role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from streetchief.accounts import policy, service
from streetchief.accounts.policy import CLI, WORKER
from streetchief.actors import Actor
from streetchief.casework.case import Case
from streetchief.city import City, shipped_city_file
from streetchief.cityfile import read_city
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.registry.service import seed
from streetchief.storage.engine import transaction

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in the city
SEGMENT, STREET = "QJ-HPNL-01", "QJ-HPNL"
LIMITS = """scheme,kind,code,condition,step,limit,name,basis
S,event,*,,register,1工作时,,test
S,event,*,,dispatch,1工作时,,test
S,event,*,,answer,2工作时,,test
S,event,*,,report_in,1紧急工作时,,test
S,event,*,,handle,1工作日,,test
S,event,*,,verify,1工作日,,test
S,event,*,,close,1工作日,,test
S,event,*,,whole,5工作日,,test
"""
ROLES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "chief3": ("chief", {"tier": 3, "street": STREET}),
    "chief2": ("chief", {"tier": 2, "street": STREET}),
    "chief1": ("chief", {"tier": 1, "street": STREET}),
    "sanitation": ("officer", {"department": "sanitation"}),
    "police": ("officer", {"department": "traffic_police"}),
    "dispatcher": ("dispatcher", {}),
    "supervisor": ("supervisor", {}),
    "director": ("director", {}),
}
_COMPLAINTS = """
insert into complaints (
    feed, external_id, content_hash, run_id, reported_at, scheme, kind, code, original_x, original_y, datum, geom, cell,
    area_code, verdict, reason, evidence, confidence, segment_code, street_code, street_name, department, supervisor,
    co_departments, registry_version, model_version, synthetic
)
select 'szcg-sample', 'rec-' || n, n::text, (select max(id) from intake_runs), '2026-03-01 00:00Z', 'S', 'event', '0101',
    103, 30, 'wgs84', st_setsrid(st_makepoint(103, 30), 4326), 1, s.area_code, 'matched', '', 'geometry', 0.9,
    s.code, s.street_code, '和平南路', 'sanitation', 'urban_management', '{}', s.version, 'm', true
from generate_series(1, :count) n
join segments s on s.code = :segment and s.version = (select max(version) from registry_versions)
returning id
"""


@cache
def town(limits: Path) -> City:
    """The shipped city with the limits of the test."""
    city = read_city(shipped_city_file())
    return replace(city, seeds=replace(city.seeds, limits=limits))


def make_world(engine: Engine, folder: Path, count: int = 1) -> tuple[CaseFlow, list[int]]:
    """The flow, and the ids of so many complaints of one run."""
    limits = folder / "limits.csv"
    limits.write_text(LIMITS, "utf-8")
    city = town(limits)
    seed(engine, city)
    for login, (role, scope) in ROLES.items():
        service.create_user(engine, login, login, None, by=CLI, now=MORNING)
        service.grant_role(engine, login, policy.grant(role, **scope), by=CLI, now=MORNING)  # type: ignore[arg-type]
    with transaction(engine) as session:
        ids = add_complaints(session, count)
    return CaseFlow.of(engine, city), ids


def add_complaints(session: Session, count: int) -> list[int]:
    """So many complaints on one segment, all for the sanitation department."""
    run = "insert into intake_runs (feed, source, versions, started_at) values ('szcg-sample', 'test', '{}', now())"
    session.execute(text(run))
    return sorted(session.execute(text(_COMPLAINTS), {"count": count, "segment": SEGMENT}).scalars())


def who(flow: CaseFlow, login: str) -> Actor:
    """The actor of an account, or our own program."""
    return WORKER if login == WORKER.id else service.actor_of_login(flow.engine, login)


def only_case(flow: CaseFlow, complaint: int) -> Case:
    """A case opened in the morning."""
    return flow.open_case(complaint, by=WORKER, now=MORNING)
