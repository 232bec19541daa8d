"""Whether the service can do its work."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from streetchief import __version__
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.state import state_of

router = APIRouter(tags=["health"])


@router.get("/health")
def health(engine: EngineOf, city: CityOf) -> dict[str, Any]:
    """Counts from the database: if this answers, the database does.  503 if it does not."""
    state = state_of(engine)
    return {
        "status": "ok",
        "database": "ok",
        "program": __version__,
        "city": city.code,
        "registry_version": state.registry_version,
        "streets": state.streets,
        "segments": state.segments,
        "complaints": state.complaints,
        "by_verdict": state.by_verdict,
        "dead_letters": state.dead_letters,
        "last_intake_at": state.last_intake_at.isoformat() if state.last_intake_at else None,
        "synthetic": state.synthetic,
    }
