"""Times of whole columns: texts of one fixed shape, digits at fixed places, a zone by its offset of the day."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Instants = NDArray[np.datetime64]
IntArray = NDArray[np.int64]

_ISO = "%Y-%m-%d %H:%M:%S"
_DIGITS = {
    "%Y": "[0-9]{4}", "%m": "(?:0[1-9]|1[0-2])", "%d": "(?:0[1-9]|[12][0-9]|3[01])", "%H": "(?:[01][0-9]|2[0-3])",
    "%M": "[0-5][0-9]", "%S": "[0-5][0-9]",
}  # fmt: skip
_PART = re.compile("%.|.", re.DOTALL)
FIRST_YEAR, LAST_YEAR = 1970, 2199
"""A time outside is a slip or an empty form, not when somebody complained."""


def plain_times(texts: pa.Array, form: str | None, zone: ZoneInfo) -> Instants:
    """Instants, datetime64[us] UTC, of the naive texts of a string column that are exactly of this shape; else NaT.

    form   a strptime format of two-digit fields (year: four); any other format, and any text that strptime would take
           too but is not of exactly its shape, gives NaT: those are for a slower reader.  None = ISO 8601 to seconds
    zone   of the texts.  A time on a day on which the zone's offset changes gives NaT
    """
    found = no_times(len(texts))
    shape = _shape(form or _ISO, any_gap=form is None)
    if shape is None:
        return found
    pattern, places, width = shape
    fits = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    rows = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
    if len(rows):
        local = _local(_characters(texts.filter(fits), width), places)
        found[rows] = local - _offsets(local, zone)
    return found


def no_times(rows: int) -> Instants:
    """NaT for every row."""
    return np.full(rows, np.datetime64("NaT", "us"))


@lru_cache(maxsize=64)
def _shape(form: str, any_gap: bool) -> tuple[str, dict[str, int], int] | None:
    """A pattern for texts of the format, where each field starts, and how long they are; None if it is not fixed."""
    pattern, places, width = "", {}, 0
    for part in _PART.findall(form):
        if part.startswith("%"):
            if part not in _DIGITS or part in places:
                return None
            places[part] = width
            pattern += _DIGITS[part]
            width += 4 if part == "%Y" else 2
        elif not part.isascii() or (part.isspace() and part != " "):
            return None
        else:
            pattern += "[ T]" if any_gap and part == " " else re.escape(part)
            width += 1
    return (f"^{pattern}$", places, width) if {"%Y", "%m", "%d"} <= set(places) else None


def _characters(texts: pa.Array, width: int) -> IntArray:
    """The digits of n texts of equal length, (n, width) numbers; other characters are whatever they are."""
    whole = pa.concat_arrays([texts]).cast(pa.binary())
    start = whole.offset
    offsets = np.frombuffer(whole.buffers()[1], dtype=np.int32)[start : start + 1]
    data = np.frombuffer(whole.buffers()[2], dtype=np.uint8)[offsets[0] :][: len(texts) * width]
    return data.reshape(len(texts), width).astype(np.int64) - ord("0")


def _local(digits: IntArray, places: dict[str, int]) -> Instants:
    """Wall-clock times; NaT for a day that does not exist."""

    def field(name: str, width: int = 2) -> IntArray:
        if name not in places:
            return np.zeros(len(digits), dtype=np.int64)
        at = places[name]
        number: IntArray = digits[:, at : at + width] @ (10 ** np.arange(width - 1, -1, -1))
        return number

    year = field("%Y", 4)
    month = ((year - 1970) * 12 + field("%m") - 1).astype("datetime64[M]")
    day = month.astype("datetime64[D]") + (field("%d") - 1)
    exists = (day.astype("datetime64[M]") == month) & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    seconds = (field("%H") * 60 + field("%M")) * 60 + field("%S")
    local = day.astype("datetime64[us]") + seconds.astype("timedelta64[s]")
    return np.where(exists, local, np.datetime64("NaT", "us"))


def _offsets(local: Instants, zone: ZoneInfo) -> NDArray[np.timedelta64]:
    """Offsets from UTC, timedelta64[us]; NaT on a day on which the offset changes."""
    days, of = np.unique(local.astype("datetime64[D]"), return_inverse=True)
    offsets = [None if np.isnat(day) else _offset_of_day(zone, int(day.astype(np.int64))) for day in days]
    found = np.array(["NaT" if us is None else us for us in offsets], dtype="timedelta64[us]")
    return found[of]


@lru_cache(maxsize=1 << 16)
def _offset_of_day(zone: ZoneInfo, day: int) -> int | None:
    """The offset in µs that holds from midnight to midnight of a day since 1970-01-01; None if it changes."""
    midnight = datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=day)
    offsets = {(midnight + timedelta(hours=hour)).utcoffset() for hour in range(25)}
    (offset, *others) = offsets
    return None if others or offset is None else offset // timedelta(microseconds=1)
