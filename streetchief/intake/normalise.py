"""From text as received to values that can be placed; what cannot be understood gets a reason code.

Pure: no database, no clock.  Nothing is repaired: a coordinate that is not a plain number is a rejection, a time in
no declared format is a rejection, a code that nobody knows is kept as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streetchief.city import City, FeedSpec
from streetchief.geo.bounds import place_faults, projected_place_faults
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.intake import reject

FloatArray = NDArray[np.float64]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NAMES = ("id", "kind", "code", "condition")
MOST_CHARACTERS = 200
FIRST_YEAR, LAST_YEAR = 1970, 2199  # a time outside is a slip or an empty form, not when somebody complained
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A batch of n records, understood; arrays of length n in the order received.

    reason       object array: rejection code, "" = can become a complaint
    original     (n, 2) float64 as received, in the feed's datum or projection; NaN where it is no number
    lonlat       (n, 2) float64 WGS-84 degrees; NaN where the reason is not ""
    datum        object array of datum words
    reported_at  object array of aware UTC datetimes, None where unknown
    kind         object array: ``component`` | ``event`` | None
    """

    reason: NDArray[np.object_]
    original: FloatArray
    lonlat: FloatArray
    datum: NDArray[np.object_]
    reported_at: NDArray[np.object_]
    kind: NDArray[np.object_]


def normalise(batch: pa.RecordBatch, feed: FeedSpec, city: City) -> Normalised:
    """Understand a batch of raw records (`RAW_SCHEMA`) of one feed.  An empty batch gives empty arrays."""
    columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
    n = batch.num_rows
    reason = np.array([fault or "" for fault in columns["fault"]], dtype=object)
    _note(reason, np.array([value is None for value in columns["id"]], dtype=bool), reject.MISSING_ID)
    _note(reason, _too_long(columns), reject.TOO_LONG)
    datum = _datums(columns["datum"], feed, reason)
    original = _coordinates(columns["lon"], columns["lat"], reason)
    lonlat = _lonlat(original, datum, feed, city, reason)
    reported_at = _times(columns["reported_at"], feed, reason)
    kind = np.array([feed.kinds.get(k, feed.default_kind) if k else feed.default_kind for k in columns["kind"]], object)
    lonlat[reason != ""] = np.nan
    return Normalised(reason, original, lonlat, datum, reported_at, kind.reshape(n))


def _note(reason: NDArray[np.object_], where: NDArray[np.bool_], code: str) -> None:
    """The first fault found in a record is the one that is said."""
    reason[where & (reason == "")] = code


def _too_long(columns: Mapping[str, list[str | None]]) -> NDArray[np.bool_]:
    """Names longer than any real one (and than a database index takes): the whole record waits for a person."""
    names = zip(*(columns[name] for name in NAMES), strict=True)
    return np.array([any(len(name or "") > MOST_CHARACTERS for name in row) for row in names], dtype=bool)


def _datums(declared: list[str | None], feed: FeedSpec, reason: NDArray[np.object_]) -> NDArray[np.object_]:
    words = np.array([feed.datum or (word or "").lower() for word in declared], dtype=object)
    known = {d.value for d in Datum}
    _note(reason, words == "", reject.MISSING_DATUM)
    _note(reason, np.array([word not in known for word in words], dtype=bool), reject.UNKNOWN_DATUM)
    return words


def _coordinates(x: list[str | None], y: list[str | None], reason: NDArray[np.object_]) -> FloatArray:
    values = np.full((len(x), 2), np.nan)
    garbage = np.zeros(len(x), dtype=bool)
    missing = np.zeros(len(x), dtype=bool)
    for column, texts in enumerate((x, y)):
        for row, text in enumerate(texts):
            if text is None:
                missing[row] = True
            elif _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
                values[row, column] = float(text)
            else:
                garbage[row] = True
    _note(reason, missing, reject.MISSING_COORDINATE)
    _note(reason, garbage, reject.NOT_A_NUMBER)
    return values


def _lonlat(
    original: FloatArray, datum: NDArray[np.object_], feed: FeedSpec, city: City, reason: NDArray[np.object_]
) -> FloatArray:
    if feed.srid is not None:
        lonlat, faults = projected_place_faults(original[:, 0], original[:, 1], feed.srid, city.bounds)
    else:
        lonlat = original.copy()  # what is not finite stays as it is, to be named as such
        for word in Datum:
            rows = np.isfinite(original).all(axis=1) & (datum == word.value)
            lonlat[rows] = to_wgs84(original[rows], word)
        faults = place_faults(lonlat[:, 0], lonlat[:, 1], city.bounds)
    for code in sorted(set(faults) - {""}):
        _note(reason, faults == code, code)
    return lonlat


def _times(texts: list[str | None], feed: FeedSpec, reason: NDArray[np.object_]) -> NDArray[np.object_]:
    zone = ZoneInfo(feed.zone)
    times = np.full(len(texts), None, dtype=object)
    for row, text in enumerate(texts):
        if text is not None:
            times[row] = read_time(text, feed.time_formats, zone)
    _note(reason, np.array([text is None for text in texts], dtype=bool), reject.MISSING_TIME)
    _note(reason, times == None, reject.BAD_TIME)  # noqa: E711  element-wise
    return times


def read_time(text: str, formats: tuple[str, ...], zone: ZoneInfo) -> datetime | None:
    """An instant in UTC; None if unreadable, before 1970 or after 2199.

    A naive time is in `zone`: the first of two on an autumn night; one that a spring night leaves out is unreadable.
    """
    found: datetime | None = None
    for form in formats:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  the zone is given below
        except ValueError:
            continue
        break
    if found is None:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    instant = found.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == found else None
