"""Cells of foreign files as plain values: text, numbers, days, yes or no."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Any

import numpy as np

_NO = frozenset({"0", "false", "no", "n", "否", "不"})
_YES = frozenset({"1", "true", "yes", "y", "是"})


def text(value: Any) -> str:
    """Plain text: composed characters (NFC), trimmed, nothing unprintable; "" for nothing.

    Inner spaces stay as they are: a code is compared letter by letter with what a feed sends.
    Whole numbers lose their ``.0``; a list is joined by ``|``.
    """
    if isinstance(value, (list, tuple, np.ndarray)):
        return "|".join(text(item) for item in value)
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    plain = unicodedata.normalize("NFC", str(value)).strip()
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cs"))


def one_line(value: Any) -> str:
    """A name on one line: `text` with every run of spaces and line breaks as one space."""
    return text(" ".join(str(value).split())) if isinstance(value, str) else text(value)


def positive(value: Any) -> float | None:
    """A measure in metres: a number over 0 and below 1,000,000; None for anything else."""
    try:
        number = float(text(value))
    except ValueError:
        return None
    return number if 0 < number < 1e6 else None


def day(value: Any) -> date | None:
    """A city date from a date, a date-time or text (``2024-05-01``, ``2024/5/1``); None for nothing.

    Raises ValueError for text that is no date.
    """
    if isinstance(value, np.datetime64):
        value = None if np.isnat(value) else value.astype("datetime64[D]").item()
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    plain = text(value)
    if not plain:
        return None
    year, month, rest = [*plain.replace("/", "-").split("-", 2), "", ""][:3]
    return date(int(year), int(month), int(rest[:2].strip(" T")))


def truth(value: Any, default: bool) -> bool:
    """Yes or no, in English, Chinese or digits; `default` for nothing or anything else."""
    plain = text(value).lower()
    return plain not in _NO if default else plain in _YES
