"""The weekly check of a sample (周查), the monthly review (月评) and the quarterly bulletin (季通报)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from streetchief.patrol import checks, records
from streetchief.patrol.model import RecordKind
from streetchief.pipeline.patrols import plan_of
from streetchief.web.api.patrol_models import (
    CheckShown,
    Day,
    Judgement,
    Records,
    RecordShown,
    Sample,
    check_shown,
    record_shown,
)
from streetchief.web.api.patrols import must_see_patrol
from streetchief.web.api.steps import KeyOf
from streetchief.web.auth import CheckerOf, FigureReaderOf, ReviewerOf, WatcherOf
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.schemas import IdOf, Strict, refused
from streetchief.words import group

router = APIRouter(prefix="/api/v1", tags=["patrols"])


class Week(Strict):
    """A week by its Monday."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"week_on": "2026-03-02"}]})
    week_on: Day


class RecordQuery(Strict):
    """Which records."""

    kind: RecordKind | None = None
    newest: bool = True


class RecordWanted(Strict):
    """The month or quarter of a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "monthly_review", "day": "2026-02-01"}]})
    kind: RecordKind
    day: Day


@router.get("/patrol-checks", responses=refused(422))
def sample(query: Annotated[Week, Query()], engine: EngineOf, actor: WatcherOf) -> Sample:
    """The sample of a week as far as it lies in the asker's scope."""
    return Sample(checks=[check_shown(one) for one in checks.sample(engine, query.week_on, by=actor)])


@router.post("/patrol-checks", responses=refused(422))
def drawn(body: Week, engine: EngineOf, city: CityOf, actor: CheckerOf) -> Sample:
    """Draw the sample of a week that is over, once; whoever asks, it is the same."""
    checks.draw_week(
        engine, body.week_on, plan=plan_of(city), zone=city.zone, by=actor, now=datetime.now(UTC)
    )  # fmt: skip
    return Sample(checks=[check_shown(one) for one in checks.sample(engine, body.week_on, by=actor)])


@router.post("/patrols/{id}/check", responses=refused(404, 409, 422))
def judged(id: IdOf, body: Judgement, key: KeyOf, engine: EngineOf, actor: CheckerOf) -> CheckShown:
    """Say of a drawn patrol whether it is as it says."""
    must_see_patrol(engine, actor, id)
    return check_shown(
        checks.check(engine, id, body.agrees, body.reason, by=actor, now=datetime.now(UTC), key=key)
    )  # fmt: skip


@router.get("/patrol-records", responses=refused(422))
def listed(query: Annotated[RecordQuery, Query()], engine: EngineOf, actor: FigureReaderOf) -> Records:
    """Reviews and bulletins, newest first, with the lines in the asker's scope."""
    found = records.records(engine, by=actor, kind=query.kind, newest=query.newest)
    return Records(records=[record_shown(one) for one in found])


@router.post("/patrol-records", responses=refused(409, 422))
def frozen(body: RecordWanted, engine: EngineOf, city: CityOf, actor: ReviewerOf) -> RecordShown:
    """Freeze a month or a quarter; where nothing changed, the record that there is."""
    make = records.review if body.kind == RecordKind.MONTHLY_REVIEW else records.bulletin
    made = make(
        engine, body.day, plan=plan_of(city), zone=city.zone, definitions=group("patrol.measure"), by=actor,
        now=datetime.now(UTC),
    )  # fmt: skip
    return record_shown(made)
