"""``streetchief plaque``: the signed code for the plaque of a segment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streetchief.cli.ground import city_database, the_city
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.words import both

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.plaque"))
def plaque(
    segment: Annotated[str, typer.Argument(help=both("cli.cases_segment"))],
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
) -> None:
    """One line: what the QR code of the plaque holds."""
    town = the_city(city)
    with city_database(town) as engine:
        typer.echo(CaseFlow.of(engine, town).plaque(segment))
