"""``streetchief intake``: a file of a feed into the database."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from streetchief.city import City, FeedSpec
from streetchief.cli.ground import city_database, plain, the_city, write_whole
from streetchief.errors import BadInput
from streetchief.intake.feeds.records import BATCH_ROWS
from streetchief.pipeline.receive import receive_file
from streetchief.registry.service import seed
from streetchief.words import both

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.intake"))
def intake(
    file: Annotated[Path, typer.Argument(help=both("cli.intake_file"))],
    feed: Annotated[str | None, typer.Option(help=both("cli.intake_feed"))] = None,
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
    summary: Annotated[Path | None, typer.Option(help=both("cli.intake_summary"))] = None,
    rescan: Annotated[bool, typer.Option("--rescan", help=both("cli.intake_rescan"))] = False,
    batch_rows: Annotated[int, typer.Option(min=1, max=BATCH_ROWS, help=both("cli.intake_rows"))] = BATCH_ROWS,
) -> None:
    """Take a file in and print the summary."""
    town = the_city(city)
    if summary is not None:
        refuse_unwritable(summary)
    with city_database(town) as engine:
        result = take_in(engine, town, the_feed(town, feed), file, rows=batch_rows, rescan=rescan)
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if summary is not None:
        write_whole(summary, text)
    typer.echo(text, nl=False)
    typer.echo(sums(result), err=True)
    if result["rejected"]:
        typer.echo(both("intake.look_at_letters"), err=True)


def refuse_unwritable(path: Path) -> None:
    """Raise BadInput now if a file cannot be written later."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a"):
            pass
    except OSError as fault:
        raise BadInput("cannot_write", file=path) from fault


def sums(summary: dict[str, Any]) -> str:
    """What became of the records, as one sentence in each language."""
    counts = {name: summary[name] for name in ("received", "redelivered", "rejected", "triage", "repeats")}
    return both("intake.sums", **counts, **summary["by_verdict"])


def the_feed(city: City, feed_id: str | None) -> FeedSpec:
    """The named feed, or the only one that the city has."""
    if feed_id is None:
        if len(city.feeds) != 1:
            raise BadInput("which_feed", known=", ".join(f.id for f in city.feeds) or "-")
        return city.feeds[0]
    return city.feed(feed_id)


def take_in(
    engine: Engine, city: City, feed: FeedSpec, file: Path, *, rows: int = BATCH_ROWS, rescan: bool = False
) -> dict[str, Any]:
    """Seed the register if it is empty, then take the file in with a progress bar on stderr."""
    seed(engine, city)
    columns = (SpinnerColumn(), TextColumn("{task.description}  {task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task(plain(file.name), total=None)
        return receive_file(
            engine,
            city,
            feed,
            file,
            clock=lambda: datetime.now(UTC),
            progress=lambda taken: bar.advance(task, taken),
            rows=rows,
            rescan=rescan,
        )
