"""``streetchief audit``: the log of who did what, and whether it is as it was written."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import text

from streetchief.casework.service import verify_cases
from streetchief.cli.ground import city_database, plain, the_city
from streetchief.errors import BadInput, Conflict, Key
from streetchief.storage import audit as log
from streetchief.storage.engine import transaction
from streetchief.words import both, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.audit"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
HEADINGS = ("row", "at", "actor", "action", "subject", "result", "detail")
ANCHOR = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)
WIDE = 200


@app.command("verify", help=both("cli.audit_verify"))
def verify(
    anchor: Annotated[str | None, typer.Option(help=both("cli.audit_anchor"))] = None,
    city: CityOption = None,
) -> None:
    """Check every row; the anchor alone goes to stdout, so that a nightly job can keep it elsewhere."""
    noted = read_anchor(anchor) if anchor is not None else None
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        end = log.head(session)
        broken = log.verify(session, noted)
        broken_case = verify_cases(session)
        cases = session.execute(text("select count(*) from cases")).scalar_one()
    if broken is not None:
        raise Conflict("audit_broken", row=broken.row, what=Key(f"audit_break.{broken.what}"))
    if broken_case is not None:
        raise Conflict("case_broken", case=broken_case[0], seq=broken_case[1])
    typer.echo(both("audit.sound", count=end.count), err=True)
    typer.echo(both("audit.cases_sound", count=cases), err=True)
    typer.echo(str(end))


@app.command("list", help=both("cli.audit_list"))
def list_rows(
    actor: Annotated[str | None, typer.Option(help=both("cli.audit_actor"))] = None,
    action: Annotated[str | None, typer.Option(help=both("cli.audit_action"))] = None,
    refused: Annotated[bool, typer.Option("--refused", help=both("cli.audit_refused"))] = False,
    days: Annotated[int | None, typer.Option(min=1, max=36_500, help=both("cli.audit_days"))] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help=both("cli.audit_most"))] = 100,
    city: CityOption = None,
) -> None:
    """A table, newest first."""
    town = the_city(city)
    since = datetime.now(UTC) - timedelta(days=days) if days is not None else None
    with city_database(town) as engine, transaction(engine) as session:
        found = log.entries(
            session, actor=actor, action=action, result=log.REFUSED if refused else None, since=since, most=most
        )
        table = Table(*(f"{say(f'audit.column_{h}', 'zh')}\n{say(f'audit.column_{h}', 'en')}" for h in HEADINGS))
        for row in found:
            detail = json.dumps(row.detail, ensure_ascii=False, sort_keys=True) if row.detail else ""
            result = both(f"audit.result_{row.result}")
            at = f"{row.at.astimezone(town.zone):%Y-%m-%d %H:%M:%S}"
            cells = (str(row.id), at, row.actor, row.action, row.subject, result, detail)
            table.add_row(*(escape(plain(cell)) for cell in cells))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def read_anchor(text: str) -> log.Anchor:
    """``count:hash`` as `verify` printed it.  Raises BadInput."""
    found = ANCHOR.fullmatch(text.strip())
    if found is None:
        raise BadInput("bad_anchor")
    return log.Anchor(int(found[1]), found[2])
