"""The options that match, calibrate and quality share: how a file of points and one of streets are read."""

from __future__ import annotations

from typing import Annotated

import typer

from streetchief.geo.datum import Datum
from streetchief.words import both

IdColumn = Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_id"))]
LonColumn = Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_lon"))]
LatColumn = Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_lat"))]
AddressColumn = Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_address"))]
LabelColumn = Annotated[str | None, typer.Option(metavar="COL", help=both("cli.calibrate_label"))]
StreetName = Annotated[str | None, typer.Option(metavar="PROP", help=both("cli.match_street_name"))]
StreetClass = Annotated[str | None, typer.Option(metavar="PROP", help=both("cli.match_street_class"))]
PointDatum = Annotated[Datum, typer.Option(help=both("cli.match_datum"))]
MetricSrid = Annotated[int | None, typer.Option(help=both("cli.match_metric_srid"))]
ReachM = Annotated[float | None, typer.Option(min=1, max=1000, help=both("cli.match_reach_m"))]
MinConfidence = Annotated[float | None, typer.Option(min=0, max=1, help=both("cli.match_min_confidence"))]
Encoding = Annotated[str | None, typer.Option(help=both("cli.match_encoding"))]
