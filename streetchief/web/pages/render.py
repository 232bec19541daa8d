"""Templates: they only lay out plain values, and every value is escaped."""

from __future__ import annotations

from functools import cache

import jinja2
from fastapi.responses import HTMLResponse

from streetchief.words import group


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("streetchief.web", "templates")
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, loader=loader)


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page; `words` are the entries ``web.*`` of the catalogue."""
    html = _templates().get_template(template).render(words=group("web"), status=status, **values)
    return HTMLResponse(html, status)
