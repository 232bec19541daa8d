"""Every line of a file ends somewhere: as a record, or as a fault with the text kept."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from streetchief.city import FEED_FIELDS, FeedSpec, Title
from streetchief.errors import BadInput, NotFound
from streetchief.intake.feeds.read import read_file, read_records
from streetchief.intake.feeds.records import RAW_SCHEMA, pick
from streetchief.registry.csvlines import MOST_LINES_A_RECORD


def feed(form: str = "csv", encoding: str = "utf-8", **fields: str) -> FeedSpec:
    names = {"id": "id", "lon": "x", "lat": "y", "reported_at": "t", "code": "c", "text": "note", **fields}
    return FeedSpec("f", Title("源", "feed"), form, "S", names, "wgs84", "UTC", encoding, default_kind="event")


HEADER = b"id,x,y,t,c,note\n"
GOOD = b"%d,1,2,2026-01-01,A,fine\n"


def csv_file(tmp_path: Path, body: bytes) -> Path:
    path = tmp_path / "feed.csv"
    path.write_bytes(HEADER + body)
    return path


CSV_CASES = [
    ("plain", GOOD % 1 + GOOD % 2, ["", ""]),
    ("blank line is no record", GOOD % 1 + b"\n" + GOOD % 2, ["", ""]),
    ("too few columns", b"1,2\n" + GOOD % 2, ["wrong_columns", ""]),
    ("too many columns", b"1,1,2,t,A,n,extra\n" + GOOD % 2, ["wrong_columns", ""]),
    ("bytes of another encoding", "1,1,2,t,A,和平\n".encode("gb18030") + GOOD % 2, ["bad_encoding", ""]),
    ("quoted line break is one record", b'1,1,2,t,A,"two\nlines"\n' + GOOD % 2, ["", ""]),
    ("half-written last line", GOOD % 1 + b"2,1,2", ["", "wrong_columns"]),
    ("quote never closed, end of file", GOOD % 1 + b'2,1,2,t,A,"half', ["", "malformed"]),
    ("quote never closed eats nobody", b'1,1,2,t,A,"half\n' + b"".join(GOOD % i for i in range(2, 300)), ["malformed"] + [""] * 298),
    ("text after a closing quote", b'1,1,2,t,A,"x"y\n' + GOOD % 2, ["malformed", ""]),
    ("a NUL cannot be stored", b"1,1,2,t,A,a\x00b\n" + GOOD % 2, ["bad_encoding", ""]),
    ("a formula is only text", b"1,1,2,t,A,=1+1\n", [""]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "body", "faults"), CSV_CASES, ids=[c[0] for c in CSV_CASES])
def test_csv_accounts_for_every_line(tmp_path: Path, why: str, body: bytes, faults: list[str]) -> None:
    (batch,) = read_file(csv_file(tmp_path, body), feed())
    assert batch.column("fault").to_pylist() == faults


def test_line_numbers_point_into_the_file(tmp_path: Path) -> None:
    body = GOOD % 1 + b'2,1,2,t,A,"two\nlines"\n' + b"bad\n" + GOOD % 4
    assert [r.line for r in read_records(csv_file(tmp_path, body), feed())] == [2, 3, 5, 6]


def test_an_unclosed_quote_costs_one_line_only(tmp_path: Path) -> None:
    many = b"".join(GOOD % i for i in range(2 * MOST_LINES_A_RECORD))
    records = list(read_records(csv_file(tmp_path, b'x,1,2,t,A,"half\n' + many), feed()))
    assert [r.fault for r in records] == ["malformed"] + [""] * (2 * MOST_LINES_A_RECORD)


def test_the_faulty_text_is_kept_readable(tmp_path: Path) -> None:
    (record,) = read_records(csv_file(tmp_path, b"1,\xff\xfe,2,t,A,n\n"), feed())
    assert record.values == {"": "1,\\xff\\xfe,2,t,A,n"}


def test_a_header_in_another_encoding_is_refused_with_the_encoding_named(tmp_path: Path) -> None:
    path = tmp_path / "gb.csv"
    path.write_bytes("编号,x,y,t,c\n".encode("gb18030"))
    with pytest.raises(BadInput) as refused:
        list(read_file(path, feed(id="编号")))
    assert refused.value.values == {"file": "gb.csv", "missing": "编号", "encoding": "utf-8"}


def test_gb18030_and_gzip_and_byte_order_mark(tmp_path: Path) -> None:
    packed = tmp_path / "gb.csv.gz"
    packed.write_bytes(gzip.compress("id,x,y,t,c,note\n1,1,2,t,A,和平南路\n".encode("gb18030")))
    marked = tmp_path / "bom.csv"
    marked.write_bytes("\ufeffid,x,y,t,c,note\n1,1,2,t,A,和平南路\n".encode())
    for path, encoding in ((packed, "gb18030"), (marked, "utf-8")):
        (record,) = read_records(path, feed(encoding=encoding))
        assert (record.values["id"], record.values["note"]) == ("1", "和平南路")


def test_jsonl_keeps_bad_lines(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    lines = [b'{"id": 1, "x": NaN, "y": 1e400}', b"", b"[1]", b'{"id": 2, "no', b'{"id": "\xff"}', b'{"id": "\\ud800"}']
    path.write_bytes(b"\n".join(lines))
    (batch,) = read_file(path, feed("jsonl"))
    assert batch.column("fault").to_pylist() == ["", "malformed", "malformed", "bad_encoding", "bad_encoding"]
    assert (batch.column("lon")[0].as_py(), batch.column("lat")[0].as_py()) == ("nan", "inf")


def test_a_half_written_geojson_gives_its_whole_features(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"id": i}, "geometry": {"type": "Point", "coordinates": [i, 2.5]}}
        for i in (1, 2)
    ]
    whole = json.dumps({"type": "FeatureCollection", "features": features})
    path = tmp_path / "feed.geojson"
    path.write_text(whole[: whole.index('"id": 2')])
    (batch,) = read_file(path, feed("geojson", lon="@lon", lat="@lat"))
    assert batch.column("fault").to_pylist() == ["", "malformed"]
    assert batch.column("lat")[0].as_py() == "2.5"
    path.write_text("[]")
    with pytest.raises(BadInput):
        list(read_file(path, feed("geojson")))


def test_excel_reads_values_never_formulas(tmp_path: Path) -> None:
    path = tmp_path / "feed.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "x", "y", "t", "c", "note"])
        sheet.write_row(1, 0, [101, 1.5, 2, datetime(2026, 1, 2, 3, 4, 5), "0101"])  # noqa: DTZ001
        sheet.write_formula(1, 5, "=1+1", None, 2)
        sheet.write_string(3, 0, "=2+2")
    first, second = read_records(path, feed("excel"))
    assert (first.values["id"], first.values["t"], first.values["note"]) == (101, "2026-01-02 03:04:05", 2)
    assert (second.line, second.values["id"]) == (4, "=2+2")
    path.write_bytes(b"not a workbook")
    with pytest.raises(BadInput):
        list(read_file(path, feed("excel")))


def test_excel_times_and_durations_are_text(tmp_path: Path) -> None:
    path = tmp_path / "feed.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "x", "y", "t", "c", "note"])
        sheet.write_row(1, 0, [1, 1.5, 2])
        sheet.write_datetime(1, 3, time(10, 5), book.add_format({"num_format": "hh:mm"}))
        sheet.write_number(1, 5, 1.5, book.add_format({"num_format": "[h]:mm:ss"}))
    (batch,) = read_file(path, feed("excel"))
    assert (batch.column("reported_at")[0].as_py(), batch.column("text")[0].as_py()) == ("10:05:00", "PT36H0M0S")


def test_an_excel_column_that_stands_twice_is_refused_and_nameless_ones_are_not(tmp_path: Path) -> None:
    for again, code in (("x", "columns_twice"), ("", "")):
        path = tmp_path / "feed.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["id", "x", "y", "t", again])
            sheet.write_row(1, 0, [1, 1.5, 2, "t", "n", "o", "p"])
        if not code:
            assert [record.values["x"] for record in read_records(path, feed("excel"))] == [1.5]
            continue
        with pytest.raises(BadInput) as refused:
            list(read_file(path, feed("excel")))
        assert refused.value.code == code


def test_batches_are_bounded_and_carry_one_schema(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"".join(GOOD % i for i in range(5)))
    batches = list(read_file(path, feed(), rows=2))
    assert [b.num_rows for b in batches] == [2, 2, 1]
    assert all(b.schema == RAW_SCHEMA for b in batches)
    assert set(FEED_FIELDS) <= set(RAW_SCHEMA.names)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_file(tmp_path / "none.csv", feed())


def test_pick_goes_down_a_dotted_path_only_where_it_exists() -> None:
    values = {"a": {"b": [{"c": 7}]}, "a.b": 1}
    assert (pick(values, "a.b"), pick(values, "a.b.0.c"), pick(values, "a.x"), pick({}, "a")) == (1, 7, None, None)


BAD_FEATURES = [
    '{"type": "Feature", "properties": ["a"]}',
    '{"type": "Feature", "geometry": "POINT"}',
    "7",
    '{"type": "Feature", "properties": {"id": ',
]


@pytest.mark.parametrize("bad", BAD_FEATURES)
def test_a_bad_feature_costs_nobody_else(tmp_path: Path, bad: str) -> None:
    good = '{"type": "Feature", "properties": {"id": 1}, "geometry": null}'
    path = tmp_path / "feed.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{good}, {bad}, {good}]}}')
    assert [r.fault for r in read_records(path, feed("geojson"))] == ["", "malformed", ""]


def test_a_stray_byte_in_geojson_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "feed.geojson"
    path.write_bytes(b'{"features": [{"properties": {"id": "\xff"}}, {"properties": {"id": 2}}]}')
    (batch,) = read_file(path, feed("geojson"))
    assert batch.column("fault").to_pylist() == ["bad_encoding", ""]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "geojson"])
def test_a_broken_archive_gives_what_it_held_and_says_so(tmp_path: Path, ending: str) -> None:
    rows = [{"id": str(i), "x": "1", "y": "2", "t": "2026-01-01", "c": f"{i * 7919 % 1000}"} for i in range(3000)]
    whole = {
        "csv": HEADER.decode() + "".join(f"{r['id']},1,2,2026-01-01,{r['c']},fine\n" for r in rows),
        "jsonl": "".join(json.dumps(r) + "\n" for r in rows),
        "geojson": json.dumps({"features": [{"type": "Feature", "properties": r} for r in rows]}),
    }[ending]
    packed = gzip.compress(whole.encode())
    path = tmp_path / f"feed.{ending}.gz"
    path.write_bytes(packed[: len(packed) // 2])
    (batch,) = read_file(path, feed(ending))
    faults = batch.column("fault").to_pylist()
    assert 0 < len(faults) < 3000
    assert faults[-1] != ""
    assert not any(faults[:-2])


def test_a_byte_order_mark_before_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1}\n{"id": ' + b"9" * 5000 + b"}\n")
    assert [r.fault for r in read_records(path, feed("jsonl"))] == ["", "malformed"]


@pytest.mark.parametrize("header", [b"id,x,x,y,t,c\n", b'"id,x\ry\n', "id,x,y,t,c\n".encode("utf-16")])
def test_a_header_that_cannot_be_trusted_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(header + b"1,2,3,4,5\n")
    with pytest.raises(BadInput):
        list(read_file(path, feed()))
