"""Files of points as strangers write them: every row is accounted for, or the file is refused in one sentence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import geopandas
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shapely import LineString, Point

from streetchief.errors import BadInput
from streetchief.matching.points import PointBatch, PointColumns, PointFile
from streetchief.registry.csvlines import MOST_LINES_A_RECORD


def read(path: Path, encoding: str | None = None, rows: int = 1000, **columns: str) -> list[PointBatch]:
    return list(PointFile.of(path, PointColumns(**columns), encoding).batches(rows))


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("id,lon,lat", "our own"),
        ("ID,Longitude,Latitude", "whatever the case"),
        ("Unique Key,LONGITUDE,LATITUDE", "New York"),
        ("CASE_ENQUIRY_ID,lng,lat", "Boston, Amap"),
        ("案件编号,经度,纬度", "Chinese"),
        ("OBJECTID,X,Y", "a GIS"),
        (" id , lon , lat ", "spaces"),
        ("\ufeffid,lon,lat", "Excel's mark"),
        ("id;lon;lat", "a German Excel"),
        ("id\tlon\tlat", "tabs"),
    ],
)
def test_usual_columns_are_found(tmp_path: Path, header: str, why: str) -> None:
    separator = next(s for s in ";\t," if s in header)
    (batch,) = read(write(tmp_path / "p.csv", f"{header}\n{separator.join(['a', '103.9', '30.1'])}\n"))
    assert (batch.ids, batch.lon, batch.lat, batch.texts) == (["a"], ["103.9"], ["30.1"], None), why


def test_rows_keep_their_order_across_batches_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "lon,lat\n" + "\n".join(f"{i},{i}\n" for i in range(10)))
    batches = read(path, rows=4)
    assert [len(b.ids) for b in batches] == [4, 4, 2]
    assert [i for b in batches for i in b.ids] == [str(i) for i in range(1, 11)], "row numbers where there is no id"


def test_a_row_of_the_wrong_length_is_at_fault_and_the_next_is_not(tmp_path: Path) -> None:
    (batch,) = read(write(tmp_path / "p.csv", 'id,lon,lat,t\na,1,2\nb,1,2,"x,\ny"\nc,1,2,x,y\nd,1,2,x\n'), address="t")
    assert list(zip(batch.ids, batch.faults, strict=True)) == [
        ("a", "wrong_columns"),
        ("b", ""),
        ("c", "wrong_columns"),
        ("d", ""),
    ]
    assert batch.texts == [None, "x,\ny", "x", "x"]


BROKEN_LINES = [
    # line, what is wrong with it, its id, why
    ('b,1,2,"half', "malformed", "b", "a quote that is never closed, which Excel reads to the end of the file"),
    ('b,1,2,"half\n"', "", "b", "a quote closed on the next line"),
    ('"b,1,2,half', "malformed", "", "the id itself is in the open quote"),
    ("b,1,2," + "y" * 200_000, "malformed", "b", "more than any text"),
    ('b,1,2,"x" Street', "", "b", "text beside its quotes"),
    ('b,1,2,5"', "", "b", "inches"),
    ("b,1,2,\0", "", "b", "a NUL is a character"),
]


@pytest.mark.parametrize(("line", "fault", "known", "why"), BROKEN_LINES)
@pytest.mark.parametrize("after", [3, 3 * MOST_LINES_A_RECORD])
def test_a_broken_line_is_one_row_and_the_lines_after_it_are_read(
    tmp_path: Path, line: str, fault: str, known: str, why: str, after: int
) -> None:
    rest = "".join(f'c{i},1,2,"{i}"\n' for i in range(after))
    batches = read(write(tmp_path / "p.csv", f"id,lon,lat,t\na,1,2,x\n{line}\n{rest}"), address="t")
    ids, faults = [i for b in batches for i in b.ids], [f for b in batches for f in b.faults]
    assert ids == ["a", known, *(f"c{i}" for i in range(after))], why
    assert faults == ["", fault, *[""] * after], why


def test_a_broken_utf_16_file_spoils_its_last_row_only(tmp_path: Path) -> None:
    content = "id,lon,lat\na,1,2\nb,1,2\n".encode("utf-16-le")
    path = write(tmp_path / "p.csv", b"\xff\xfe" + content[:-4] + b"\x00\xd8\n\x00")
    assert read(path)[0].faults == ["", "bad_encoding"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encodings_are_recognised(tmp_path: Path, codec: str) -> None:
    rows = "".join(f"{i},103.9,30.1,棕南正街{i}号门口垃圾桶满了\n" for i in range(50))
    (batch,) = read(write(tmp_path / "p.csv", f"id,lon,lat,地址\n{rows}".encode(codec)), address="地址")
    assert batch.texts is not None
    assert batch.texts[7] == "棕南正街7号门口垃圾桶满了"
    assert set(batch.faults) == {""}


def test_a_declared_encoding_is_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "id,lon,lat,rue\na,2.3,48.8,Rue de l'Église à Orléans\n".encode("latin-1"))
    assert read(path, "latin-1", address="rue")[0].texts == ["Rue de l'Église à Orléans"]


def test_a_stray_byte_spoils_its_row_only(tmp_path: Path) -> None:
    rows = [f"{i},1,2,x".encode() for i in range(300)]
    rows[5] = b"5,1,2,\xff\xfe"
    (batch,) = read(write(tmp_path / "p.csv", b"id,lon,lat,t\n" + b"\n".join(rows)), address="t")
    assert [i for i, fault in zip(batch.ids, batch.faults, strict=True) if fault] == ["5"]
    assert batch.faults[5] == "bad_encoding"
    assert batch.texts is not None
    batch.texts[5].encode()  # type: ignore[union-attr]  # readable, no half characters left


GEO = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"addr": "大街"},
            "geometry": {"type": "Point", "coordinates": [1.5, 2.5, 9]},
        },
        {"type": "Feature", "properties": {"id": "b"}, "geometry": None},
        {"type": "Feature", "properties": None, "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
        {
            "type": "Feature",
            "properties": {"id": "d"},
            "geometry": {"type": "Point", "coordinates": ["x", float("nan")]},
        },
        "no feature at all",
    ],
}


@pytest.mark.parametrize("name", ["p.geojson", "p.json", "p.geojson.gz"])
def test_geojson_with_and_without_points(tmp_path: Path, name: str) -> None:
    content = json.dumps(GEO).encode()
    (batch,) = read(write(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content), address="addr")
    assert batch.ids == ["7", "b", "", "d", ""]
    assert batch.lon == [1.5, None, None, "x", None]
    assert batch.texts == ["大街", None, None, None, None]
    assert batch.faults == ["", "", "", "", "malformed"]


def whole(number: int) -> str:
    return json.dumps({"type": "Feature", "properties": {"id": f"w{number}"}, "geometry": POINT})


POINT = {"type": "Point", "coordinates": [1.5, 2.5]}
BROKEN_FEATURES = [
    # text between two whole features, what is wrong with it, its id, why
    ('{"type":"Feature",,}', "malformed", "", "no JSON"),
    (whole(0)[:-30], "malformed", "", "half a feature"),
    (whole(0).replace("1.5", "9" * 5000), "malformed", "", "more digits than Python reads"),
    ("[" * 100_000 + "]" * 100_000, "malformed", "", "deeper than Python reads"),
    (whole(0).replace("w0", "w0STRAY"), "bad_encoding", "w0\ufffd\ufffd", "stray bytes in the id"),
    (whole(0).replace("}, ", ', "t": "STRAY"}, ', 1), "bad_encoding", "w0", "stray bytes elsewhere"),
    (whole(0).replace("w0", "w0\\ud800"), "bad_encoding", "w0\ufffd", "half a character"),
    (whole(0).replace("w0", "w0\\u0000"), "", "w0\0", "a NUL is a character"),
    ('{"geometry": {"type": "Point", "coordinates": [}', "malformed", "", "a feature that begins otherwise"),
]


@pytest.mark.parametrize(("text", "fault", "known", "why"), BROKEN_FEATURES)
def test_a_broken_feature_is_one_row_and_the_next_is_read(
    tmp_path: Path, text: str, fault: str, known: str, why: str
) -> None:
    note = '"note": "the \\"features\\": [of]", '
    content = f'{{{note}"features": [{whole(1)}, {text},\n{whole(2)},{whole(3)}], "x": 1}}'
    (batch,) = read(write(tmp_path / "p.geojson", content.encode().replace(b"STRAY", b"\xff\xfe")))
    assert batch.ids == ["w1", known, "w2", "w3"], why
    assert batch.faults == ["", fault, "", ""], why


CUTS = [
    # characters cut off, the faults of the rows, why
    (1, ["", ""], "only the last brace is missing"),
    (2, ["", "", "malformed"], "nobody knows whether more was to come"),
    (3, ["", "malformed"], "half a feature"),
    (len(whole(2)) + 2, ["", "malformed"], "cut at the comma"),
]


@pytest.mark.parametrize(("cut", "faults", "why"), CUTS)
def test_the_end_of_a_half_written_file_is_one_row(tmp_path: Path, cut: int, faults: list[str], why: str) -> None:
    content = f'{{"features": [{whole(1)}, {whole(2)}]}}'
    assert [f for b in read(write(tmp_path / "p.geojson", content[:-cut])) for f in b.faults] == faults, why


def test_parquet_text_that_is_no_utf_8_spoils_its_row_only(tmp_path: Path) -> None:
    raw = pa.array([b"a", b"b\xff", None]).cast(pa.binary())
    text = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2], raw.buffers()[0], 1)
    pq.write_table(pa.table({"id": text, "lon": [1.0] * 3, "lat": [2.0] * 3}), tmp_path / "p.parquet")
    (batch,) = read(tmp_path / "p.parquet")
    assert (batch.ids, batch.faults) == (["a", "b\ufffd", ""], ["", "bad_encoding", ""])


def test_a_parquet_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    columns = [pa.array([1.0])] * 4
    pq.write_table(pa.Table.from_arrays(columns, ["id", "lon", "lon", "lat"]), tmp_path / "p.parquet")
    with pytest.raises(BadInput) as refused:
        read(tmp_path / "p.parquet")
    assert refused.value.code == "columns_twice"


def test_a_number_beyond_all_numbers_is_infinite(tmp_path: Path) -> None:
    content = (
        '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [1%s, 2]}}]}'
        % ("0" * 400)
    )
    assert read(write(tmp_path / "p.geojson", content))[0].lon == [float("inf")]


def test_parquet_by_columns_and_by_geometry(tmp_path: Path) -> None:
    table = pandas.DataFrame({"id": [1, 2], "lon": [1.5, float("nan")], "lat": [2.5, 3.5], "addr": ["大街", None]})
    table.to_parquet(tmp_path / "p.parquet")
    (batch,) = read(tmp_path / "p.parquet", address="addr")
    assert (batch.ids, batch.lon[0], batch.texts) == (["1", "2"], 1.5, ["大街", None])
    shapes = [Point(1.5, 2.5), LineString([(0, 0), (1, 1)]), None]
    geopandas.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=shapes, crs=4326).to_parquet(tmp_path / "g.parquet")
    (batch,) = read(tmp_path / "g.parquet")
    assert (batch.lon, batch.lat) == ([1.5, None, None], [2.5, None, None])


REFUSED = [
    # name, content, columns, code of the sentence, a word that it must say
    ("none.csv", None, {}, "no_such_file", "none.csv"),
    ("p.xls", "x", {}, "unknown_points_format", ".parquet"),
    ("p.csv", "id,a,b\n1,2,3\n", {}, "no_coordinate_columns", "id, a, b"),
    ("p.csv", "id,lon,b\n1,2,3\n", {}, "no_coordinate_columns", "id, lon, b"),
    ("p.csv", "id,lon,lat\n1,2,3\n", {"lon": "Länge"}, "no_such_column", "id, lon, lat"),
    ("p.csv", "id,lon,lat\n1,2,3\n", {"address": "addr"}, "no_such_column", "addr"),
    ("p.csv", "", {}, "no_coordinate_columns", "-"),
    ("p.csv", "id,lon,lat,rue\n" + "a,2,48,Église à Orléans été\n" * 9, {}, "which_encoding", "p.csv"),
    ("p.csv.gz", gzip.compress(b"id,lon,lat\n" + b"1,2,3\n" * 9999)[:-40], {}, "unreadable_points", "p.csv.gz"),
    ("p.csv.gz", b"not packed", {}, "unreadable_points", "p.csv.gz"),
    ("p.csv", "x" * 200_000 + ",id,lon,lat\n1,2,3,4\n", {}, "broken_csv", "p.csv"),
    ("p.csv", "lon,id,lat,lon\n1,2,3,4\n", {}, "columns_twice", "p.csv"),
    ("p.geojson", '{"type": "FeatureCollection", "features": [', {}, "unreadable_points", "p.geojson"),
    ("p.geojson", '{"type": "Point"}', {}, "unreadable_points", "FeatureCollection"),
    ("p.parquet", "PAR1", {}, "unreadable_points", "p.parquet"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "columns", "code", "word"), REFUSED)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: str | bytes | None, columns: dict[str, str], code: str, word: str
) -> None:
    path = tmp_path / name
    if content is not None:
        write(path, content.encode("latin-1") if isinstance(content, str) and "É" in content else content)
    with pytest.raises(BadInput) as refused:
        read(path, **columns)
    assert refused.value.code == code
    assert word in str(refused.value)


@pytest.mark.parametrize("name", ["martian", "zlib", "rot13"])  # the last two are no encodings of text
def test_an_unknown_encoding_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(write(tmp_path / "p.csv", "lon,lat\n"), name)
    assert refused.value.code == "unknown_encoding"


@pytest.mark.parametrize(
    ("header", "wanted", "labels"),
    [
        ("id,lon,lat,True_Street", "", ["Elm St", None]),  # guessed, whatever its case
        ("id,lon,lat,真实街道", "", ["Elm St", None]),
        ("id,lon,lat,x1", "X1", ["Elm St", None]),  # named
        ("id,lon,lat,street", None, None),  # nobody asked
    ],
)
def test_labels_are_read_where_they_are_asked_for(
    tmp_path: Path, header: str, wanted: str | None, labels: list[str | None] | None
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"{header}\n1,104,30,Elm St\n2,104,30\n", "utf-8")
    (batch,) = PointFile.of(path, PointColumns(label=wanted)).batches()
    assert batch.labels == labels
