"""A village of three streets on squared paper, near 103 E 30 N, small enough to check by eye.

East Street runs along y = 0, North Street along x = 0 from it, Far Street along y = 500 (metres, EPSG:4543 shifted).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from shapely import LineString, box, transform

from streetchief.city import City, DepartmentSeed, FeedSpec, Seeds, TierTitle, Title
from streetchief.geo.crs import to_lonlat
from streetchief.registry.model import Appointment, Area, Category, Department, Registry, Rule, Segment, Span, Street

SRID = 4543
ORIGIN = (600_000.0, 3_320_000.0)
SCHEME = "village scheme"
FIELDS = {
    "id": "id", "lon": "lon", "lat": "lat", "reported_at": "at", "kind": "kind", "code": "code", "text": "text",
    "address": "address", "complainant_name": "who", "complainant_phone": "phone",
}  # fmt: skip
COLUMNS = tuple(FIELDS.values())
FEED = FeedSpec(
    "village", Title("村", "village"), "csv", SCHEME, FIELDS, "wgs84", "Asia/Shanghai", default_kind="event",
    default_point_rows=10,
)  # fmt: skip
CITY = City(
    code="village",
    name=Title("村", "Village"),
    zone=ZoneInfo("Asia/Shanghai"),
    metric_srid=SRID,
    bounds=(103.0, 29.9, 103.1, 30.1),
    tiers=(TierTitle(1, Title("村长", "head")),),
    departments=(DepartmentSeed("roads", Title("路", "Roads")), DepartmentSeed("waste", Title("垃圾", "Waste"))),
    feeds=(FEED,),
    seeds=Seeds(),
)


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Paper metres → degrees."""
    lon, lat = to_lonlat(np.array([[ORIGIN[0] + x, ORIGIN[1] + y]]), SRID)[0]
    return float(lon), float(lat)


def on_paper(shape: LineString) -> LineString:
    """A line or polygon in paper metres → degrees."""
    return transform(shape, lambda xy: to_lonlat(xy + ORIGIN, SRID))


def _segment(code: str, street: str, *points: tuple[float, float]) -> Segment:
    return Segment(code, street, on_paper(LineString(points)), area="A", geometry_source="squared paper")


REGISTRY = Registry(
    areas=(Area("A", "village", "community", None, on_paper(box(-400, -200, 700, 800))),),
    streets=(Street("E", "东街"), Street("F", "远街"), Street("N", "北街")),
    segments=(
        _segment("E-1", "E", (-300, 0), (0, 0)),
        _segment("E-2", "E", (0, 0), (300, 0)),
        _segment("F-1", "F", (-300, 500), (300, 500)),
        _segment("N-1", "N", (0, 0), (0, 300)),
    ),
    appointments=(Appointment("E-1", 1, "王五", Span(from_on=date(2020, 1, 1))),),
    departments=(Department("roads", "路", "Roads"), Department("waste", "垃圾", "Waste")),
    categories=(Category(SCHEME, "event", "W1", "litter"), Category(SCHEME, "event", "R1", "hole")),
    rules=(
        Rule(1, SCHEME, "event", "W*", "waste", "roads"),
        Rule(2, SCHEME, "event", "R1", "roads", "roads", street="E"),
    ),
    tiers=(1,),
)


def row(id: str, x: float, y: float, **changes: str) -> dict[str, str]:
    """A complaint at a paper place."""
    lon, lat = lonlat(x, y)
    plain = {"id": id, "lon": f"{lon:.8f}", "lat": f"{lat:.8f}", "at": "2026-03-01 08:00:00", "code": "W1"}
    return dict.fromkeys(COLUMNS, "") | plain | changes


def write_feed(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """A feed file of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path
