"""``streetchief quality``: how often placings are right where the street is known, as tables and a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from streetchief.cli.match import read_model
from streetchief.cli.pointoptions import (
    AddressColumn,
    Encoding,
    LabelColumn,
    LatColumn,
    LonColumn,
    MetricSrid,
    PointDatum,
    StreetClass,
    StreetName,
)
from streetchief.errors import BadInput
from streetchief.geo.datum import Datum
from streetchief.matching.ground import read_ground
from streetchief.matching.model import PlacingModel
from streetchief.matching.placedfile import read_placed
from streetchief.matching.points import PointColumns
from streetchief.matching.quality import Graded, Quality
from streetchief.matching.quality_chart import quality_svg
from streetchief.matching.quality_table import bins_table, figures_table, steps_table
from streetchief.matching.trials import read_labelled
from streetchief.words import both

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.quality"))
def quality(
    file: Annotated[Path, typer.Argument(help=both("cli.quality_file"))],
    streets: Annotated[Path | None, typer.Option(help=both("cli.quality_streets"))] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help=both("cli.quality_out"))] = Path("quality.svg"),
    label: LabelColumn = None,
    lon: LonColumn = None,
    lat: LatColumn = None,
    address: AddressColumn = None,
    street_name: StreetName = None,
    street_class: StreetClass = None,
    datum: PointDatum = Datum.WGS84,
    metric_srid: MetricSrid = None,
    model: Annotated[Path | None, typer.Option(help=both("cli.quality_model"))] = None,
    encoding: Encoding = None,
) -> None:
    """Grade a placed file as it stands; with streets, place its points first."""
    given = read_model(model) if model else None
    if streets is None:
        graded = read_placed(file, label, encoding)
    else:
        ground = read_ground(streets, street_name, street_class, metric_srid)
        columns = PointColumns(None, lon, lat, address, label or "")
        rows = read_labelled([file], ground, columns, datum=datum, encoding=encoding)
        if not len(rows):
            raise BadInput("nothing_labelled")
        _, graded = rows.placed(given or rows.default(PlacingModel.shipped()))
    threshold = given.threshold if given else PlacingModel.shipped().threshold
    _tell(graded, out, file.name, threshold)


def _tell(graded: Graded, out: Path, name: str, threshold: float) -> None:
    found = Quality.of(graded)
    typer.echo(figures_table({name: found}))
    typer.echo(bins_table(found))
    typer.echo(steps_table(found))
    picture, figures = out.with_suffix(".svg"), out.with_name(f"{out.stem}_figures.json")
    picture.write_text(quality_svg(found, threshold), "utf-8")
    figures.write_text(json.dumps(found.as_dict(), indent=2) + "\n", "utf-8")
    typer.echo(both("quality.written", picture=picture, figures=figures))
