"""``streetchief accounts`` and ``streetchief audit`` as a person runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer import Typer
from typer.testing import CliRunner

from streetchief.cli import accounts, audit
from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.storage.engine import make_engine
from streetchief.words import sentence

CITY = Path(__file__).parents[2] / "data" / "qingjiang.toml"
Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on a database of this test's own."""
    monkeypatch.setenv("STREETCHIEF_DATABASE_URL", database_url)
    monkeypatch.setenv("STREETCHIEF_CITY", str(CITY))

    def run(app: Typer, *arguments: str, typed: str = "correct horse battery\n") -> Result:
        return CliRunner().invoke(app, list(arguments), input=typed)

    return run


def test_the_whole_way(run: Run) -> None:
    assert run(accounts.app, "first-admin", "office.admin").exit_code == 0
    assert run(accounts.app, "create", "li.na", "--name", "李娜").exit_code == 0
    assert run(accounts.app, "create", "szcg", "--name", "市平台", "--machine").exit_code == 0
    granted = run(accounts.app, "grant", "li.na", "analyst")
    assert granted.exit_code == 0, granted.output
    token = run(accounts.app, "token", "szcg", "--name", "push", "--days", "3")
    assert token.stdout.startswith("sct_") and token.stdout.count("\n") == 1
    listed = run(accounts.app, "list").stdout
    for shown in ("office.admin", "li.na", "李娜", "analyst", "1 push", "无密码"):
        assert shown in listed
    assert "argon2" not in listed and token.stdout.strip() not in listed
    for arguments in (
        ("revoke", "li.na", "2"), ("token", "szcg", "--revoke", "1"), ("password", "li.na"), ("disable", "li.na"),
    ):  # fmt: skip
        done = run(accounts.app, *arguments)
        assert done.exit_code == 0, done.output
    log = run(audit.app, "list").stdout
    for act in ("account.first_admin", "account.create", "account.grant", "account.token", "account.disable"):
        assert act in log
    assert log.count("system:cli") == 9 and "李娜" not in log
    assert run(audit.app, "list", "--refused").stdout.count("system:cli") == 0
    assert (
        run(audit.app, "list", "--action", "account.token", "--days", "1", "--most", "1").stdout.count("system:") == 1
    )


def test_the_first_administrator_is_refused_the_second_time(run: Run) -> None:
    assert run(accounts.app, "first-admin", "office.admin").exit_code == 0
    refused = run(accounts.app, "first-admin", "zhao").exception
    assert isinstance(refused, Conflict) and refused.code == "admin_exists"


@pytest.mark.parametrize("typed", ["short\n", "", "\n", "office.admin.wang\n"])
def test_passwords_from_stdin_that_are_none(run: Run, typed: str) -> None:
    refused = run(accounts.app, "first-admin", "office.admin.wang", typed=typed).exception
    assert isinstance(refused, BadInput) and refused.code.startswith("password_")


def test_a_password_is_no_argument(run: Run) -> None:
    assert run(accounts.app, "first-admin", "office.admin", "correct horse battery").exit_code == 2
    assert run(accounts.app, "first-admin", "office.admin", "--password", "correct horse battery").exit_code == 2


def test_what_is_refused_has_its_sentence(run: Run) -> None:
    run(accounts.app, "create", "li.na", "--name", "n")
    cases = [
        (("grant", "li.na", "king"), BadInput),
        (("grant", "li.na", "chief", "--street", "x"), BadInput),
        (("grant", "li.na", "officer"), BadInput),
        (("grant", "li.na", "officer", "--department", "x"), BadInput),
        (("grant", "li.na", "feed"), BadInput),  # no feed of that name
        (("grant", "nobody", "analyst"), NotFound),
        (("revoke", "li.na", "7"), NotFound),
        (("token", "li.na", "--days", "0"), BadInput),
        (("create", "Li.Na", "--name", "n"), BadInput),
        (("create", "li.na", "--name", "n"), Conflict),
    ]
    for arguments, kind in cases:
        refused = run(accounts.app, *arguments).exception
        assert isinstance(refused, kind), (arguments, refused)
        assert sentence(refused, "zh") and sentence(refused, "en")


def test_verify_prints_an_anchor_and_names_the_first_broken_row(run: Run, database_url: str) -> None:
    for login in ("aa", "bb", "cc"):
        run(accounts.app, "create", login, "--name", "n", "--machine")
    sound = run(audit.app, "verify")
    anchor = sound.stdout.strip()
    assert sound.exit_code == 0 and anchor.startswith("3:")
    assert run(audit.app, "verify", "--anchor", anchor).exit_code == 0
    assert isinstance(run(audit.app, "verify", "--anchor", "3:xyz").exception, BadInput)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("update audit_log set actor = 'somebody' where id = 2"))
    engine.dispose()
    broken = run(audit.app, "verify").exception
    assert isinstance(broken, Conflict)
    assert sentence(broken, "en").startswith("the audit log is not to be trusted from row 2 on: this row")
    assert "第 2 行" in sentence(broken, "zh")
