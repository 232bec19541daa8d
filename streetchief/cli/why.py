"""``streetchief why``: one readable paragraph about one placing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from streetchief.city import City
from streetchief.cli.ground import city_database, the_city, write_whole
from streetchief.cli.intake import the_feed
from streetchief.cli.match import read_model
from streetchief.errors import BadInput, Key
from streetchief.geo.bounds import place_faults
from streetchief.geo.crs import to_xy
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.maps.casemap import draw_case
from streetchief.matching.index import StreetIndex
from streetchief.matching.model import PlacingModel
from streetchief.matching.result import Verdict
from streetchief.matching.why import Explanation as Placing
from streetchief.matching.why import explain as explain_placing
from streetchief.pipeline.explain import JOINT, Explanation, explain, said_chiefs
from streetchief.registry.assemble import registry_from_city
from streetchief.registry.exports import shown_chief
from streetchief.registry.service import refuse_blocking
from streetchief.words import LANGUAGES, both, say

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.why"))
def why(
    complaint: Annotated[str | None, typer.Argument(metavar="ID", help=both("cli.why_id"))] = None,
    point: Annotated[str | None, typer.Option(metavar="LON,LAT", help=both("cli.why_point"))] = None,
    address: Annotated[str | None, typer.Option(help=both("cli.why_address"))] = None,
    datum: Annotated[Datum, typer.Option(help=both("cli.why_datum"))] = Datum.WGS84,
    feed: Annotated[str | None, typer.Option(help=both("cli.intake_feed"))] = None,
    model: Annotated[Path | None, typer.Option(help=both("cli.match_model"))] = None,
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
    map_file: Annotated[Path | None, typer.Option("--map", metavar="SVG", help=both("cli.why_map"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.why_json"))] = False,
) -> None:
    """Explain a stored complaint by its id, or any point without a database."""
    if (complaint is None) == (point is None):
        raise BadInput("why_what")
    town = the_city(city)
    explained: Explanation | AtPoint
    if complaint is not None:
        with city_database(town) as engine:
            explained = explain(engine, town, the_feed(town, feed).id, complaint)
    else:
        explained = _at_point(town, str(point), address, datum, read_model(model) if model else None)
    if map_file is not None:
        write_whole(map_file, explained.map_svg)
    if as_json:
        typer.echo(json.dumps(explained.as_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo("\n\n".join(explained.paragraph(language) for language in LANGUAGES))


def _at_point(city: City, point: str, address: str | None, datum: Datum, model: PlacingModel | None) -> AtPoint:
    try:
        lon, lat = (float(part) for part in point.split(","))
    except ValueError as fault:
        raise BadInput("why_point", point=point) from fault
    lonlat = to_wgs84(np.array([[lon, lat]]), datum)
    reason = place_faults(lonlat[:, 0], lonlat[:, 1], city.bounds)[0]
    if reason:
        raise BadInput("why_no_place", reason=Key(f"reason.{reason}"))
    registry, faults = registry_from_city(city)
    refuse_blocking(faults)
    index = StreetIndex.from_registry(registry, city.metric_srid)
    shipped = PlacingModel.shipped(city.reach_m, city.min_confidence)
    xy = to_xy(lonlat, city.metric_srid)[0]
    placing = explain_placing(index, xy, model or shipped, evidence=address)
    segment = placing.segment if placing.verdict == Verdict.MATCHED.word else None
    chiefs = registry.chiefs_on(segment, datetime.now(city.zone).date()) if segment else ()
    said = said_chiefs(city, segment, [(c.tier, shown_chief(c)) for c in chiefs])
    return AtPoint(placing, model is None, said, draw_case(index, xy, placing))


@dataclass(frozen=True, slots=True)
class AtPoint:
    """The placing of a point that is no complaint, by the city's seed files, and today's chiefs there."""

    placing: Placing
    is_shipped_model: bool
    chiefs: dict[str, str]
    map_svg: str

    def paragraph(self, language: str) -> str:
        """One readable paragraph."""
        note = say("why.shipped_model", language) if self.is_shipped_model else ""
        return JOINT[language].join(filter(None, [self.placing.paragraph(language), self.chiefs[language], note]))

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        paragraphs = {language: self.paragraph(language) for language in LANGUAGES}
        return {"placing": self.placing.as_dict(), "chiefs": self.chiefs, "paragraph": paragraphs}
