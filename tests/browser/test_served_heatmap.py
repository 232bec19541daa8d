"""The served heatmap in a real browser: the frame draws, and it is shut in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser
from sqlalchemy import Engine, text

from streetchief.settings import Settings
from streetchief.storage.engine import transaction
from streetchief.web.app import create_app
from tests.pipeline.squares import CITY
from tests.web.conftest import settle

HOSTILE = "<img src=x onerror=\"parent.document.title='owned'\"></script><script>alert(1)</script>${alert(2)}"
START_S = 20


@pytest.fixture
def address(database_url: str, database_engine: Engine) -> Iterator[str]:
    """The village, served; one of its streets has a name that wants to be script."""
    settle(database_engine)
    with transaction(database_engine) as session:
        session.execute(text("update streets set name = :name where code = 'E'"), {"name": HOSTILE})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(Settings(database_url=database_url), CITY)
    server = uvicorn.Server(uvicorn.Config(app, port=port, ws="none", log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(START_S)


def test_the_frame_draws_asks_nobody_and_reaches_nothing(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
    page.goto(f"{address}/")
    page.click("a[href='/heatmap']")
    page.wait_for_url("**/heatmap")
    page.frame_locator("iframe").locator("canvas.leaflet-heatmap-layer").wait_for(state="attached")
    frame = page.frame(url=f"{address}/heatmap/frame")
    assert frame is not None
    assert frame.locator("#count").inner_text().split()[0] == "12"
    assert frame.evaluate("() => self.origin") == "null", "a frame without origin"
    assert HOSTILE[:20] in frame.locator("#street").inner_text(), "the name is there, as text"
    reached = frame.evaluate("() => { try { return parent.document.title } catch (e) { return e.name } }")
    assert reached == "SecurityError"
    asked_out = frame.evaluate("() => fetch('/health').then(() => 'answered', () => 'refused')")
    assert asked_out == "refused"
    assert all(url.startswith((f"{address}/", "data:")) for url in asked)
    assert page.title() != "owned"
    assert [fault for fault in faults if "Content Security Policy" not in fault and "/health" not in fault] == []
    page.close()


def test_nobody_else_may_frame_us(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.set_content("".join(f'<iframe src="{address}{path}"></iframe>' for path in ("/", "/heatmap/frame")))
    page.wait_for_timeout(1000)
    assert len(page.frames) == 3
    assert all("Village" not in frame.content() for frame in page.frames[1:])
    page.close()
