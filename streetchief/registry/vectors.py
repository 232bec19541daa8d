"""Vector files as plain columns and WGS-84 shapes, whatever format and CRS they came in."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from streetchief.errors import BadInput
from streetchief.registry.mapsafety import check_geojson, check_geopackage, keep_gdal_offline

WGS84_SRID = 4326
DECIMALS = 9  # of a degree: 0.1 mm; kept so that export and import give equal content
MOST_UNPACKED_BYTES = 1 << 30
OSM_LAYER = "lines"

ObjectArray = NDArray[np.object_]


def _starts(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic)


# What a file must begin with: GDAL opens by content, and some of its formats fetch other files and addresses.
_KINDS: Mapping[str, Callable[[bytes], bool]] = {
    ".geojson": _starts(b"{"),
    ".json": _starts(b"{"),
    ".gpkg": _starts(b"SQLite format 3\x00"),
    ".shp": _starts(b"\x00\x00\x27\x0a"),
    ".osm": lambda head: b"<osm" in head,
    ".pbf": lambda head: b"OSMHeader" in head[:64],
}
FORMATS = tuple(_KINDS)


@dataclass(frozen=True)
class Layer:
    """One layer of a file, n rows in file order.

    columns   property name → object array (n,)
    shapes    object array (n,) of 2-D geometries in WGS-84 degrees, longitude first, rounded to 1e-9°; None = none
    troubles  object array (n,): "" or the fault code of the row's geometry (``geometry_missing`` …)
    is_osm    the file is an OpenStreetMap extract
    """

    columns: Mapping[str, ObjectArray]
    shapes: ObjectArray
    troubles: ObjectArray
    is_osm: bool

    def column(self, wanted: str | None, *known: str) -> ObjectArray | None:
        """The column called `wanted`, else the first of `known` that exists; None if there is none."""
        for name in (wanted, *known):
            if name is not None and name in self.columns:
                return self.columns[name]
        return None


def read_layer(path: Path, *, srid: int | None = None, layer: str | None = None, encoding: str | None = None) -> Layer:
    """Read GeoJSON (.gz too), GeoPackage, Shapefile, or the lines of an OSM extract (.osm, .pbf).

    srid      EPSG code of the coordinates, outranks the file's own; GeoJSON without a word is EPSG:4326
    layer     needed where a file has several
    encoding  of a Shapefile without .cpg whose text is not UTF-8

    Raises BadInput: no such file, unknown format, not readable, no CRS and no `srid`, several layers, no encoding,
    and what `mapsafety` refuses before GDAL sees it.
    """
    kind, source = _checked(path)
    is_osm = kind in (".osm", ".pbf")
    try:
        name = OSM_LAYER if is_osm else _layer_name(source, path, layer)
        meta, _, wkb, fields = pyogrio.raw.read(
            source,
            layer=name,
            where="highway IS NOT NULL" if is_osm else None,
            encoding=_shape_encoding(path, encoding) if kind == ".shp" else None,
            **({"DATE_AS_STRING": "YES"} if isinstance(source, bytes) else {}),
        )
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as fault:
        raise BadInput("unreadable_map_file", file=path.name, detail=str(fault).strip()) from fault
    columns = {str(n): values.astype(object) for n, values in zip(meta["fields"], fields, strict=True)}
    shapes, troubles = _degrees(wkb, _transformer(path, meta["crs"], srid))
    return Layer(columns, shapes, troubles, is_osm)


def _checked(path: Path) -> tuple[str, bytes | Path]:
    """The kind of a map file, and what GDAL may open: the text of a GeoJSON, else the path."""
    if not path.is_file():
        raise BadInput("no_such_file", path=path)
    kind = path.with_suffix("").suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if kind not in _KINDS or (path.suffix.lower() == ".gz" and kind not in (".geojson", ".json")):
        raise BadInput("unknown_map_format", file=path.name, known=" ".join(FORMATS))
    source = _json_bytes(path) if kind in (".geojson", ".json") else path
    with path.open("rb") as stream:
        head = source[:1024] if isinstance(source, bytes) else stream.read(1024)
    if not _KINDS[kind](head):
        raise BadInput("unreadable_map_file", file=path.name, detail=f"no {kind} inside")
    keep_gdal_offline()
    if isinstance(source, bytes):
        check_geojson(path.name, source)
    if kind == ".gpkg":
        check_geopackage(path)
    return kind, source


def _json_bytes(path: Path) -> bytes:
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as stream:
            content = stream.read(MOST_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise BadInput("unreadable_map_file", file=path.name, detail=str(fault)) from fault
    if len(content) > MOST_UNPACKED_BYTES:
        raise BadInput("unreadable_map_file", file=path.name, detail=f"> {MOST_UNPACKED_BYTES} bytes unpacked")
    return content


def _layer_name(source: bytes | Path, path: Path, wanted: str | None) -> str | None:
    names = [str(name) for name, _ in pyogrio.list_layers(source)]
    if wanted is not None and wanted not in names:
        raise BadInput("unknown_layer", file=path.name, layer=wanted, known=", ".join(names))
    if wanted is None and len(names) > 1:
        raise BadInput("several_layers", file=path.name, known=", ".join(names))
    return wanted


def _shape_encoding(path: Path, encoding: str | None) -> str | None:
    """None lets GDAL use the .cpg; without one the text must be UTF-8 or the caller must say what it is."""
    if encoding is not None or any(path.with_suffix(end).is_file() for end in (".cpg", ".CPG")):
        return encoding
    table = next((f for f in (path.with_suffix(".dbf"), path.with_suffix(".DBF")) if f.is_file()), None)
    if table is not None:
        content = table.read_bytes()
        try:
            content[int.from_bytes(content[8:10], "little") :].decode("utf-8")
        except UnicodeDecodeError as fault:
            raise BadInput("shapefile_without_encoding", file=path.name) from fault
    return "utf-8"


def _transformer(path: Path, declared: str | None, srid: int | None) -> Transformer | None:
    if srid is None and declared is None:
        raise BadInput("no_crs", file=path.name)
    try:
        crs = CRS.from_epsg(srid) if srid is not None else CRS.from_user_input(declared)
    except CRSError as fault:
        raise BadInput("unknown_srid", srid=srid if srid is not None else declared) from fault
    if crs.to_epsg() == WGS84_SRID or crs.to_authority() == ("OGC", "CRS84"):
        return None
    return Transformer.from_crs(crs, WGS84_SRID, always_xy=True)


def _degrees(wkb: NDArray[Any], transformer: Transformer | None) -> tuple[ObjectArray, ObjectArray]:
    missing = np.array([item is None for item in wkb], dtype=bool)
    with np.errstate(invalid="ignore"):
        shapes = np.atleast_1d(shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore")))
    troubles = np.full(len(shapes), "", dtype=object)
    empty = shapely.is_empty(shapes)
    troubles[shapely.is_missing(shapes)] = "geometry_unreadable"
    troubles[missing | empty] = "geometry_missing"
    _mark(troubles, shapes, lambda xy: ~np.isfinite(xy).all(axis=1), "geometry_not_finite")
    if transformer is not None:
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    _mark(troubles, shapes, lambda xy: ~((abs(xy[:, 0]) <= 180) & (abs(xy[:, 1]) <= 90)), "geometry_outside_world")
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS) + 0.0)
    shapes[empty] = None
    return shapes, troubles


def _mark(troubles: ObjectArray, shapes: ObjectArray, is_bad: Callable[[Any], Any], code: str) -> None:
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    rows = np.unique(row[is_bad(xy)])
    troubles[rows[troubles[rows] == ""]] = code
