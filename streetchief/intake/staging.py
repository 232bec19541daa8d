"""Rows by binary COPY into a staging table, and from there by INSERT: Arrow in, no object a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from sqlalchemy import Integer, text
from sqlalchemy.orm import Session

from streetchief.intake.tables import ComplaintRow

_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")])
_POINT_WITH_SRID = 0x20000001
_PRIVATE = ("line", "raw", "complainant_name", "complainant_phone")
_OF_THE_BATCH = ("feed", "scheme", "registry_version", "model_version", "synthetic")  # one value a batch
_COMPUTED = ("id", "run_id", "repeat_of")
_OF_THE_ROW = tuple(
    column.name for column in ComplaintRow.__table__.columns if column.name not in (*_COMPUTED, *_OF_THE_BATCH)
)
_SMALL = tuple(c.name for c in ComplaintRow.__table__.columns if type(c.type) is Integer)


class Statements(NamedTuple):
    """SQL of the way from the staging table into the tables."""

    stage: str
    copy: str
    insert: str
    insert_private: str


def _statements() -> Statements:
    columns = ", ".join(_OF_THE_ROW)
    private = ", ".join(_PRIVATE)
    batch = ", ".join(_OF_THE_BATCH)
    given = ", ".join(f":{name}" for name in _OF_THE_BATCH)
    also = "0::bigint as line, ''::text as raw, ''::text as complainant_name, ''::text as complainant_phone"
    return Statements(
        f"create temp table staged_complaints on commit drop as select {columns}, {also} from complaints with no data; "
        "alter table staged_complaints alter co_departments type text[], "
        "add id bigint not null default nextval('complaints_id_seq')",
        f"copy staged_complaints ({columns}, {private}) from stdin (format binary)",
        f"insert into complaints (id, run_id, {batch}, {columns}) "
        f"select id, :run, {given}, {columns} from staged_complaints",
        f"insert into complaint_private (complaint_id, {private}) select id, {private} from staged_complaints",
    )


STATEMENTS = _statements()


def ewkb_points(lon: Any, lat: Any) -> pa.Array:
    """Points of SRID 4326 as PostGIS's binary form, 25 bytes each; lon, lat are n degrees."""
    points = np.empty(len(lon), dtype=_POINT)
    points["order"], points["kind"], points["srid"] = 1, _POINT_WITH_SRID, 4326
    points["x"], points["y"] = lon, lat
    offsets = np.arange(0, 25 * (len(points) + 1), 25, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), len(points), [None, pa.py_buffer(offsets), pa.py_buffer(points)])


def copy_rows(session: Session, statement: str, rows: pa.RecordBatch) -> None:
    """Send a batch by a ``copy … from stdin (format binary)`` on the session's connection.

    The columns must be in the statement's order and of the types that Arrow's are mapped to.
    """
    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    cursor = session.connection().connection.cursor()
    with cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        copy.write(encoder.write_batch(rows))
        copy.write(encoder.finish())


def stageable(complaints: pa.RecordBatch) -> pa.RecordBatch:
    """Placed complaints (`PLACED_SCHEMA`) as the staging table wants them."""
    geom = ewkb_points(complaints.column("lon").to_numpy(), complaints.column("lat").to_numpy())
    names = (*_OF_THE_ROW, *_PRIVATE)
    columns = [geom if name == "geom" else complaints.column(name) for name in names]
    columns = [c.cast(pa.int32()) if name in _SMALL else c for name, c in zip(names, columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=names)


def insert_complaints(session: Session, run_id: int, complaints: pa.RecordBatch) -> None:
    """COPY into a staging table, INSERT from there.

    All rows must be of one feed, scheme, registry and model version.  Ids are given in the order of the rows.  The
    caller holds the feed's lock (`store.lock_feed`) and has left out what `store.known` found, so nothing can be in
    the way; ``on conflict do nothing`` would look a second time, at a tenth of the row's cost.  Were something in the
    way, the unique key (feed, external_id) would refuse the whole batch.
    """
    session.execute(text(STATEMENTS.stage))
    copy_rows(session, STATEMENTS.copy, stageable(complaints))
    given = {name: complaints.column(name)[0].as_py() for name in _OF_THE_BATCH}
    session.execute(text(STATEMENTS.insert), {"run": run_id, **given})
    session.execute(text(STATEMENTS.insert_private))
    session.execute(text("drop table staged_complaints"))


def stage_delivered(session: Session, ids: Sequence[str | None], hashes: Sequence[str]) -> None:
    """The ids and contents of a batch as a temporary table ``delivered``, gone at the end of the transaction."""
    session.execute(text("create temp table delivered (external_id text, content_hash text) on commit drop"))
    rows = pa.RecordBatch.from_arrays(
        [pa.array(ids, pa.string()), pa.array(hashes, pa.string())], names=["external_id", "content_hash"]
    )
    copy_rows(session, "copy delivered (external_id, content_hash) from stdin (format binary)", rows)
