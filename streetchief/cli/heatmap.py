"""``streetchief heatmap``: the heatmap of the stored complaints as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streetchief.cli.ground import city_database, the_city, write_whole
from streetchief.pipeline.heat import heatmap_page
from streetchief.words import both

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.heatmap"))
def heatmap(
    out: Annotated[Path, typer.Option("-o", "--out", help=both("cli.heatmap_out"))] = Path("out/heatmap.html"),
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
) -> None:
    """Write the page and say where it is."""
    town = the_city(city)
    with city_database(town) as engine:
        write_whole(out, heatmap_page(engine, town))
    typer.echo(out)
