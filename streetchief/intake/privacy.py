"""Personal data in the free text of a feed: whole columns at a time (`streetchief.scrub` does one text)."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from streetchief.scrub import drop_id_cards, scrub

# What a text must hold for the patterns above to have a chance: wide on purpose, for whole columns at a time.
_MAYBE_GAP = r"[-\s\pZ.·–—－]?"  # \s of a column's patterns is ASCII only
_MAYBE_ID_CARD = rf"(?:\p{{Nd}}{_MAYBE_GAP}){{17}}"
_MAYBE_MOBILE = rf"[1１][3-9３-９](?:{_MAYBE_GAP}\p{{Nd}}){{9}}"
_MAYBE_ANY = rf"{_MAYBE_ID_CARD}|{_MAYBE_MOBILE}|[0０]\p{{Nd}}{{2,3}}[-)）\s\pZ－–—]"
_FEW = 256  # rows from which on it pays to have a pattern compiled for the column


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
