"""``streetchief patrol`` as a person runs it, on the shipped city."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from streetchief.accounts import policy, service
from streetchief.accounts.policy import CLI
from streetchief.city import shipped_city_file
from streetchief.cityfile import read_city
from streetchief.cli import patrol
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.registry.service import seed
from streetchief.storage.engine import make_engine, transaction
from streetchief.words import sentence

Run = Callable[..., Result]
STREET, SEGMENT = "QJ-HPNL", "QJ-HPNL-01"


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on a database of this test's own, with three accounts."""
    monkeypatch.setenv("STREETCHIEF_DATABASE_URL", database_url)
    engine = make_engine(database_url)
    seed(engine, read_city(shipped_city_file()))
    now = datetime.now(UTC)
    for login, grant in (
        ("zhao", policy.grant("chief", tier=3, street=STREET)),
        ("qian", policy.grant("chief", tier=2, street=STREET)),
        ("sun", policy.grant("director")),
    ):
        service.create_user(engine, login, login, None, by=CLI, now=now)
        service.grant_role(engine, login, grant, by=CLI, now=now)
    engine.dispose()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(patrol.app, list(arguments))

    return run


def shift(database_url: str, days: int) -> None:
    """Everything that was walked lies so many days back."""
    engine = make_engine(database_url)
    with transaction(engine) as session:
        back = timedelta(days=days)
        session.execute(
            text(
                "update patrols set walked_on = walked_on - :d, started_at = started_at - :b, ended_at = ended_at - :b"
            ),
            {"d": days, "b": back},
        )
    engine.dispose()


def test_the_four_beats(run: Run, database_url: str) -> None:
    begun = run("start", STREET, "--as", "zhao")
    assert begun.exit_code == 0, begun.output
    number = re.search(r"patrol (\d+) began", begun.output)
    assert number and SEGMENT in begun.output
    fixed = ("finding", number[1], "cleanliness", SEGMENT, "fixed_on_spot", "--opinion", "已清扫", "--photo", "p/1")
    assert run(*fixed, "--as", "zhao").exit_code == 0
    over = ("finding", number[1], "facilities", SEGMENT, "handed_over", "--opinion", "路面破损", "--kind", "event")
    made = run(*over, "--code", "0113", "--as", "zhao")
    assert "a case was opened" in made.output, made.output
    ended = run("end", number[1], "--as", "zhao", "--answer", "parking=good")
    assert "2 findings" in ended.output and ended.output.count("有问题") == 2 and "停车秩序" in ended.output
    listed = run("list", "--as", "qian")
    assert STREET in listed.output and "zhao" in listed.output and "立行立改 1" in listed.output

    shift(database_url, 7)
    drawn = run("check", "--as", "qian")
    assert "a sample of 1 patrols, 0 checked" in drawn.output, drawn.output
    judged = run("check", number[1], "--disagree", "--reason", "现场不符", "--as", "qian")
    assert "not agreed" in judged.output
    again = run("check", "--as", "qian")
    assert "现场不符" in again.output and "1 checked" in again.output

    missed = run("missed")
    assert missed.exit_code == 0 and "newly noted" in missed.output, missed.output

    shift(database_url, 120)
    month = datetime.now(UTC) - timedelta(days=127)
    reviewed = run("review", f"{month:%Y-%m}", "--as", "sun")
    assert reviewed.exit_code == 0, reviewed.output
    assert (
        "revision 1" in reviewed.output
        and "1/2 ※" in reviewed.output
        and "fewer than 5" in reviewed.output
        and "our reading" in reviewed.output
    )
    early = (month.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert run("review", early, "--as", "sun").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("start", "nowhere", "--as", "zhao"), NotFound),
        (("start", STREET, "--as", "nobody"), NotFound),
        (("start", STREET, "--as", "sun"), Forbidden),
        (("end", "1", "--as", "zhao", "--answer", "parking"), BadInput),
        (("end", "1", "--as", "zhao"), NotFound),
        (("review", "2026-13", "--as", "sun"), BadInput),
        (("review", "2020-01", "--as", "zhao"), Forbidden),
        (("review", "2099-01", "--as", "sun"), BadInput),
        (("bulletin", "2020-Q5", "--as", "sun"), BadInput),
        (("bulletin", "2020-Q1", "--as", "sun"), Conflict),
        (("check", "--week", "2026-03-03", "--as", "qian"), BadInput),
        (("list", "--from", "yesterday"), BadInput),
    ],
)
def test_refusals_have_their_sentence_in_both_languages(run: Run, arguments: tuple[str, ...], error: type) -> None:
    refused = run(*arguments)
    assert isinstance(refused.exception, error), refused.output
    assert sentence(refused.exception, "zh") and sentence(refused.exception, "en")
