"""The heatmap page: one HTML file that opens with the network cut.

folium makes the map and the heat layer; the page around it (filters, time slider, streets by load, captions) is ours,
in ``page/``.  The browser recounts everything from one embedded cube of integers, so heat, streets, counts and table
always speak of the same complaints.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import folium
import geopandas as gpd
import jinja2
import numpy as np
from folium.plugins import HeatMap

from streetchief.errors import BadInput
from streetchief.maps.assets import DEEPEST_ZOOM, closed, outside_links, script_code, style_code
from streetchief.maps.caption import Caption, caption_lines, review_line
from streetchief.maps.cube import OTHER, UNKNOWN, Cube, HeatTable, cube_of
from streetchief.maps.ground import Ground, ground_of
from streetchief.maps.inert import script_json
from streetchief.maps.manifest import manifest
from streetchief.words import entry, group

HEAT_PANE = "heat"
HEAT_GRADIENT = {0.1: "#fde9a0", 0.3: "#fbb61a", 0.5: "#ed6925", 0.7: "#bc3754", 0.85: "#781c6d", 1.0: "#320a5e"}
"""Inferno, light end first (perceptual, safe for colour-blind readers); the dark theme turns it round."""
SCRIPTS = ("cube.js", "ground.js", "labels.js", "controls.js")
EARTH_M = 40_075_016.7
"""Length of the equator: width of a cell at zoom z is EARTH_M / 2^z times the cosine of the latitude."""


def draw(table: HeatTable, streets: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None, caption: Caption) -> str:
    """The whole page as HTML.

    table    complaints counted by cell, month, category, department and street (`HeatTable`); may be empty.
    streets  columns `code` (what the table's `street` names), `name`, line geometry in any declared system.
    areas    columns `code`, `name`, polygon geometry; None = none.

    The load of a street is its complaints per 100 m of drawn length, streets under 100 m counted as 100 m; the five
    steps are quantiles of the streets with at least one complaint under the current filters.  Complaints of a street
    that is not in `streets` heat the map and count, but load no street.  Same input, same bytes.

    Raises `BadInput` for a malformed table, no coordinate system, a caption whose `drawn` is not the table's sum, or
    nothing to draw; `Unavailable` when a front-end file is missing or changed.
    """
    cube = cube_of(table)
    if caption.drawn != cube.total:
        raise BadInput("map_counts_differ", said=caption.drawn, found=cube.total)
    ground = ground_of(streets, areas)
    bounds = _bounds(ground, cube)
    m, heat = _folium_map(cube, bounds)
    root: Any = m.get_root()
    root.render()
    _known_links(root.header.render())
    data = _page_data(cube, ground, caption) | {"map": m.get_name(), "heat": heat.get_name(), "bounds": bounds}
    scripts = [
        script_code("leaflet/dist/leaflet.js"),
        script_code("folium/leaflet_heat.min.js"),
        closed(root.script.render(), "script"),
        closed('(() => {\n"use strict";\n' + "\n".join(map(_part, SCRIPTS)) + "\n})();", "script"),
    ]
    return _template().render(
        caption=caption,
        policy=_policy(scripts),
        styles=[style_code("leaflet/dist/leaflet.css"), closed(_part("heatmap.css"), "style")],
        scripts=scripts,
        map_html=root.html.render(),
        data=script_json(data),
        say=group("map.page"),
    )


def _bounds(ground: Ground, cube: Cube) -> tuple[float, float, float, float]:
    """West, south, east, north of the streets and areas, else of the cells."""
    if ground.bounds is not None:
        return ground.bounds
    if not len(cube.lonlat):
        raise BadInput("map_nothing_to_draw")
    west, south = cube.lonlat.min(axis=0)
    east, north = cube.lonlat.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _folium_map(cube: Cube, bounds: tuple[float, float, float, float]) -> tuple[folium.Map, HeatMap]:
    """The folium map with the heat of all complaints; the page's script finds both by name."""
    west, south, east, north = bounds
    m = folium.Map(
        location=((south + north) / 2, (west + east) / 2), tiles=None, prefer_canvas=True, maxZoom=DEEPEST_ZOOM,
        zoom_start=14, zoom_snap=0.25, attribution_control=False,
    )  # fmt: skip
    # on this map alone, hiding folium's class-level lists: the page needs neither jQuery nor Bootstrap nor icons
    m.default_js = [link for link in m.default_js if link[0] == "leaflet"]
    m.default_css = [link for link in m.default_css if link[0] == "leaflet_css"]
    pane = folium.map.CustomPane(HEAT_PANE, z_index=410, pointer_events=False)
    weights = np.bincount(cube.cell, weights=cube.n, minlength=len(cube.lonlat))
    points = np.column_stack((np.round(cube.lonlat[:, ::-1], 6), weights)).tolist()
    heat = HeatMap(points, min_opacity=0.05, radius=18, blur=16, gradient=HEAT_GRADIENT, pane=HEAT_PANE)
    for element in (m, heat, pane):
        element._id = "streetchief"  # noqa: SLF001  # folium draws names by lot; ours are fixed: same input, same bytes
    pane.add_to(m)
    heat.add_to(m)
    return m, heat


def _known_links(header: str) -> None:
    """Raises `BadInput` when folium asks for a file that the page does not carry."""
    for link in outside_links(header):
        if manifest().links.get(link) not in {
            "leaflet/dist/leaflet.js", "leaflet/dist/leaflet.css", "folium/leaflet_heat.min.js",
        }:  # fmt: skip
            raise BadInput("map_outside_link", link=link)


def _page_data(cube: Cube, ground: Ground, caption: Caption) -> dict[str, Any]:
    """Everything that the page's script reads."""
    place = {code: index for index, code in enumerate(ground.codes)}
    to_ground = np.asarray([-1, *(place.get(code, -1) for code in cube.streets)], dtype=np.int64)
    latitude = float(np.radians(cube.lonlat[:, 1].mean())) if len(cube.lonlat) else 0.0
    return {
        "words": group("map.page"),
        "periods": cube.periods,
        "period_months": cube.period_months,
        "categories": [_named(name, "none") for name in cube.categories],
        "departments": [_named(name, "triage") for name in cube.departments],
        "cube": {
            "cell": cube.cell.tolist(),
            "period": cube.period.tolist(),
            "category": cube.category.tolist(),
            "department": cube.department.tolist(),
            "street": to_ground[cube.street + 1].tolist(),
            "n": cube.n.tolist(),
        },
        "cell_m": round(EARTH_M / 2**cube.zoom * float(np.cos(latitude))),
        "cell_zoom": cube.zoom,
        "streets": {"names": ground.names, "lengths_m": ground.lengths_m, "lines": ground.lines},
        "areas": ground.areas,
        "review": review_line(caption),
        "caption": caption_lines(caption, _merged(cube)),
        "attribution": caption.attribution,
    }


def _merged(cube: Cube) -> dict[str, object]:
    """What was made coarser to fit one page, for the caption."""
    steps: dict[str, object] = {}
    if cube.coarsened:
        steps["cells"] = cube.zoom
    if cube.period_months > 1:
        steps["quarters" if cube.period_months == 3 else "years"] = cube.period_months
    if cube.categories_gathered:
        steps["categories"] = cube.categories_gathered
    if cube.departments_gathered:
        steps["departments"] = cube.departments_gathered
    return steps


def _named(name: str, unknown: str) -> str:
    """A name of the data, or the catalogue's word for none and for the gathered rest."""
    if name in (UNKNOWN, OTHER):
        words = entry(f"map.{unknown if name == UNKNOWN else 'other'}")
        return f"{words['zh']} {words['en']}"
    return name


def _policy(scripts: Iterable[str]) -> str:
    """Content-Security-Policy: only these scripts run, nothing is asked of anybody."""
    sums = (base64.b64encode(hashlib.sha256(code.encode("utf-8")).digest()).decode("ascii") for code in scripts)
    allowed = " ".join(f"'sha256-{s}'" for s in sums)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _part(name: str) -> str:
    return resources.files("streetchief.maps").joinpath("page", name).read_text("utf-8")


@cache
def _template() -> jinja2.Template:
    """The frame of the page, every value escaped but for the parts made by this package."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_part("heatmap.html"))
