"""Understand, place, route: the pure middle of the house, the same on a laptop, in the service, on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from streetchief.city import FEED_FIELDS
from streetchief.geo.cells import cell_of
from streetchief.geo.crs import to_xy
from streetchief.intake.normalise import Normalised, normalise
from streetchief.intake.privacy import drop_id_cards, scrub
from streetchief.intake.reject import TOO_LONG
from streetchief.matching.match import match_points
from streetchief.matching.result import Evidence, MatchBatch, Verdict
from streetchief.matching.routing import Assignment, CategoryCode, Place, route
from streetchief.pipeline.context import Context, address_of

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
    return Processed(
        _complaints(batch.take(pa.array(kept)), normal, kept, context),
        refuse(batch.take(pa.array(refused)), list(normal.reason[refused]), context.feed.id),
    )


def refuse(batch: pa.RecordBatch, reasons: list[str], feed: str) -> pa.RecordBatch:
    """Raw records as rejections (`REJECTED_SCHEMA`), one reason code each; identity numbers are dropped."""
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
        "raw": _cleaned(batch, "raw", drop_id_cards),
        "fields": fields,
    }
    return pa.RecordBatch.from_pydict(columns, schema=REJECTED_SCHEMA)


def _complaints(batch: pa.RecordBatch, normal: Normalised, rows: np.ndarray, context: Context) -> pa.RecordBatch:
    lonlat = normal.lonlat[rows]
    xy = to_xy(lonlat, context.city.metric_srid)
    placed = match_points(context.index, xy, context.model, evidence=address_of(batch))
    columns: dict[str, Any] = {
        "feed": [context.feed.id] * len(rows),
        "scheme": [context.feed.scheme] * len(rows),
        "external_id": batch.column("id"),
        "kind": list(normal.kind[rows]),
        "reported_at": list(normal.reported_at[rows]),
        "original_x": normal.original[rows, 0],
        "original_y": normal.original[rows, 1],
        "datum": list(normal.datum[rows]),
        "lon": lonlat[:, 0],
        "lat": lonlat[:, 1],
        "cell": cell_of(lonlat),
        "registry_version": [context.registry.version] * len(rows),
        "model_version": [context.model.version] * len(rows),
        "synthetic": [context.feed.synthetic] * len(rows),
        **{name: batch.column(name) for name in _KEPT_AS_RECEIVED},
        **{name: _cleaned(batch, name, scrub) for name in ("text", "address")},
        "raw": _cleaned(batch, "raw", drop_id_cards),
    }
    columns |= placing_columns(placed, context)
    columns |= _routing_columns(columns, placed, lonlat, context)
    return pa.RecordBatch.from_pydict(columns, schema=PLACED_SCHEMA)


def _cleaned(batch: pa.RecordBatch, name: str, clean: Callable[[str], str]) -> list[str | None]:
    return [None if text is None else clean(text) for text in batch.column(name).to_pylist()]


def placing_columns(placed: MatchBatch, context: Context) -> dict[str, Any]:
    """The verdicts as named columns.  A street or segment is named for every verdict that has a candidate."""
    index = context.index
    street_codes = np.array([*index.street_codes, None], dtype=object)
    street_names = np.array([*index.street_names, None], dtype=object)
    segment_codes = np.array([*index.segment_codes, None], dtype=object)
    return {
        "verdict": [Verdict(v).word for v in placed.verdict],
        "reason": list(placed.reason),
        "confidence": _nullable(placed.confidence),
        "evidence": [Evidence(e).word for e in placed.evidence],
        "segment_code": list(segment_codes[placed.segment]),
        "street_code": list(street_codes[placed.street]),
        "street_name": list(street_names[placed.street]),
        "distance_m": _nullable(placed.distance_m),
        "offset_m": _nullable(placed.offset_m),
        "side": pa.array(placed.side, mask=placed.segment < 0),
        "runner_up_street": list(street_names[placed.runner_up]),
        "margin_m": _nullable(placed.margin_m),
    }


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _routing_columns(
    columns: dict[str, Any], placed: MatchBatch, lonlat: np.ndarray, context: Context
) -> dict[str, list[Any]]:
    """Area, departments and rule of each row.

    Only a matched complaint is on a segment as far as the rules go; the area of a suspect place is not believed.
    """
    located = context.areas.locate(lonlat)
    codes, conditions = columns["code"].to_pylist(), columns["condition"].to_pylist()
    found: dict[tuple[Any, ...], Assignment] = {}
    names = ("area_code", "department", "supervisor", "co_departments", "rule", "triage_reason")
    result: dict[str, list[Any]] = {name: [] for name in names}
    for row, verdict in enumerate(placed.verdict):
        matched = verdict == Verdict.MATCHED
        segment = columns["segment_code"][row] if matched else None
        area = _area_code(located[row], segment, verdict == Verdict.SUSPECT, context)
        street = columns["street_code"][row] if matched else None
        place = Place(segment, street, context.areas.upwards.get(area or "", ()))
        code = CategoryCode(context.feed.scheme, columns["kind"][row], codes[row])
        key = (code, conditions[row], place, _day(columns["reported_at"][row], context))
        if key not in found:
            found[key] = route(context.rules, code, conditions[row], place, columns["reported_at"][row])
        assignment = found[key]
        result["area_code"].append(area)
        result["department"].append(assignment.department)
        result["supervisor"].append(assignment.supervisor)
        result["co_departments"].append(list(assignment.co_departments))
        result["rule"].append(assignment.rule)
        result["triage_reason"].append(assignment.triage_reason or None)
    return result


def _day(at: datetime, context: Context) -> date:
    return at.astimezone(context.city.zone).date()


def _area_code(located: int, segment: str | None, doubtful: bool, context: Context) -> str | None:
    """The area of the matched segment, else the one that covers the point."""
    if segment is not None and context.registry.segment_by_code[segment].area:
        return context.registry.segment_by_code[segment].area
    return None if doubtful or located < 0 else context.areas.codes[located]
