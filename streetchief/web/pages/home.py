"""The first page: what is here, and where to go."""

from __future__ import annotations

from fastapi import APIRouter, Response

from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.pages.render import page
from streetchief.web.state import state_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(engine: EngineOf, city: CityOf) -> Response:
    """Counts, the heatmap, and what a program may ask."""
    state = state_of(engine)
    at = state.last_intake_at
    last_intake = f"{at.astimezone(city.zone):%Y-%m-%d %H:%M}" if at else None
    return page("home.html", city=city, state=state, last_intake=last_intake)
