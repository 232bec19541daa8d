"""``streetchief notices``: channels are chosen, addresses that are not allowed refused, secrets never shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from streetchief.casework import outbox_store as store
from streetchief.casework.notices import Facts, Notice
from streetchief.cli.notices import app
from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.storage.engine import transaction

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=top-secret-key"


@pytest.fixture
def ask(database_url: str, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("STREETCHIEF_DATABASE_URL", database_url)
    monkeypatch.setenv("STREETCHIEF_NOTICE_HOSTS", "qyapi.weixin.qq.com")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


def test_a_life_of_an_address_and_of_a_dead_letter(ask, database_engine: Engine, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path / "key"
    secret.write_text("hush\n", "utf-8")
    assert ask("tell", "user:li", "wecom", ROBOT, "--secret-file", str(secret)).exit_code == 0
    shown = ask("addresses").output
    assert "qyapi.weixin.qq.com" in shown and "top-secret-key" not in shown and "hush" not in shown
    with transaction(database_engine) as session:
        assert [row.secret for row in store.addresses(session)] == ["hush"]
        store.enqueue(session, Notice("k", "urge.department", "user:li", Facts("案17")), now=datetime.now(UTC))
        row = store.listed(session)[0]
        row.status, row.fault = "dead", "receiver_refused"
        one = row.id
    assert "对方拒收" in ask("dead").output and "案17" in ask("list").output
    assert isinstance(ask("replay", "4711").exception, NotFound)
    assert "重发 1 件" in ask("replay").output
    assert isinstance(ask("replay", str(one)).exception, Conflict)
    assert ask("forget", "user:li", "wecom").exit_code == 0
    assert isinstance(ask("forget", "user:li", "wecom").exception, NotFound)


@pytest.mark.parametrize(
    "words",
    [
        ("user:li", "wecom", "https://evil.example/"),  # no allowed host
        ("user:li", "wecom", "ftp://qyapi.weixin.qq.com/"),
        ("user:li", "email", "li@office.example\nBcc: all@office.example"),
        ("user:li", "pigeon", "roof"),
        ("user:li", "in_app", "x"),  # needs no choosing
        ("user:li", "webhook", "https://qyapi.weixin.qq.com/"),  # nothing to sign with
        ("li", "wecom", ROBOT),
    ],
)
def test_choices_that_are_refused(ask, words: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    assert isinstance(ask("tell", *words).exception, BadInput)
