"""What a map file may not hold: everything that makes GDAL leave the file or run what a stranger wrote."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyogrio

from streetchief.errors import BadInput

_NO_PROXY_THERE = "127.0.0.1:9"  # the discard port: whatever GDAL tries to fetch ends here
_OFFLINE = {
    "GDAL_HTTP_PROXY": _NO_PROXY_THERE,
    "GDAL_HTTPS_PROXY": _NO_PROXY_THERE,
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
}
_NAMED_CRS = re.compile(
    r"urn:ogc:def:crs:[\w.:()-]*|(?:EPSG|OGC|ESRI|IGNF):\w+|https?://www\.opengis\.net/[\w./-]*", re.IGNORECASE
)
_PAGE_MARKS = ("next", "exceededtransferlimit")
_UNUSUAL_TABLES = """
    SELECT name FROM sqlite_master
    WHERE type = 'view' OR (sql LIKE 'CREATE VIRTUAL TABLE%' AND sql NOT LIKE '% USING rtree%')
    LIMIT 1"""


def keep_gdal_offline() -> None:
    """No file that GDAL opens in this process may fetch anything, whatever `check_geojson` overlooks."""
    pyogrio.set_gdal_config_options(_OFFLINE)


def check_geojson(name: str, content: bytes) -> None:
    """Raise BadInput if a GeoJSON text is broken, points to an address, or is one page of several.

    GDAL takes ``crs`` from any object and in any spelling, and of a member that stands twice one or the other: so all
    of them are looked at.  Text that Python's parser refuses is not given to GDAL, whose parser takes more.
    """

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for key, value in pairs:
            if isinstance(value, dict) and key.lower() == "crs":
                _check_crs(name, value)
        return dict(pairs)

    try:
        if b"\0" in content:
            raise BadInput("unreadable_map_file", file=name, detail="NUL")
        body = json.loads(content, object_pairs_hook=checked, parse_int=str, strict=False)
    except (ValueError, RecursionError) as fault:
        raise BadInput("unreadable_map_file", file=name, detail=str(fault)) from fault
    check_collection(name, body)


def check_collection(name: str, body: Any) -> None:
    """Raise BadInput for the top level of a GeoJSON text (as parsed) with a CRS by link or with further pages."""
    for key, value in body.items() if isinstance(body, Mapping) else ():
        if key.lower() == "crs" and isinstance(value, Mapping):
            _check_crs(name, value)
        marked = key.lower() == "properties" and isinstance(value, Mapping) and {k.lower(): v for k, v in value.items()}
        if (key.lower() in _PAGE_MARKS and value) or (marked and any(marked.get(mark) for mark in _PAGE_MARKS)):
            raise BadInput("map_is_a_page", file=name, member=key)
        links = value if key.lower() == "links" and isinstance(value, list) else []
        if any(isinstance(link, Mapping) and link.get("rel") == "next" for link in links):
            raise BadInput("map_is_a_page", file=name, member=key)


def _check_crs(name: str, crs: Mapping[str, Any]) -> None:
    folded = {key.lower(): value for key, value in crs.items()}
    properties = folded.get("properties")
    kind, inner = folded.get("type"), properties if isinstance(properties, Mapping) else {}
    known = {key.lower(): value for key, value in inner.items()}.get("name")
    if len(crs) != 2 or kind != "name" or not isinstance(known, str) or not _NAMED_CRS.fullmatch(known):
        raise BadInput("crs_not_named", file=name)


def check_geopackage(path: Path) -> None:
    """Raise BadInput if a GeoPackage is no database or has a view or a table that is computed: reading runs them."""
    beside = path.with_name(path.name + "-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'' if beside else '&immutable=1'}"
    try:
        database = sqlite3.connect(address, uri=True)
        try:
            found = database.execute(_UNUSUAL_TABLES).fetchone()
        finally:
            database.close()
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        raise BadInput("unreadable_map_file", file=path.name, detail=str(fault)) from fault
    if found:
        raise BadInput("map_has_views", file=path.name, name=found[0])
