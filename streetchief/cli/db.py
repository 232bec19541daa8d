"""``streetchief db``: the program's own database: up, down, status, migrate, url."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streetchief.cli.ground import the_city
from streetchief.settings import Settings
from streetchief.storage.engine import make_engine, shown
from streetchief.storage.local import ClusterStatus, LocalCluster
from streetchief.storage.migrate import migrate
from streetchief.words import both

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.db"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]


@app.command(help=both("cli.db_up"))
def up() -> None:
    """Create and start the private cluster."""
    if not _external():
        cluster = _cluster()
        cluster.up()
        _tell(cluster.status())


@app.command(help=both("cli.db_down"))
def down() -> None:
    """Stop the private cluster."""
    if not _external():
        cluster = _cluster()
        cluster.down()
        typer.echo(both("db.now_stopped", data_dir=cluster.status().data_dir))


@app.command(help=both("cli.db_status"))
def status() -> None:
    """Say what the private cluster is doing."""
    if not _external():
        found = _cluster().status()
        _tell(found)
        if not found.running:
            raise SystemExit(1)


@app.command("migrate", help=both("cli.db_migrate"))
def migrate_database(city: CityOption = None) -> None:
    """Migrate the city's database."""
    typer.echo(both("db.migrated" if migrate(make_engine(_database_url(city, start=True))) else "db.current"))


@app.command(help=both("cli.db_url"))
def url(city: CityOption = None) -> None:
    """Print the URL of the city's database; nothing is started."""
    typer.echo(shown(_database_url(city, start=False)))


def _cluster() -> LocalCluster:
    settings = Settings.from_environment()
    return LocalCluster(settings.data_dir, postgres_bin=settings.postgres_bin)


def _database_url(city: Path | None, *, start: bool) -> str:
    external = Settings.from_environment().database_url
    if external is not None:
        return external
    name = f"streetchief_{the_city(city).code}"
    cluster = _cluster()
    if start:
        cluster.up()
        cluster.ensure_database(name)
    return cluster.url(name)


def _external() -> bool:
    """Whether another database is configured; says so."""
    given = Settings.from_environment().database_url
    if given is not None:
        typer.echo(both("db.external", url=shown(given)))
    return given is not None


def _tell(found: ClusterStatus) -> None:
    blanks = {"pid": found.pid, "account": found.account, "major": found.major, "path": found.data_dir}
    state = "running" if found.running else "absent" if found.major is None else "stopped"
    typer.echo(both(f"db.{state}", **blanks))
