"""The village in two communities behind the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from streetchief.settings import Settings
from streetchief.web.app import create_app
from tests.web.people import TOWN, Village, settle_village


@pytest.fixture
def village(database_url: str) -> Iterator[Village]:
    """A village of this test's own."""
    app = create_app(Settings(database_url=database_url), TOWN)
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield settle_village(client)
