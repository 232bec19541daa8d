"""``streetchief rematch``: shown first, done when agreed to, refused when things have changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from streetchief.cli import rematch
from streetchief.errors import BadInput, Conflict
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from tests.pipeline.redrawn import TOWN, placings, village

Ask = Callable[..., Result]


@pytest.fixture
def ask(database_url: str, database_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("STREETCHIEF_DATABASE_URL", database_url)
    monkeypatch.setattr(rematch, "the_city", lambda _path: TOWN)
    village(database_engine, tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(rematch.app, list(words))

    return run


def test_shown_agreed_to_and_done(ask: Ask, database_engine: Engine) -> None:
    before = placings(database_engine)
    shown = ask("--sample", "2").output
    assert placings(database_engine) == before
    assert "件案件移动" in shown and "cases move," in shown and "W  −0 +" in shown
    assert len(re.findall(" → ", shown)) == 2
    seen = re.findall(r"--seen (\S+)", shown)[0]
    outcome = ask("--commit", "--seen", seen)
    assert "重新匹配第 1 号" in outcome.output and placings(database_engine) != before
    assert isinstance(ask("--commit", "--seen", seen).exception, Conflict)
    assert "Nothing moves." in ask("--commit").output
    with transaction(database_engine) as session:
        done = select(audit.AuditRow.actor).where(audit.AuditRow.action == "registry.rematch")
        assert session.scalars(done).all() == ["system:cli"]


def test_json_is_one_document(ask: Ask) -> None:
    told = json.loads(ask("--json", "--sample", "1").output)
    assert (told["committed"], told["by_person"], told["ended"], len(told["sample"])) == (None, 1, 2, 1)
    assert {"before", "after", "count"} == set(told["complaints"]["verdicts"][0])
    assert json.loads(ask("--json", "--commit").output)["committed"] == 1


def test_a_fingerprint_that_is_none_is_refused(ask: Ask) -> None:
    assert isinstance(ask("--commit", "--seen", "yes").exception, BadInput)
    assert isinstance(ask("--feed", "elsewhere").exception, BadInput)
