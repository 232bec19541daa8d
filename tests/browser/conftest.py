"""Chromium for the page tests.  A machine without it fails them: a page nobody opened is not tested."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
)  # fmt: skip


def chromium_path() -> str:
    """$CHROMIUM, Debian's place, or the PATH."""
    wanted = os.environ.get("CHROMIUM")
    if wanted:
        return wanted
    for name in ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.fail("no Chromium: `apt-get install chromium`, or set CHROMIUM to its path")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the session."""
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=chromium_path(), args=[*QUIET, *as_root])
        yield chromium
        chromium.close()


@dataclass
class Opened:
    """A page and what it did wrong: requests that left the file, errors, dialogs."""

    page: Page
    outside: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def heat_pixels(self) -> int:
        """Pixels of the heat layer's own canvas that are not clear."""
        return int(self.page.evaluate(
            """() => { const c = document.querySelector('canvas.leaflet-heatmap-layer');
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 12; return n; }"""
        ))  # fmt: skip

    def settle(self) -> None:
        """Until the frames that were asked for are drawn."""
        self.page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def until(self, expression: str, wait_ms: int = 8000) -> None:
        """Waits from outside: the page's own policy forbids the evaluation that playwright's waiting needs."""
        for _ in range(wait_ms // 50):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"not within {wait_ms} ms: {expression}")

    def shown(self) -> int:
        """The count that the page says it shows."""
        text = self.page.locator("#count").inner_text().split()[0]
        return int(text.replace(",", ""))

    def clean(self) -> None:
        """Fails on any outside request or error."""
        assert self.outside == []
        assert self.faults == []


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens HTML from a file with the network cut."""
    contexts = []

    def opened(html: str, width: int = 1440, height: int = 900, *, dark: bool = False, touch: bool = False) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(html, "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", has_touch=touch,
            offline=True, reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        result = Opened(context.new_page())

        def gate(route) -> None:  # type: ignore[no-untyped-def]  # playwright's Route
            if route.request.url == file.as_uri():
                route.continue_()
            else:
                result.outside.append(route.request.url)
                route.abort()

        context.route("**/*", gate)
        page = result.page
        page.on("request", lambda r: r.url.startswith(("file:", "data:", "blob:")) or result.outside.append(r.url))
        page.on("pageerror", lambda error: result.faults.append(str(error)))
        page.on("console", lambda said: result.faults.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: (result.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto(file.as_uri())
        return result

    yield opened
    for context in contexts:
        context.close()
