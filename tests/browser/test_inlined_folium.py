from __future__ import annotations

from collections.abc import Callable

import branca.colormap
import folium
from folium.plugins import HeatMap, MarkerCluster

from streetchief.maps.assets import inline
from tests.browser.conftest import Opened


def test_an_analysts_own_map_draws_offline(open_page: Callable[..., Opened]) -> None:
    m = folium.Map(location=[30, 103.04], zoom_start=15, tiles=None)
    HeatMap([[30, 103.04, 5], [30.001, 103.041, 2]]).add_to(m)
    folium.Marker([30, 103.04], popup="普通图钉").add_to(m)
    folium.Marker([30.002, 103.04], icon=folium.Icon(icon="cloud", angle=45)).add_to(m)
    folium.Marker([30.002, 103.043], icon=folium.Icon(icon="bolt", prefix="fa", color="red")).add_to(m)
    MarkerCluster([[29.998, 103.037], [29.9981, 103.0371]]).add_to(m)
    branca.colormap.linear.YlGn_09.scale(0, 3).add_to(m)
    view = open_page(inline(m))
    page = view.page
    page.wait_for_selector("canvas.leaflet-heatmap-layer")
    view.settle()
    assert view.heat_pixels() > 500
    assert page.locator(".legend svg rect").count() > 100
    assert page.locator(".marker-cluster").count() == 1
    pins = "Array.from(document.querySelectorAll('img.leaflet-marker-icon')).map(i => i.naturalWidth)"
    view.until(f"{pins}.length > 0 && {pins}.every(w => w > 0)")
    assert page.evaluate("document.fonts.load('900 14px \"Font Awesome 6 Free\"').then(f => f.length)") == 1
    assert page.evaluate("document.fonts.load('14px \"Glyphicons Halflings\"').then(f => f.length)") == 1
    turned = page.evaluate("getComputedStyle(document.querySelector('.fa-rotate-45')).transform")
    assert turned != "none"
    view.clean()
