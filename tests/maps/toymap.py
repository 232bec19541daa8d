"""A toy town to draw: a grid of streets on squared paper, with made-up complaints."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from streetchief.geo.cells import cell_of, parent
from streetchief.maps.caption import Caption
from streetchief.maps.heatmap import HeatTable

WEST, SOUTH = 103.0300, 29.9950
BLOCK = 0.0022
NAMES_EAST = ("一经路", "二经路", "三经路", "四经路", "五经路", "六经路")
NAMES_NORTH = ("甲纬路", "乙纬路", "丙纬路", "丁纬路", "戊纬路", "己纬路")
CATEGORIES = ("暴露垃圾", "店外经营", "共享单车", "路面破损")
DEPARTMENTS = ("环卫所", "综合执法队", None)
MONTHS = ("2026-08", "2026-09", "2026-11")


def toy_streets(names: tuple[str, ...] = NAMES_EAST + NAMES_NORTH) -> gpd.GeoDataFrame:
    """Six streets north–south, six west–east, each in five pieces."""
    rows = []
    for i, name in enumerate(names):
        for j in range(5):
            k = i % 6
            if i < 6:
                ends = [(WEST + k * BLOCK, SOUTH + j * BLOCK), (WEST + k * BLOCK, SOUTH + (j + 1) * BLOCK)]
            else:
                ends = [(WEST + j * BLOCK, SOUTH + k * BLOCK), (WEST + (j + 1) * BLOCK, SOUTH + k * BLOCK)]
            rows.append((f"S{i:02d}", name, shapely.LineString(ends)))
    return gpd.GeoDataFrame(rows, columns=["code", "name", "geometry"], crs=4326)


def toy_areas(names: tuple[str, str] = ("东社区", "西社区")) -> gpd.GeoDataFrame:
    """Two halves of the town."""
    middle, edge, top = WEST + 2.5 * BLOCK, WEST + 5.5 * BLOCK, SOUTH + 5.5 * BLOCK
    halves = [
        shapely.box(middle, SOUTH - BLOCK / 2, edge, top),
        shapely.box(WEST - BLOCK / 2, SOUTH - BLOCK / 2, middle, top),
    ]
    return gpd.GeoDataFrame({"code": ["A1", "A2"], "name": list(names)}, geometry=halves, crs=4326)


def toy_table(n: int = 2000, zoom: int = 18, categories: tuple[str, ...] = CATEGORIES,
              departments: tuple[str | None, ...] = DEPARTMENTS) -> HeatTable:  # fmt: skip
    """Complaints thickest near one corner; the last department never gets the first category."""
    rng = np.random.default_rng(7)
    street = np.minimum(rng.geometric(0.25, n) - 1, 11)
    along = rng.beta(1.5, 3, n) * 5 * BLOCK
    across = (street % 6) * BLOCK + rng.normal(0, 0.0001, n)
    lonlat = np.column_stack((WEST + np.where(street < 6, across, along), SOUTH + np.where(street < 6, along, across)))
    category = rng.choice(len(categories), n, p=[0.55, 0.25, 0.15, 0.05])
    department = np.where(category == 0, 0, rng.choice(len(departments), n))
    frame = pd.DataFrame({
        "cell": parent(cell_of(lonlat), zoom),
        "period": rng.choice(MONTHS, n, p=[0.2, 0.3, 0.5]),
        "category": [categories[c] for c in category],
        "department": [departments[d] for d in department],
        "street": [f"S{s:02d}" for s in street],
        "n": 1,
    })  # fmt: skip
    keys = ["cell", "period", "category", "department", "street"]
    return HeatTable(frame.groupby(keys, dropna=False, as_index=False)["n"].sum(), zoom)


def toy_caption(drawn: int, **changes: object) -> Caption:
    """A caption with everything in it."""
    values: dict[str, object] = {
        "title": "青江街道投诉热力图", "title_en": "Complaints in Qingjiang", "data_from": date(2026, 8, 1),
        "data_to": date(2026, 11, 23), "geometry_source": "示意线形，名称来自公开报道", "attribution": "© streetchief",
        "synthetic": True, "schematic": True, "drawn": drawn, "left_out": 37,
        "left_out_reasons": {"suspect": 30, "too_far": 7},
    }  # fmt: skip
    return Caption(**{**values, **changes})  # type: ignore[arg-type]
