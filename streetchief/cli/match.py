"""``streetchief match``: a file of points onto a file of streets; no database, no city file."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streetchief.city import PropertyNames
from streetchief.errors import BadInput
from streetchief.geo.bounds import Bounds, place_faults
from streetchief.geo.crs import estimate_metric_srid, to_xy
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.matching.answers import open_answers
from streetchief.matching.frames import placing_columns
from streetchief.matching.index import StreetIndex
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.points import PointBatch, PointColumns, PointFile
from streetchief.matching.result import Verdict
from streetchief.matching.scan import scan
from streetchief.registry.files import read_segments
from streetchief.registry.vectors import read_layer
from streetchief.words import both

app = typer.Typer(add_completion=False)
BOUNDS_MARGIN_DEG = 0.2
"""Points farther than this (about 20 km) from all streets are outside the city."""
NAME_NAMES = ("name", "street_name", "streetname", "street", "fullname", "full_name", "full_street_name", "st_name",
              "road_name", "roadname", "rd_name", "名称", "路名", "道路名称", "街道名称", "label")  # fmt: skip
DECIMALS = 8


@app.command(help=both("cli.match"))
def match(
    points: Annotated[list[Path], typer.Argument(help=both("cli.match_points"))],
    streets: Annotated[Path, typer.Option(help=both("cli.match_streets"))],
    out: Annotated[Path, typer.Option("-o", "--out", help=both("cli.match_out"))],
    id: Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_id"))] = None,
    lon: Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_lon"))] = None,
    lat: Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_lat"))] = None,
    address: Annotated[str | None, typer.Option(metavar="COL", help=both("cli.match_address"))] = None,
    street_name: Annotated[str | None, typer.Option(metavar="PROP", help=both("cli.match_street_name"))] = None,
    street_class: Annotated[str | None, typer.Option(metavar="PROP", help=both("cli.match_street_class"))] = None,
    datum: Annotated[Datum, typer.Option(help=both("cli.match_datum"))] = Datum.WGS84,
    metric_srid: Annotated[int | None, typer.Option(help=both("cli.match_metric_srid"))] = None,
    reach_m: Annotated[float | None, typer.Option(min=1, max=1000, help=both("cli.match_reach_m"))] = None,
    min_confidence: Annotated[float | None, typer.Option(min=0, max=1, help=both("cli.match_min_confidence"))] = None,
    model: Annotated[Path | None, typer.Option(help=both("cli.match_model"))] = None,
    save_model: Annotated[Path | None, typer.Option(help=both("cli.match_save_model"))] = None,
    encoding: Annotated[str | None, typer.Option(help=both("cli.match_encoding"))] = None,
) -> None:
    """Scan the files once (unless a model is given), then place every row in order."""
    refuse_overwriting(out, (*points, streets))
    answers = open_answers(out)
    files = [PointFile.of(path, PointColumns(id, lon, lat, address), encoding) for path in points]
    ground = _ground(streets, street_name, street_class, metric_srid)
    given = read_model(model) if model else None
    chosen = _with_options(given or PlacingModel.shipped(), reach_m, min_confidence)
    _tell_what_was_taken(files, ground)
    verdicts: Counter[str] = Counter()
    with _progress() as bar:
        seen = bar.add_task(both("match.scanning"), total=None, visible=given is None)
        if given is None:
            chosen = _scanned(chosen, ground, datum, _counted(_batches(files), bar, seen))
            bar.update(seen, total=bar.tasks[seen].completed)
        placing = bar.add_task(both("match.placing"), total=bar.tasks[seen].total)
        with answers:
            for batch in _counted(_batches(files), bar, placing):
                columns = _placed(batch, ground, datum, chosen)
                verdicts.update(columns["verdict"])
                answers.write(columns)
    _keep(chosen, save_model)
    _tell(verdicts, chosen, ground, out)


@dataclass(frozen=True)
class Ground:
    """The streets of one run; `faults` counts what was left out of the file, by fault code."""

    index: StreetIndex
    bounds: Bounds
    faults: Counter[str]


def _ground(path: Path, name: str | None, street_class: str | None, metric_srid: int | None) -> Ground:
    columns = read_layer(path).columns
    properties = PropertyNames(
        code="code" if _are_codes(columns.get("code")) else None,
        name=name or _guess_name(path, tuple(columns)),
        street_class=street_class,
    )
    streets, segments, faults = read_segments(path, properties=properties)
    if not segments:
        raise BadInput("no_usable_streets", file=path.name)
    lonlat = shapely.get_coordinates([segment.geometry for segment in segments])
    srid = metric_srid or estimate_metric_srid(lonlat)
    west, south = (lonlat.min(axis=0) - BOUNDS_MARGIN_DEG).tolist()
    east, north = (lonlat.max(axis=0) + BOUNDS_MARGIN_DEG).tolist()
    index = StreetIndex.from_segments(streets, segments, srid)
    return Ground(index, (west, south, east, north), Counter(fault.code for fault in faults))


def _are_codes(values: NDArray[np.object_] | None) -> bool:
    """Whether the values tell the segments apart; in some files ``code`` is the code of a class of roads."""
    return values is not None and all(values) and len(set(values)) == len(values)


def _guess_name(path: Path, known: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in reversed(known)}
    for name in NAME_NAMES:
        if name in folded:
            return folded[name]
    raise BadInput("which_street_name", file=path.name, known=", ".join(known) or "-")


def read_model(path: Path) -> PlacingModel:
    """A placing model from a file.  Raises BadInput where there is none."""
    if not path.is_file():
        raise BadInput("no_such_file", path=path)
    try:
        return PlacingModel.from_json(json.loads(path.read_text("utf-8")))
    except ValueError as fault:
        raise BadInput("bad_placing_model") from fault


def refuse_overwriting(out: Path, inputs: Iterable[Path]) -> None:
    """Raise BadInput if the answer would destroy what it was made from."""
    if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
        raise BadInput("out_is_input", file=out)


def _keep(model: PlacingModel, path: Path | None) -> None:
    if path is not None:
        path.write_text(json.dumps(model.to_json(), indent=2) + "\n", "utf-8")


def _with_options(model: PlacingModel, reach_m: float | None, threshold: float | None) -> PlacingModel:
    options = {"reach_m": reach_m, "threshold": threshold}
    return model.with_(**{name: value for name, value in options.items() if value is not None})


def _batches(files: Iterable[PointFile]) -> Iterator[PointBatch]:
    for file in files:
        yield from file.batches()


def _counted(batches: Iterable[PointBatch], bar: Progress, task: Any) -> Iterator[PointBatch]:
    for batch in batches:
        yield batch
        bar.advance(task, len(batch.ids))


def _usable(batch: PointBatch, bounds: Bounds, datum: Datum) -> tuple[np.ndarray, np.ndarray]:
    """WGS-84 places, NaN where a row has none, and why it has none."""
    faults = place_faults(_cells(batch.lon), _cells(batch.lat), bounds)
    broken = np.array(batch.faults, dtype=object)
    faults = np.where(broken != "", broken, faults)
    lonlat = np.full((len(faults), 2), np.nan)
    for row in np.flatnonzero(faults == ""):
        lonlat[row] = float(batch.lon[row]), float(batch.lat[row])
    return to_wgs84(lonlat, datum), faults


def _cells(values: list[Any]) -> np.ndarray:
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _scanned(model: PlacingModel, ground: Ground, datum: Datum, batches: Iterable[PointBatch]) -> PlacingModel:
    places: list[np.ndarray] = [np.empty((0, 2))]
    texts: list[str | None] = []
    once: dict[str | None, str | None] = {}
    for batch in batches:
        places.append(_usable(batch, ground.bounds, datum)[0])
        texts.extend(once.setdefault(text, text) for text in batch.texts or [None] * len(batch.ids))
    return scan(ground.index, to_xy(np.concatenate(places), ground.index.metric_srid), model, evidence=texts)


def _placed(batch: PointBatch, ground: Ground, datum: Datum, model: PlacingModel) -> dict[str, list[Any]]:
    lonlat, faults = _usable(batch, ground.bounds, datum)
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
    for code, count in sorted(ground.faults.items()):
        typer.echo(both("match.left_out", count=count, code=code), err=True)


def _tell(verdicts: Counter[str], model: PlacingModel, ground: Ground, out: Path) -> None:
    rows = verdicts.total()
    for verdict in Verdict:
        count = verdicts[verdict.word]
        typer.echo(f"{verdict.word:10}{count:>10,}  {count / rows if rows else 0:7.1%}")
    typer.echo(both("match.default_points", count=len(model.default_points)))
    curve = model.curve
    typer.echo(
        both("match.curve", on=curve.on_share, on_m=curve.on_sigma_m, off=curve.off_share, off_m=curve.off_mean_m)
    )
    index = ground.index
    typer.echo(both("match.versions", model=model.version, streets=index.fingerprint, srid=index.metric_srid))
    typer.echo(out)
