"""What routes are given: the engine that the application owns, its city, and the flow of its cases."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from streetchief.city import City
from streetchief.pipeline.caseflow import CaseFlow


def the_engine(request: Request) -> Engine:
    """The engine of the running application."""
    return cast(Engine, request.app.state.engine)


def the_city(request: Request) -> City:
    """The city of the running application."""
    return cast(City, request.app.state.city)


def the_flow(request: Request, engine: Annotated[Engine, Depends(the_engine)]) -> CaseFlow:
    """Facts and times of the city's cases, made when they are first needed: a city without a calendar has none."""
    state = request.app.state
    if getattr(state, "flow", None) is None:
        state.flow = CaseFlow.of(engine, state.city)
    return cast(CaseFlow, state.flow)


EngineOf = Annotated[Engine, Depends(the_engine)]
CityOf = Annotated[City, Depends(the_city)]
FlowOf = Annotated[CaseFlow, Depends(the_flow)]
