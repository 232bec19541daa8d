"""The heatmap in a frame that may run its own script and nothing else: no origin, no network, no parent."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from streetchief.pipeline.heat import heatmap_page
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.pages.render import page

router = APIRouter(include_in_schema=False)
FRAME_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@router.get("/heatmap")
def heatmap(city: CityOf) -> Response:
    """The page round the frame."""
    return page("heatmap.html", city=city)


@router.get("/heatmap/frame")
def frame(engine: EngineOf, city: CityOf) -> Response:
    """The map itself, whole in one document."""
    headers = {"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(heatmap_page(engine, city), headers=headers)
