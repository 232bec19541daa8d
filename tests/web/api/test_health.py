"""Health is what the database says."""

from __future__ import annotations

from starlette.testclient import TestClient

from streetchief import __version__
from tests.web.conftest import ROWS


def test_counts(client: TestClient) -> None:
    assert client.get("/health").json() == {
        "status": "ok", "database": "ok", "program": __version__, "city": "village", "registry_version": 1,
        "streets": 3, "segments": 4, "complaints": ROWS,
        "by_verdict": {"matched": 10, "ambiguous": 1, "too_far": 1, "suspect": 0},
        "dead_letters": 0, "last_intake_at": "2026-03-01T01:00:00+00:00", "synthetic": True,
    }  # fmt: skip


def test_nothing_there_yet(empty_client: TestClient) -> None:
    body = empty_client.get("/health").json()
    assert (body["registry_version"], body["complaints"], body["last_intake_at"]) == (None, 0, None)
