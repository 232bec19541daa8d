"""``streetchief notices``: the outbox and its dead letters, the inbox, and how people want to be told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streetchief.casework import outbox_store as store
from streetchief.casework.notices import BOTH, Facts, sentence_of
from streetchief.casework.outbox_tables import OutboxRow
from streetchief.cli.ground import city_database, plain, the_city
from streetchief.errors import BadInput
from streetchief.pipeline.channels.channel import Refused
from streetchief.pipeline.channels.mail import ADDRESS
from streetchief.pipeline.channels.post import Gate
from streetchief.pipeline.deliver import CHANNELS, EMAIL, WEBHOOK
from streetchief.settings import Settings
from streetchief.storage.engine import transaction
from streetchief.words import LANGUAGES, both, group, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.notices"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
RecipientOption = Annotated[str | None, typer.Option(help=both("cli.notices_recipient"))]
WIDE = 240


@app.command("list", help=both("cli.notices_list"))
def list_notices(
    city: CityOption = None,
    status: Annotated[str | None, typer.Option(help=both("cli.notices_status"))] = None,
    recipient: RecipientOption = None,
) -> None:
    """A table of deliveries, newest first, and how many of each status there are."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        show_deliveries(store.listed(session, status=status, recipient=recipient))
        counts = store.counted(session)
    by_status = ", ".join(f"{name} {count}" for name, count in counts.items()) or "-"
    typer.echo(both("notices.count", count=sum(counts.values()), by_status=by_status))


@app.command("dead", help=both("cli.notices_dead"))
def dead(city: CityOption = None, recipient: RecipientOption = None) -> None:
    """The dead letters, with the reason of each."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        show_deliveries(store.listed(session, status="dead", recipient=recipient))


@app.command("replay", help=both("cli.notices_replay"))
def replay(
    only: Annotated[list[int] | None, typer.Argument(help="id")] = None,
    city: CityOption = None,
) -> None:
    """Put dead letters back under their old keys; the worker sends them."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        done = store.replay(session, only or None, datetime.now(UTC))
    typer.echo(both("notices.replayed", count=len(done)))


@app.command("addresses", help=both("cli.notices_addresses"))
def addresses(city: CityOption = None, recipient: RecipientOption = None) -> None:
    """Recipient, channel, host or mail address, language; never a robot's key, never a secret."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        rows = [
            (row.recipient, row.channel, shown(row.channel, row.address), row.language, "+" if row.secret else "-")
            for row in store.addresses(session, recipient)
        ]
    show(("recipient", "channel", "address", "language", "signed"), rows)


@app.command("tell", help=both("cli.notices_tell"))
def tell(
    recipient: Annotated[str, typer.Argument(help="user:… department:… feed:…")],
    channel: Annotated[str, typer.Argument(help=" ".join(CHANNELS[1:]))],
    address: Annotated[str, typer.Argument(help=both("cli.notices_address"))],
    secret_file: Annotated[Path | None, typer.Option(help=both("cli.notices_secret"))] = None,
    language: Annotated[str, typer.Option(help=both("cli.notices_language"))] = "zh",
    city: CityOption = None,
) -> None:
    """Refuse what could never be sent to: an address that is malformed or whose host is not allowed."""
    if channel not in CHANNELS[1:] or language not in (*LANGUAGES, BOTH):
        raise BadInput(detail=f"{channel} {language}")
    check_address(channel, address)
    secret = read_secret(secret_file)
    if channel == WEBHOOK and not secret:
        raise BadInput("secret_needed")
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        store.set_address(session, recipient, channel, address, secret, language)
    typer.echo(both("notices.told", recipient=recipient, channel=channel))


@app.command("forget", help=both("cli.notices_forget"))
def forget(recipient: str, channel: str, city: CityOption = None) -> None:
    """What still waits for this channel becomes a dead letter."""
    with city_database(the_city(city)) as engine, transaction(engine) as session:
        store.drop_address(session, recipient, channel)
    typer.echo(both("notices.forgotten", recipient=recipient, channel=channel))


@app.command("read", help=both("cli.notices_read"))
def read(recipient: str, city: CityOption = None) -> None:
    """The inbox, newest first, a line a notice in both languages."""
    town = the_city(city)
    with city_database(town) as engine, transaction(engine) as session:
        for row in store.inbox(session, [recipient]):
            facts = Facts.from_dict(row.facts)
            for language in LANGUAGES:
                typer.echo(plain(sentence_of(row.topic, facts, language, town.zone)))


def check_address(channel: str, address: str) -> None:
    """Raise BadInput for an address to which the channel would never send."""
    if channel == EMAIL:
        if ADDRESS.fullmatch(address) is None:
            raise BadInput("address_refused", reason=both("notice.fault.bad_address"))
        return
    try:
        Gate.parse(Settings.from_environment().notice_hosts).check(address)
    except Refused as refused:
        raise BadInput("address_refused", reason=both(f"notice.fault.{refused.fault}")) from refused


def read_secret(path: Path | None) -> str | None:
    """The secret in a file, without the line's end; a command line would show it to everybody on the machine."""
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(detail=path.name) from fault


def shown(channel: str, address: str) -> str:
    """An address without what is secret in it."""
    return address if channel == EMAIL else f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/…"


def show_deliveries(rows: Sequence[OutboxRow]) -> None:
    """The table of deliveries."""
    known = group("notice.fault")
    headings = ("id", "status", "recipient", "channel", "topic", "case", "attempts", "next_at", "fault")
    show(
        headings,
        [
            (
                str(row.id),
                row.status,
                row.recipient,
                row.channel,
                row.topic,
                " ".join(item["case"] for item in row.items),
                str(row.attempts),
                f"{row.next_at:%Y-%m-%d %H:%M:%SZ}" if row.status in ("waiting", "held") else "-",
                f"{both(f'notice.fault.{row.fault}')} {row.detail or ''}" if row.fault in known else "-",
            )
            for row in rows
        ],
    )


def show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One table on stdout, headings in both languages."""
    table = Table(*(f"{say(f'notices.{name}', 'zh')}\n{say(f'notices.{name}', 'en')}" for name in headings))
    for row in rows:
        table.add_row(*(escape(plain(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)
