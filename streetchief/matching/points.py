"""Points from files as they come: CSV (also .gz), GeoJSON, Parquet; in batches, and every row accounted for."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from streetchief.errors import BadInput
from streetchief.matching.csvpoints import BAD_ENCODING, MALFORMED, STRAY, csv_header, csv_rows, find_codec, readable
from streetchief.matching.jsonpoints import BrokenFeature, read_features

BATCH_ROWS = 65_536
LON_NAMES = ("lon", "lng", "long", "longitude", "经度", "x", "point_x")
LAT_NAMES = ("lat", "latitude", "纬度", "y", "point_y")
ID_NAMES = ("id", "编号", "案件编号", "工单编号", "工单号", "case_id", "caseid", "case_enquiry_id", "unique key",
            "service_request_id", "objectid", "fid")  # fmt: skip
LABEL_NAMES = ("true_street", "label", "street_name", "street", "真实街道", "正确街道", "所属街道", "街道名称",
               "道路名称", "路名", "road_name", "road", "address", "地址")  # fmt: skip
GEOMETRY_NAMES = ("geometry", "geom")
FORMATS = ".csv .csv.gz .geojson .geojson.gz .json .parquet"


@dataclass(frozen=True, slots=True)
class PointColumns:
    """Which column means what, as the caller says it; None = guess (address, label: there is none).

    label  names the true street; "" = guess, and refuse a file that has none
    """

    id: str | None = None
    lon: str | None = None
    lat: str | None = None
    address: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class PointBatch:
    """Rows in file order.  lon and lat are as found (text, numbers, None); fault is "" or a reason code."""

    ids: list[str]
    lon: list[Any]
    lat: list[Any]
    texts: list[str | None] | None
    faults: list[str]
    labels: list[str | None] | None = None


@dataclass(frozen=True, slots=True)
class PointFile:
    """A file whose columns are known; it can be read more than once.

    has_ids    whether a column of ids was found; if not, ids are row numbers from 1
    encoding   of a CSV file, else ""
    """

    path: Path
    columns: PointColumns
    has_ids: bool
    encoding: str = ""

    @classmethod
    def of(cls, path: Path, wanted: PointColumns, encoding: str | None = None) -> PointFile:
        """Look at the head of a file and settle its columns.

        Raises BadInput: no such file, unknown ending, unreadable, unknown encoding, no such column, no column that
        looks like longitude and latitude (the sentence lists the columns).
        """
        if not path.is_file():
            raise BadInput("no_such_file", path=path)
        kind = _kind(path)
        codec = find_codec(path, encoding) if kind == "csv" else ""
        names = csv_header(path, codec) if kind == "csv" else _property_names(path, kind)
        placed = kind == "geojson" and wanted.lon is None and wanted.lat is None
        shaped = _match(names, GEOMETRY_NAMES) if kind == "parquet" else None
        lon = _find(path, names, wanted.lon, LON_NAMES)
        lat = _find(path, names, wanted.lat, LAT_NAMES)
        if placed or (shaped and (lon is None or lat is None)):
            lon = lat = None
        elif lon is None or lat is None:
            raise BadInput("no_coordinate_columns", file=path.name, known=", ".join(names) or "-")
        known_id = _find(path, names, wanted.id, ID_NAMES)
        address = _find(path, names, wanted.address, ())
        label = _find(path, names, wanted.label or None, () if wanted.label is None else LABEL_NAMES)
        if wanted.label is not None and label is None:
            raise BadInput("no_label_column", file=path.name, known=", ".join(names) or "-")
        if any(names.count(name) > 1 for name in (known_id, lon, lat, address, label) if name is not None):
            raise BadInput("columns_twice", file=path.name)
        return cls(path, PointColumns(known_id, lon, lat, address, label), known_id is not None, codec)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[PointBatch]:
        """The rows, at most `rows` at a time.  Raises BadInput where the file breaks off or cannot be read on."""
        kind, first = _kind(self.path), 1
        records = {"csv": self._csv, "geojson": self._geojson, "parquet": self._parquet}[kind]()
        try:
            while taken := [record for _, record in zip(range(rows), records, strict=False)]:
                yield self._batch(taken, first)
                first += len(taken)
        except (EOFError, OSError, zlib.error, pa.ArrowException, ValueError, OverflowError) as fault:
            raise BadInput("unreadable_points", file=self.path.name, detail=str(fault)) from fault

    def _batch(self, records: list[_Record], first: int) -> PointBatch:
        texts = [record.text for record in records] if self.columns.address else None
        ids = [record.id if self.has_ids else str(number) for number, record in enumerate(records, first)]
        labels = [record.label for record in records] if self.columns.label else None
        places = [r.lon for r in records], [r.lat for r in records]
        return PointBatch(ids, *places, texts, [r.fault for r in records], labels)

    def _csv(self) -> Iterator[_Record]:
        header = csv_header(self.path, self.encoding)
        at = [header.index(name) if name else None for name in self._names()]
        for row, fault in csv_rows(self.path, self.encoding, len(header)):
            cells = [row[place] if place is not None and place < len(row) else None for place in at]
            yield _record(cells, fault)

    def _geojson(self) -> Iterator[_Record]:
        for read in read_features(self.path):
            fault, feature = (read.fault, read.value) if isinstance(read, BrokenFeature) else ("", read)
            values = _properties(feature)
            cells = [values.get(name) if name else None for name in self._names()]
            if self.columns.lon is None and isinstance(feature, dict):
                cells[1:3] = _point_of(feature.get("geometry"))
                cells[0] = feature.get("id") if cells[0] is None else cells[0]
            yield _record(cells, fault if isinstance(feature, dict) or fault else MALFORMED)

    def _parquet(self) -> Iterator[_Record]:
        with pq.ParquetFile(self.path) as file:
            shape = _match(file.schema_arrow.names, GEOMETRY_NAMES) if self.columns.lon is None else None
            needed = [name for name in (*self._names(), shape) if name]
            for batch in file.iter_batches(BATCH_ROWS, columns=needed):
                columns = {name: _values(batch.column(name)) for name in needed}
                for row in range(batch.num_rows):
                    cells = [columns[name][row] if name else None for name in self._names()]
                    if shape:
                        cells[1:3] = _point_of_wkb(columns[shape][row])
                    yield _record(cells, "")

    def _names(self) -> Sequence[str | None]:
        columns = self.columns
        return (columns.id, columns.lon, columns.lat, columns.address, columns.label)


@dataclass(frozen=True, slots=True)
class _Record:
    id: str
    lon: Any
    lat: Any
    text: str | None
    label: str | None
    fault: str


def _record(cells: Sequence[Any], fault: str) -> _Record:
    known, lon, lat, text, label = cells
    written = "" if known is None else _plain(known)
    given = (written, *(None if value is None else _plain(value) for value in (text, label)))
    clean = tuple(None if value is None else readable(value) for value in given)
    if clean != given:
        fault = fault or BAD_ENCODING
    return _Record(clean[0] or "", _coordinate(lon), _coordinate(lat), clean[1], clean[2], fault)


def _plain(value: Any) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):  # more digits or levels than Python writes
        return ""


def _values(column: pa.Array) -> list[Any]:
    """The values of a Parquet column; text that is no UTF-8 keeps half characters where its stray bytes are."""
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        raw = column.cast(pa.large_binary()).to_pylist()
        values = [value if value is None else value.decode("utf-8", STRAY) for value in raw]
    return values


def _coordinate(value: Any) -> Any:
    """As found; a whole number too large for a float is infinite."""
    return inf if isinstance(value, int) and abs(value) > sys.float_info.max else value


def _kind(path: Path) -> str:
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")):
        return "csv"
    if name.endswith((".geojson", ".geojson.gz", ".json", ".json.gz")):
        return "geojson"
    if name.endswith((".parquet", ".geoparquet")):
        return "parquet"
    raise BadInput("unknown_points_format", file=path.name, known=FORMATS)


def _find(path: Path, names: Sequence[str], wanted: str | None, usual: Sequence[str]) -> str | None:
    """The wanted column (whatever its case if that is clear), else the first of the usual names."""
    if wanted is None:
        return _match(names, usual)
    if wanted in names:
        return wanted
    alike = [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if len(alike) != 1:
        raise BadInput("no_such_column", file=path.name, column=wanted, known=", ".join(names) or "-")
    return alike[0]


def _match(names: Sequence[str], usual: Sequence[str]) -> str | None:
    folded = {name.strip().casefold(): name for name in reversed(names)}
    return next((folded[name] for name in usual if name in folded), None)


def _property_names(path: Path, kind: str) -> list[str]:
    if kind == "parquet":
        try:
            return list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as fault:
            raise BadInput("unreadable_points", file=path.name, detail=str(fault)) from fault
    return list(dict.fromkeys(name for properties in feature_properties(path) for name in properties))


def feature_properties(path: Path) -> list[dict[str, Any]]:
    """The properties of every feature of a GeoJSON file, {} where it has none.  Raises BadInput where it is no such."""
    return [_properties(f.value if isinstance(f, BrokenFeature) else f) for f in read_features(path)]


def _properties(feature: Any) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _point_of(geometry: Any) -> list[Any]:
    """Longitude and latitude of a GeoJSON point; None for anything else."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return [None, None]
    place = geometry.get("coordinates")
    return list(place[:2]) if isinstance(place, list) and len(place) >= 2 else [None, None]


def _point_of_wkb(value: Any) -> list[Any]:
    shape = shapely.from_wkb(value, on_invalid="ignore") if isinstance(value, bytes) else None
    if shape is None or shape.geom_type != "Point" or shape.is_empty:
        return [None, None]
    return [shape.x, shape.y]
