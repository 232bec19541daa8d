"""Rematch as it is usually done: complaint by complaint through the ORM, each written, recorded and committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from streetchief.casework import store
from streetchief.casework.chain import chain_on
from streetchief.casework.fold import apply, fold
from streetchief.casework.rematched import Aim, is_placed_by_person, rematch_event
from streetchief.casework.tables import CaseComplaintRow
from streetchief.intake.tables import ComplaintRow
from streetchief.pipeline.afresh import placed_afresh
from streetchief.pipeline.context import Context
from tests.pipeline.redrawn import PLACING

_NEAR = text(
    "select code from segments where version = :version and st_dwithin(geom_metric, "
    "st_transform(st_setsrid(st_makepoint(:lon, :lat), 4326), :srid), :reach) order by st_distance(geom_metric, "
    "st_transform(st_setsrid(st_makepoint(:lon, :lat), 4326), :srid)), code"
)


def decided(engine: Engine, context: Context, ids: Iterable[int]) -> list[Callable[[], object]]:
    """The pure deciding alone of these complaints, one by one: what is left of the loop when it is taken away is theirs."""
    with Session(engine) as session:
        rows = [session.get_one(ComplaintRow, complaint) for complaint in ids]
        return [partial(placed_afresh, [_found(row)], context) for row in rows]


def _found(row: ComplaintRow) -> tuple[Any, ...]:
    point, instant = to_shape(row.geom), int(row.reported_at.timestamp() * 1_000_000)
    return (row.id, row.kind, row.code, row.condition, point.x, point.y, instant, row.address or row.text)


def one_by_one(engine: Engine, context: Context, ids: Iterable[int], now: datetime, *, asks_postgis: bool) -> None:
    """Rematch these complaints, a transaction each: read, near segments from PostGIS, decide, write what changed.

    The decision is our matcher's for one point, or the answers would not be the same.
    """
    for complaint in ids:
        with Session(engine) as session, session.begin():
            row = session.get_one(ComplaintRow, complaint)
            point = to_shape(row.geom)
            if asks_postgis:
                given = {"version": context.registry.version, "lon": point.x, "lat": point.y,
                         "srid": context.city.metric_srid, "reach": context.model.reach_m}  # fmt: skip
                session.execute(_NEAR, given).all()
            (new,) = placed_afresh([_found(row)], context).to_pylist()
            if any(new[name] != getattr(row, name) for name in PLACING):
                _write(session, context, row, new, now)


def _write(session: Session, context: Context, row: ComplaintRow, new: dict[str, Any], now: datetime) -> None:
    aim = _aim(context, row, new)
    for name in PLACING:
        setattr(row, name, new[name])
    row.registry_version, row.model_version = aim.registry_version, new["model_version"]
    case_id = session.scalar(select(CaseComplaintRow.case_id).where(CaseComplaintRow.complaint_id == row.id))
    if case_id is None or not store.lock_case(session, case_id):
        return
    events = store.load_events(session, case_id)
    case = fold(events)
    if case.closed_at is not None or is_placed_by_person(events):
        return
    event = rematch_event(
        case, aim, rematch=1, chain=lambda s: chain_on(context.registry, s, now.date()), now=now
    )  # fmt: skip
    if event is not None:
        store.append_events(session, [event])
        store.save_case(session, case, apply(case, event))


def _aim(context: Context, row: ComplaintRow, new: dict[str, Any]) -> Aim:
    is_matched, area = new["verdict"] == "matched", new["area_code"]
    assert context.registry.version is not None
    return Aim(
        new["verdict"], new["segment_code"] if is_matched else None, new["street_code"] if is_matched else None,
        () if area is None else (area,), new["department"], new["supervisor"], context.registry.version,
        (row.department, row.supervisor) != (new["department"], new["supervisor"]),
    )  # fmt: skip
