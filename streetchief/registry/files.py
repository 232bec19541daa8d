"""Streets and areas from map files; chiefs, rules and categories from CSV or Excel (see `sheets`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from streetchief.city import PropertyNames
from streetchief.errors import BadInput
from streetchief.registry.lines import highway_class, parts, segment_codes, street_code
from streetchief.registry.model import Area, Fault, Segment, Span, Street
from streetchief.registry.sheets import read_categories, read_chiefs, read_rules
from streetchief.registry.values import day, one_line, positive, text, truth
from streetchief.registry.vectors import Layer, ObjectArray, read_layer

__all__ = ["read_areas", "read_categories", "read_chiefs", "read_rules", "read_segments"]

SegmentFile = tuple[tuple[Street, ...], tuple[Segment, ...], tuple[Fault, ...]]


def read_segments(
    path: Path,
    *,
    properties: PropertyNames = PropertyNames(),  # noqa: B008  frozen
    srid: int | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> SegmentFile:
    """Streets, segments and faults of a street file, WGS-84; both sorted by code.

    `properties` names the foreign columns; our own names (``street_code``, ``aliases``, ``pilot``, ``street_class``
    or OSM's ``highway``, ``right_of_way_m``, ``area``, ``geometry_source``, ``accuracy_m``, ``name_source``,
    ``from_on``, ``to_on``) are always understood.  A column of codes of which most stand for several rows is no
    column of codes and is not used.  A multi-line becomes one segment a part, ``-1``, ``-2`` …  A
    feature without a usable line or name is left out and reported; a missing name is a warning.
    An empty file gives three empty tuples.  Raises BadInput as `vectors.read_layer` does, and where the column of
    names is missing.
    """
    table = read_layer(path, srid=srid, layer=layer, encoding=encoding)
    columns = _StreetColumns.of(table, properties, path)
    faults: list[Fault] = []
    rows = [row for row in range(len(table.shapes)) if not (table.is_osm and _is_no_street(columns, row))]
    pieces = [piece for row in rows for piece in _pieces(table, columns, row, faults)]
    pieces.sort(key=lambda p: (p.street, list(p.shape.coords), p.known or "", p.row_key))
    codes = segment_codes([p.street for p in pieces], [p.shape for p in pieces], [p.known for p in pieces])
    segments = [columns.segment(p, code) for p, code in zip(pieces, codes, strict=True)]
    streets = _streets(columns, pieces, faults)
    return (streets, tuple(sorted(segments, key=lambda s: (s.code, s.street))), tuple(faults))


def read_areas(
    path: Path, *, srid: int | None = None, layer: str | None = None
) -> tuple[tuple[Area, ...], tuple[Fault, ...]]:
    """Areas of a map file with the properties code, name, level, parent, geometry_source; sorted by code.

    An area without geometry is one whose ground is unknown: no fault.  Raises BadInput as `vectors.read_layer` does,
    and where a property is missing from the whole file.
    """
    table = read_layer(path, srid=srid, layer=layer)
    missing = [name for name in ("code", "name", "level") if name not in table.columns]
    if missing:
        raise BadInput("missing_properties", file=path.name, missing=", ".join(missing))
    areas: list[Area] = []
    faults: list[Fault] = []
    for row, shape in enumerate(table.shapes):
        values = {name: one_line(column[row]) for name, column in table.columns.items()}
        where = values["code"] or _feature(row)
        if not values["code"] or not values["name"] or not values["level"]:
            faults.append(Fault("area_incomplete", where, lonlat=_place(shape)))
            continue
        trouble = str(table.troubles[row])
        if trouble and trouble != "geometry_missing":
            faults.append(Fault(trouble, where, lonlat=_place(shape)))
            continue
        if shape is not None and not isinstance(shape, (Polygon, MultiPolygon)):
            faults.append(Fault("area_not_a_polygon", where, shape.geom_type, _place(shape)))
            continue
        source = values.get("geometry_source", "")
        areas.append(Area(where, values["name"], values["level"], values.get("parent") or None, shape, source))
    return tuple(sorted(areas, key=lambda a: a.code)), tuple(faults)


@dataclass(frozen=True, slots=True)
class _Piece:
    row: int
    row_key: str
    name: str
    street: str
    known: str | None
    shape: LineString
    on: Span


@dataclass(frozen=True)
class _StreetColumns:
    name: ObjectArray
    code: ObjectArray | None
    street: ObjectArray | None
    street_class: ObjectArray | None
    aliases: ObjectArray | None
    width_m: ObjectArray | None
    others: dict[str, ObjectArray]

    @classmethod
    def of(cls, table: Layer, properties: PropertyNames, path: Path) -> _StreetColumns:
        name = _names(table, properties.name)
        if name is None and len(table.shapes):
            known = ", ".join(table.columns) or "-"
            raise BadInput("no_street_name_column", file=path.name, name=properties.name, known=known)
        return cls(
            name=name if name is not None else np.empty(0, dtype=object),
            code=_codes(table.column(properties.code, "code")),
            street=table.column("street_code"),
            street_class=table.column(properties.street_class, "street_class", "highway", "fclass"),
            aliases=table.column(properties.aliases, "aliases", "alt_name"),
            width_m=table.column(properties.width_m, "right_of_way_m"),
            others=dict(table.columns),
        )

    def get(self, name: str, row: int) -> Any:
        column = self.others.get(name)
        return None if column is None else column[row]

    def segment(self, piece: _Piece, code: str) -> Segment:
        row = piece.row
        return Segment(
            code=code,
            street=piece.street,
            geometry=piece.shape,
            street_class=_class(self.street_class[row]) if self.street_class is not None else None,
            right_of_way_m=positive(self.width_m[row]) if self.width_m is not None else None,
            area=text(self.get("area", row)) or None,
            geometry_source=text(self.get("geometry_source", row)),
            accuracy_m=positive(self.get("accuracy_m", row)),
            on=piece.on,
        )


def _names(table: Layer, wanted: str) -> ObjectArray | None:
    """The column of names; ``A,B,C`` joins several with a space (PRE_DIR, ST_NAME, ST_TYPE, QUADRANT)."""
    parts = [table.column(part.strip()) for part in wanted.split(",")]
    if len(parts) == 1 or any(part is None for part in parts):
        return table.column(wanted, "name")
    joined = np.empty(len(table.shapes), dtype=object)
    joined[:] = [" ".join(filter(None, map(one_line, row))) for row in zip(*parts, strict=True)]
    return joined


def _codes(column: ObjectArray | None) -> ObjectArray | None:
    """A column of segment codes; None if most of its values stand for several rows: then it is a class or a type."""
    given = [value for value in map(text, column if column is not None else ()) if value]
    return column if 2 * len(set(given)) >= len(given) else None


def _is_no_street(columns: _StreetColumns, row: int) -> bool:
    """A way of an OSM extract that is a footpath, a drive, a river …: not reported, it is not meant to be a street."""
    return columns.street_class is None or highway_class(text(columns.street_class[row])) is None


def _pieces(table: Layer, columns: _StreetColumns, row: int, faults: list[Fault]) -> Iterator[_Piece]:
    shape, name = table.shapes[row], one_line(columns.name[row])
    code = text(columns.code[row]) if columns.code is not None else ""
    where = code or _feature(row, name)
    if table.troubles[row]:
        faults.append(Fault(str(table.troubles[row]), where, lonlat=_place(shape)))
        return
    lines = parts(shape)
    if not lines:
        faults.append(Fault("segment_not_a_line", where, shape.geom_type, _place(shape)))
        return
    if any(line.length == 0 for line in lines):
        faults.append(Fault("segment_zero_length", where, lonlat=_place(shape)))
        return
    if not name:
        faults.append(Fault("segment_unnamed", where, lonlat=_place(shape), blocking=False))
        return
    try:
        on = Span(day(columns.get("from_on", row)), day(columns.get("to_on", row)))
    except ValueError:
        faults.append(Fault("bad_date", where, lonlat=_place(shape)))
        return
    street = (text(columns.street[row]) if columns.street is not None else "") or street_code(name)
    key = repr([text(column[row]) for column in columns.others.values()])
    for number, line in enumerate(lines, start=1):
        known = (code if len(lines) == 1 else f"{code}-{number}") if code else None
        yield _Piece(row, key, name, street, known, line, on)


def _streets(columns: _StreetColumns, pieces: list[_Piece], faults: list[Fault]) -> tuple[Street, ...]:
    """One street a code; its names must agree, aliases add up, and it is a pilot street if any of it is."""
    streets: dict[str, Street] = {}
    for piece in pieces:
        listed = text(columns.aliases[piece.row]) if columns.aliases is not None else ""
        aliases = {alias.strip() for alias in re.split(r"[|;；]", listed)} - {"", piece.name}
        street = Street(
            piece.street,
            piece.name,
            tuple(sorted(aliases)),
            pilot=truth(columns.get("pilot", piece.row), default=True),
            name_source=text(columns.get("name_source", piece.row)),
        )
        known = streets.setdefault(piece.street, street)
        if street_code(known.name) != street_code(piece.name):
            faults.append(
                Fault("street_names_differ", piece.street, f"{known.name} / {piece.name}", _place(piece.shape))
            )
        elif known != street:
            streets[piece.street] = replace(
                known,
                name=min(known.name, street.name),
                aliases=tuple(sorted({*known.aliases, *street.aliases})),
                pilot=known.pilot or street.pilot,
                name_source=max(known.name_source, street.name_source),
            )
    return tuple(streets[code] for code in sorted(streets))


def _feature(row: int, name: str = "") -> str:
    return f"#{row + 1} {name}".strip()


def _place(shape: Any) -> tuple[float, float] | None:
    """The first usable point of a shape."""
    if shape is None:
        return None
    xy = shapely.get_coordinates(shape)
    xy = xy[np.isfinite(xy).all(axis=1)]
    return (float(xy[0, 0]), float(xy[0, 1])) if len(xy) else None


def _class(value: Any) -> int | None:
    word = text(value)
    return int(word) if word in ("1", "2", "3") else highway_class(word)
