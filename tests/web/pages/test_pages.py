"""The pages: Chinese first, honest about what is synthetic, and the map shut in its frame."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.testclient import TestClient

from streetchief.city import Title
from streetchief.settings import Settings
from streetchief.web.app import create_app
from tests.pipeline.squares import CITY


def test_home_says_what_is_here(client: TestClient) -> None:
    page = client.get("/").text
    assert '<html lang="zh-CN">' in page and page.index("村") < page.index("Village")
    assert "合成样例数据" in page
    assert 'href="/heatmap"' in page and "第 1 版，3 条街道，4 个路段" in page
    assert "2026-03-01 09:00" in page, "the city's own time"


def test_home_of_an_empty_database_says_what_to_do(empty_client: TestClient) -> None:
    page = empty_client.get("/")
    assert page.status_code == 200
    assert "streetchief demo" in page.text and "合成样例数据" not in page.text


def test_no_page_asks_another_host_or_carries_script(client: TestClient) -> None:
    for path in ("/", "/heatmap", "/nothing"):
        page = client.get(path, headers={"accept": "text/html"}).text
        assert not re.search(r"(src|href)=[\"'](https?:)?//", page)
        assert "<script" not in page and "style=" not in page


def test_the_map_is_framed_without_origin(client: TestClient) -> None:
    page = client.get("/heatmap").text
    assert '<iframe src="/heatmap/frame" sandbox="allow-scripts"' in page
    frame = client.get("/heatmap/frame")
    assert frame.status_code == 200 and "东街" in frame.text
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in policy and "connect-src" not in policy
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"


def test_the_frame_before_any_registry_is_a_page_that_says_so(empty_client: TestClient) -> None:
    frame = empty_client.get("/heatmap/frame", headers={"accept": "text/html"})
    assert frame.status_code == 404
    assert "<h1>404</h1>" in frame.text and 'lang="en"' in frame.text


def test_a_hostile_city_name_is_text(database_url: str) -> None:
    hostile = "<img src=x onerror=alert(1)>{{7*7}}"
    app = create_app(Settings(database_url=database_url), replace(CITY, name=Title(hostile, hostile)))
    with TestClient(app, base_url="http://localhost") as client:
        for path in ("/", "/heatmap"):
            page = client.get(path).text
            assert "<img" not in page and "&lt;img src=x" in page and "{{7*7}}" in page


def test_the_stylesheet_is_served_and_asks_nobody(client: TestClient) -> None:
    sheet = client.get("/static/page.css")
    assert sheet.status_code == 200 and "url(" not in sheet.text
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/static/%2e%2e/app.py").status_code == 404
