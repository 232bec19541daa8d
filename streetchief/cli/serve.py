"""``streetchief serve``: the web pages, on this machine only."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from streetchief.cli.ground import city_database, the_city
from streetchief.errors import BadInput, Unavailable
from streetchief.registry.service import seed
from streetchief.words import both

app = typer.Typer(add_completion=False)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHUTDOWN_S = 10


@app.command(help=both("cli.serve"))
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help=both("cli.serve_port"))] = 8000,
    host: Annotated[str, typer.Option(help=both("cli.serve_host"))] = "127.0.0.1",
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; requests under way are finished first.

    There is no login yet, so any address but loopback is refused.
    """
    if host not in LOOPBACK:
        raise BadInput("loopback_only", host=host)
    refuse_taken(host, port)
    town = the_city(city)
    with city_database(town) as engine:
        seed(engine, town)
    if city is not None:
        os.environ["STREETCHIEF_CITY"] = str(city)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(both("web.serving", url=f"http://{shown}:{port}/"))
    uvicorn.run(
        "streetchief.web.app:from_environment",
        factory=True,
        host=host,
        port=port,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


def refuse_taken(host: str, port: int) -> None:
    """Raise Unavailable if somebody else listens on the port already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as fault:
            raise Unavailable("port_taken", port=port) from fault
