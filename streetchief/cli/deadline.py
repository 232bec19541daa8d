"""``streetchief deadline``: which limit holds, when it is due, and the working: which days counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from streetchief.casework.clock import Clock, Pause
from streetchief.casework.deadlines import Step
from streetchief.casework.limits import UnclearLimit
from streetchief.casework.seeds import calendar_from_city, limits_from_city
from streetchief.casework.worked import Worked, kind_of, refuse_faulty
from streetchief.city import City
from streetchief.cli.ground import the_city
from streetchief.errors import BadInput
from streetchief.words import LANGUAGES, both, say

app = typer.Typer(add_completion=False)


@app.command(help=both("cli.deadline"))
def deadline(
    scheme: Annotated[str, typer.Option(help=both("cli.deadline_scheme"))],
    code: Annotated[str, typer.Option(help=both("cli.deadline_code"))],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help=both("cli.deadline_from"))],
    kind: Annotated[str | None, typer.Option(help=both("cli.deadline_kind"))] = None,
    condition: Annotated[str | None, typer.Option(help=both("cli.deadline_condition"))] = None,
    step: Annotated[Step, typer.Option(help=both("cli.deadline_step"))] = Step.HANDLE,
    extensions: Annotated[int, typer.Option(help=both("cli.deadline_extensions"))] = 0,
    pause: Annotated[list[str] | None, typer.Option(metavar="TIME/TIME", help=both("cli.deadline_pause"))] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help=both("cli.deadline_at"))] = None,
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=both("cli.deadline_json"))] = False,
) -> None:
    """Say the limit, the due instant, the bucket, the calendar and the days; needs no database."""
    town = the_city(city)
    calendar, faults = calendar_from_city(town)
    limits, limit_faults = limits_from_city(town)
    refuse_faulty((*faults, *limit_faults))
    asked = (scheme, kind_of(town, scheme, code, kind), code, condition, step)
    begin = instant(start, town)
    pauses = tuple(pause_of(text, town) for text in pause or ())
    now = instant(at, town) if at else datetime.now(UTC)
    level = limits.find(*asked)
    if level is None:
        no_limit(limits.why_none(*asked), as_json=as_json)
        return
    answer = Worked(Clock(begin, level, pauses, extensions), calendar, town, now)
    if as_json:
        typer.echo(json.dumps(answer.as_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo("\n\n".join(answer.page(language) for language in LANGUAGES))


def instant(text: str, city: City) -> datetime:
    """A time of the command line as aware UTC; without a zone it is the city's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise BadInput("deadline_time", time=text) from fault
    return (at if at.tzinfo else at.replace(tzinfo=city.zone)).astimezone(UTC)


def pause_of(text: str, city: City) -> Pause:
    """``FROM/TO``, or ``FROM/`` for a pause that is still open."""
    begin, _, end = text.partition("/")
    return instant(begin, city), instant(end, city) if end else None


def no_limit(unclear: UnclearLimit | None, *, as_json: bool) -> None:
    """Say that no limit is known, and why: none is ever made up."""
    if as_json:
        reason = unclear.reason if unclear else "unknown"
        typer.echo(json.dumps({"limit": None, "reason": reason, "text": unclear.text if unclear else None}))
        return
    for language in LANGUAGES:
        why = f"{say(f'unclear.{unclear.reason}', language)} ({unclear.text})" if unclear else ""
        typer.echo(say("deadline.none", language, why=why).rstrip())
