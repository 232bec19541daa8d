"""The program ``streetchief``: one module a noun, loaded only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click
import typer

from streetchief.errors import BadInput, Conflict, Forbidden, NotFound, StreetChiefError
from streetchief.words import both, sentence

NOUNS = {
    "demo": "streetchief.cli.demo",
    "match": "streetchief.cli.match",
    "why": "streetchief.cli.why",
    "streets": "streetchief.cli.streets",
    "intake": "streetchief.cli.intake",
    "deadletters": "streetchief.cli.deadletters",
    "heatmap": "streetchief.cli.heatmap",
    "serve": "streetchief.cli.serve",
    "db": "streetchief.cli.db",
}
EXIT_CODES = {BadInput: 2, NotFound: 3, Conflict: 4, Forbidden: 5}
EXIT_UNAVAILABLE = 6


class Nouns(click.Group):
    """Lists the nouns from the catalogue and imports one only when it runs: ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in NOUNS:
            return None
        command = typer.main.get_command(import_module(NOUNS[name]).app)
        command.name = name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands / 命令"):
            formatter.write_dl([(name, both(f"cli.{name}")) for name in NOUNS])


@click.command(cls=Nouns, help=both("cli.streetchief"), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="streetchief")
def main() -> None:
    """The root of all commands."""


def run() -> None:
    """Entry point.  A refusal of ours is one sentence in each language and an exit code of its own."""
    try:
        main()
    except StreetChiefError as error:
        print(sentence(error, "zh"), sentence(error, "en"), sep="\n", file=sys.stderr)
        sys.exit(EXIT_CODES.get(type(error), EXIT_UNAVAILABLE))
