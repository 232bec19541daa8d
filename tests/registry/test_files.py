"""Street files of every format and CRS, good and bad."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import geopandas
import pytest
from shapely import LineString

from streetchief.city import PropertyNames
from streetchief.errors import BadInput
from streetchief.registry.files import read_areas, read_segments
from tests.registry.toytown import DATA, line, write_geojson

PROPERTIES = PropertyNames(code="SEG_ID", name="FULLNAME", street_class="KLASS", aliases="ALSO", width_m="WIDTH")
NAN = float("nan")


def frame(crs: int | None = 32733) -> geopandas.GeoDataFrame:
    """Two streets in UTM 33S metres: 500000 east is 15° E."""
    lines = [LineString([(500000, 7567000), (500300, 7567000)]), LineString([(500300, 7567000), (500300, 7567400)])]
    return geopandas.GeoDataFrame(
        {"name": ["锚街", "纽扣巷"], "highway": ["primary", "residential"]}, geometry=lines, crs=crs
    )


def test_toy_file_is_read_in_its_own_crs() -> None:
    streets, segments, faults = read_segments(DATA / "toytown_streets.geojson", properties=PROPERTIES)
    assert faults == ()
    assert [s.code for s in segments] == ["A1", "A2", "B1", "C-1", "C-2"]
    assert [s.street_class for s in segments] == [1, 1, 3, None, None]
    assert [s.right_of_way_m for s in segments] == [20.0, 20.0, 6.0, None, None]
    assert segments[0].geometry.coords[0] == pytest.approx((15.0, -22.0015), abs=1e-3)
    anchor = next(s for s in streets if s.name == "ANCHOR ST")
    assert anchor.aliases == ("Anchor Street", "Quay Road")


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
def test_formats_agree(tmp_path: Path, ending: str) -> None:
    """The same two streets, whatever the file: same codes, since codes come from name and geometry."""
    path = tmp_path / f"streets.{ending}"
    frame().to_file(path)
    streets, segments, faults = read_segments(path)
    assert faults == ()
    assert {s.name for s in streets} == {"锚街", "纽扣巷"}
    assert sorted(s.street_class or 0 for s in segments) == [1, 3]
    frame().to_crs(4326).to_file(tmp_path / "same.geojson")
    assert {s.street for s in segments} == {s.street for s in read_segments(tmp_path / "same.geojson")[1]}
    for one, other in zip(segments, read_segments(tmp_path / "same.geojson")[1], strict=False):
        assert one.geometry.hausdorff_distance(other.geometry) < 1e-3


def test_gzip_and_plain_are_equal(tmp_path: Path) -> None:
    plain = write_geojson(tmp_path / "a.geojson", line("Toy", [[15, -22], [15.001, -22]]))
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert read_segments(plain) == read_segments(tmp_path / "a.geojson.gz")


def test_osm_extract_keeps_streets_only(tmp_path: Path) -> None:
    """A river, a footpath and a nameless street: the first two are no streets, the third is a warning."""
    nodes = "".join(f'<node id="{i}" lat="{-22 + i / 1000}" lon="15.0"/>' for i in range(1, 6))
    ways = [
        ("highway=primary_link", "name=玩具大道", "alt_name=玩具路"),
        ("highway=footway", "name=小径"),
        ("waterway=river", "name=玩具河"),
        ("highway=residential",),
    ]
    body = ""
    for number, tags in enumerate(ways, start=1):
        pairs = "".join(f'<tag k="{t.split("=")[0]}" v="{t.split("=")[1]}"/>' for t in tags)
        body += f'<way id="{number}"><nd ref="{number}"/><nd ref="{number + 1}"/>{pairs}</way>'
    path = tmp_path / "toy.osm"
    path.write_text(f'<?xml version="1.0"?><osm version="0.6" generator="toy">{nodes}{body}</osm>', "utf-8")
    streets, segments, faults = read_segments(path)
    assert [s.name for s in streets] == ["玩具大道"]
    assert [s.street_class for s in segments] == [1]
    assert [(f.code, f.blocking) for f in faults] == [("segment_unnamed", False)]


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def zigzag(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def block(field: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field: int, content: bytes) -> bytes:
    return varint(field << 3) + content


def pbf(*blobs: tuple[bytes, bytes]) -> bytes:
    """An OSM PBF file of uncompressed blobs: https://wiki.openstreetmap.org/wiki/PBF_Format."""
    out = b""
    for kind, content in blobs:
        blob = block(1, content)
        head = block(1, kind) + number(3, varint(len(blob)))
        out += len(head).to_bytes(4, "big") + head + blob
    return out


def test_osm_pbf(tmp_path: Path) -> None:
    """One street of two nodes, written by hand since GDAL only reads the format; coordinates in 1e-7 degrees."""
    places = [(-220000000, 150000000), (-220000000, 150010000)]
    nodes = b"".join(
        block(1, number(1, zigzag(i)) + number(8, zigzag(lat)) + number(9, zigzag(lon)))
        for i, (lat, lon) in enumerate(places, start=1)
    )
    refs = zigzag(1) + zigzag(1)
    way = block(3, number(1, varint(7)) + block(2, bytes([1, 3])) + block(3, bytes([2, 4])) + block(8, refs))
    strings = b"".join(block(1, s) for s in (b"", b"highway", b"residential", b"name", "玩具巷".encode()))
    content = block(1, strings) + block(2, nodes) + block(2, way)
    path = tmp_path / "toy.osm.pbf"
    path.write_bytes(pbf((b"OSMHeader", block(4, b"OsmSchema-V0.6")), (b"OSMData", content)))
    [street], [segment], faults = read_segments(path)
    assert (street.name, segment.street_class, faults) == ("玩具巷", 3, ())
    assert list(segment.geometry.coords) == [(15.0, -22.0), (15.001, -22.0)]


def test_codes_do_not_depend_on_row_order(tmp_path: Path) -> None:
    features = [line(f"Toy {i % 3}", [[15 + i / 1000, -22], [15 + i / 1000, -22.001]]) for i in range(12)]
    features += [line("Twice", [[15, -22], [15.001, -22]]), line("Twice", [[15, -22], [15.001, -22]])]
    features += [line("Twice", [[15.001, -22], [15, -22]])]
    ordered = read_segments(write_geojson(tmp_path / "a.geojson", *features))
    random.Random(1).shuffle(features)
    shuffled = read_segments(write_geojson(tmp_path / "b.geojson", *features))
    assert ordered == shuffled
    assert len({s.code for s in ordered[1]}) == len(features)


def test_lollipop_is_cut_where_it_meets_itself(tmp_path: Path) -> None:
    """A turning loop is drawn by going back to the way's own start: two simple lines, nothing lost."""
    loop = [[15, -22], [15.001, -22], [15.001, -21.999], [15, -22], [14.999, -22]]
    _, segments, faults = read_segments(write_geojson(tmp_path / "a.geojson", line("Loop", loop, code="L")))
    assert faults == ()
    assert [s.code for s in segments] == ["L-1", "L-2"]
    assert all(s.geometry.is_simple for s in segments)


BAD_FEATURES = [
    ("geometry_missing", ({"name": "Toy"}, "", None), "a feature with no geometry"),
    ("geometry_unreadable", line("Toy", [[15, -22]]), "a line of one point"),
    ("geometry_not_finite", line("Toy", [[15, -22], [NAN, -22]]), "NaN, which json writes"),
    ("geometry_not_finite", line("Toy", [[15, -22], [float("inf"), -22]]), "Infinity, which json writes"),
    ("geometry_outside_world", line("Toy", [[500000, 7567000], [500300, 7567000]]), "metres called degrees"),
    ("segment_not_a_line", ({"name": "Toy"}, "Point", [15, -22]), "a point among lines"),
    ("segment_zero_length", line("Toy", [[15, -22], [15, -22]]), "the same point twice"),
    ("segment_unnamed", line(None, [[15, -22], [15.001, -22]]), "no name"),
    ("segment_unnamed", line(" \u3000 ", [[15, -22], [15.001, -22]]), "a name of spaces"),
    ("bad_date", line("Toy", [[15, -22], [15.001, -22]], from_on="soon"), "a day that is none"),
]


@pytest.mark.parametrize(("code", "feature", "why"), BAD_FEATURES, ids=[why for _, _, why in BAD_FEATURES])
def test_a_bad_feature_is_named_and_the_others_are_read(tmp_path: Path, code: str, feature: tuple, why: str) -> None:
    good = line("Good", [[15.002, -22], [15.003, -22]])
    streets, segments, faults = read_segments(write_geojson(tmp_path / "a.geojson", feature, good))
    assert [f.code for f in faults] == [code], why
    assert faults[0].where.startswith("#1")
    assert faults[0].blocking == (code != "segment_unnamed")
    assert [s.name for s in streets] == ["Good"]
    assert len(segments) == 1


def test_one_code_with_two_names_is_a_fault(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "a.geojson",
        line("Toy", [[15, -22], [15.001, -22]], street_code="T"),
        line("Ｔｏｙ", [[15.001, -22], [15.002, -22]], street_code="T"),  # the same name, full width: no fault
        line("Other", [[15.002, -22], [15.003, -22]], street_code="T"),
    )
    assert [f.code for f in read_segments(path)[2]] == ["street_names_differ"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "unreadable_map_file"),  # half-written
        ("a.geojson", b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "unreadable_map_file"),  # fetches others
        ("a.osm", b"<OGRVRTDataSource/>", "unreadable_map_file"),
        ("a.geojson.gz", b"\x1f\x8b\x08 cut off", "unreadable_map_file"),
        ("a.gpkg", b"", "unreadable_map_file"),
        ("a.dxf", b"0", "unknown_map_format"),
        ("a.vrt", b"<OGRVRTDataSource/>", "unknown_map_format"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": 1}, '
         b'"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}]}', "no_street_name_column"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_segments(tmp_path / name)
    assert refused.value.code == code


def test_missing_crs_is_refused_and_srid_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "bare.shp"
    frame().to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(BadInput) as refused:
        read_segments(path)
    assert refused.value.code == "no_crs"
    _, segments, faults = read_segments(path, srid=32733)
    assert faults == ()
    assert segments[0].geometry.coords[0][0] == pytest.approx(15.0, abs=0.01)


def test_shapefile_text_needs_an_encoding(tmp_path: Path) -> None:
    path = tmp_path / "gbk.shp"
    frame().to_file(path, encoding="gb18030")
    (tmp_path / "gbk.cpg").unlink()
    with pytest.raises(BadInput) as refused:
        read_segments(path)
    assert refused.value.code == "shapefile_without_encoding"
    assert {s.name for s in read_segments(path, encoding="gb18030")[0]} == {"锚街", "纽扣巷"}


def test_several_layers_must_be_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    frame().to_file(path, layer="one")
    frame().to_file(path, layer="two")
    with pytest.raises(BadInput) as refused:
        read_segments(path)
    assert refused.value.code == "several_layers"
    assert len(read_segments(path, layer="two")[1]) == 2


def test_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert read_segments(write_geojson(tmp_path / "a.geojson")) == ((), (), ())


def test_names_are_plain_text(tmp_path: Path) -> None:
    """Control characters and line breaks go; what looks like markup stays text (the map escapes it)."""
    name = "A  \u0008<img src=x>\n路\u0007"
    [street] = read_segments(write_geojson(tmp_path / "a.geojson", line(name, [[15, -22], [15.001, -22]])))[0]
    assert street.name == "A <img src=x> 路"


def test_areas_without_ground_are_no_fault_but_lines_are(tmp_path: Path) -> None:
    areas, faults = read_areas(DATA / "toytown_areas.geojson")
    assert [a.code for a in areas] == ["T", "T-E", "T-W", "T-X"]
    assert areas[3].geometry is None
    assert faults == ()
    path = write_geojson(
        tmp_path / "a.geojson",
        ({"code": "A", "name": "A", "level": "community"}, "LineString", [[1, 2], [3, 4]]),
        ({"code": "B", "name": None, "level": "community"}, "Polygon", [[[1, 2], [3, 4], [1, 4], [1, 2]]]),
    )
    assert [f.code for f in read_areas(path)[1]] == ["area_not_a_polygon", "area_incomplete"]


def test_a_column_called_code_may_be_a_class(tmp_path: Path) -> None:
    """Extracts of OSM as Shapefiles carry the feature class in `code` (5113 …) and `fclass`: not a segment code."""
    features = [
        line("Toy", [[15 + i / 1000, -22], [15.001 + i / 1000, -22]], code=5113, fclass="primary") for i in range(5)
    ]
    _, segments, _ = read_segments(write_geojson(tmp_path / "a.geojson", *features))
    assert len({s.code for s in segments}) == 5
    assert {s.street_class for s in segments} == {1}


def test_one_code_given_twice_is_still_a_code(tmp_path: Path) -> None:
    features = [
        line("Toy", [[15 + i / 1000, -22], [15.001 + i / 1000, -22]], code=code) for i, code in enumerate("AABC")
    ]
    assert [s.code for s in read_segments(write_geojson(tmp_path / "a.geojson", *features))[1]] == ["A", "A", "B", "C"]
