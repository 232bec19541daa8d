"""``streetchief demo``: the whole way on the shipped sample, from the feed to the heatmap."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from streetchief.accounts.policy import WORKER
from streetchief.city import shipped_city_file, shipped_data_dir
from streetchief.cityfile import read_city
from streetchief.cli.ground import city_database, write_whole
from streetchief.cli.intake import sums, take_in
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.export import write_complaints
from streetchief.pipeline.heat import heatmap_page
from streetchief.words import both

app = typer.Typer(add_completion=False)
SAMPLE = "sample_feed.csv"


@app.command(help=both("cli.demo"))
def demo(out: Annotated[Path, typer.Option(help=both("cli.demo_out"))] = Path("out")) -> None:
    """Register, intake, cases, map, export; safe to run again: the second run only redelivers and opens nothing."""
    city = read_city(shipped_city_file())
    typer.echo(both("demo.database"))
    with city_database(city) as engine:
        typer.echo(both("demo.intake"))
        summary = take_in(engine, city, city.feeds[0], shipped_data_dir() / SAMPLE)
        write_whole(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        cases = CaseFlow.of(engine, city).open_run(None, by=WORKER, now=datetime.now(UTC))
        typer.echo(both("demo.cases", count=cases))
        typer.echo(both("demo.results"))
        write_complaints(engine, city, out / "complaints.geojson")
        write_whole(out / "heatmap.html", heatmap_page(engine, city))
    typer.echo(sums(summary))
    typer.echo(both("demo.where"))
    for name in ("heatmap.html", "complaints.geojson", "summary.json"):
        typer.echo(f"  {out / name}")
    typer.echo(both("demo.synthetic"))
    typer.echo(both("demo.still_running"))
