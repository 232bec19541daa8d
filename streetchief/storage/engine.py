"""Opening the database: the one that the settings name, else one in the private cluster; always migrated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from streetchief.errors import BadInput
from streetchief.storage.local import LocalCluster
from streetchief.storage.migrate import migrate

DRIVER = "postgresql+psycopg"
SESSION_OPTIONS = "-c timezone=UTC -c jit=off"
CONNECT_TIMEOUT_S = 15


def open_engine(*, database_url: str | None, data_dir: Path | None, postgres_bin: Path | None, database: str) -> Engine:
    """The migrated database as an engine.

    database_url   a PostGIS that exists already: it is used as it is, and the other three are not looked at
    data_dir, postgres_bin   of the private cluster, see `LocalCluster`; it is created and started when needed
    database       name of the database in the private cluster

    Raises `Unavailable` when it cannot be reached or has no PostGIS, `BadInput` for a URL that cannot be read.
    """
    if database_url is None:
        cluster = LocalCluster(data_dir, postgres_bin=postgres_bin)
        cluster.up()
        cluster.ensure_database(database)
        database_url = cluster.url(database)
    engine = make_engine(database_url)
    migrate(engine)
    return engine


def make_engine(database_url: str) -> Engine:
    """An engine with our session settings (UTC, no JIT: it only costs on short queries); connects to nothing yet.

    Takes ``postgres://`` and ``postgresql://`` too.  Raises `BadInput` for anything else.
    """
    return create_engine(
        read_url(database_url),
        pool_pre_ping=True,
        hide_parameters=True,  # a failing statement must not print the personal data that it carried
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "streetchief"},
    )


def read_url(database_url: str) -> URL:
    """The URL for SQLAlchemy: psycopg 3 as the driver, our session settings after those that it brings."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as fault:
        raise BadInput("bad_database_url") from fault
    if url.drivername not in ("postgres", "postgresql", DRIVER):
        raise BadInput("bad_database_url")
    given = url.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} {SESSION_OPTIONS}".strip()
    return url.set(drivername=DRIVER).update_query_dict({"options": options})


def shown(database_url: str) -> str:
    """The URL for people, logs, psql and QGIS: password hidden, without our session settings."""
    return read_url(database_url).set(drivername="postgresql").difference_update_query(["options"]).render_as_string()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back if it raises."""
    with Session(engine) as session, session.begin():
        yield session
