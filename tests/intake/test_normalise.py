"""One bad record a row, with the reason code that it must get."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from streetchief.city import City, FeedSpec, Seeds, Title
from streetchief.geo.crs import to_xy
from streetchief.geo.datum import Datum, from_wgs84
from streetchief.intake.feeds.records import RAW_SCHEMA
from streetchief.intake.normalise import normalise, read_time

CITY = City(
    "town", Title("镇", "Town"), ZoneInfo("Asia/Shanghai"), 4543, (103.0, 29.9, 103.1, 30.1), (), (), (), Seeds()
)  # fmt: skip
FEED = FeedSpec(
    "f", Title("源", "feed"), "csv", "S", {}, "wgs84", "Asia/Shanghai", kinds={"事件": "event", "部件": "component"},
    time_formats=("%d/%m/%Y %H:%M",),
)  # fmt: skip
GOOD = {"id": "1", "lon": "103.04", "lat": "30.0", "reported_at": "2026-03-01 08:00:00", "kind": "事件", "code": "0101"}


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    full = [dict.fromkeys(RAW_SCHEMA.names) | {"line": i, "raw": "{}", "content_hash": str(i), "fault": ""} | row
            for i, row in enumerate(rows)]  # fmt: skip
    return pa.RecordBatch.from_pylist(full, schema=RAW_SCHEMA)


CASES = [
    ("fine", {}, ""),
    ("a reader's fault wins", {"fault": "malformed", "id": None}, "malformed"),
    ("no id", {"id": None}, "missing_id"),
    ("no longitude", {"lon": None}, "missing_coordinate"),
    ("NaN", {"lon": "NaN"}, "nan_coordinate"),
    ("infinity", {"lat": "-Infinity"}, "infinite_coordinate"),
    ("too large for a float is infinite", {"lat": "1e400"}, "infinite_coordinate"),
    ("zero", {"lon": "0", "lat": "0.0"}, "zero_coordinate"),
    ("swapped", {"lon": "30.0", "lat": "103.04"}, "swapped_coordinate"),
    ("outside", {"lon": "104.04"}, "outside_bounds"),
    ("formula", {"lon": "=103+0.04"}, "not_a_number"),
    ("degree sign", {"lat": "30°"}, "not_a_number"),
    ("full-width digits are not repaired", {"lon": "１０３.04"}, "not_a_number"),
    ("underscores are not repaired", {"lon": "1_03.04"}, "not_a_number"),
    ("decimal comma is not repaired", {"lon": "103,04"}, "not_a_number"),
    ("no time", {"reported_at": None}, "missing_time"),
    ("impossible day", {"reported_at": "2026-02-30 08:00:00"}, "bad_time"),
    ("year 1 in a zone east of UTC cannot be an instant", {"reported_at": "0001-01-01 00:00:00"}, "bad_time"),
    (
        "the last year of all cannot be moved to the city's zone",
        {"reported_at": "9999-12-31T23:00:00+00:00"},
        "bad_time",
    ),
    ("an empty form's year", {"reported_at": "0001-01-02 00:00:00"}, "bad_time"),
    ("an id that no index takes", {"id": "x" * 10_000}, "too_long"),
    ("a code that no index takes", {"code": "x" * 10_000}, "too_long"),
    ("a long datum costs no memory", {"datum": "x" * 1_000_000}, ""),
    ("unknown kind is for triage, not for the dead letters", {"kind": "别的"}, ""),
]


@pytest.mark.parametrize(("why", "change", "reason"), CASES, ids=[c[0] for c in CASES])
def test_reason_of(why: str, change: dict[str, Any], reason: str) -> None:
    normal = normalise(batch(GOOD | change, GOOD), FEED, CITY)
    assert list(normal.reason) == [reason, ""], why
    assert np.isnan(normal.lonlat[0]).any() == (reason != "")


def test_each_datum_comes_to_the_same_place() -> None:
    true = np.array([[103.04, 30.0]])
    rows = []
    for datum in Datum:
        lon, lat = from_wgs84(true, datum)[0]
        rows.append(GOOD | {"lon": repr(float(lon)), "lat": repr(float(lat)), "datum": datum.value.upper()})
    rows += [GOOD | {"datum": None}, GOOD | {"datum": "mars"}]
    normal = normalise(batch(*rows), replace(FEED, datum=None), CITY)
    assert list(normal.reason) == [""] * len(Datum) + ["missing_datum", "unknown_datum"]
    np.testing.assert_allclose(normal.lonlat[: len(Datum)], np.repeat(true, len(Datum), axis=0), atol=1e-9)


def test_a_projected_feed_and_its_swap() -> None:
    east, north = (repr(float(v)) for v in to_xy(np.array([[103.04, 30.0]]), 4543)[0])
    rows = (GOOD | {"lon": east, "lat": north}, GOOD | {"lon": north, "lat": east}, GOOD | {"lon": "NaN", "lat": north})
    normal = normalise(batch(*rows), replace(FEED, srid=4543, datum="cgcs2000"), CITY)
    assert list(normal.reason) == ["", "swapped_coordinate", "nan_coordinate"]
    np.testing.assert_allclose(normal.lonlat[0], [103.04, 30.0], atol=1e-8)
    assert normal.original[0, 0] == float(east)


def test_an_empty_batch_gives_empty_arrays() -> None:
    normal = normalise(batch(), FEED, CITY)
    assert normal.lonlat.shape == (0, 2) and len(normal.reason) == 0


TIMES = [
    ("2026-03-01 08:00:00", datetime(2026, 3, 1, 0, tzinfo=UTC), "naive: the feed's zone"),
    ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC), "with a zone: that zone"),
    ("01/03/2026 08:00", datetime(2026, 3, 1, 0, tzinfo=UTC), "a declared format"),
    ("03/2026", None, "undeclared"),
    ("", None, "empty"),
    ("1969-12-31 23:59:59", None, "before anybody complained to a computer"),
]


@pytest.mark.parametrize(("text", "at", "why"), TIMES, ids=[t[2] for t in TIMES])
def test_read_time(text: str, at: datetime | None, why: str) -> None:
    assert read_time(text, FEED.time_formats, ZoneInfo("Asia/Shanghai")) == at


def test_a_time_that_a_spring_night_leaves_out_is_unreadable() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert read_time("2026-03-29T02:30:00", (), berlin) is None
    assert read_time("2026-10-25T02:30:00", (), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
