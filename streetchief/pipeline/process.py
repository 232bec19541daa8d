"""Understand, place, route: the pure middle of the house, the same on a laptop, in the service, on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from streetchief.city import FEED_FIELDS
from streetchief.geo.cells import cell_of
from streetchief.geo.crs import to_xy
from streetchief.intake.normalise import Normalised, normalise
from streetchief.intake.privacy import drop_id_cards_of, scrub_of
from streetchief.intake.reject import TOO_LONG
from streetchief.matching.match import match_points
from streetchief.matching.result import Evidence, MatchBatch, Verdict
from streetchief.pipeline.context import Context, address_of
from streetchief.pipeline.lookup import taken
from streetchief.scrub import drop_id_cards

PLACED_SCHEMA = pa.schema(
    [
        ("feed", pa.string()), ("external_id", pa.string()), ("content_hash", pa.string()), ("line", pa.int64()),
        ("reported_at", pa.timestamp("us", "UTC")), ("scheme", pa.string()), ("kind", pa.string()),
        ("code", pa.string()), ("condition", pa.string()), ("text", pa.string()), ("address", pa.string()),
        ("original_x", pa.float64()), ("original_y", pa.float64()), ("datum", pa.string()), ("lon", pa.float64()),
        ("lat", pa.float64()), ("cell", pa.int64()), ("area_code", pa.string()), ("verdict", pa.string()),
        ("reason", pa.string()), ("confidence", pa.float64()), ("evidence", pa.string()),
        ("segment_code", pa.string()), ("street_code", pa.string()), ("street_name", pa.string()),
        ("distance_m", pa.float64()), ("offset_m", pa.float64()), ("side", pa.int8()),
        ("runner_up_street", pa.string()), ("margin_m", pa.float64()), ("department", pa.string()),
        ("supervisor", pa.string()), ("co_departments", pa.list_(pa.string())), ("rule", pa.int64()),
        ("triage_reason", pa.string()), ("registry_version", pa.int64()), ("model_version", pa.string()),
        ("synthetic", pa.bool_()), ("raw", pa.string()), ("complainant_name", pa.string()),
        ("complainant_phone", pa.string()),
    ]
)  # fmt: skip
REJECTED_SCHEMA = pa.schema(
    [
        ("feed", pa.string()), ("external_id", pa.string()), ("content_hash", pa.string()), ("line", pa.int64()),
        ("reason", pa.string()), ("raw", pa.string()), ("fields", pa.map_(pa.string(), pa.string())),
    ]
)  # fmt: skip
_NO_REJECTION = pa.RecordBatch.from_pylist([], schema=REJECTED_SCHEMA)
_VERDICTS = pa.array([verdict.word for verdict in Verdict])
_EVIDENCE = pa.array([evidence.word for evidence in Evidence])
_KEPT_AS_RECEIVED = ("content_hash", "line", "code", "condition", "complainant_name", "complainant_phone")


@dataclass(frozen=True, slots=True)
class Processed:
    """A batch taken apart: every record is in exactly one of the two, in the order received."""

    complaints: pa.RecordBatch
    rejections: pa.RecordBatch


def process(batch: pa.RecordBatch, context: Context) -> Processed:
    """Raw records (`RAW_SCHEMA`) → placed and routed complaints, and rejections.  Pure; an empty batch is allowed."""
    normal = normalise(batch, context.feed, context.city)
    usable = normal.reason == ""
    kept, refused = np.flatnonzero(usable), np.flatnonzero(~usable)
    good = batch.take(pa.array(kept)) if len(refused) else batch
    return Processed(
        _complaints(good, normal, kept, context),
        refuse(batch.take(pa.array(refused)), list(normal.reason[refused]), context.feed.id),
    )


def refuse(batch: pa.RecordBatch, reasons: list[str], feed: str) -> pa.RecordBatch:
    """Raw records as rejections (`REJECTED_SCHEMA`), one reason code each; identity numbers are dropped."""
    if not batch.num_rows:
        return _NO_REJECTION
    fields = [
        [(name, drop_id_cards(record[name])) for name in FEED_FIELDS if record[name] is not None]
        for record in batch.to_pylist()
    ]
    ids = batch.column("id").to_pylist()
    columns = {
        "feed": [feed] * batch.num_rows,
        "external_id": [None if reason == TOO_LONG else name for name, reason in zip(ids, reasons, strict=True)],
        "content_hash": batch.column("content_hash"),
        "line": batch.column("line"),
        "reason": reasons,
        "raw": drop_id_cards_of(batch.column("raw")),
        "fields": fields,
    }
    return pa.RecordBatch.from_pydict(columns, schema=REJECTED_SCHEMA)


def _complaints(batch: pa.RecordBatch, normal: Normalised, rows: np.ndarray, context: Context) -> pa.RecordBatch:
    lonlat = normal.lonlat[rows]
    xy = to_xy(lonlat, context.city.metric_srid)
    placed = match_points(context.index, xy, context.model, evidence=address_of(batch))
    columns: dict[str, Any] = {
        "feed": _repeated(context.feed.id, len(rows)),
        "scheme": _repeated(context.feed.scheme, len(rows)),
        "external_id": batch.column("id"),
        "kind": pa.array(normal.kind[rows], pa.string()),
        "reported_at": pa.array(normal.instant[rows], pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
        "original_x": normal.original[rows, 0],
        "original_y": normal.original[rows, 1],
        "datum": pa.array(normal.datum[rows], pa.string()),
        "lon": lonlat[:, 0],
        "lat": lonlat[:, 1],
        "cell": cell_of(lonlat),
        "registry_version": _repeated(context.registry.version, len(rows)).cast(pa.int64()),
        "model_version": _repeated(context.model.version, len(rows)),
        "synthetic": _repeated(context.feed.synthetic, len(rows)),
        **{name: batch.column(name) for name in _KEPT_AS_RECEIVED},
        **{name: scrub_of(batch.column(name)) for name in ("text", "address")},
        "raw": drop_id_cards_of(batch.column("raw")),
    }
    columns |= placing_columns(placed, context)
    columns |= routing_columns(columns, placed, lonlat, normal.instant[rows], context)
    return pa.RecordBatch.from_pydict(columns, schema=PLACED_SCHEMA)


def _repeated(value: str | int | bool | None, rows: int) -> pa.Array:
    return pa.nulls(rows) if value is None else pa.repeat(pa.scalar(value), rows)


def placing_columns(placed: MatchBatch, context: Context) -> dict[str, Any]:
    """The verdicts as named columns.  A street or segment is named for every verdict that has a candidate."""
    known = context.lookup
    return {
        "verdict": taken(_VERDICTS, placed.verdict),
        "reason": pa.array(placed.reason, pa.string()),
        "confidence": _nullable(placed.confidence),
        "evidence": taken(_EVIDENCE, placed.evidence),
        "segment_code": taken(known.segment_codes, placed.segment),
        "street_code": taken(known.street_codes, placed.street),
        "street_name": taken(known.street_names, placed.street),
        "distance_m": _nullable(placed.distance_m),
        "offset_m": _nullable(placed.offset_m),
        "side": pa.array(placed.side, mask=placed.segment < 0),
        "runner_up_street": taken(known.street_names, placed.runner_up),
        "margin_m": _nullable(placed.margin_m),
    }


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def routing_columns(
    columns: dict[str, Any], placed: MatchBatch, lonlat: np.ndarray, instant: np.ndarray, context: Context
) -> dict[str, Any]:
    """Area, departments and rule of each row; of `columns` kind, code and condition are looked at.

    Only a matched complaint is on a segment as far as the rules go.
    """
    matched = placed.verdict == Verdict.MATCHED
    area = _areas(placed, lonlat, context)
    street = np.where(matched, placed.street, -1)
    assignments, of = context.lookup.assign(
        context.feed.scheme, columns["kind"], columns["code"], columns["condition"], street, area, instant
    )
    each = pa.array(of)
    return {
        "area_code": taken(context.lookup.areas, area),
        "department": taken([a.department for a in assignments], of),
        "supervisor": taken([a.supervisor for a in assignments], of),
        "co_departments": pa.array([a.co_departments for a in assignments], pa.list_(pa.string())).take(each),
        "rule": pa.array([a.rule for a in assignments], pa.int64()).take(each),
        "triage_reason": taken([a.triage_reason or None for a in assignments], of),
    }


def _areas(placed: MatchBatch, lonlat: np.ndarray, context: Context) -> np.ndarray:
    """The area of the matched segment, else the one that covers the point; a suspect place is not believed."""
    known = context.lookup
    on_segment = (placed.verdict == Verdict.MATCHED) & (placed.segment >= 0)
    area = np.full(len(placed), -1, dtype=np.int64)
    area[on_segment] = known.segment_area[placed.segment[on_segment]]
    sought = np.flatnonzero((area < 0) & (placed.verdict != Verdict.SUSPECT))
    if len(sought):
        located = context.areas.locate(lonlat[sought])
        area[sought[located >= 0]] = known.grounded[located[located >= 0]]
    return area
