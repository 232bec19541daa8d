"""A map file from a stranger makes no request and runs nothing."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
from shapely import LineString

from streetchief.errors import BadInput
from streetchief.matching.points import PointColumns, PointFile
from streetchief.registry.files import read_areas, read_segments
from streetchief.registry.mapsafety import keep_gdal_offline

LINE = {"type": "LineString", "coordinates": [[15, -22], [15.001, -22]]}
FEATURE = {"type": "Feature", "properties": {"name": "Toy"}, "geometry": LINE}


class Listener:
    """A server on this machine that only counts who asks."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.asked = asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    thread = threading.Thread(target=one.server.serve_forever, args=(0.01,))
    thread.start()
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()


def link(address: str) -> dict[str, Any]:
    return {"type": "link", "properties": {"href": address, "type": "proj4"}}


def collection(**members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [FEATURE], **members}


def named(name: Any) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


# HERE stands for the address of the listener
HOSTILE = [
    # text, code of the sentence, why
    (json.dumps(collection(crs=link("HERE/crs"))), "crs_not_named", "GDAL fetches the definition"),
    (json.dumps(collection(CRS=link("HERE/crs"))), "crs_not_named", "GDAL does not mind the case"),
    (json.dumps(collection(crs=link("/vsicurl/HERE/crs"))), "crs_not_named", "GDAL's own network file system"),
    (json.dumps(collection(crs=link("/etc/hostname"))), "crs_not_named", "another file"),
    (json.dumps(collection(crs={"type": "url", "properties": {"url": "HERE/crs"}})), "crs_not_named", "another kind"),
    (json.dumps(collection(crs=named("HERE/crs"))), "crs_not_named", "an address as name"),
    (json.dumps(collection(crs=named(["HERE"]))), "crs_not_named", "a list as name"),
    (
        json.dumps(collection(features=[FEATURE | {"geometry": LINE | {"crs": link("HERE/g")}}])),
        "crs_not_named",
        "deep",
    ),
    (
        json.dumps(collection(crs=named("EPSG:4326"))).replace('"crs"', f'"crs": {json.dumps(link("HERE/t"))}, "crs"'),
        "crs_not_named",
        "a member that stands twice",
    ),
    (json.dumps(collection(crs=link("HERE/e"))).replace('"crs"', '"\\u0063rs"'), "crs_not_named", "spelled by number"),
    (json.dumps(collection(crs=link("HERE/c"))).replace("[", "/* */[", 1), "unreadable_map_file", "GDAL takes more"),
    (json.dumps(collection(next="HERE/next")), "map_is_a_page", "the next page"),
    (json.dumps(collection(links=[{"rel": "next", "href": "HERE/next"}])), "map_is_a_page", "the next page"),
    (json.dumps(collection(exceededTransferLimit=True)), "map_is_a_page", "GDAL makes an address of the file's name"),
    (json.dumps(collection(properties={"exceededTransferLimit": True})), "map_is_a_page", "as newer servers write"),
    ("[" * 100_000, "unreadable_map_file", "no map at all"),
    ('{"features": [' + "[" * 100_000, "unreadable_map_file", "deeper than any map"),
    ('{"type": "FeatureCollection", "features": []}\0', "unreadable_map_file", "one reader stops here, one goes on"),
]


@pytest.mark.parametrize("read", [read_segments, read_areas])
@pytest.mark.parametrize("name", ["a.geojson", "a.json.gz"])
@pytest.mark.parametrize(("content", "code", "why"), HOSTILE)
def test_what_leads_outside_is_refused_and_nobody_is_asked(
    tmp_path: Path, listener: Listener, read: Any, name: str, content: str, code: str, why: str
) -> None:
    raw = content.replace("HERE", listener.address).encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    with pytest.raises(BadInput) as refused:
        read(tmp_path / name)
    assert (refused.value.code, listener.asked) == (code, []), why


@pytest.mark.parametrize(
    "members",
    [
        {"crs": named("EPSG:4490")},
        {"crs": named("urn:ogc:def:crs:OGC:1.3:CRS84")},
        {"crs": named("http://www.opengis.net/def/crs/EPSG/0/4326")},  # GDAL knows what stands there
        {"crs": None},
        {"links": [{"rel": "self", "href": "https://example.org/streets"}], "next": None},
        {"exceededTransferLimit": False},
    ],
)
def test_what_leads_nowhere_is_read(tmp_path: Path, members: dict[str, Any]) -> None:
    text = json.dumps(collection(**members))
    (tmp_path / "a.geojson").write_text(text)
    assert [s.name for s in read_segments(tmp_path / "a.geojson")[0]] == ["Toy"]


def test_what_gdal_opens_anyhow_stays_offline(listener: Listener) -> None:
    keep_gdal_offline()
    for address in (listener.address, f"/vsicurl/{listener.address}"):
        pyogrio.raw.read(json.dumps(collection(crs=link(f"{address}/crs"))).encode())
    assert listener.asked == []


@pytest.mark.parametrize("member", [{"crs": link("http://127.0.0.1/")}, {"next": "http://127.0.0.1/"}])
def test_files_of_points_are_held_to_the_same(tmp_path: Path, member: dict[str, Any]) -> None:
    (tmp_path / "p.geojson").write_text(json.dumps(collection(**member)))
    with pytest.raises(BadInput) as refused:
        PointFile.of(tmp_path / "p.geojson", PointColumns())
    assert refused.value.code in ("crs_not_named", "map_is_a_page")


ENDLESS = "(WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r)"
TRAPS = [
    f"ALTER TABLE s RENAME TO real; CREATE VIEW s AS SELECT fid, geom, {ENDLESS} AS name FROM real",
    f"CREATE VIEW beside AS SELECT {ENDLESS} AS name",  # no layer yet, but GDAL may list it as one
    "CREATE VIRTUAL TABLE words USING fts5(name)",
]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_geopackage_that_runs_something_is_not_opened(tmp_path: Path, trap: str) -> None:
    path = tmp_path / "s 100%.gpkg"
    geopandas.GeoDataFrame({"name": ["Toy"]}, geometry=[LineString(LINE["coordinates"])], crs=4326).to_file(
        path, layer="s"
    )
    assert [s.name for s in read_segments(path)[0]] == ["Toy"]
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TRIGGER IF EXISTS rtree_s_geom_insert")
        database.execute("PRAGMA legacy_alter_table = ON")
        database.executescript(trap)
    with pytest.raises(BadInput) as refused:
        read_segments(path)
    assert refused.value.code == "map_has_views"


def test_a_geopackage_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.gpkg").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with pytest.raises(BadInput) as refused:
        read_segments(tmp_path / "s.gpkg")
    assert refused.value.code == "unreadable_map_file"
