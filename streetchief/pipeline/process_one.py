"""Understand, place, route one plain record: the row that `process` makes of a batch of one, without the batch.

The rules are those of the batch, in the same functions; what is spared is Arrow tables of one row and the look-ups by
column.  A record with something wrong is for `process` to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from streetchief.geo.cells import cell_of
from streetchief.geo.crs import to_xy
from streetchief.intake.plain import Understood, understand
from streetchief.matching.match import match_points
from streetchief.matching.result import Evidence, MatchBatch, Verdict
from streetchief.matching.routing import CategoryCode, Place, route
from streetchief.pipeline.context import Context
from streetchief.scrub import drop_id_cards, scrub

_WORD_OF_VERDICT = {int(verdict): verdict.word for verdict in Verdict}
_WORD_OF_EVIDENCE = {int(evidence): evidence.word for evidence in Evidence}
_KEPT_AS_RECEIVED = ("content_hash", "line", "code", "condition", "complainant_name", "complainant_phone")


def process_one(row: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
    """A row of `RAW_SCHEMA` → a row of `PLACED_SCHEMA`; None where `process` would refuse the record.  Pure."""
    known = understand(row, context.feed, context.city)
    if known is None:
        return None
    xy = to_xy(known.lonlat, context.city.metric_srid)
    placed = match_points(context.index, xy, context.model, evidence=[row["address"] or row["text"]])
    (lon, lat), (x, y) = known.lonlat[0].tolist(), known.original
    return {
        "feed": context.feed.id,
        "scheme": context.feed.scheme,
        "external_id": row["id"],
        "kind": known.kind,
        "reported_at": known.reported_at,
        "original_x": x,
        "original_y": y,
        "datum": known.datum,
        "lon": lon,
        "lat": lat,
        "cell": int(cell_of(known.lonlat)[0]),
        "registry_version": context.registry.version,
        "model_version": context.model.version,
        "synthetic": context.feed.synthetic,
        **{name: row[name] for name in _KEPT_AS_RECEIVED},
        **{name: None if row[name] is None else scrub(row[name]) for name in ("text", "address")},
        "raw": drop_id_cards(row["raw"]),
        **_placing(placed, context),
        **_routing(row, known, placed, context),
    }


def _placing(placed: MatchBatch, context: Context) -> dict[str, Any]:
    """The verdict as named values.  A street or segment is named for every verdict that has a candidate."""
    index = context.index
    segment, street, runner_up = (int(of[0]) for of in (placed.segment, placed.street, placed.runner_up))
    return {
        "verdict": _WORD_OF_VERDICT[int(placed.verdict[0])],
        "reason": placed.reason[0],
        "confidence": _known(placed.confidence),
        "evidence": _WORD_OF_EVIDENCE[int(placed.evidence[0])],
        "segment_code": None if segment < 0 else index.segment_codes[segment],
        "street_code": None if street < 0 else index.street_codes[street],
        "street_name": None if street < 0 else index.street_names[street],
        "distance_m": _known(placed.distance_m),
        "offset_m": _known(placed.offset_m),
        "side": None if segment < 0 else int(placed.side[0]),
        "runner_up_street": None if runner_up < 0 else index.street_names[runner_up],
        "margin_m": _known(placed.margin_m),
    }


def _known(values: Any) -> float | None:
    value = float(values[0])
    return None if isnan(value) else value


def _routing(row: Mapping[str, Any], known: Understood, placed: MatchBatch, context: Context) -> dict[str, Any]:
    """Area, departments and rule.  Only a matched complaint is on a segment as far as the rules go."""
    matched = placed.verdict[0] == Verdict.MATCHED
    area = _area(known, placed, context)
    place = Place(
        street=context.index.street_codes[placed.street[0]] if matched else None,
        areas=() if area is None else context.lookup.upwards.get(area, ()),
    )
    category = CategoryCode(context.feed.scheme, known.kind, row["code"])
    assignment = route(context.rules, category, row["condition"], place, known.reported_at)
    return {
        "area_code": area,
        "department": assignment.department,
        "supervisor": assignment.supervisor,
        "co_departments": list(assignment.co_departments),
        "rule": assignment.rule,
        "triage_reason": assignment.triage_reason or None,
    }


def _area(known: Understood, placed: MatchBatch, context: Context) -> str | None:
    """The area of the matched segment, else the one that covers the point; a suspect place is not believed."""
    lookup, verdict, area = context.lookup, placed.verdict[0], -1
    if verdict == Verdict.MATCHED:
        area = lookup.segment_area[placed.segment[0]]
    if area < 0 and verdict != Verdict.SUSPECT:
        located = context.areas.locate(known.lonlat)[0]
        area = -1 if located < 0 else lookup.grounded[located]
    return None if area < 0 else lookup.areas[area]
