"""``streetchief serve``: loopback only, answers, and ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from streetchief.cli.serve import app
from streetchief.errors import BadInput

START_S, STOP_S = 60, 20

HOSTS = ["0.0.0.0", "::", "10.0.0.7", "example.org", "", "127.0.0.1.example.org", "127.1"]


@pytest.mark.parametrize("host", HOSTS)
def test_any_address_but_loopback_is_refused(host: str) -> None:
    refused = CliRunner().invoke(app, ["--host", host]).exception
    assert isinstance(refused, BadInput) and refused.code == "loopback_only"


@pytest.mark.parametrize("port", ["0", "65536", "NaN"])
def test_ports_that_are_none(port: str) -> None:
    assert CliRunner().invoke(app, ["--port", port]).exit_code == 2


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def running(database_url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """The program as a person starts it, on an empty database."""
    command = [sys.executable, "-c", "from streetchief.cli.main import run; run()", "serve", "--port", str(port)]
    environment = {**os.environ, "STREETCHIEF_DATABASE_URL": database_url}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def answers(process: subprocess.Popen[str], url: str) -> dict[str, object]:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()[0]
        try:
            with urlopen(url, timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not answer")


def test_it_serves_on_loopback_and_ends_in_order(running: subprocess.Popen[str], port: int) -> None:
    health = answers(running, f"http://127.0.0.1:{port}/health")
    assert (health["status"], health["city"], health["registry_version"]) == ("ok", "qingjiang", 1)
    others = [a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for address in {a for a in others if not a.startswith("127.")}:
        with socket.socket() as outside, pytest.raises(OSError):
            outside.settimeout(2)
            outside.connect((address, port))
    running.send_signal(signal.SIGTERM)
    said, _ = running.communicate(timeout=STOP_S)
    assert f"http://127.0.0.1:{port}/" in said
    assert "Application shutdown complete" in said and "Traceback" not in said
