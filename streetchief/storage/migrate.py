"""Bring a database to the present shape: PostGIS, the Alembic migrations, then the views and functions of ``sql/``.

All in one transaction under an advisory lock: two processes may ask at once, and a killed one leaves nothing half done.
When nothing changed it is one query.  The fingerprint of ``sql/`` stands as the comment of Alembic's version table.
"""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from streetchief.errors import Conflict, Unavailable
from streetchief.storage import sqlfiles

MIGRATE_LOCK = 0x5C0002
VERSION_TABLE = "alembic_version"


def migrate(engine: Engine) -> bool:
    """Bring the database up to date; True when something was done.

    Raises `Unavailable` when the server cannot be reached, has no PostGIS or forbids to create it, `Conflict` when the
    database was made by a newer streetchief.
    """
    files = sqlfiles.read_sql_files()
    wanted = (head(), sqlfiles.fingerprint(files))
    with _reached(engine) as connection:
        if _state(connection) == wanted:
            return False
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATE_LOCK})
        before = _state(connection)
        if before == wanted:
            return False
        _refuse_newer(before[0])
        _ensure_postgis(connection)
        sqlfiles.drop_made(connection, files)
        command.upgrade(alembic_config(connection), "head")
        sqlfiles.apply(connection, files)
        connection.exec_driver_sql(f"comment on table {VERSION_TABLE} is '{wanted[1]}'")
    return True


def _reached(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except OperationalError as fault:
        url = engine.url.set(drivername="postgresql").difference_update_query(["options"])
        detail = str(fault.orig).strip().splitlines()[-1]
        raise Unavailable("database_unreachable", url=url.render_as_string(), detail=detail) from fault


def alembic_config(connection: Connection | None = None) -> Config:
    """The Alembic configuration, by package path; `connection` is handed to ``migrations/env.py``."""
    config = Config()
    config.set_main_option("script_location", "streetchief:migrations")
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


@cache
def head() -> str | None:
    """The newest migration of this program; None when there is none."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def _state(connection: Connection) -> tuple[str | None, str | None]:
    """(migration, fingerprint of sql/) of the database; (None, None) when it is new."""
    table = connection.execute(text("select to_regclass(:name)::oid"), {"name": VERSION_TABLE}).scalar()
    if table is None:
        return None, None
    row = connection.execute(
        text(f"select version_num, obj_description(:oid, 'pg_class') from {VERSION_TABLE}"), {"oid": table}
    ).one_or_none()
    return (row[0], row[1]) if row is not None else (None, None)


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise Conflict("database_is_newer", revision=revision)


def _ensure_postgis(connection: Connection) -> None:
    if connection.execute(text("select 1 from pg_extension where extname = 'postgis'")).scalar() is not None:
        return
    try:
        connection.exec_driver_sql("create extension postgis")
    except DBAPIError as fault:
        detail = str(fault.orig).splitlines()[0]
        raise Unavailable("postgis_not_creatable", detail=detail) from fault
