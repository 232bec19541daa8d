"""What all tests share: a throw-away PostGIS, migrated once, cloned for those who need a database of their own.

The cluster is our own private cluster (`LocalCluster`) with a volatile data directory, or the server that
STREETCHIEF_DATABASE_URL names.  Without PostGIS the suite fails; nothing is skipped.  (Only where another server is named
and this machine has no PostgreSQL at all are the tests of the private cluster itself left out, and the header says so.)
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy.orm import Session

from streetchief.errors import Unavailable
from streetchief.storage.binaries import find_binaries
from streetchief.storage.engine import make_engine, shown
from streetchief.storage.local import LocalCluster
from streetchief.storage.migrate import migrate

OUTSIDE_URL = os.environ.get("STREETCHIEF_DATABASE_URL") or None
POSTGRES_BIN = os.environ.get("STREETCHIEF_POSTGRES_BIN") or None
PREFIX = "streetchief-tests-"
SLOW_LAST = ("tests/lives/", "tests/storage/test_local.py", "tests/browser/")
_numbers = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The quick tests first: a fault shows within seconds."""
    items.sort(key=lambda item: next((i for i, slow in enumerate(SLOW_LAST, 1) if item.nodeid.startswith(slow)), 0))
    if OUTSIDE_URL is not None and not _postgres_here():
        ours = [item for item in items if "cluster_home" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


def pytest_report_header() -> str:
    if OUTSIDE_URL is None:
        return "database: a throw-away private cluster"
    also = "" if _postgres_here() else "; no PostgreSQL here, so the tests of the private cluster are left out"
    return f"database: {shown(OUTSIDE_URL)} (STREETCHIEF_DATABASE_URL){also}"


def _postgres_here() -> bool:
    try:
        find_binaries(_postgres_bin(), None)
    except Unavailable:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def _plain_environment() -> Iterator[None]:
    """No switch of the developer's shell reaches the code under test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("STREETCHIEF_") and n != "STREETCHIEF_REALDATA"]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def cluster_home() -> Iterator[Path]:
    """A short folder that the unprivileged user of the cluster can enter (pytest's own are closed to others)."""
    _remove_leftovers()
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/tmp"))
    home.chmod(0o755)
    yield home
    _stop_and_remove(home)


@pytest.fixture(scope="session")
def cluster(cluster_home: Path) -> LocalCluster:
    """The session's volatile cluster, running."""
    cluster = LocalCluster(cluster_home / "pg", postgres_bin=_postgres_bin(), volatile=True)
    cluster.up()
    return cluster


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> URL:
    """A database of the server from which others may be created."""
    if OUTSIDE_URL is not None:
        return make_url(OUTSIDE_URL)
    cluster: LocalCluster = request.getfixturevalue("cluster")
    cluster.ensure_database("streetchief_tests")
    return make_url(cluster.url("streetchief_tests"))


@pytest.fixture(scope="session")
def server(server_url: URL) -> Iterator[Engine]:
    """An engine in autocommit, for CREATE and DROP DATABASE."""
    engine = make_engine(server_url.render_as_string(hide_password=False)).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def template(server: Engine, server_url: URL) -> Iterator[str]:
    """The name of the migrated database from which the others are cloned."""
    with _database(server, f"streetchief_template_{os.getpid()}", "template0") as name:
        engine = make_engine(_url_of(server_url, name))
        migrate(engine)
        engine.dispose()
        yield name


@pytest.fixture
def empty_database_url(server: Engine, server_url: URL) -> Iterator[str]:
    """The URL of a database of this test's own with nothing in it, not even PostGIS."""
    with _database(server, f"streetchief_empty_{os.getpid()}_{next(_numbers)}", "template0") as name:
        yield _url_of(server_url, name)


@pytest.fixture
def database_url(server: Engine, server_url: URL, template: str) -> Iterator[str]:
    """The URL of a migrated database of this test's own: for commands and other processes."""
    with _database(server, f"streetchief_test_{os.getpid()}_{next(_numbers)}", template) as name:
        yield _url_of(server_url, name)


@pytest.fixture
def database_engine(database_url: str) -> Iterator[Engine]:
    """A migrated database of this test's own: for code that opens its own transactions."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_engine(server: Engine, server_url: URL, template: str) -> Iterator[Engine]:
    """The database behind `session`."""
    with _database(server, f"streetchief_shared_{os.getpid()}", template) as name:
        engine = make_engine(_url_of(server_url, name))
        yield engine
        engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back after the test, even what the code under test commits."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@contextlib.contextmanager
def _database(server: Engine, name: str, source: str) -> Iterator[str]:
    with server.connect() as connection:
        connection.execute(text(f"create database {name} template {source}"))
    yield name
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


def _url_of(server_url: URL, database: str) -> str:
    return server_url.set(database=database).render_as_string(hide_password=False)


def _postgres_bin() -> Path | None:
    return Path(POSTGRES_BIN) if POSTGRES_BIN else None


def _remove_leftovers() -> None:
    """Clusters of test runs that were killed."""
    for home in Path("/tmp").glob(f"{PREFIX}*"):
        pid = home.name.removeprefix(PREFIX).partition("-")[0]
        if home.stat().st_uid == os.geteuid() and pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _stop_and_remove(home)


def _stop_and_remove(home: Path) -> None:
    for pid_file in home.glob("**/postmaster.pid"):
        LocalCluster(pid_file.parent, postgres_bin=_postgres_bin()).down()
    shutil.rmtree(home)
