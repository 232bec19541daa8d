"""A column read as a column says what its rows say one by one: numbers, times, private data, batches of records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetchief.intake import normalise, privacy
from streetchief.intake.feeds import records
from streetchief.intake.feeds.records import RawRecord, batches
from streetchief.intake.times import plain_times
from streetchief.scrub import drop_id_cards, scrub
from tests.intake.test_normalise import CASES, CITY, FEED, GOOD, batch
from tests.test_scrub import CASES as PRIVATE

NUMBERS = ["103.04", "-103.04", "+1", "1e3", ".5", "5.", "", "NaN", "-inf", "1e400", "1_0", "１０３", " 1", "0x1e", "1234567890.5",
           "0.1234567890123456", "0.123456789012345", "--1", "1.2.3", None]  # fmt: skip
TIMES = [
    "2026-03-01 08:00:00", "2026-03-01T08:00:00", "2026-02-29 08:00:00", "2024-02-29 23:59:59", "2026-3-1 8:00:00",
    "0001-01-01 00:00:00", "9999-12-31 23:59:59", "0000-01-01 00:00:00", "2026-03-01 24:00:00", "2026-03-01 08:00:60",
    "２０２６-03-01 08:00:00", "2026-03-01 08:00:00Z", "2026-03-01", "20260301", "x", "", None,
    "2026-03-08 02:30:00",  # never was in New York
    "2026-11-01 01:30:00",  # was twice: the first counts
    "2026-11-01 12:00:00", "1883-11-18 12:00:00", "1901-01-01 00:00:00", "01/03/2026 08:00", "1/3/2026 8:00",
]  # fmt: skip


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC", "Asia/Kathmandu", "Africa/Monrovia"])
@pytest.mark.parametrize(
    "formats", [(), ("%Y-%m-%d %H:%M:%S",), ("%d/%m/%Y %H:%M",), ("%Y%m%d",), ("%d.%b", "%Y-%m-%d")]
)
def test_times(zone: str, formats: tuple[str, ...]) -> None:
    texts, there = TIMES * 4, ZoneInfo(zone)
    assert len(texts) >= normalise.FEW, "else rows are compared with rows"
    expected = [None if t is None else normalise.read_time(t, formats, there) for t in texts]
    found = normalise.instants_of(pa.array(texts, pa.string()), formats, there)
    assert [None if t is None else t.replace(tzinfo=UTC) for t in found.tolist()] == expected


def test_plain_times_are_read_as_a_column_and_sliced_columns_too() -> None:
    column = pa.array(["x", None, "2026-03-01 08:00:00", "2026-07-01 08:00:01", "y"]).slice(2, 2)
    zone = ZoneInfo("Europe/Vienna")
    assert list(plain_times(column, None, zone)) == [
        np.datetime64("2026-03-01T07:00:00", "us"),
        np.datetime64("2026-07-01T06:00:01", "us"),
    ]
    assert np.isnat(plain_times(column, "%Y-%m-%d %H:%M:%S %p", zone)).all(), "not of fixed shape: for the slow reader"


def test_numbers() -> None:
    texts = [None if t is None else t for t in NUMBERS * 4]
    values, garbage = normalise._numbers(pa.array(texts, pa.string()))
    few, few_garbage = zip(*(normalise._numbers(pa.array([t], pa.string())) for t in texts), strict=True)
    np.testing.assert_array_equal(values, np.concatenate(few))
    np.testing.assert_array_equal(garbage, np.concatenate(few_garbage))


@pytest.mark.parametrize("odd", [*NUMBERS, "nan(1)", "infinity", "1d0", "0x1p3"])
def test_one_odd_number_among_plain_ones(odd: str | None) -> None:
    """Where all others are plain, the column is read at once."""
    texts = ["103.04"] * normalise.FEW + [odd]
    values, garbage = normalise._numbers(pa.array(texts, pa.string()))
    (value,), (bad,) = normalise._numbers(pa.array([odd], pa.string()))
    np.testing.assert_array_equal(values[-1], value)
    assert (values[:-1] == 103.04).all() and not garbage[:-1].any() and garbage[-1] == bad


def test_every_odd_case_has_its_reason_in_a_large_batch_too() -> None:
    rows = [GOOD | change for _, change, _ in CASES] * 5
    assert len(rows) >= normalise.FEW
    normal = normalise.normalise(batch(*rows), FEED, CITY)
    assert list(normal.reason) == [reason for _, _, reason in CASES] * 5
    alone = [normalise.normalise(batch(row), FEED, CITY) for row in rows]
    assert normal.lonlat.tobytes() == np.concatenate([a.lonlat for a in alone]).tobytes()
    assert list(normal.reported_at) == [a.reported_at[0] for a in alone]
    assert normal.reported_at[0] == datetime(2026, 3, 1, tzinfo=UTC)


def test_private_data_in_columns() -> None:
    texts = [text for text, _, _ in PRIVATE] * 40 + [None, "１３800000000", "电话１38-0000-0000"]
    assert len(texts) >= privacy._FEW
    column = pa.array(texts, pa.string())
    assert privacy.scrub_of(column).to_pylist() == [None if t is None else scrub(t) for t in texts]
    assert privacy.drop_id_cards_of(column).to_pylist() == [None if t is None else drop_id_cards(t) for t in texts]


texts = st.text(st.sampled_from('ab" \\\n\x00\x1f％%s路\u2028\ud800\x85'), max_size=5)
values = st.one_of(
    st.fixed_dictionaries({"id": texts, "a%s": texts, "路\"": texts}),
    st.dictionaries(st.sampled_from(["id", "a%s", "z"]), st.one_of(texts, st.none(), st.integers(), st.lists(texts, max_size=1)), max_size=3),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(values, st.sampled_from(["", "", "", "malformed"])), min_size=1, max_size=6))
def test_records_of_one_shape_go_by_columns_and_come_out_the_same(
    given_records: list[tuple[dict[str, Any], str]],
) -> None:
    feed = FEED.__class__(
        **{n: getattr(FEED, n) for n in FEED.__dataclass_fields__} | {"fields": {"id": "id", "text": "a%s", "lon": "z"}}
    )
    chunk = [RawRecord(line, row, fault) for line, (row, fault) in enumerate(given_records)]
    (together,) = batches(chunk, feed)
    assert together.to_pylist() == records._odd_batch(chunk, feed).to_pylist()
