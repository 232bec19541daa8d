"""The heatmap page of a city: counted in the database, drawn from the counts."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Engine, text

from streetchief.city import City
from streetchief.maps.caption import Caption
from streetchief.maps.cube import HeatTable
from streetchief.maps.heatmap import draw
from streetchief.registry import service as registry_service
from streetchief.registry.model import Registry
from streetchief.storage.engine import transaction
from streetchief.words import both, say

CELL_ZOOM = 20  # as fine as cells are kept; the page makes them coarser by itself where there are too many
_COUNTS = text("select cell, period, category, department, street, n from heat(:zone, :zoom)")
_EXTENT = text(
    "select min((reported_at at time zone :zone)::date) as first_on, max((reported_at at time zone :zone)::date) "
    "as last_on, count(*) filter (where verdict <> 'suspect') as drawn, "
    "count(*) filter (where verdict = 'suspect') as suspect, coalesce(bool_or(synthetic), false) as synthetic "
    "from complaints"
)


def heatmap_page(engine: Engine, city: City) -> str:
    """The whole page as HTML that needs no other file and no network.

    An empty database gives a page that says so.  Raises NotFound if no registry was published.
    """
    registry = registry_service.load(engine)
    with transaction(engine) as session:
        rows = session.execute(_COUNTS, {"zone": city.zone.key, "zoom": CELL_ZOOM}).all()
        extent = dict(session.execute(_EXTENT, {"zone": city.zone.key}).mappings().one())
    counts = pd.DataFrame(rows, columns=["cell", "period", "category", "department", "street", "n"])
    return draw_counts(counts, CELL_ZOOM, extent, registry, city)


def draw_counts(counts: pd.DataFrame, zoom: int, extent: dict[str, Any], registry: Registry, city: City) -> str:
    """Draw counted complaints over a registry's ground.

    counts   columns of `HeatTable.frame`, departments by code
    extent   first_on, last_on (city dates or None), drawn, suspect (counts), synthetic
    """
    names = {d.code: f"{d.name_zh} {d.name_en}" if d.name_zh != d.name_en else d.name_zh for d in registry.departments}
    shown = counts.assign(
        department=counts["department"].map({"": both("map.triage"), **names}).fillna(counts["department"])
    )
    return draw(
        HeatTable(shown, zoom), streets_frame(registry), areas_frame(registry), _caption(extent, registry, city)
    )


def streets_frame(registry: Registry) -> gpd.GeoDataFrame:
    """Segments as lines with `code` and `name` of their street, WGS-84."""
    names = registry.street_by_code
    rows = [{"code": s.street, "name": names[s.street].name, "geometry": s.geometry} for s in registry.segments]
    return gpd.GeoDataFrame(rows, columns=["code", "name", "geometry"], geometry="geometry", crs=4326)


def areas_frame(registry: Registry) -> gpd.GeoDataFrame | None:
    """The areas without areas below them, WGS-84; None if the registry has no ground for any."""
    parents = {area.parent for area in registry.areas}
    rows = [
        {"code": a.code, "name": a.name, "geometry": a.geometry}
        for a in registry.areas
        if a.geometry is not None and a.code not in parents
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4326) if rows else None


def _caption(extent: dict[str, Any], registry: Registry, city: City) -> Caption:
    sources = sorted({segment.geometry_source for segment in registry.segments} - {""})
    return Caption(
        title=say("map.title", "zh", city=city.name.zh),
        title_en=say("map.title", "en", city=city.name.en),
        data_from=extent["first_on"],
        data_to=extent["last_on"],
        geometry_source=", ".join(sources),
        attribution=registry.attribution,
        review_number=city.review_number,
        synthetic=extent["synthetic"],
        schematic="schematic" in sources,
        drawn=extent["drawn"],
        left_out=extent["suspect"],
        left_out_reasons={"suspect": extent["suspect"]} if extent["suspect"] else {},
    )
