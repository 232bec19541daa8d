"""Evaluation: the figures of cases, and what residents and staff think of a street."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import text

from streetchief.actors import Permission, Subject, allowed
from streetchief.casework import evaluating
from streetchief.casework.whistle import BEST_SCORE
from streetchief.errors import BadInput, Forbidden, OutOfScope
from streetchief.storage.engine import transaction
from streetchief.web.api.patrol_models import Day
from streetchief.web.api.sight import areas_of
from streetchief.web.auth import CallerOf, CounterOf
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.schemas import Code, Strict, refusals, refused

router = APIRouter(prefix="/api/v1", tags=["evaluation"])
MOST_DAYS = 800
Score = Annotated[int, Field(ge=1, le=BEST_SCORE, description="1 bad … 5 good")]
Slip = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z_-]+$")]
_AREA = text(
    "select codes from area_chains where code = :area and version = (select max(version) from registry_versions)"
)


class FigureQuery(Strict):
    """City days, the last one not included, and of what; at most one of street, department and area."""

    from_on: Day
    to_on: Day
    street: Code | None = None
    department: Code | None = None
    area: Code | None = None


class RateShown(BaseModel):
    """A share that says what it is a share of; `percent` is null where there is nothing to divide by."""

    figure: str
    numerator: int
    denominator: int
    percent: str | None


class Figures(BaseModel):
    """The figures of a period."""

    rates: list[RateShown]


class SlipsWanted(Strict):
    """Slips for the residents of a street, to be printed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"street": "QJ-001", "count": 50, "days": 90}]})
    street: Code
    count: int = Field(ge=1, le=1000)
    days: int = Field(ge=1, le=366)


class Slips(BaseModel):
    """New slips, shown this once."""

    slips: list[str]


class BySlip(Strict):
    """A resident's score, by the code on the slip."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slip": "scr_0000", "score": 4}]})
    slip: Slip
    score: Score


class ByStaff(Strict):
    """A score of one's own for a street."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"street": "QJ-001", "score": 4}]})
    street: Code
    score: Score


class Evaluated(BaseModel):
    """The street that was evaluated."""

    street: str


@router.get("/figures", responses=refused(404, 422))
def figures(query: Annotated[FigureQuery, Query()], engine: EngineOf, city: CityOf, actor: CounterOf) -> Figures:
    """Response, solution and satisfaction rates and the others, counted; who is narrowed to an area asks for it."""
    if not query.from_on < query.to_on <= query.from_on + timedelta(days=MOST_DAYS):
        raise BadInput("bad_parameters", names="from_on, to_on")
    named = [name for name in ("street", "department", "area") if getattr(query, name) is not None]
    if len(named) > 1:
        raise BadInput("bad_parameters", names=", ".join(named))
    with transaction(engine) as session:
        chain = session.execute(_AREA, {"area": query.area}).scalar() if query.area is not None else None
    if query.street is not None:
        areas_of(engine, actor, Permission.READ_FIGURES, query.street)
    elif not allowed(actor, Permission.READ_FIGURES, Subject(None, frozenset(chain or ()))):
        raise OutOfScope("not_found", what=query.area) if query.area is not None else Forbidden()
    begin, end = (datetime.combine(day, time(), city.zone).astimezone(UTC) for day in (query.from_on, query.to_on))
    with transaction(engine) as session:  # aggregates are counted as owner: who reads figures need not read cases
        found = evaluating.read_rates(
            session, begin, end, street=query.street, department=query.department, area=query.area
        )  # fmt: skip
    percents = [(one, one.percent()) for one in found]
    return Figures(
        rates=[
            RateShown(figure=one.figure, numerator=one.numerator, denominator=one.denominator,
                      percent=None if percent is None else str(percent))
            for one, percent in percents
        ]
    )  # fmt: skip


@router.post("/slips", status_code=201, responses=refused(404, 422))
def slips(body: SlipsWanted, engine: EngineOf, actor: CallerOf) -> Slips:
    """Slips for the residents of a street; only their hashes are kept."""
    areas = areas_of(engine, actor, Permission.CALL_BACK, body.street)
    made = evaluating.issue_slips(
        engine, body.street, areas, body.count, by=actor, now=datetime.now(UTC), valid=timedelta(days=body.days)
    )  # fmt: skip
    return Slips(slips=list(made))


@router.post("/evaluations/slip", status_code=201, responses=refusals(404, 409, 422, 503))
def by_slip(body: BySlip, engine: EngineOf, city: CityOf) -> Evaluated:
    """A resident evaluates the street, once a month; the slip is the proof, nobody signs in."""
    street = evaluating.evaluate_by_slip(engine, body.slip, body.score, now=datetime.now(UTC), zone=city.zone)
    return Evaluated(street=street)


@router.post("/evaluations", status_code=201, responses=refused(404, 409, 422))
def by_staff(body: ByStaff, engine: EngineOf, city: CityOf, actor: CallerOf) -> Evaluated:
    """A member of the staff evaluates a street, once a month."""
    areas = areas_of(engine, actor, Permission.CALL_BACK, body.street)
    evaluating.evaluate_by_staff(
        engine, body.street, areas, body.score, by=actor, now=datetime.now(UTC), zone=city.zone
    )  # fmt: skip
    return Evaluated(street=body.street)
