"""Stored complaints placed and routed anew: read in batches, the pure lines of intake, staged for the set-based rest.

Memory is bounded by the batch.  Complaints of ended cases are not read: they keep the street of their day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import text
from sqlalchemy.orm import Session

from streetchief.casework.chain import answering, chain_on
from streetchief.geo.crs import to_xy
from streetchief.intake.staging import copy_rows
from streetchief.matching.match import match_points
from streetchief.pipeline.context import Context
from streetchief.pipeline.process import placing_columns, routing_columns
from streetchief.registry.model import Registry

_READ = text(
    "select c.id, c.kind, c.code, c.condition, st_x(c.geom), st_y(c.geom), "
    "(extract(epoch from c.reported_at) * 1000000)::bigint, coalesce(nullif(c.address, ''), c.text) "
    "from complaints c left join case_complaints k on k.complaint_id = c.id left join cases s on s.id = k.case_id "
    "where c.feed = :feed and c.scheme = :scheme and c.id > :after and s.closed_at is null order by c.id limit :rows"
)
_STAGED = (
    "id", "verdict", "reason", "confidence", "evidence", "segment_code", "street_code", "street_name", "distance_m",
    "offset_m", "side", "runner_up_street", "margin_m", "area_code", "department", "supervisor", "co_departments",
    "rule", "triage_reason", "model_version",
)  # fmt: skip
_SMALL = ("side", "rule")
_COPY = f"copy rematch_batch ({', '.join(_STAGED)}) from stdin (format binary)"
_CHIEFS_ASKED = text(
    "select distinct new_segment, tier from rematch_cases where held_by = 'chief' and new_segment is not null"
)
_ANSWERED = text("insert into rematch_tiers values (:segment, :asked, :tier, :stand_in, :empty_tiers)")


def stage_feed(session: Session, context: Context, rows: int) -> int:
    """Place the complaints of a feed anew and keep what differs; returns how many were looked at."""
    after = seen = 0
    while found := _batch(session, context, after, rows):
        after = found[-1][0]
        copy_rows(session, _COPY, placed_afresh(found, context))
        seen += int(session.execute(text("select rematch_stage()")).scalar_one())
    return seen


def _batch(session: Session, context: Context, after: int, rows: int) -> Sequence[Any]:
    given = {"feed": context.feed.id, "scheme": context.feed.scheme, "after": after, "rows": rows}
    return session.execute(_READ, given).all()


def placed_afresh(found: Sequence[Any], context: Context) -> pa.RecordBatch:
    """Stored complaints (id, kind, code, condition, lon, lat, instant in µs, text that may name the street) → staged.

    The text was scrubbed of telephone numbers when it was stored; street names are not touched by that.  Pure.
    """
    ids, kind, code, condition, lon, lat, instant, told = zip(*found, strict=True)
    lonlat = np.column_stack([np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)])
    placed = match_points(context.index, to_xy(lonlat, context.city.metric_srid), context.model, evidence=list(told))
    columns: dict[str, Any] = {
        "id": pa.array(ids, pa.int64()),
        **{n: pa.array(v, pa.string()) for n, v in (("kind", kind), ("code", code), ("condition", condition))},
        "model_version": pa.repeat(pa.scalar(context.model.version), len(found)),
    }
    columns |= placing_columns(placed, context)
    at = np.array(instant, dtype=np.int64).astype("datetime64[us]")
    columns |= routing_columns(columns, placed, lonlat, at, context)
    arrays = [columns[name].cast(pa.int32()) if name in _SMALL else columns[name] for name in _STAGED]
    return pa.RecordBatch.from_arrays(arrays, names=list(_STAGED))


def stage_tiers(session: Session, registry: Registry, on: date) -> None:
    """Who answers on the new street of every case that a chief holds, on this city day."""
    rows = []
    for segment, asked in session.execute(_CHIEFS_ASKED).all():
        found = answering(chain_on(registry, segment, on), asked)
        if found is not None:
            answer = {
                "tier": found.tier,
                "stand_in": found.is_stand_in,
                "empty_tiers": f"[{','.join(map(str, found.empty))}]",
            }
            rows.append({"segment": segment, "asked": asked, **answer})
    if rows:
        session.execute(_ANSWERED, rows)
