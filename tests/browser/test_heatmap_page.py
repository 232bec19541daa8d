from __future__ import annotations

import re
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from streetchief.geo.cells import cell_of, parent
from streetchief.maps.heatmap import HeatTable, draw
from tests.browser.conftest import Opened
from tests.maps.toymap import BLOCK, SOUTH, WEST, toy_areas, toy_caption, toy_streets, toy_table

OpenPage = Callable[..., Opened]
VISIBLE = 2000
"""Pixels: a few blobs of 20 px already cover more; an empty canvas has 0."""


def toy_page(**changes: object) -> tuple[str, pd.DataFrame]:
    table = toy_table()
    return draw(table, toy_streets(), toy_areas(), toy_caption(int(table.frame["n"].sum()), **changes)), table.frame


def opened(open_page: OpenPage, html: str, *size: int, **how: bool) -> Opened:
    page = open_page(html, *size, **how)
    page.page.wait_for_selector("html[data-ready=yes]", timeout=15_000)
    page.settle()
    return page


def choose(view: Opened, control: str, label: str) -> None:
    """Choose the option whose name begins so."""
    options = view.page.locator(f"#{control} option").all_inner_texts()
    view.page.select_option(f"#{control}", index=next(i for i, o in enumerate(options) if o.startswith(label)))
    view.settle()


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(1440, 900, False), (1440, 900, True), (360, 740, False), (360, 740, True)]
)
def test_opens_with_the_network_cut(open_page: OpenPage, width: int, height: int, dark: bool) -> None:
    view = opened(open_page, toy_page()[0], width, height, dark=dark)
    assert view.shown() == 2000
    assert view.heat_pixels() > VISIBLE
    with_heat = view.page.screenshot()
    if width == 360:
        view.page.locator("#filters > summary").click()
    view.page.locator("#show-heat").uncheck()
    view.settle()
    assert view.heat_pixels() == 0
    if width > 360:  # on a phone the opened panel itself changes the picture
        assert view.page.screenshot() != with_heat
    view.clean()


def test_slider_counts_and_pixels(open_page: OpenPage) -> None:
    html, frame = toy_page()
    view = opened(open_page, html)
    by_month = frame.groupby("period")["n"].sum()
    pictures = set()
    for step, month in enumerate(["2026-08", "2026-09", "2026-10", "2026-11"], start=1):
        view.page.locator("#period").fill(str(step))
        view.settle()
        expected = int(by_month.get(month, 0))
        assert view.shown() == expected
        assert month in view.page.locator("#period-name").inner_text()
        # October has no complaint: a step of the slider all the same, and no heat
        assert (view.heat_pixels() > VISIBLE) == (expected > 0)
        pictures.add(view.page.evaluate("document.querySelector('canvas.leaflet-heatmap-layer').toDataURL()"))
    assert len(pictures) == 4
    view.clean()


def test_filters_count_what_the_table_holds(open_page: OpenPage) -> None:
    html, frame = toy_page()
    view = opened(open_page, html)
    choose(view, "category", "共享单车")
    bikes = frame[frame["category"] == "共享单车"]
    assert view.shown() == bikes["n"].sum()
    # the other lists follow: how many there would be
    departments = view.page.locator("#department option").all_inner_texts()
    for name, n in bikes.fillna({"department": "待研判"}).groupby("department")["n"].sum().items():
        assert any(o.startswith(str(name)) and f"（{n:,}）" in o for o in departments), (name, n, departments)
    choose(view, "department", "综合执法队")
    team = bikes[bikes["department"] == "综合执法队"]
    assert view.shown() == team["n"].sum()
    choose(view, "street", "一经路")
    assert view.shown() == team[team["street"] == "S00"]["n"].sum()
    view.page.locator("#filters .clear").click()
    assert view.shown() == 2000
    view.clean()


def test_no_match_is_a_designed_state(open_page: OpenPage) -> None:
    view = opened(open_page, toy_page()[0])
    choose(view, "category", "暴露垃圾")
    choose(view, "department", "综合执法队")  # never has it: see toy_table
    assert view.shown() == 0
    assert view.heat_pixels() == 0
    assert view.page.locator("#empty").is_visible()
    view.page.locator("#empty .clear").click()
    view.settle()
    assert view.heat_pixels() > VISIBLE
    assert view.page.locator("#empty").is_hidden()
    view.clean()


def test_street_load_table_and_legend(open_page: OpenPage) -> None:
    html, frame = toy_page()
    view = opened(open_page, html)
    streets = toy_streets()
    lengths_m = (
        streets.assign(m=[Geod(ellps="WGS84").geometry_length(g) for g in streets.geometry]).groupby("code")["m"].sum()
    )
    loads = (frame.groupby("street")["n"].sum() / (lengths_m / 100)).sort_values(ascending=False)
    names = dict(zip(streets["code"], streets["name"], strict=True))
    view.page.locator("#table > summary").click()
    rows = [r.split("\t") for r in view.page.locator("#rows").inner_text().splitlines() if r.strip()]
    flat = [cell for row in rows for cell in row if cell.strip()]
    assert flat[0] == names[loads.index[0]]
    assert float(flat[1]) == pytest.approx(loads.iloc[0], abs=0.5)
    counts = [int(n.split()[0]) for n in view.page.locator("#steps small").all_inner_texts()]
    assert sum(counts) == 12  # every street is in one step of the legend
    assert sum(counts[:-1]) == (loads > 0).sum()
    assert "件/100米" in view.page.locator("#legend").inner_text()
    view.clean()


def test_tooltip_tells_name_load_count(open_page: OpenPage) -> None:
    view = opened(open_page, toy_page()[0])
    lon, lat = WEST + 2 * BLOCK, SOUTH + 4.5 * BLOCK
    x, y = view.page.evaluate(
        f"(() => {{ const p = map_streetchief.latLngToContainerPoint([{lat}, {lon}]); "
        "const r = map_streetchief.getContainer().getBoundingClientRect(); return [p.x + r.x, p.y + r.y]; })()"
    )
    view.page.mouse.move(x, y - 5)
    view.page.mouse.move(x, y)
    tip = view.page.locator(".tip").inner_text()
    assert "三经路" in tip
    assert "件/100米" in tip
    view.clean()


HOSTILE = (
    "<img src=x onerror=window.bad=1>", "${window.bad=1}", "</script><script>window.bad=1</script>", "`;window.bad=1;`",
    "\"><svg onload=window.bad=1>", "'-(window.bad=1)-'", "<!--<script>", "\u2028window.bad=1\u2029", "{{7*7}}{n}",
    "javascript:window.bad=1", "&lt;img src=x onerror=window.bad=1&gt;", "</style><script>window.bad=1</script>",
)  # fmt: skip


@pytest.mark.parametrize("policy", [True, False], ids=["as shipped", "without its policy: the escaping alone"])
def test_hostile_names_do_nothing(open_page: OpenPage, policy: bool) -> None:
    table = toy_table(categories=HOSTILE[:4], departments=(HOSTILE[4], HOSTILE[0], None))
    caption = toy_caption(
        int(table.frame["n"].sum()), title=HOSTILE[2], title_en=HOSTILE[0], geometry_source=HOSTILE[1],
        attribution=HOSTILE[11], review_number=HOSTILE[4], left_out_reasons={HOSTILE[0]: 30, HOSTILE[2]: 7},
    )  # fmt: skip
    html = draw(table, toy_streets(HOSTILE), toy_areas((HOSTILE[0], HOSTILE[2])), caption)
    if not policy:
        html, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
        assert removed == 1
    view = opened(open_page, html)
    view.page.locator("#table > summary").click()
    for control in ("category", "department", "street"):
        for index in range(view.page.locator(f"#{control} option").count()):
            view.page.select_option(f"#{control}", index=index)
            view.settle()
        view.page.locator("#filters .clear").click()
    for street in range(6):
        lon, lat = WEST + street * BLOCK, SOUTH + 4.5 * BLOCK
        x, y = view.page.evaluate(
            f"(() => {{ const p = map_streetchief.latLngToContainerPoint([{lat}, {lon}]); "
            "const r = map_streetchief.getContainer().getBoundingClientRect(); return [p.x + r.x, p.y + r.y]; })()"
        )
        view.page.mouse.move(x, y)
        view.page.mouse.move(x, y + 1)
        view.settle()
    view.page.wait_for_timeout(200)
    assert view.page.evaluate("window.bad") is None
    assert view.page.locator("#stage img, #panel img, svg[onload]").count() == 0
    # the names are there, as text
    assert view.page.locator("h1").inner_text().startswith(HOSTILE[2])
    options = "".join(view.page.locator("option").all_inner_texts())
    for name in (*HOSTILE[:5], HOSTILE[9]):
        assert name in options
    labels = view.page.locator(".label").all_inner_texts()
    assert {HOSTILE[0], HOSTILE[1], HOSTILE[3]} <= set(labels)  # street and community names, on the map
    assert HOSTILE[1] in view.page.locator("#caption").inner_text()
    view.clean()


@pytest.mark.parametrize(("width", "height"), [(360, 740), (320, 568), (768, 1024), (1440, 900)])
def test_fits_the_screen(open_page: OpenPage, width: int, height: int) -> None:
    view = opened(open_page, toy_page()[0], width, height)
    assert view.page.evaluate("document.documentElement.scrollWidth") <= width
    assert view.page.evaluate("document.documentElement.scrollHeight") <= height
    stage = view.page.locator("#stage").bounding_box()
    assert stage is not None
    assert stage["height"] >= 0.4 * height
    # what the law wants to be seen is seen without a tap
    assert view.page.locator("#review").is_visible()
    assert "内部工作用图，未经审核不得公开" in view.page.locator("#review").inner_text()
    assert view.page.locator("#synthetic").is_visible()
    assert view.page.locator("#schematic").is_visible()
    for control in ("#play", "#period", ".leaflet-control-zoom-in"):
        box = view.page.locator(control).bounding_box()
        assert box is not None
        assert box["height"] >= 44
    view.clean()


def test_keyboard(open_page: OpenPage) -> None:
    view = opened(open_page, toy_page()[0])
    view.page.locator("#period").focus()
    view.page.keyboard.press("ArrowRight")
    assert "2026-08" in view.page.locator("#period-name").inner_text()
    assert "2026-08" in str(view.page.locator("#period").get_attribute("aria-valuetext"))
    before = view.page.evaluate("map_streetchief.getZoom()")
    view.page.locator(".leaflet-container").focus()
    view.page.keyboard.press("+")
    view.until(f"map_streetchief.getZoom() > {before}")
    reached = set()
    for _ in range(25):
        view.page.keyboard.press("Tab")
        reached.add(view.page.evaluate("document.activeElement.id"))
    assert {"play", "period", "category", "department", "street", "show-heat"} <= reached
    view.clean()


def test_play_runs_and_stops(open_page: OpenPage) -> None:
    view = opened(open_page, toy_page()[0])
    view.page.locator("#play").click()
    view.until("document.getElementById('period').value === '2'")
    view.page.locator("#play").click()
    assert view.page.locator("#play").get_attribute("aria-pressed") == "false"
    view.clean()


def test_nothing_counted_yet(open_page: OpenPage) -> None:
    empty = HeatTable(toy_table().frame.iloc[:0], 18)
    view = opened(open_page, draw(empty, toy_streets(), None, toy_caption(0, left_out=0, left_out_reasons={})))
    assert view.shown() == 0
    assert view.heat_pixels() == 0
    assert view.page.locator("#empty").is_visible()
    view.clean()


def test_a_street_of_no_length_can_be_chosen(open_page: OpenPage) -> None:
    streets = toy_streets().drop_duplicates("code").reset_index(drop=True)
    streets.loc[0, "geometry"] = shapely.LineString([(WEST, SOUTH), (WEST, SOUTH)])
    view = opened(open_page, draw(toy_table(), streets, None, toy_caption(2000)))
    choose(view, "street", "一经路")
    assert view.heat_pixels() > 0
    view.clean()


def test_a_big_city_stays_small_and_fluent(open_page: OpenPage) -> None:
    """10,000 lines of 4,000 streets and 50,000 complaints, as large as Boston's half year."""
    rng = np.random.default_rng(11)
    starts = np.column_stack((rng.uniform(-71.19, -70.99, 10_000), rng.uniform(42.23, 42.40, 10_000)))
    steps = rng.normal(0, 0.0006, (10_000, 6, 2)).cumsum(axis=1)
    lines = shapely.linestrings(starts[:, None, :] + steps)
    codes = [f"S{i % 4000:04d}" for i in range(10_000)]
    streets = gpd.GeoDataFrame({"code": codes, "name": [f"Street {c}" for c in codes]}, geometry=lines, crs=4326)
    pick = rng.integers(0, 10_000, 50_000)
    lonlat = starts[pick] + rng.normal(0, 0.0004, (50_000, 2))
    frame = pd.DataFrame({
        "cell": parent(cell_of(lonlat), 20), "period": rng.choice([f"2015-0{m}" for m in range(1, 7)], 50_000),
        "category": rng.choice([f"type {i}" for i in range(150)], 50_000),
        "department": rng.choice(["PWD", "ISD", "BTD"], 50_000), "street": [codes[p] for p in pick], "n": 1,
    })  # fmt: skip
    html = draw(HeatTable(frame, 20), streets, None, toy_caption(50_000))
    assert len(html.encode()) < 6_000_000
    view = opened(open_page, html)
    assert view.heat_pixels() > VISIBLE
    spent_ms = view.page.evaluate(
        "(() => { const p = document.getElementById('period'); const t = performance.now();"
        "for (let i = 1; i <= 6; i += 1) { p.value = i; p.dispatchEvent(new Event('input')); }"
        "return (performance.now() - t) / 6; })()"
    )
    assert spent_ms < 1000  # seen: about 100 on two shared cores
    view.clean()
