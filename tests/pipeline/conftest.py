"""A second database, to compare one way of taking a feed in with another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, make_url, text

from streetchief.storage.engine import make_engine


@pytest.fixture
def fresh_engine(server: Engine, server_url: URL, template: str, database_url: str) -> Iterator[Engine]:
    """Another migrated, empty database beside `database_engine`."""
    name = f"{make_url(database_url).database}_beside"
    with server.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    engine = make_engine(server_url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
