"""The documents name what the program has: commands, settings, feed fields, reason codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streetchief.city import FEED_FIELDS
from streetchief.cli.main import NOUNS
from streetchief.intake import reject
from streetchief.matching.result import Verdict
from streetchief.matching.routing import TRIAGE_REASONS
from streetchief.words import group

ROOT = Path(__file__).parents[2]
CITY = (ROOT / "docs/city.md").read_text("utf-8")


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_readme_names_every_setting_verdict_and_command(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    settings = re.findall(r'"(STREETCHIEF_[A-Z_]+)"', (ROOT / "streetchief/settings.py").read_text("utf-8"))
    assert settings
    for word in (*settings, *(f"`{verdict.word}`" for verdict in Verdict), *NOUNS):
        assert word in text, word


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_file_that_the_readme_shows_is_there(readme: str) -> None:
    shown = re.findall(r"\]\(([^)#:]+)\)", (ROOT / readme).read_text("utf-8"))
    assert shown
    assert [name for name in shown if not (ROOT / name).exists()] == []


def test_the_city_page_names_every_field_and_reason() -> None:
    reasons = [v for k, v in vars(reject).items() if k.isupper()]
    for word in (*FEED_FIELDS, *reasons, *TRIAGE_REASONS):
        assert f"`{word}`" in CITY, word


def test_every_reason_has_its_sentence() -> None:
    said = group("reason")
    assert [
        r for r in re.findall(r"`([a-z_]+)`", CITY.split("Reason codes")[1]) if r not in said | group("triage")
    ] == []
