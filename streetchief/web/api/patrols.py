"""Patrols: 日巡 and its findings; see `patrolrecords` for 周查, 月评 and 季通报."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Engine, text

from streetchief.actors import Actor
from streetchief.city import City
from streetchief.errors import NotFound, OutOfScope
from streetchief.patrol import records, rules, service
from streetchief.patrol.model import Draft
from streetchief.pipeline import patrols as flow_of_patrols
from streetchief.pipeline.patrols import plan_of
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction
from streetchief.web.api.patrol_models import (
    FindingIn,
    FindingShown,
    Missed,
    PatrolBegun,
    PatrolEnded,
    PatrolQuery,
    Patrols,
    PatrolShown,
    SpanQuery,
    finding_shown,
    missed_shown,
    patrol_shown,
)
from streetchief.web.api.steps import KeyOf
from streetchief.web.auth import WalkerOf, WatcherOf
from streetchief.web.deps import CityOf, EngineOf, FlowOf
from streetchief.web.schemas import IdOf, refused

router = APIRouter(prefix="/api/v1", tags=["patrols"])
DAYS_SHOWN = 30
_SEEN = text("select exists (select from patrols where id = :id)")


@router.get("/patrols", responses=refused(422))
def listed(query: Annotated[PatrolQuery, Query()], engine: EngineOf, city: CityOf, actor: WatcherOf) -> Patrols:
    """Patrols in the asker's scope, newest first."""
    from_on, to_on = span_of(query, city)
    found = service.listed(
        engine, from_on=from_on, to_on=to_on, street=query.street, chief=query.chief, by=actor, most=query.limit
    )  # fmt: skip
    return Patrols(patrols=[patrol_shown(one) for one in found])


@router.get("/missed-patrols", responses=refused(422))
def missed(query: Annotated[SpanQuery, Query()], engine: EngineOf, city: CityOf, actor: WatcherOf) -> Missed:
    """Patrols that were owed and not walked, newest first."""
    from_on, to_on = span_of(query, city)
    found = records.missed(engine, from_on=from_on, to_on=to_on, by=actor)
    return Missed(missed=[missed_shown(on, one) for on, one in found])


@router.post("/patrols", status_code=201, responses=refused(404, 409, 422))
def begun(body: PatrolBegun, key: KeyOf, engine: EngineOf, city: CityOf, actor: WalkerOf) -> PatrolShown:
    """Begin a walk; the same key again gives the patrol that it began."""
    patrol = service.start(
        engine, street=body.street, segments=body.segments, tier=body.tier, zone=city.zone, by=actor,
        now=datetime.now(UTC), key=key,
    )  # fmt: skip
    return patrol_shown(patrol)


@router.get("/patrols/{id}", responses=refused(404, 422))
def one(id: IdOf, engine: EngineOf, actor: WatcherOf) -> PatrolShown:
    """A patrol with its check list and findings."""
    must_see_patrol(engine, actor, id)
    return patrol_shown(service.load(engine, id, by=actor))


@router.post("/patrols/{id}/findings", status_code=201, responses=refused(404, 409, 422))
def finding(id: IdOf, body: FindingIn, key: KeyOf, engine: EngineOf, flow: FlowOf, actor: WalkerOf) -> FindingShown:
    """Note a finding of one's own patrol; what is handed over becomes a case at once."""
    must_see_patrol(engine, actor, id)
    draft = Draft(body.item, body.segment, body.handled, body.opinion, body.photo, body.kind, body.code)
    return finding_shown(flow_of_patrols.report(flow, id, draft, by=actor, now=datetime.now(UTC), key=key))


@router.post("/patrols/{id}/end", responses=refused(404, 409, 422))
def ended(id: IdOf, body: PatrolEnded, key: KeyOf, engine: EngineOf, city: CityOf, actor: WalkerOf) -> PatrolShown:
    """End one's own patrol with the check list."""
    must_see_patrol(engine, actor, id)
    patrol = service.end(
        engine, id, body.answers, plan=plan_of(city), by=actor, now=datetime.now(UTC), key=key
    )  # fmt: skip
    return patrol_shown(patrol)


def must_see_patrol(engine: Engine, actor: Actor, patrol: int) -> None:
    """Raise NotFound for a patrol that row-level security hides."""
    with acting(engine, actor, service.reader(actor)) as session:
        if session.execute(_SEEN, {"id": patrol}).scalar_one():
            return
    with transaction(engine) as session:
        exists = session.execute(_SEEN, {"id": patrol}).scalar_one()
    raise (OutOfScope if exists else NotFound)("no_patrol", patrol=patrol)


def span_of(query: SpanQuery, city: City) -> tuple[date, date]:
    """The days asked for, else the last thirty."""
    to_on = query.to_on or rules.city_day(datetime.now(UTC), city.zone) + timedelta(days=1)
    return query.from_on or to_on - timedelta(days=DAYS_SHOWN), to_on
