"""The village in a database of the test's own."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.patrol.village import settled


@pytest.fixture
def village(database_engine: Engine) -> Engine:
    return settled(database_engine)
