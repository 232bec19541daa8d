from __future__ import annotations

import base64
import hashlib
import json
import re

import pandas as pd
import pytest

from streetchief.errors import BadInput
from streetchief.maps.assets import outside_links, script_code, style_code
from streetchief.maps.heatmap import HeatTable, draw
from tests.maps.toymap import toy_areas, toy_caption, toy_streets, toy_table


def toy_page(**changes: object) -> str:
    table = toy_table()
    return draw(table, toy_streets(), toy_areas(), toy_caption(int(table.frame["n"].sum()), **changes))


def data_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    loaded: dict[str, object] = json.loads(found.group(1))
    return loaded


def test_same_input_same_bytes() -> None:
    assert toy_page() == toy_page()


def test_head_is_that_of_a_good_page() -> None:
    html = toy_page()
    assert '<html lang="zh-CN">' in html
    assert "<title>青江街道投诉热力图 · 合成样例数据</title>" in html
    assert "user-scalable" not in html
    assert "maximum-scale" not in html
    assert "jquery" not in html.lower()
    assert "bootstrap" not in html.lower()
    assert len(html) < 400_000


def test_nothing_is_asked_of_other_hosts() -> None:
    html = toy_page()
    for library in ("leaflet/dist/leaflet.js", "folium/leaflet_heat.min.js"):  # their comments name their homes
        assert script_code(library) in html
        html = html.replace(script_code(library), "")
    html = html.replace(style_code("leaflet/dist/leaflet.css"), "")
    assert outside_links(html) == ()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", html)


def test_only_our_scripts_may_run() -> None:
    html = toy_page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    text = policy.group(1).replace("&#39;", "'")
    assert "unsafe-inline" not in text.split("script-src")[1].split(";")[0]
    for code in re.findall(r"<script>(.*?)</script>", html, re.DOTALL):
        assert base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() in text


def test_the_cube_carries_the_table() -> None:
    data = data_of(toy_page())
    cube = data["cube"]
    assert isinstance(cube, dict)
    assert sum(cube["n"]) == 2000
    assert {len(column) for column in cube.values()} == {len(cube["n"])}
    assert data["departments"][-1] in {"待研判 triage", "综合执法队"}  # type: ignore[index]
    assert data["periods"] == ["2026-08", "2026-09", "2026-10", "2026-11"]


def test_a_street_that_is_not_drawn_still_counts() -> None:
    table = toy_table()
    frame = table.frame.assign(street="elsewhere")
    data = data_of(draw(HeatTable(frame, 18), toy_streets(), None, toy_caption(2000)))
    cube = data["cube"]
    assert isinstance(cube, dict)
    assert set(cube["street"]) == {-1}
    assert sum(cube["n"]) == 2000


HOSTILE = ("<img src=x onerror=bad()>", "${bad()}", "</script><b>", "`bad()`")


def test_hostile_texts_are_never_raw() -> None:
    table = toy_table(categories=HOSTILE, departments=(HOSTILE[0], HOSTILE[2], None))
    html = draw(
        table, toy_streets(HOSTILE * 3), toy_areas((HOSTILE[0], HOSTILE[2])),
        toy_caption(2000, title=HOSTILE[2], title_en=HOSTILE[0], geometry_source=HOSTILE[0], attribution=HOSTILE[2]),
    )  # fmt: skip
    for text in HOSTILE:
        assert text not in html
    data = data_of(html)
    assert set(HOSTILE) == set(data["categories"])  # type: ignore[call-overload]


def test_counts_must_agree() -> None:
    with pytest.raises(BadInput) as refused:
        draw(toy_table(), toy_streets(), None, toy_caption(1999))
    assert refused.value.values == {"said": 1999, "found": 2000}


def test_nothing_to_draw() -> None:
    empty = HeatTable(pd.DataFrame(columns=["cell", "period", "category", "department", "street", "n"]), 18)
    with pytest.raises(BadInput) as refused:
        draw(empty, toy_streets().iloc[:0], None, toy_caption(0))
    assert refused.value.code == "map_nothing_to_draw"


def test_without_streets_the_cells_set_the_view() -> None:
    west, south, east, north = data_of(draw(toy_table(), toy_streets().iloc[:0], None, toy_caption(2000)))["bounds"]  # type: ignore[misc]
    assert 103.02 < west < east < 103.05
    assert 29.99 < south < north < 30.01
