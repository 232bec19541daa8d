"""``streetchief why``: one readable paragraph about one placing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from streetchief.city import City
from streetchief.cli.ground import city_database, the_city
from streetchief.cli.intake import the_feed
from streetchief.errors import BadInput
from streetchief.geo.bounds import place_faults
from streetchief.geo.crs import to_xy
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.matching.why import Explanation as Placing
from streetchief.matching.why import explain as explain_placing
from streetchief.pipeline.context import context_from_city
from streetchief.pipeline.explain import Explanation, explain
from streetchief.words import LANGUAGES, both, say

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.why"))
def why(
    complaint: Annotated[str | None, typer.Argument(metavar="ID", help=both("cli.why_id"))] = None,
    point: Annotated[str | None, typer.Option(metavar="LON,LAT", help=both("cli.why_point"))] = None,
    address: Annotated[str | None, typer.Option(help=both("cli.why_address"))] = None,
    datum: Annotated[Datum, typer.Option(help=both("cli.why_datum"))] = Datum.WGS84,
    feed: Annotated[str | None, typer.Option(help=both("cli.intake_feed"))] = None,
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.why_json"))] = False,
) -> None:
    """Explain a stored complaint by its id, or any point without a database."""
    if (complaint is None) == (point is None):
        raise BadInput("why_what")
    town = the_city(city)
    explained: Explanation | Placing
    if complaint is not None:
        with city_database(town) as engine:
            explained = explain(engine, town, the_feed(town, feed).id, complaint)
    else:
        explained = _at_point(town, str(point), address, datum, feed)
    if as_json:
        typer.echo(json.dumps(explained.as_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo("\n\n".join(explained.paragraph(language) for language in LANGUAGES))


def _at_point(city: City, point: str, address: str | None, datum: Datum, feed: str | None) -> Placing:
    try:
        lon, lat = (float(part) for part in point.split(","))
    except ValueError as fault:
        raise BadInput("why_point", point=point) from fault
    lonlat = to_wgs84(np.array([[lon, lat]]), datum)
    reason = place_faults(lonlat[:, 0], lonlat[:, 1], city.bounds)[0]
    if reason:
        raise BadInput(detail=f"{say(f'reason.{reason}', 'zh')} {say(f'reason.{reason}', 'en')}")
    context = context_from_city(city, the_feed(city, feed))
    return explain_placing(context.index, to_xy(lonlat, city.metric_srid)[0], context.model, evidence=address)
