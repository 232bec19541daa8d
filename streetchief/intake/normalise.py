"""From text as received to values that can be placed; what cannot be understood gets a reason code.

Pure: no database, no clock.  Nothing is repaired: a coordinate that is not a plain number is a rejection, a time in
no declared format is a rejection, a code that nobody knows is kept as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from streetchief.city import City, FeedSpec
from streetchief.geo.bounds import place_faults, projected_place_faults
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.intake import reject
from streetchief.intake.times import FIRST_YEAR, LAST_YEAR, no_times, plain_times

FloatArray = NDArray[np.float64]

FEW = 64
"""Rows from which on a column is read as a column; fewer are read one by one, by the same rules."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NAMES = ("id", "kind", "code", "condition")
MOST_CHARACTERS = 200
_PLAIN_NUMBER = r"^-?[0-9]{1,9}(\.[0-9]{1,15})?$"  # what needs no second look
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A batch of n records, understood; arrays of length n in the order received.

    reason       object array: rejection code, "" = can become a complaint
    original     (n, 2) float64 as received, in the feed's datum or projection; NaN where it is no number
    lonlat       (n, 2) float64 WGS-84 degrees; NaN where the reason is not ""
    datum        object array of datum words
    instant      datetime64[us] UTC, NaT where unknown
    kind         object array: ``component`` | ``event`` | None
    """

    reason: NDArray[np.object_]
    original: FloatArray
    lonlat: FloatArray
    datum: NDArray[np.object_]
    instant: NDArray[np.datetime64]
    kind: NDArray[np.object_]

    @property
    def reported_at(self) -> NDArray[np.object_]:
        """The instants as an object array of aware UTC datetimes, None where unknown."""
        return np.array([None if t is None else t.replace(tzinfo=UTC) for t in self.instant.tolist()] + [None])[:-1]


def normalise(batch: pa.RecordBatch, feed: FeedSpec, city: City) -> Normalised:
    """Understand a batch of raw records (`RAW_SCHEMA`) of one feed.  An empty batch gives empty arrays."""
    reason = batch.column("fault").fill_null("").to_numpy(zero_copy_only=False).astype(object)
    _note(reason, _missing(batch.column("id")), reject.MISSING_ID)
    for name in NAMES:
        _note(reason, _too_long(batch.column(name)), reject.TOO_LONG)
    datum = _datums(batch.column("datum"), feed, reason)
    original = _coordinates(batch.column("lon"), batch.column("lat"), reason)
    lonlat = _lonlat(original, datum, feed, city, reason)
    instant = _times(batch.column("reported_at"), feed, reason)
    kind = _by_distinct(batch.column("kind"), lambda word: kind_of(word, feed))
    lonlat[reason != ""] = np.nan
    return Normalised(reason, original, lonlat, datum, instant, kind)


def kind_of(word: str | None, feed: FeedSpec) -> str | None:
    """``component`` | ``event`` | None, of the feed's own word for the kind."""
    return feed.kinds.get(word, feed.default_kind) if word else feed.default_kind


def datum_of(word: str | None, feed: FeedSpec) -> str:
    """The datum of a record that declares `word`: the feed's own where it has one, "" where neither says any."""
    return feed.datum or (word or "").lower()


def _missing(column: pa.Array) -> NDArray[np.bool_]:
    missing: NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return missing


def _by_distinct(column: pa.Array, meaning: Callable[[str | None], str | None]) -> NDArray[np.object_]:
    """The meaning of every text, found once for each distinct one."""
    coded = column.dictionary_encode()
    meanings = [meaning(text) for text in [*coded.dictionary.to_pylist(), None]]
    known = np.array(meanings, dtype=object)
    found: NDArray[np.object_] = known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]
    return found


def _note(reason: NDArray[np.object_], where: NDArray[np.bool_], code: str) -> None:
    """The first fault found in a record is the one that is said."""
    reason[where & (reason == "")] = code


def _too_long(column: pa.Array) -> NDArray[np.bool_]:
    """Names longer than any real one (and than a database index takes): the whole record waits for a person."""
    lengths = pc.utf8_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    too_long: NDArray[np.bool_] = lengths > MOST_CHARACTERS
    return too_long


def _datums(declared: pa.Array, feed: FeedSpec, reason: NDArray[np.object_]) -> NDArray[np.object_]:
    words = _by_distinct(declared, lambda word: datum_of(word, feed))
    _note(reason, words == "", reject.MISSING_DATUM)
    known = [word in set(Datum) for word in words] if feed.datum is None else feed.datum in set(Datum)
    _note(reason, ~np.broadcast_to(known, len(words)), reject.UNKNOWN_DATUM)
    return words


def _coordinates(x: pa.Array, y: pa.Array, reason: NDArray[np.object_]) -> FloatArray:
    columns = [_numbers(x), _numbers(y)]
    _note(reason, _missing(x) | _missing(y), reject.MISSING_COORDINATE)
    _note(reason, columns[0][1] | columns[1][1], reject.NOT_A_NUMBER)
    return np.column_stack([columns[0][0], columns[1][0]])


def _numbers(texts: pa.Array) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The numbers of a column, NaN where there is none, and which texts are no numbers."""
    garbage = np.zeros(len(texts), dtype=bool)
    if len(texts) < FEW:
        values, odd = np.full(len(texts), np.nan), ~_missing(texts)
    else:
        numbers = _all_numbers(texts)
        if numbers is not None:
            return numbers, garbage
        plain = pc.match_substring_regex(texts, _PLAIN_NUMBER)
        values = np.array(pc.if_else(plain, texts, None).cast(pa.float64()).fill_null(np.nan))
        odd = pc.fill_null(pc.invert(plain), False).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(odd).tolist():
        value = read_number(texts[row].as_py())
        if value is None:
            garbage[row] = True
        else:
            values[row] = value
    return values, garbage


def read_number(text: str) -> float | None:
    """A plain number, or one of the words for what is none (NaN, infinity); None for any other text."""
    return float(text) if _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text) else None


def _all_numbers(texts: pa.Array) -> FloatArray | None:
    """The numbers of a column that holds nothing else, NaN for nulls; None where a text needs a second look.

    Arrow reads what `_NUMBER` takes, and odd spellings of NaN.
    """
    try:
        values = np.array(texts.cast(pa.float64()).fill_null(np.nan))
    except pa.ArrowInvalid:
        return None
    return values if np.isnan(values).sum() == texts.null_count else None


def _lonlat(
    original: FloatArray, datum: NDArray[np.object_], feed: FeedSpec, city: City, reason: NDArray[np.object_]
) -> FloatArray:
    if feed.srid is not None:
        lonlat, faults = projected_place_faults(original[:, 0], original[:, 1], feed.srid, city.bounds)
    else:
        lonlat = original.copy()  # what is not finite stays as it is, to be named as such
        for word in Datum:
            rows = np.isfinite(original).all(axis=1) & (datum == word.value)
            if rows.any():
                lonlat[rows] = to_wgs84(original[rows], word)
        faults = place_faults(lonlat[:, 0], lonlat[:, 1], city.bounds)
    for code in sorted(set(faults) - {""}):
        _note(reason, faults == code, code)
    return lonlat


def _times(texts: pa.Array, feed: FeedSpec, reason: NDArray[np.object_]) -> NDArray[np.datetime64]:
    missing = _missing(texts)
    times = instants_of(texts, feed.time_formats, ZoneInfo(feed.zone))
    _note(reason, missing, reject.MISSING_TIME)
    _note(reason, np.isnat(times), reject.BAD_TIME)
    return times


def instants_of(texts: pa.Array, formats: tuple[str, ...], zone: ZoneInfo) -> NDArray[np.datetime64]:
    """`read_time` of a column: datetime64[us] in UTC, NaT for nulls and for what is unreadable.

    What plainly has the shape of the first format (ISO 8601 if none is declared) goes by columns, the rest row by row.
    """
    few = len(texts) < FEW
    times = no_times(len(texts)) if few else plain_times(texts, formats[0] if formats else None, zone)
    for row in np.flatnonzero(np.isnat(times) & ~_missing(texts)).tolist():
        found = read_time(texts[row].as_py(), formats, zone)
        if found is not None:
            times[row] = np.datetime64(found.replace(tzinfo=None), "us")
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
