"""Views and set functions that live in ``streetchief/sql/*.sql``: numbered, named, idempotent, applied in name order.

When any of them changes, or the tables below them do, all are dropped and made again in the same transaction: a view
may then change its columns, and a migration may alter a table that a view reads.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources

from sqlalchemy import Connection, text

MADE = re.compile(r"^create\s+or\s+replace\s+(view|function)\s+([a-z_][a-z0-9_]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file: its name and its text."""

    name: str
    body: str

    def made(self) -> list[tuple[str, str]]:
        """What the file makes, in its order: ``("view" | "function", name)``."""
        return [(kind.lower(), name.lower()) for kind, name in MADE.findall(self.body)]


def read_sql_files() -> tuple[SqlFile, ...]:
    """All files, in name order."""
    folder = resources.files("streetchief").joinpath("sql")
    files = [SqlFile(f.name, f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".sql")]
    return tuple(sorted(files, key=lambda f: f.name))


def fingerprint(files: tuple[SqlFile, ...]) -> str:
    """A hash of names and texts."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.body}\0".encode())
    return digest.hexdigest()


def drop_made(connection: Connection, files: tuple[SqlFile, ...]) -> None:
    """Drop what the files make, last first, nothing else: never CASCADE, so a stranger's view is never lost."""
    for kind, name in reversed([made for file in files for made in file.made()]):
        if kind == "view":
            connection.exec_driver_sql(f"drop view if exists {name}")
            continue
        overloads = connection.execute(
            text("select oid::regprocedure::text from pg_proc where proname = :name and pronamespace = "
                 "(select oid from pg_namespace where nspname = current_schema())"),
            {"name": name},
        ).scalars()  # fmt: skip
        for signature in overloads.all():
            connection.exec_driver_sql(f"drop function {signature}")


def apply(connection: Connection, files: tuple[SqlFile, ...]) -> None:
    """Run every file, in order, inside the caller's transaction."""
    for file in files:
        driver = connection.connection.driver_connection
        assert driver is not None, "a connection that is checked out has a driver connection"
        driver.execute(file.body)
