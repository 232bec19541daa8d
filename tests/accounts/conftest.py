"""Accounts on a real PostGIS, with an administrator who acts, and a register to which scopes can point."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from streetchief.registry.service import publish
from tests.pipeline.squares import CITY, REGISTRY

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def engine(database_engine: Engine) -> Engine:
    """A migrated database of this test's own with the village's register."""
    publish(database_engine, CITY, REGISTRY, "squared paper")
    return database_engine
