"""``streetchief calibrate``: a placing model from rows whose street is known, if it is better than the default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from streetchief.cli.match import with_options
from streetchief.cli.pointoptions import (
    Encoding,
    IdColumn,
    LabelColumn,
    LatColumn,
    LonColumn,
    MetricSrid,
    MinConfidence,
    PointDatum,
    ReachM,
    StreetClass,
    StreetName,
)
from streetchief.errors import Conflict
from streetchief.geo.datum import Datum
from streetchief.matching.calibrate import Calibration
from streetchief.matching.calibrate import calibrate as fit
from streetchief.matching.ground import read_ground
from streetchief.matching.model import PlacingModel
from streetchief.matching.points import PointColumns
from streetchief.matching.quality_table import figures_table
from streetchief.matching.trials import Labelled, read_labelled
from streetchief.words import both

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.calibrate"))
def calibrate(
    labels: Annotated[list[Path], typer.Argument(help=both("cli.calibrate_labels"))],
    streets: Annotated[Path, typer.Option(help=both("cli.match_streets"))],
    out: Annotated[Path, typer.Option("-o", "--out", help=both("cli.calibrate_out"))],
    label: LabelColumn = None,
    id: IdColumn = None,
    lon: LonColumn = None,
    lat: LatColumn = None,
    street_name: StreetName = None,
    street_class: StreetClass = None,
    datum: PointDatum = Datum.WGS84,
    metric_srid: MetricSrid = None,
    reach_m: ReachM = None,
    min_confidence: MinConfidence = None,
    encoding: Encoding = None,
    force: Annotated[bool, typer.Option("--force", help=both("cli.calibrate_force"))] = False,
) -> None:
    """Fit, say what it is worth on rows that were not looked at, and keep it only if it beats the default."""
    ground = read_ground(streets, street_name, street_class, metric_srid)
    rows = read_labelled(labels, ground, PointColumns(id, lon, lat, None, label or ""), datum=datum, encoding=encoding)
    default = rows.default(with_options(PlacingModel.shipped(), reach_m, min_confidence))
    found = fit(ground.index, rows.xy, rows.truth, default)
    _tell(found, rows)
    if not (found.beats_default or force):
        raise Conflict("no_better_model")
    out.write_text(json.dumps(found.model.to_json(), indent=2) + "\n", "utf-8")
    typer.echo(both("calibrate.written", path=out, model=found.model.version))


def _tell(found: Calibration, rows: Labelled) -> None:
    typer.echo(both("calibrate.rows", read=rows.read, rows=found.rows, places=found.places))
    typer.echo(both("calibrate.unseen"))
    typer.echo(figures_table({"default": found.default, "calibrated": found.fitted}))
    typer.echo(both("calibrate.gain", gain=found.gain, error=found.gain_error))
    curve = found.model.curve
    typer.echo(
        both("match.curve", on=curve.on_share, on_m=curve.on_sigma_m, off=curve.off_share, off_m=curve.off_mean_m)
    )
