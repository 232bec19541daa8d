from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import folium
import pytest
from folium.plugins import Draw, Fullscreen, HeatMap

from streetchief.errors import BadInput, Unavailable
from streetchief.maps import manifest as manifest_module
from streetchief.maps.assets import closed, inline, outside_links, style_code, whole_css
from streetchief.maps.manifest import VENDOR, manifest, read_asset, unfit

LINKS = [
    ('<script src="https://cdn.example/x.js"></script>', ("https://cdn.example/x.js",)),
    ("L.tileLayer('https://{s}.tiles.example/{z}.png')", ("https://{s}.tiles.example/{z}.png",)),
    ('"https:\\/\\/cdn.example\\/x.js"', ("https:\\/\\/cdn.example",)),  # JSON may escape the slash
    ("<img src=//cdn.example/x.png>", ("//cdn.example/x.png",)),  # no scheme: takes the page's
    ("url(//fonts.example/a.woff2)", ("//fonts.example/a.woff2",)),
    ("new WebSocket('wss://live.example/x')", ("wss://live.example/x",)),
    ('<a href="https://www.openstreetmap.org/copyright">©</a>', ()),  # followed by a reader, asked by nobody
    ("'\\u003ca href=\\\"https://leafletjs.com\\\"\\u003eLeaflet'", ()),
    ('<link href="https://cdn.example/x.css">', ("https://cdn.example/x.css",)),  # an href that loads
    ("createElementNS('http://www.w3.org/2000/svg')", ()),  # a name, not an address
    ("x = 1 // a comment about cdn.example", ()),
    ("photo.jpg", ()),
]


@pytest.mark.parametrize(("text", "links"), LINKS)
def test_outside_links(text: str, links: tuple[str, ...]) -> None:
    assert outside_links(text) == links


def test_a_framed_page_is_looked_into() -> None:
    inner = base64.b64encode(b'<img src="https://far.example/x.png">').decode()
    assert outside_links(f'<iframe src="data:text/html;charset=utf-8;base64,{inner}">') == (
        "https://far.example/x.png",
    )


def test_harmless_texts_may_be_named() -> None:
    assert outside_links("说明见 https://a.example/x", harmless=["https://a.example/"]) == ()


CSS = "leaflet/dist/leaflet.css"


@pytest.mark.parametrize(
    ("css", "link"),
    [
        ("@import url(other.css);", "@import"),
        ("@IMPORT 'https://far.example/a.css';", "@IMPORT"),
        ("a{background:url(//far.example/a.png)}", "//far.example/a.png"),  # the leak that was found in a plugin
        ("a{background:url('https://far.example/a.png')}", "https://far.example/a.png"),
        ("@font-face{src:url(https://far.example/a.ttf)}", "https://far.example/a.ttf"),  # not only old fonts of ours
        ("a{background:url(images/unknown.png)}", "images/unknown.png"),
        ("a{background:url(../../../secret.png)}", "secret.png"),
    ],
)
def test_css_fails_closed(css: str, link: str) -> None:
    with pytest.raises(BadInput) as refused:
        whole_css(css, CSS)
    assert link in str(refused.value.values["link"])


def test_css_takes_its_images_in() -> None:
    assert "data:image/png;base64," in whole_css("a{background:url( 'images/layers.png' )}", CSS)
    assert whole_css("a{b:url(#default#VML)}", CSS) == "a{b:url(#default#VML)}"
    assert whole_css("a{b:url(data:image/gif;base64,AA==)}", CSS) == "a{b:url(data:image/gif;base64,AA==)}"
    awesome = style_code("@fortawesome/fontawesome-free/css/all.min.css")
    assert awesome.count("data:font/woff2") >= 4
    assert "webfonts" not in awesome


@pytest.mark.parametrize(("code", "element"), [("a</SCRIPT>", "script"), ("a<!--", "script"), ("</style>", "style")])
def test_code_that_leaves_its_element_is_refused(code: str, element: str) -> None:
    with pytest.raises(ValueError, match="leave"):
        closed(code, element)


def plain_map() -> folium.Map:
    return folium.Map(location=[30, 103], tiles=None)


def test_inline_asks_nothing_and_keeps_foliums_lists() -> None:
    before = (list(folium.Map.default_js), list(folium.Map.default_css), list(HeatMap.default_js))
    m = plain_map()
    HeatMap([[30, 103, 1]]).add_to(m)
    html = inline(m)
    assert "<script src" not in html
    assert not re.search(r"<link[^>]+href", html)
    assert "Content-Security-Policy" in html
    assert (folium.Map.default_js, folium.Map.default_css, HeatMap.default_js) == before
    assert len(html) < 2_500_000


@pytest.mark.parametrize(
    ("layer", "link"),
    [
        (folium.TileLayer("OpenStreetMap"), "tile.openstreetmap.org"),
        (Fullscreen(), "fullscreen"),
        (Draw(), "leaflet.draw"),
        (folium.Marker([30, 103], popup='<img src="https://far.example/a.png">'), "far.example"),
    ],
)
def test_unknown_links_are_refused_by_name(layer: folium.map.Layer, link: str) -> None:
    m = plain_map()
    layer.add_to(m)
    with pytest.raises(BadInput) as refused:
        inline(m)
    assert link in str(refused.value.values["link"])


def test_every_link_of_foliums_core_is_known() -> None:
    links = [url for _, url in (*folium.Map.default_js, *folium.Map.default_css, *HeatMap.default_js)]
    assert [link for link in links if link not in manifest().links] == []
    assert {f for f in manifest().links.values() if not f.startswith("<")} <= set(manifest().sums)


def test_all_files_are_there_each_package_with_its_licence() -> None:
    assert unfit() == ()
    packages = {
        n.rsplit("/", 1)[0] if n.startswith("@") else n.split("/")[0] for n in manifest().sums if "@fort" not in n
    }
    licensed = {n.split("/")[0] for n in manifest().sums if "LICEN" in n.upper() or n.endswith("package.json")}
    assert packages - licensed == set()


def test_missing_and_changed_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(VENDOR, tmp_path / "vendor")
    monkeypatch.setattr(manifest_module, "VENDOR", tmp_path / "vendor")
    heat = tmp_path / "vendor/folium/leaflet_heat.min.js"
    heat.write_text(heat.read_text() + "/* more */")
    with pytest.raises(Unavailable) as changed:
        read_asset("folium/leaflet_heat.min.js")
    assert changed.value.code == "map_asset_changed"
    heat.unlink()
    with pytest.raises(Unavailable) as missing:
        read_asset("folium/leaflet_heat.min.js")
    assert missing.value.code == "map_asset_missing"
    assert unfit(tmp_path / "vendor") == ("folium/leaflet_heat.min.js",)
