"""Personal data in free text: identity numbers are dropped at intake, telephone numbers are scrubbed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

_ID_CARD = re.compile(
    r"(?<![0-9A-Za-z])([1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})-(\d{3,4})(\d{4})(?!\d)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
ID_CARD_MARK = "[身份证号已删除]"
PHONE_MARK = "[电话]"
# What a text must hold for the patterns above to have a chance: wide on purpose, for whole columns at a time.
_MAYBE_ID_CARD = r"\p{Nd}{17}"
_MAYBE_ANY = rf"{_MAYBE_ID_CARD}|1[3-9]\p{{Nd}}[- ]?\p{{Nd}}{{4}}|0\p{{Nd}}{{2,3}}-\p{{Nd}}{{3}}"
_FEW = 256  # rows from which on it pays to have a pattern compiled for the column


def is_id_card(text: str) -> bool:
    """Whether 18 characters are a resident identity number, check digit included (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == text[17].upper()


def drop_id_cards(text: str) -> str:
    """The text without resident identity numbers; other long numbers (a feed's own ids) stay."""
    return _ID_CARD.sub(lambda m: ID_CARD_MARK if is_id_card(m[1]) else m[0], text)


def scrub(text: str) -> str:
    """Free text without identity numbers and telephone numbers."""
    return _LANDLINE.sub(PHONE_MARK, _MOBILE.sub(PHONE_MARK, drop_id_cards(text)))


def drop_id_cards_of(column: pa.Array) -> pa.Array:
    """`drop_id_cards` of every text of a string column; nulls stay."""
    return _changed(column, _MAYBE_ID_CARD, drop_id_cards)


def scrub_of(column: pa.Array) -> pa.Array:
    """`scrub` of every text of a string column; nulls stay."""
    return _changed(column, _MAYBE_ANY, scrub)


def _changed(column: pa.Array, maybe: str, change: Callable[[str], str]) -> pa.Array:
    """The column with the few texts changed that may need it."""
    if len(column) < _FEW:
        return pa.array([None if text is None else change(text) for text in column.to_pylist()], pa.string())
    where = pc.fill_null(pc.match_substring_regex(column, maybe), False)
    texts = column.filter(where).to_pylist()
    return pc.replace_with_mask(column, where, pa.array(map(change, texts), pa.string())) if texts else column
