"""``streetchief deadletters``: records that could not be taken, listed, mended and replayed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streetchief.cli.ground import city_database, plain, the_city
from streetchief.errors import BadInput
from streetchief.intake import store
from streetchief.intake.tables import DeadLetterRow
from streetchief.pipeline import deadletters as letters
from streetchief.scrub import scrub
from streetchief.storage.engine import transaction
from streetchief.words import both, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.deadletters"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
MOST_SHOWN = 40
WIDE = 240
PRIVATE = ("complainant_name", "complainant_phone")


@app.command("list", help=both("cli.deadletters_list"))
def list_letters(
    city: CityOption = None,
    feed: Annotated[str | None, typer.Option(help=both("cli.intake_feed"))] = None,
    every: Annotated[bool, typer.Option("--all", help=both("cli.deadletters_all"))] = False,
) -> None:
    """A table: id, line, feed's id, reason, status, the beginning of the record without personal data."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        found = store.dead_letters(session, feed, None if every else "open")
        headings = ("id", "feed", "line", "external_id", "reason", "status", "fields")
        table = Table(*(f"{say(f'letters.{name}', 'zh')}\n{say(f'letters.{name}', 'en')}" for name in headings))
        for letter in found:
            reason = f"{letter.reason}\n{both(f'reason.{letter.reason}')}"
            cells = (
                letter.id,
                letter.feed,
                letter.line,
                letter.external_id or "-",
                reason,
                letter.status,
                shown(letter),
            )
            table.add_row(*(escape(plain(str(cell))) for cell in cells))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)
    typer.echo(both("letters.count", count=len(found)))


def shown(letter: DeadLetterRow) -> str:
    """The understood fields of a letter without personal data; nothing of a record that could not be taken apart."""
    fields = (letter.fields | (letter.mended or {})).items()
    return " ".join(f"{name}={scrub(str(value))[:MOST_SHOWN]}" for name, value in fields if name not in PRIVATE)


@app.command("show", help=both("cli.deadletters_show"))
def show(letter: Annotated[int, typer.Argument(help="id")], city: CityOption = None) -> None:
    """The whole record as received: personal data included, for the person who mends it."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        typer.echo(plain(store.dead_letter(session, letter).raw))


@app.command("mend", help=both("cli.deadletters_mend"))
def mend(
    letter: Annotated[int, typer.Argument(help="id")],
    changes: Annotated[list[str], typer.Option("--set", help=both("cli.deadletters_set"))],
    city: CityOption = None,
) -> None:
    """Note corrected fields; nothing is taken in before ``replay``."""
    pairs = [change.partition("=") for change in changes]
    if not all(sign for _, sign, _ in pairs):
        raise BadInput(detail="--set field=value")
    with city_database(the_city(city)) as engine:
        letters.mend(engine, letter, {name: value for name, _, value in pairs})
    typer.echo(both("letters.mended", id=letter))


@app.command("replay", help=both("cli.deadletters_replay"))
def replay(
    only: Annotated[list[int] | None, typer.Argument(help="id")] = None,
    city: CityOption = None,
) -> None:
    """Take mended records in again and say what became of each."""
    town = the_city(city)
    with city_database(town) as engine:
        outcome = letters.replay(engine, town, only, datetime.now(UTC))
    for letter, what in outcome.items():
        key = f"letters.{what}" if what in ("replayed", "closed") else f"reason.{what}"
        typer.echo(f"{letter}\t{what}\t{both(key)}")
    taken = sum(what == "replayed" for what in outcome.values())
    typer.echo(both("letters.outcome", taken=taken, left=len(outcome) - taken))
