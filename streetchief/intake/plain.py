"""One record by itself, where nothing is wrong with it: what `normalise` makes of a batch of one, without arrays.

What is wrong with a record that is not plain is for `normalise` to say: no order of faults is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from streetchief.city import City, FeedSpec
from streetchief.geo.bounds import plainly_inside, projected_place_faults
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.intake.normalise import (
    MOST_CHARACTERS,
    NAMES,
    FloatArray,
    datum_of,
    kind_of,
    read_number,
    read_time,
)

_DATUMS = frozenset(datum.value for datum in Datum)


class Understood(NamedTuple):
    """One record, understood; the fields are those of a row of `Normalised`.

    original      as received, in the feed's datum or projection
    lonlat        (1, 2) float64 WGS-84 degrees
    reported_at   aware, UTC
    """

    original: tuple[float, float]
    lonlat: FloatArray
    datum: str
    reported_at: datetime
    kind: str | None


def understand(row: Mapping[str, Any], feed: FeedSpec, city: City) -> Understood | None:
    """A row of `RAW_SCHEMA`, understood; None exactly where `normalise` gives it a reason code."""
    if row["fault"] or row["id"] is None or any(len(row[name] or "") > MOST_CHARACTERS for name in NAMES):
        return None
    datum = datum_of(row["datum"], feed)
    if datum not in _DATUMS or row["lon"] is None or row["lat"] is None or row["reported_at"] is None:
        return None
    x, y = read_number(row["lon"]), read_number(row["lat"])
    if x is None or y is None:
        return None
    lonlat = _lonlat(x, y, datum, feed, city)
    at = read_time(row["reported_at"], feed.time_formats, ZoneInfo(feed.zone))
    if lonlat is None or at is None:
        return None
    return Understood((x, y), lonlat, datum, at, kind_of(row["kind"], feed))


def _lonlat(x: float, y: float, datum: str, feed: FeedSpec, city: City) -> FloatArray | None:
    """The place in degrees; None where it is not believable."""
    if feed.srid is not None:
        lonlat, faults = projected_place_faults([x], [y], feed.srid, city.bounds)
        return None if faults[0] else lonlat
    lonlat = to_wgs84(np.array([[x, y]]), Datum(datum))
    lon, lat = lonlat[0].tolist()
    return lonlat if plainly_inside(lon, lat, city.bounds) else None
