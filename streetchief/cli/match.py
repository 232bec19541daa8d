"""``streetchief match``: a file of points onto a file of streets; no database, no city file."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streetchief.cli.pointoptions import (
    AddressColumn,
    Encoding,
    IdColumn,
    LatColumn,
    LonColumn,
    MetricSrid,
    MinConfidence,
    PointDatum,
    ReachM,
    StreetClass,
    StreetName,
)
from streetchief.errors import BadInput
from streetchief.geo.crs import to_xy
from streetchief.geo.datum import Datum
from streetchief.matching.answers import open_answers
from streetchief.matching.frames import placing_columns
from streetchief.matching.ground import Ground, read_ground, usable_places
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.points import PointBatch, PointColumns, PointFile
from streetchief.matching.result import Verdict
from streetchief.matching.scan import scan
from streetchief.words import both

app = typer.Typer(add_completion=False)
MOSTLY = 0.9
"""Share of rows rejected for one reason from which on the file, not the rows, is likely at fault."""
DECIMALS = 8


@app.command(help=both("cli.match"))
def match(
    points: Annotated[list[Path], typer.Argument(help=both("cli.match_points"))],
    streets: Annotated[Path, typer.Option(help=both("cli.match_streets"))],
    out: Annotated[Path, typer.Option("-o", "--out", help=both("cli.match_out"))],
    id: IdColumn = None,
    lon: LonColumn = None,
    lat: LatColumn = None,
    address: AddressColumn = None,
    street_name: StreetName = None,
    street_class: StreetClass = None,
    datum: PointDatum = Datum.WGS84,
    metric_srid: MetricSrid = None,
    reach_m: ReachM = None,
    min_confidence: MinConfidence = None,
    model: Annotated[Path | None, typer.Option(help=both("cli.match_model"))] = None,
    save_model: Annotated[Path | None, typer.Option(help=both("cli.match_save_model"))] = None,
    encoding: Encoding = None,
) -> None:
    """Scan the files once (unless a model is given), then place every row in order."""
    answers = open_answers(not_among(out, (*points, streets)))
    files = [PointFile.of(path, PointColumns(id, lon, lat, address), encoding) for path in points]
    ground = read_ground(streets, street_name, street_class, metric_srid)
    given = read_model(model) if model else None
    chosen = with_options(given or PlacingModel.shipped(), reach_m, min_confidence)
    _tell_what_was_taken(files, ground)
    verdicts: Counter[tuple[str, str]] = Counter()
    with _progress() as bar:
        seen = bar.add_task(both("match.scanning"), total=None, visible=given is None)
        if given is None:
            chosen = _scanned(chosen, ground, datum, _counted(_batches(files), bar, seen))
            bar.update(seen, total=bar.tasks[seen].completed)
        placing = bar.add_task(both("match.placing"), total=bar.tasks[seen].total)
        with answers:
            for batch in _counted(_batches(files), bar, placing):
                columns = _placed(batch, ground, datum, chosen)
                verdicts.update(zip(columns["verdict"], columns["reason"], strict=True))
                answers.write(columns)
    _keep(chosen, save_model)
    _tell(verdicts, chosen, ground, out)


def read_model(path: Path) -> PlacingModel:
    """A placing model from a file.  Raises BadInput where there is none."""
    if not path.is_file():
        raise BadInput("no_such_file", path=path)
    try:
        return PlacingModel.from_json(json.loads(path.read_text("utf-8")))
    except ValueError as fault:
        raise BadInput("bad_placing_model") from fault


def not_among(out: Path, inputs: Iterable[Path]) -> Path:
    """The path itself.  Raises BadInput if the answer would destroy what it was made from."""
    if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
        raise BadInput("out_is_input", file=out)
    return out


def _keep(model: PlacingModel, path: Path | None) -> None:
    if path is not None:
        path.write_text(json.dumps(model.to_json(), indent=2) + "\n", "utf-8")


def with_options(model: PlacingModel, reach_m: float | None, threshold: float | None) -> PlacingModel:
    """The model with the options that were given."""
    options = {"reach_m": reach_m, "threshold": threshold}
    return model.with_(**{name: value for name, value in options.items() if value is not None})


def _batches(files: Iterable[PointFile]) -> Iterator[PointBatch]:
    for file in files:
        yield from file.batches()


def _counted(batches: Iterable[PointBatch], bar: Progress, task: Any) -> Iterator[PointBatch]:
    for batch in batches:
        yield batch
        bar.advance(task, len(batch.ids))


def _scanned(model: PlacingModel, ground: Ground, datum: Datum, batches: Iterable[PointBatch]) -> PlacingModel:
    places: list[np.ndarray] = [np.empty((0, 2))]
    texts: list[str | None] = []
    once: dict[str | None, str | None] = {}
    for batch in batches:
        places.append(usable_places(batch, ground.bounds, datum)[0])
        texts.extend(once.setdefault(text, text) for text in batch.texts or [None] * len(batch.ids))
    return scan(ground.index, to_xy(np.concatenate(places), ground.index.metric_srid), model, evidence=texts)


def _placed(batch: PointBatch, ground: Ground, datum: Datum, model: PlacingModel) -> dict[str, list[Any]]:
    lonlat, faults = usable_places(batch, ground.bounds, datum)
    xy = to_xy(lonlat, ground.index.metric_srid)
    columns = placing_columns(
        ground.index, match_points(ground.index, xy, model, evidence=batch.texts), batch.ids, faults
    )
    for number, name in enumerate(("lon", "lat")):
        values = np.round(lonlat[:, number], DECIMALS)
        columns[name] = [None if np.isnan(value) else value for value in values.tolist()]
    return columns


def _progress() -> Progress:
    parts = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    return Progress(*parts, console=Console(file=sys.stderr))


def _tell_what_was_taken(files: list[PointFile], ground: Ground) -> None:
    for columns, encoding in dict.fromkeys((file.columns, file.encoding) for file in files):
        named = {"id": columns.id or "#", "lon": columns.lon or "geometry", "lat": columns.lat or "geometry"}
        how = encoding.removesuffix("-sig") or "-"
        typer.echo(both("match.columns", address=columns.address or "-", encoding=how, **named), err=True)
    typer.echo(both("match.street_names", column=ground.names_from, count=len(ground.index.street_codes)), err=True)
    for code, count in sorted(ground.faults.items()):
        typer.echo(both("match.left_out", count=count, code=code), err=True)


def _tell(verdicts: Counter[tuple[str, str]], model: PlacingModel, ground: Ground, out: Path) -> None:
    rows = verdicts.total()
    for verdict in Verdict:
        count = sum(n for (word, _), n in verdicts.items() if word == verdict.word)
        typer.echo(f"{verdict.word:10}{count:>10,}  {count / rows if rows else 0:7.1%}")
    for (word, reason), count in verdicts.items():
        if word == Verdict.REJECTED.word and count >= MOSTLY * rows:
            typer.echo(
                both("match.mostly_rejected", count=count, reason=f"{reason} {both(f'reason.{reason}')}"), err=True
            )
    typer.echo(both("match.default_points", count=len(model.default_points)))
    curve = model.curve
    typer.echo(
        both("match.curve", on=curve.on_share, on_m=curve.on_sigma_m, off=curve.off_share, off_m=curve.off_mean_m)
    )
    index = ground.index
    typer.echo(both("match.versions", model=model.version, streets=index.fingerprint, srid=index.metric_srid))
    typer.echo(out)
