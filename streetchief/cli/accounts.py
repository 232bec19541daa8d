"""``streetchief accounts``: who may sign in, what they hold, passwords and tokens.

Whoever can run this owns the database; every act stands in the audit log as done by ``system:cli``.
"""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streetchief.accounts import policy, service
from streetchief.accounts.model import Account, Held
from streetchief.accounts.policy import CLI
from streetchief.cli.ground import city_database, plain, the_city
from streetchief.errors import BadInput
from streetchief.words import both, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.accounts"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
Login = Annotated[str, typer.Argument(help=both("cli.accounts_login"))]
WIDE = 200


@app.command("first-admin", help=both("cli.accounts_first"))
def first_admin(login: Login, city: CityOption = None) -> None:
    """The first administrator."""
    with city_database(the_city(city)) as engine:
        service.first_admin(engine, login, read_password(), by=CLI, now=datetime.now(UTC))
    typer.echo(both("accounts.created", login=login))


@app.command("create", help=both("cli.accounts_create"))
def create(
    login: Login,
    name: Annotated[str, typer.Option(help=both("cli.accounts_name"))],
    machine: Annotated[bool, typer.Option("--machine", help=both("cli.accounts_machine"))] = False,
    city: CityOption = None,
) -> None:
    """An account that holds nothing yet."""
    with city_database(the_city(city)) as engine:
        password = None if machine else read_password()
        service.create_user(engine, login, name, password, by=CLI, now=datetime.now(UTC))
    typer.echo(both("accounts.created", login=login))


@app.command("grant", help=both("cli.accounts_grant"))
def grant(
    login: Login,
    role: Annotated[str, typer.Argument(help=both("cli.accounts_role"))],
    tier: Annotated[int | None, typer.Option(help=both("cli.accounts_tier"))] = None,
    street: Annotated[str | None, typer.Option(help=both("cli.accounts_street"))] = None,
    area: Annotated[str | None, typer.Option(help=both("cli.accounts_area"))] = None,
    department: Annotated[str | None, typer.Option(help=both("cli.accounts_department"))] = None,
    city: CityOption = None,
) -> None:
    """A role within a scope."""
    given = policy.grant(role, tier=tier, street=street, area=area, department=department)
    town = the_city(city)
    if role == "feed" and login not in (feeds := [feed.id for feed in town.feeds]):
        raise BadInput("feed_login", login=login, known=", ".join(feeds))
    with city_database(town) as engine:
        number = service.grant_role(engine, login, given, by=CLI, now=datetime.now(UTC))
    typer.echo(both("accounts.granted", login=login, role=role, grant=number))


@app.command("revoke", help=both("cli.accounts_revoke"))
def revoke(
    login: Login,
    number: Annotated[int, typer.Argument(help=both("cli.accounts_grant_number"))],
    city: CityOption = None,
) -> None:
    """Take a grant back."""
    with city_database(the_city(city)) as engine:
        service.revoke(engine, login, number, by=CLI, now=datetime.now(UTC))
    typer.echo(both("accounts.revoked", login=login, grant=number))


@app.command("disable", help=both("cli.accounts_disable"))
def disable(login: Login, city: CityOption = None) -> None:
    """No sign-in any more."""
    with city_database(the_city(city)) as engine:
        service.disable(engine, login, by=CLI, now=datetime.now(UTC))
    typer.echo(both("accounts.disabled", login=login))


@app.command("password", help=both("cli.accounts_password"))
def password(login: Login, city: CityOption = None) -> None:
    """Another password."""
    with city_database(the_city(city)) as engine:
        service.set_password(engine, login, read_password(), by=CLI, now=datetime.now(UTC))
    typer.echo(both("accounts.password_set", login=login))


@app.command("token", help=both("cli.accounts_token"))
def token(
    login: Login,
    name: Annotated[str, typer.Option(help=both("cli.accounts_token_name"))] = "cli",
    days: Annotated[int, typer.Option(help=both("cli.accounts_token_days"))] = 90,
    revoke: Annotated[int | None, typer.Option(help=both("cli.accounts_token_revoke"))] = None,
    city: CityOption = None,
) -> None:
    """Issue a token: it alone goes to stdout, so that it can be piped to where it is kept."""
    now = datetime.now(UTC)
    town = the_city(city)
    with city_database(town) as engine:
        if revoke is not None:
            service.revoke_token(engine, login, revoke, by=CLI, now=now)
            typer.echo(both("accounts.token_revoked", login=login, token=revoke))
            return
        issued = service.issue_token(engine, login, name, days, by=CLI, now=now)
    until = (now + timedelta(days=days)).astimezone(town.zone)
    typer.echo(both("accounts.token_issued", login=login, token=name, until=f"{until:%Y-%m-%d %H:%M}"), err=True)
    typer.echo(issued)


@app.command("list", help=both("cli.accounts_list"))
def list_accounts(city: CityOption = None) -> None:
    """A table of all accounts."""
    with city_database(the_city(city)) as engine:
        found = service.accounts(engine, by=CLI)
    headings = ("login", "name", "state", "grants", "tokens")
    table = Table(*(f"{say(f'accounts.column_{h}', 'zh')}\n{say(f'accounts.column_{h}', 'en')}" for h in headings))
    for account in found:
        tokens = "\n".join(f"{t.id} {t.name} {t.expires_at:%Y-%m-%d}" for t in account.tokens)
        grants = "\n".join(shown(held) for held in account.held)
        table.add_row(*(escape(cell) for cell in (account.login, plain(account.name), state(account), grants, tokens)))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def state(account: Account) -> str:
    """Live, disabled or without a password."""
    key = "disabled" if account.disabled_at else "live" if account.password else "no_password"
    return both(f"accounts.state_{key}")


def shown(held: Held) -> str:
    """Number, role and scope in one line."""
    grant = held.grant
    scope = {"tier": grant.tier, "street": grant.street, "area": grant.area, "department": grant.department}
    return " ".join([str(held.id), grant.role, *(f"{k}={v}" for k, v in scope.items() if v is not None)])


def read_password() -> str:
    """Asked for twice at a terminal, else the first line of stdin.  Never an argument: those are seen by everybody."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass.getpass(f"{both('accounts.ask')}: ")
    if getpass.getpass(f"{both('accounts.ask_again')}: ") != given:
        raise BadInput("passwords_differ")
    return given
