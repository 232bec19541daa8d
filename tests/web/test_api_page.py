"""The examples of docs/api.md, run by a shell against a server on this machine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from streetchief.accounts import service
from streetchief.accounts.policy import CLI
from streetchief.settings import Settings
from streetchief.web.app import create_app
from tests.web.people import TOWN, Village, settle_village

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PASSWORD = "correct horse battery"


@pytest.fixture
def served(database_url: str) -> Iterator[tuple[str, Village]]:
    """The village behind a real server on a free port."""
    app = create_app(Settings(database_url=database_url), TOWN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    village = settle_village(TestClient(app, base_url=f"http://127.0.0.1:{port}"))
    service.set_password(village.engine, "own.director", PASSWORD, by=CLI, now=datetime.now(UTC))
    yield f"http://127.0.0.1:{port}", village
    server.should_exit = True
    thread.join()


def test_every_example_of_the_page_works(served: tuple[str, Village]) -> None:
    address, village = served
    assert len(EXAMPLES) == 5
    given = {"API": address, "LOGIN": "own.director", "PASSWORD": PASSWORD, "CASE": str(village.near.id)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(EXAMPLES)], env=os.environ | given, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"in_hand"' in done.stdout and village.near.number in done.stdout
    assert "200 OK" in done.stdout  # HEAD


def test_the_page_names_every_error_status_and_every_filter() -> None:
    for word in ("401", "403", "404", "409", "422", "429", "503", "`tier`", "`bucket`", "Idempotency-Key"):
        assert word in PAGE, word
