"""The ground of the intake benchmark: a jittered grid round Chengdu, its rules, and a feed of reports along its streets.

As in BASELINES.md: bent streets of about 267 m, lognormal popularity, GPS noise 8 m (82 %) or 25 m, 3 % anywhere,
120 Zipf classes, 8 departments, 36 months in time order.
"""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from streetchief.city import City, DepartmentSeed, FeedSpec, Seeds, Title
from streetchief.geo.crs import project_geometries, to_lonlat
from streetchief.registry.model import Area, Category, Department, Registry, Rule, Segment, Street

SRID, BLOCK_M, CORNER = 4544, 267.0, (400_000.0, 3_390_000.0)
SCHEME, CLASSES, DEPARTMENTS = "bench scheme", 120, 8
SAYS = ("路边堆着建材", "电动车停满盲道", "垃圾散落一地", "音响开得很大", "果皮箱满了", "路面有个坑", "一下雨就积水")
FIELDS = {"id": "id", "lon": "x", "lat": "y", "reported_at": "at", "code": "code", "text": "says"}
FEED = FeedSpec(
    "bench", Title("测", "bench"), "csv", SCHEME, FIELDS, "wgs84", "Asia/Shanghai", default_kind="event"
)  # fmt: skip


def city_and_registry(segments: int, lot: np.random.Generator) -> tuple[City, Registry]:
    """The town: `segments` street segments, 100 areas, one rule a class and some of single streets."""
    side = int((segments / 2) ** 0.5)
    nodes = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * BLOCK_M
    nodes = nodes + lot.normal(0, 30, nodes.shape) + CORNER
    found, streets = [], {}
    for i in range(side):
        for j in range(side):
            for kind, other in (("h", nodes[i + 1, j]), ("v", nodes[i, j + 1])):
                bend = (nodes[i, j] + other) / 2 + lot.normal(0, 8, 2)
                street = f"{kind}{j if kind == 'h' else i}"
                streets.setdefault(street, Street(street, f"street {street}"))
                line = shapely.LineString(to_lonlat(np.array([nodes[i, j], bend, other]), SRID))
                found.append(
                    Segment(f"{kind}-{i:03d}-{j:03d}", street, line, area=f"A{i * 10 // side}{j * 10 // side}")
                )
    around = to_lonlat(np.array([np.array(CORNER) - 2000, np.array(CORNER) + side * BLOCK_M + 2000]), SRID)
    bounds = (*map(float, around[0]), *map(float, around[1]))
    return _city(bounds), Registry(
        areas=tuple(_areas(bounds)),
        streets=tuple(streets.values()),
        segments=tuple(found),
        departments=tuple(Department(f"d{n}", f"部门{n}", f"Department {n}") for n in range(DEPARTMENTS)),
        categories=tuple(Category(SCHEME, "event", f"{n:03d}", f"class {n}") for n in range(CLASSES)),
        rules=tuple(_rules(sorted(streets))),
    )


def _city(bounds: tuple[float, ...]) -> City:
    departments = tuple(DepartmentSeed(f"d{n}", Title(f"部门{n}", f"Department {n}")) for n in range(DEPARTMENTS))
    west, south, east, north = bounds
    zone = ZoneInfo("Asia/Shanghai")
    return City(
        "bench", Title("测", "Bench"), zone, SRID, (west, south, east, north), (), departments, (FEED,), Seeds()
    )


def _areas(bounds: tuple[float, ...]) -> list[Area]:
    west, south, east, north = bounds
    xs, ys = np.linspace(west, east, 11), np.linspace(south, north, 11)
    box = shapely.box
    return [
        Area(f"A{i}{j}", f"area {i}{j}", "community", None, box(xs[i], ys[j], xs[i + 1], ys[j + 1]))
        for i in range(10)
        for j in range(10)
    ]


def _rules(streets: list[str]) -> list[Rule]:
    special = [
        Rule(n + 1, SCHEME, "event", f"{n * 7 % CLASSES:03d}", f"d{(n + 3) % DEPARTMENTS}", "d0", street=street)
        for n, street in enumerate(streets[:: max(1, len(streets) // 20)])
    ]
    plain = [Rule(1000 + n, SCHEME, "event", f"{n:03d}", f"d{n % DEPARTMENTS}", "d0") for n in range(CLASSES)]
    return special + plain


def write_feed(path: Path, rows: int, city: City, registry: Registry, lot: np.random.Generator) -> Path:
    """A CSV of `rows` reports in time order."""
    lines = project_geometries([s.geometry for s in registry.segments], SRID)
    popular = lot.lognormal(0, 1, len(lines))
    picked = lines[lot.choice(len(lines), rows, p=popular / popular.sum())]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(picked, lot.random(rows), normalized=True))
    xy = xy + lot.normal(0, 1, xy.shape) * np.where(lot.random(rows) < 0.82, 8.0, 25.0)[:, None]
    lonlat = to_lonlat(xy, SRID)
    west, south, east, north = city.bounds
    anywhere = lot.random(rows) < 0.03
    lonlat[anywhere] = lot.uniform((west, south), (east, north), (anywhere.sum(), 2))
    weight = 1 / np.arange(1, CLASSES + 1)
    code = lot.choice(CLASSES, rows, p=weight / weight.sum())
    at = np.datetime64("2023-01-01", "s") + np.sort(lot.integers(0, 1095 * 86400, rows)).astype("timedelta64[s]")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS.values())
        for n, (place, time, c) in enumerate(zip(lonlat.tolist(), at.tolist(), code.tolist(), strict=True)):
            writer.writerow((f"R{n:08d}", f"{place[0]:.7f}", f"{place[1]:.7f}", time, f"{c:03d}", SAYS[n % len(SAYS)]))
    return path
