"""Complaints in a real database, as the intake leaves them, for cases to be opened from."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from streetchief.casework.case import Case
from streetchief.casework.facts import Facts, Times
from streetchief.casework.service import Office
from tests.casework.cast import FACTS

OFFICE = Office("village", ZoneInfo("Asia/Shanghai"))
_AREAS = """
insert into registry_versions (city, fingerprint, metric_srid, tiers, attribution, note) values
    ('village', 'f', 4543, '{1,2,3}', '', '');
insert into areas (version, code, name, level, parent, geometry_source)
    select max(version), 'T', 'town', 'subdistrict', null, '' from registry_versions;
insert into areas (version, code, name, level, parent, geometry_source)
    select max(version), 'C1', 'community', 'community', 'T', '' from registry_versions;
insert into intake_runs (feed, source, versions, started_at) values ('village', 'test', '{}', '2026-03-01 00:00Z');
"""
_COMPLAINTS = """
insert into complaints (
    feed, external_id, content_hash, run_id, reported_at, scheme, kind, code, condition, text, original_x, original_y,
    datum, geom, cell, area_code, verdict, reason, evidence, confidence, segment_code, street_code, street_name,
    department, supervisor, co_departments, triage_reason, repeat_of, registry_version, model_version, synthetic
)
select 'village', n::text, n::text, (select max(id) from intake_runs), '2026-03-01 00:00Z', 'village scheme',
    case when n % 7 = 0 then null else 'event' end, case when n % 3 = 0 then 'R1' else 'W1' end,
    case when n % 5 = 0 then '"已"\n堵塞' end, 'text', 103, 30, 'wgs84', st_setsrid(st_makepoint(103, 30), 4326), 1,
    case when n % 11 = 0 then null else 'C1' end, case when n % 13 = 0 then 'ambiguous' else 'matched' end, '', 'geometry',
    0.9, 'E-1', 'E', '东街',
    case when n % 17 = 0 then null else 'waste' end, case when n % 17 = 0 then null else 'roads' end, '{}',
    case when n % 17 = 0 then 'no_rule' end, case when n % 19 = 0 then 1 end,
    (select max(version) from registry_versions), 'm', true
from generate_series(1, :count) n
returning id
"""


def add_complaints(session: Session, count: int) -> list[int]:
    """So many complaints of one run; every few of them odd: no kind, no area, no department, a quote in a text."""
    for statement in _AREAS.split(";")[:-1]:
        session.execute(text(statement))
    return sorted(session.execute(text(_COMPLAINTS), {"count": count}).scalars())


def facts_of(_session: Session, _case: Case, _now: object) -> Facts:
    """The facts of the cast, whatever the case; no other case stands beside it unless the service puts it there."""
    return replace(FACTS, joining=None, ancestors=lambda case: ())


def times_of(_class: tuple[str, str | None, str | None, str | None]) -> Times:
    """The limits of the cast, whatever the class."""
    return FACTS.times
