"""One record by itself comes out as a batch brings it out, value for value and type for type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetchief.city import FeedSpec
from streetchief.geo.datum import Datum, from_wgs84
from streetchief.intake.feeds.records import RawRecord, batches, row_of
from streetchief.pipeline.context import Context, context_of, scanned
from streetchief.pipeline.process import process
from streetchief.pipeline.process_one import process_one
from tests.pipeline.squares import CITY, FEED, ORIGIN, REGISTRY, lonlat, row

LONG = "x" * 201
DEFAULT_POINT = lonlat(40, 5)
MANY = 300  # more than the rows from which on columns are read as columns


def in_datum(datum: Datum, x: float, y: float) -> dict[str, str]:
    lon, lat = from_wgs84(np.array([lonlat(x, y)]), datum)[0].tolist()
    return {"lon": repr(lon), "lat": repr(lat)}


def projected(x: float, y: float) -> dict[str, str]:
    return {"lon": f"{ORIGIN[0] + x}", "lat": f"{ORIGIN[1] + y}"}


def feed(**changes: Any) -> FeedSpec:
    return replace(FEED, **changes)


PLAIN: dict[str, dict[str, Any]] = {
    "matched on the first half of a street": row("a", -150, 8),
    "the street's own rule": row("b", 150, 8, code="R1"),
    "no rule there": row("c", 8, 150, code="R1"),
    "far from every street: the area under it": row("d", 150, 250),
    "far from everything, no area either": row("d", 650, 1500),
    "on the line: no side": row("a", -150, 0),
    "ambiguous: at a corner": row("a", 12, 14),
    "past the end of its street": row("a", 320, 5),
    "suspect: the text names a street elsewhere": row("e", -150, 8, address="远街7号"),
    "suspect: a default point": row("p", 40, 5),
    "named and near": row("a", -150, 8, address="东街7号"),
    "a misspelt street": row("a", -150, 8, address="冬街7号"),
    "no such street": row("a", -150, 8, address="西大街7号"),
    "the text stands in for the address": row("a", 20, 20, text="北街3号门前有垃圾"),
    "unknown code": row("g", 150, 8, code="ZZ"),
    "no code": row("g", 150, 8, code=""),
    "a code that its scheme does not know as such, nor its kind": row("g", 150, 8, kind="什么", code="W1"),
    "telephone and identity numbers in all texts": row(
        "h",
        150,
        8,
        text="电话13800000000 身份证11010519491231002X",
        address="东街1号 010-12345678",
        who="某",
        phone="138",
    ),
    "half-width and full-width blanks": row(" a ", -150, 8, text="　路 ", code=" W1 "),
    "signs that JSON must escape": row("a", -150, 8, text='"\\\t\n\x7f💧'),
    "numbers as numbers, not as text": row("a", -150, 8) | {"id": 7, "lon": lonlat(-150, 8)[0], "text": None},
    "nested values": row("a", -150, 8) | {"text": {"a": 1}, "who": ["x"], "phone": True},
    "a field is missing": {k: v for k, v in row("a", -150, 8).items() if k not in ("text", "who")},
    "plus sign, exponent": row("a", 0, 0, lon="+103.04E0", lat="2.9995e1"),
    "a time with a zone": row("a", -150, 8, at="2026-03-01T08:00:00+09:30"),
    "microseconds": row("a", -150, 8, at="2026-03-01 08:00:00.123456"),
    "as long as a name may be": row("i" * 200, -150, 8, code="W" * 200),
}
REFUSED: dict[str, dict[str, Any]] = {
    "no id": row("", -150, 8),
    "id too long": row(LONG, -150, 8),
    "code too long": row("a", -150, 8, code=LONG),
    "no longitude": row("a", -150, 8, lon=""),
    "no number": row("a", -150, 8, lon="=1+1"),
    "full-width figures are no number": row("a", -150, 8, lon="１０３"),
    "NaN": row("a", -150, 8, lon="NaN"),
    "infinite": row("a", -150, 8, lat="-inf"),
    "more than a number holds": row("a", -150, 8, lat="1e999"),
    "zero": row("a", -150, 8, lon="0", lat="0.0"),
    "swapped": row("a", -150, 8, lon="29.99", lat="103.04"),
    "outside": row("a", -150, 8, lon="104"),
    "no time": row("a", -150, 8, at=""),
    "no such day": row("a", -150, 8, at="2026-02-30 08:00:00"),
    "before 1970": row("a", -150, 8, at="1969-12-31 08:00:00"),
    "after 2199": row("a", -150, 8, at="2200-01-01 08:00:00"),
    "half a surrogate pair": row("a", -150, 8, text="\ud83d"),
    "a NUL": row("a", -150, 8, text="a\x00b"),
}
DECLARED = {**FEED.fields, "datum": "datum"}
FEEDS: dict[str, tuple[FeedSpec, dict[str, dict[str, Any]]]] = {
    "wgs84": (FEED, PLAIN | REFUSED),
    "gcj02": (
        feed(datum="gcj02"),
        {"in": row("a", 0, 0) | in_datum(Datum.GCJ02, -150, 8), "off": row("a", 0, 0, lon="1")},
    ),
    "bd09": (feed(datum="bd09"), {"in": row("a", 0, 0) | in_datum(Datum.BD09, -150, 8)}),
    "each record says its datum": (
        feed(datum=None, fields=DECLARED),
        {
            "cgcs2000": row("a", -150, 8) | {"datum": "CGCS2000"},
            "gcj02": row("a", 0, 0) | in_datum(Datum.GCJ02, -150, 8) | {"datum": "gcj02"},
            "none": row("a", -150, 8),
            "unknown": row("a", -150, 8) | {"datum": "beijing54"},
        },
    ),
    "projected": (
        feed(srid=CITY.metric_srid),
        {
            "in": row("a", 0, 0) | projected(-150, 8),
            "swapped": row("a", 0, 0, lon=f"{ORIGIN[1]}", lat=f"{ORIGIN[0]}"),
            "zero": row("a", 0, 0, lon="0", lat="0"),
            "NaN": row("a", 0, 0, lon="nan"),
        },
    ),
    "its own words, times and zone": (
        feed(kinds={"件": "component"}, default_kind=None, time_formats=("%d.%m.%Y %H:%M",), zone="America/New_York"),
        {
            "known kind": row("a", -150, 8, kind="件", at="01.03.2026 08:00"),
            "unknown kind": row("a", -150, 8, kind="x", at="01.03.2026 08:00"),
            "ISO all the same": row("a", -150, 8, at="2026-03-01 08:00:00"),
            "first of two": row("a", -150, 8, at="01.11.2026 01:30"),
            "left out by a spring night": row("a", -150, 8, at="08.03.2026 02:30"),
        },
    ),
    "synthetic": (feed(synthetic=True), {"in": row("a", -150, 8)}),
}
CASES = [
    pytest.param(f, values, id=f"{name}: {why}") for name, (f, rows) in FEEDS.items() for why, values in rows.items()
]


def context_for(of: FeedSpec) -> Context:
    """The shipped model with one default point, which is declared."""
    declared = FEED if of.srid is not None else replace(FEED, default_points=(DEFAULT_POINT,))
    model = scanned(context_of(CITY, declared, REGISTRY), []).model
    return context_of(CITY, of, replace(REGISTRY, version=3), model)


CONTEXTS = {f: context_for(spec) for f, (spec, _) in FEEDS.items()}


def in_a_batch(records: list[RawRecord], context: Context) -> list[dict[str, Any] | None]:
    (batch,) = batches(records, context.feed)
    complaints = {r["line"]: r for r in process(batch, context).complaints.to_pylist()}
    return [complaints.get(record.line) for record in records]


def types(answer: dict[str, Any] | None) -> dict[str, type]:
    return {name: type(value) for name, value in (answer or {}).items()}


@pytest.mark.parametrize(("of", "values"), CASES)
def test_alone_as_in_a_batch(of: FeedSpec, values: dict[str, Any]) -> None:
    context = next(c for c in CONTEXTS.values() if c.feed is of)
    record = RawRecord(7, values)
    (expected,) = in_a_batch([record], context)
    found = process_one(row_of(record, of), context)
    assert (found, types(found)) == (expected, types(expected))
    among_many = in_a_batch([RawRecord(n, values) for n in range(7, 7 + MANY)], context)
    assert among_many[0] == expected


def test_the_table_holds_every_verdict_and_both_ends() -> None:
    """Else the comparison above would say less than it seems to."""
    context = CONTEXTS["wgs84"]
    found = {why: process_one(row_of(RawRecord(1, v), FEED), context) for why, v in (PLAIN | REFUSED).items()}
    assert {why for why, answer in found.items() if answer is None} == set(REFUSED)
    answers = [answer for answer in found.values() if answer is not None]
    assert {a["verdict"] for a in answers} == {"matched", "ambiguous", "too_far", "suspect"}
    assert {a["evidence"] for a in answers} == {"geometry", "address", "both", "conflict"}
    assert {a["triage_reason"] for a in answers} >= {None, "missing_code", "unknown_code", "no_rule"}


def test_a_record_that_the_reader_could_not_take_apart_is_left_to_the_batch() -> None:
    context = CONTEXTS["wgs84"]
    record = RawRecord(1, {"": "half a li"}, "bad_row")
    assert process_one(row_of(record, FEED), context) is None
    assert in_a_batch([record], context) == [None]


coordinate = st.floats(-450, 750)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(coordinate, coordinate, st.sampled_from(["", "东街7号", "北街", "远街1号", "Xi Road 3"])),
        min_size=1,
        max_size=40,
    )
)
def test_any_place_alone_as_among_others(places: list[tuple[float, float, str]]) -> None:
    """From 20 points on the matcher looks up its streets another way."""
    context = CONTEXTS["wgs84"]
    records = [RawRecord(n, row(f"r{n}", x, y, address=says)) for n, (x, y, says) in enumerate(places)]
    assert in_a_batch(records, context) == [process_one(row_of(r, FEED), context) for r in records]
