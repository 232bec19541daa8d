"""The one catalogue of words that people read: Chinese first, English beside it.

The words live in ``words.toml``, one table an idea, ``zh`` and ``en`` of the same length of thought::

    [reason.swapped]
    zh = "经纬度写反了"
    en = "longitude and latitude are swapped"

`{name}` in a text is a blank.  A key that is not in the catalogue is a fault of ours and raises `KeyError`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from streetchief.errors import Key, StreetChiefError

LANGUAGES = ("zh", "en")


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(resources.files("streetchief").joinpath("words.toml").read_text("utf-8"))


def entry(key: str) -> dict[str, str]:
    """Both languages of one key: ``{"zh": …, "en": …}``.  Raises `KeyError` for an unknown key."""
    node: Any = _catalogue()
    for part in key.split("."):
        node = node[part]
    return {language: node[language] for language in LANGUAGES}


def group(key: str) -> dict[str, dict[str, str]]:
    """All entries directly under a key, e.g. ``group("reason")``: code → both languages."""
    node: Any = _catalogue()
    for part in key.split("."):
        node = node[part]
    return {name: value for name, value in node.items() if "zh" in value}


def say(key: str, language: str = "zh", /, **values: object) -> str:
    """One key in one language with its blanks filled.  Raises `KeyError` for an unknown key or language."""
    return entry(key)[language].format(**values)


def both(key: str, /, **values: object) -> str:
    """Chinese, a separator, English: for command-line help and captions."""
    return f"{say(key, 'zh', **values)} / {say(key, 'en', **values)}"


def sentence(error: StreetChiefError, language: str = "zh") -> str:
    """What an error says to the person who caused it."""
    values = {n: say(v, language) if isinstance(v, Key) else v for n, v in error.values.items()}
    return say(f"error.{error.code}", language, **values)
