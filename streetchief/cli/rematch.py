"""``streetchief rematch``: stored complaints placed anew under the registry of today; first shown, then done."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from streetchief.accounts.policy import grant
from streetchief.actors import Actor
from streetchief.cli.ground import city_database, plain, the_city
from streetchief.pipeline.outlook import Outlook
from streetchief.pipeline.rematch import SAMPLE, commit, look_ahead
from streetchief.words import LANGUAGES, both, say

app = typer.Typer(add_completion=False)
OWNER = Actor("system:cli", (grant("admin"),))
MOST_LINES = 20


@app.command(help=both("cli.rematch"))
def rematch(
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
    feed: Annotated[str | None, typer.Option(help=both("cli.rematch_feed"))] = None,
    registry: Annotated[int | None, typer.Option(min=1, help=both("cli.rematch_registry"))] = None,
    is_commit: Annotated[bool, typer.Option("--commit", help=both("cli.rematch_commit"))] = False,
    seen: Annotated[str | None, typer.Option("--seen", help=both("cli.rematch_seen"))] = None,
    sample: Annotated[int, typer.Option(min=0, max=1000, help=both("cli.rematch_sample"))] = SAMPLE,
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.rematch_json"))] = False,
) -> None:
    """Say what would change; with --commit do it.  --seen is the fingerprint of the outlook that was agreed to."""
    town = the_city(city)
    with city_database(town) as engine:
        if seen is None or not is_commit:
            outlook = look_ahead(engine, town, by=OWNER, feed=feed, registry=registry, sample=sample)
            seen = str(outlook.fingerprint)
        done = None
        if is_commit:
            done = commit(engine, town, seen, by=OWNER, now=datetime.now(UTC), feed=feed, registry=registry,
                          sample=sample)  # fmt: skip
            outlook = done.outlook
    number = None if done is None else done.rematch
    if as_json:
        typer.echo(json.dumps(outlook.as_dict() | {"committed": number}, ensure_ascii=False, indent=2))
        return
    _tell(outlook)
    if number is not None:
        typer.echo(both("rematch.done", number=number))
    elif done is None and not outlook.is_nothing:
        typer.echo(both("rematch.how_to_commit", seen=seen))


def _tell(outlook: Outlook) -> None:
    for language in LANGUAGES:
        typer.echo(_joint(language).join(outlook.sentences(language)))
    for what, balance in (("streets", outlook.cases["streets"]), ("areas", outlook.complaints["areas"])):
        _tell_balance(what, balance)
    for one in outlook.sample:
        name = plain(f"{one['feed']} {one['external_id']}")
        typer.echo(f"  {name}  {one['case'] or '-'}: {_placed(one['before'])} → {_placed(one['after'])}")


def _tell_balance(what: str, balance: dict[str, dict[str, int]]) -> None:
    if balance:
        typer.echo(both(f"rematch.{what}"))
    ordered = sorted(balance.items(), key=lambda item: (-item[1]["loses"] - item[1]["gains"], item[0]))
    for code, count in ordered[:MOST_LINES]:
        typer.echo(f"  {plain(code)}  −{count['loses']} +{count['gains']}")
    if len(ordered) > MOST_LINES:
        typer.echo(f"  {both('rematch.more', count=len(ordered) - MOST_LINES)}")


def _placed(placing: dict[str, Any]) -> str:
    words = (say(f"verdict.{placing['verdict']}"), placing["street"], placing["segment"], placing["department"])
    return plain(" ".join(word or "-" for word in words))


def _joint(language: str) -> str:
    return "" if language == "zh" else " "
