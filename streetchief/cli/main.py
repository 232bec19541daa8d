"""The program ``streetchief``: one module a noun, loaded only when it is called, so that help stays quick."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from streetchief import __version__
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound, StreetChiefError, Unauthorised
from streetchief.words import both, sentence

NOUNS = (
    "demo", "match", "why", "calibrate", "quality", "streets", "intake", "deadletters", "rematch", "deadline", "cases",
    "plaque", "patrol", "notices", "worker", "heatmap", "serve", "accounts", "audit", "db",
)  # fmt: skip
EXIT_CODES = {BadInput: 2, NotFound: 3, Conflict: 4, Forbidden: 5, Unauthorised: 5}
EXIT_UNAVAILABLE = 6


def usage() -> str:
    """The help of the program: every noun with its sentence."""
    width = max(map(len, NOUNS)) + 2
    lines = [f"  {noun:<{width}}{both(f'cli.{noun}')}" for noun in NOUNS]
    return "\n".join([both("cli.streetchief"), "", both("cli.usage"), "", *lines])


def main(arguments: Sequence[str]) -> int:
    """Run one noun with its arguments; returns the exit code.

    0 done · 2 input refused · 3 not found · 4 conflict · 5 forbidden · 6 something that we need is not there.
    A refusal of ours is one sentence in each language on stderr.
    """
    match list(arguments):
        case [] | ["-h" | "--help"]:
            print(usage())
            return 0
        case ["--version"]:
            print(__version__)
            return 0
        case [noun, *rest] if noun in NOUNS:
            try:
                import_module(f"streetchief.cli.{noun}").app(rest, prog_name=f"streetchief {noun}")
            except StreetChiefError as error:
                print(sentence(error, "zh"), sentence(error, "en"), sep="\n", file=sys.stderr)
                return next((EXIT_CODES[k] for k in type(error).__mro__ if k in EXIT_CODES), EXIT_UNAVAILABLE)
            return 0
        case unknown:
            print(both("cli.unknown", noun=unknown[0]), usage(), sep="\n\n", file=sys.stderr)
            return 2


def run() -> None:
    """Entry point of the program."""
    sys.exit(main(sys.argv[1:]))
