"""Cases: listed within the asker's scope, one with its buttons, its history, and opening one for a complaint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import text

from streetchief.actors import Permission
from streetchief.casework.service import load_case
from streetchief.casework.states import State
from streetchief.errors import NotFound
from streetchief.storage.acting import acting
from streetchief.web.api.case_lists import CasePage, CaseQuery, EventPage, EventQuery, OpenCase
from streetchief.web.api.case_models import CaseDetail, CaseShown, detail, shown
from streetchief.web.api.inputs import make_cursor, parse_cursor
from streetchief.web.api.sight import case_in_sight, hidden_case, may_register
from streetchief.web.auth import ReaderOf, RegistrarOf
from streetchief.web.deps import EngineOf, FlowOf
from streetchief.web.schemas import IdOf, as_json, refused

router = APIRouter(prefix="/api/v1", tags=["cases"])
_BUCKET = """case
    when closed_at is not null then null
    when due_at is null then 'paused'
    when due_at < :now then case when severe_at < :now then 'severely_overdue' else 'overdue' end
    when soon_at <= :now then 'due_soon'
    else 'normal' end"""
_FILTERS = {
    "before": "id < :before",
    "state": "state = :state",
    "department": "departments @> array[cast(:department as varchar)]",
    "street": "street_code = :street",
    "area": "areas @> array[cast(:area as varchar)]",
    "tier": "tier = :tier",
    "overdue": "(closed_at is null and coalesce(due_at < :now, false)) = :overdue",
    "open": "(closed_at is null) = :open",
    "bucket": f"({_BUCKET}) = :bucket",
}
_HISTORY = text(
    "select coalesce(json_agg(json_build_object('seq', e.seq, 'at', e.at, 'actor', e.actor, 'action', e.action, "
    "'state', e.state, 'payload', e.payload, 'prev_hash', e.prev_hash, 'hash', e.hash) order by e.seq)::text, '[]') "
    "from (select * from case_events where case_id = :id and seq > :after order by seq limit :limit) e"
)


@router.get("/cases", responses={200: {"model": CasePage}, **refused(422)})
def listed(query: Annotated[CaseQuery, Query()], engine: EngineOf, actor: ReaderOf) -> Response:
    """Cases in the asker's scope, newest first, one page at a time: give `next` back as `cursor` until it is null."""
    filters = query.filters()
    values = query.model_dump(exclude={"cursor", "limit"}, exclude_none=True)
    before = parse_cursor(query.cursor, filters)
    asked = values | ({"before": before} if before is not None else {})
    statement = _page_of(asked)
    with acting(engine, actor, Permission.READ_CASE) as session:
        found = session.execute(statement, asked | {"now": datetime.now(UTC), "most": query.limit}).one()
    cursor = make_cursor(found.last_id, filters) if found.more else None
    following = f'"{cursor}"' if cursor else "null"
    return as_json(f'{{"next": {following}, "cases": {found.cases}}}')


def _page_of(asked: Mapping[str, Any]) -> Any:
    where = " and ".join([_FILTERS[name] for name in asked] or ["true"])
    return text(
        f"with page as (select * from case_lines where {where} order by id desc limit :most + 1), "
        f"shown as (select page.*, {_BUCKET} as bucket from page order by id desc limit :most) "
        "select coalesce((select json_agg(to_json(shown) order by id desc)::text from shown), '[]') as cases, "
        "(select min(id) from shown) as last_id, (select count(*) from page) > :most as more"
    )


@router.get("/cases/{id}", responses=refused(404, 422))
def one(id: IdOf, engine: EngineOf, actor: ReaderOf) -> CaseDetail:
    """A case as it stands, its clocks and tasks, and what the asker may do to it."""
    try:
        with acting(engine, actor, Permission.READ_CASE) as session:
            return detail(load_case(session, id, by=actor), actor)
    except NotFound as fault:
        raise hidden_case(engine, id) from fault


@router.get("/cases/{id}/history", responses={200: {"model": EventPage}, **refused(404, 422)})
def history(id: IdOf, query: Annotated[EventQuery, Query()], engine: EngineOf, actor: ReaderOf) -> Response:
    """What happened to a case, in order; `after` is the last `seq` that was seen."""
    if not case_in_sight(engine, actor, id):
        raise hidden_case(engine, id)
    with acting(engine, actor, Permission.READ_CASE) as session:
        events = session.execute(_HISTORY, {"id": id, **query.model_dump()}).scalar_one()
    return as_json(f'{{"case": {id}, "events": {events}}}')


@router.post("/cases", status_code=201, responses=refused(404, 409, 422))
def opened(body: OpenCase, engine: EngineOf, flow: FlowOf, actor: RegistrarOf) -> CaseShown:
    """Open a case for a complaint that has none.  409 when it has one: no complaint is in two cases."""
    may_register(engine, actor, body.complaint)
    case = flow.open_case(body.complaint, by=actor, now=datetime.now(UTC))
    assert case.state == State.RECEIVED
    return shown(case)
