"""One report into the database by one prepared statement: the short way beside the staging table, to the same rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_SET_BELOW = ("id", "repeat_of", "complaint_id")  # by take_complaint and what it calls


def _given(column: Column[Any]) -> str:
    """A parameter with the type of its column."""
    if column.name in _SET_BELOW:
        return "null"
    if column.name == "geom":
        return "st_setsrid(st_makepoint(%(lon)s::float8, %(lat)s::float8), 4326)"
    return f"%({column.name})s::{column.type.compile(_DIALECT)}"


def _row(table: Table) -> str:
    """A row of the table: its columns are in the order in which the migrations made them."""
    return f"row({', '.join(map(_given, table.columns))})::{table.name}"


_TAKE = (
    f"select take_complaint({_row(ComplaintRow.metadata.tables['complaints'])}, "
    f"{_row(ComplaintPrivateRow.metadata.tables['complaint_private'])}, %(now)s)"
)


def insert_one(connection: Connection[Any], run_id: int, complaint: dict[str, Any], now: datetime) -> int | None:
    """Store one placed complaint (a row of `PLACED_SCHEMA`) and mark repeats, in a transaction of its own.

    Takes the feed's lock as a batch does (``sql/025_take_complaint.sql``).  Returns the new id, or None where something
    is stored already under its id or its content was refused before: then nothing was changed.  Raises
    psycopg's ProgrammingError on a connection that is in a transaction.
    """
    given = {**complaint, "run_id": run_id, "now": now}
    connection.autocommit = True  # one statement, one round trip: no BEGIN, no COMMIT
    try:
        found = connection.execute(_TAKE, given, prepare=True).fetchone()
    finally:
        connection.autocommit = False
    return None if found is None else found[0]
