"""What routes are given: the engine that the application owns, and its city."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from streetchief.city import City


def the_engine(request: Request) -> Engine:
    """The engine of the running application."""
    return cast(Engine, request.app.state.engine)


def the_city(request: Request) -> City:
    """The city of the running application."""
    return cast(City, request.app.state.city)


EngineOf = Annotated[Engine, Depends(the_engine)]
CityOf = Annotated[City, Depends(the_city)]
