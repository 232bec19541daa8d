"""One report into the database by one prepared statement: the short way beside the staging table, to the same rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection
from sqlalchemy.dialects import postgresql

from streetchief.intake.reject import ID_CONFLICT
from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow

_PRIVATE = tuple(c.name for c in ComplaintPrivateRow.__table__.columns if c.name != "complaint_id")
_STORED = tuple(c.name for c in ComplaintRow.__table__.columns if c.name not in ("id", "run_id", "repeat_of"))
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES = {
    column.name: column.type.compile(_DIALECT)
    for table in (ComplaintPrivateRow.__table__, ComplaintRow.__table__)
    for column in table.columns
}


def _given(name: str) -> str:
    """A parameter with the type of its column, the same wherever it is used."""
    if name == "geom":
        return "st_setsrid(st_makepoint(%(lon)s::float8, %(lat)s::float8), 4326)"
    return f"%({name})s::{_TYPES[name]}"


_CLASS = " || ' ' || ".join(map(_given, ("scheme", "kind", "code")))
_AT = _given("reported_at")
_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TAKE = (
    f"with added as (insert into complaints (run_id, {', '.join(_STORED)}) "
    f"select %(run)s, {', '.join(map(_given, _STORED))} where not exists (select from dead_letters "
    f"where feed = {_given('feed')} and content_hash = {_given('content_hash')}) "
    "on conflict (feed, external_id) do nothing returning id), "
    f"kept as (insert into complaint_private (complaint_id, {', '.join(_PRIVATE)}) "
    f"select id, {', '.join(map(_given, _PRIVATE))} from added), "
    "closed as (update dead_letters set status = 'superseded', closed_at = %(now)s "
    f"where feed = {_given('feed')} and external_id = {_given('external_id')} and status = 'open' "
    f"and reason <> '{ID_CONFLICT}' and exists (select from added)) "
    "select id, exists (select from complaints c "
    "where class_in_square(c.scheme || ' ' || c.kind || ' ' || c.code, st_x(c.geom), st_y(c.geom)) "
    f"= any (class_about({_CLASS}, %(lon)s::float8, %(lat)s::float8)) and c.verdict <> 'suspect' "
    f"and c.reported_at between {_AT} - interval '24 hours' and {_AT} + interval '24 hours') from added"
)  # the look-up of sql/020_mark_repeats.sql, without its last compare: whether there is anything to mark


def insert_one(connection: Connection[Any], run_id: int, complaint: dict[str, Any], now: datetime) -> int | None:
    """Store one placed complaint (a row of `PLACED_SCHEMA`), mark repeats; the caller commits.

    Takes the feed's lock as a batch does.  Returns the new id, or None where something is stored already under its id
    or its content was refused before: then nothing was changed.
    """
    given = {**complaint, "run": run_id, "now": now}
    with connection.pipeline():
        connection.execute(_LOCK, (f"intake:{complaint['feed']}",), prepare=True)
        cursor = connection.execute(_TAKE, given, prepare=True)
    found = cursor.fetchone()
    if found is None:
        return None
    (new, perhaps_repeats) = found
    if perhaps_repeats:
        connection.execute("select mark_repeats(%s, %s)", (run_id, new - 1))
    return int(new)
