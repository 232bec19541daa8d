"""Placings as named columns: what `match` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.index import StreetIndex
from streetchief.matching.result import Evidence, MatchBatch, Verdict
from streetchief.words import both

COLUMNS = (
    "id", "verdict", "reason", "confidence", "segment_code", "street_name", "distance_m", "runner_up_street",
    "margin_m", "evidence", "street_code", "offset_m", "side", "reason_text",
)  # fmt: skip
"""The columns of `placing_columns`, in the order in which files carry them."""


def placing_columns(
    index: StreetIndex, batch: MatchBatch, ids: Sequence[str], rejections: NDArray[np.object_] | None = None
) -> dict[str, list[Any]]:
    """Plain values by column (`COLUMNS`), one a row, None where there is none; metres to 1 mm.

    rejections: object array of reason codes; a row with one is ``rejected`` for it, whatever the batch says.
    """
    refused = np.array([bool(code) for code in rejections]) if rejections is not None else np.zeros(len(batch), bool)
    verdict = np.where(refused, Verdict.REJECTED, batch.verdict)
    reason = np.where(refused, rejections, batch.reason) if rejections is not None else batch.reason
    street = np.where(refused, -1, batch.street)
    placed = street >= 0
    return {
        "id": list(ids),
        "verdict": [Verdict(value).word for value in verdict],
        "reason": list(reason),
        "confidence": _numbers(batch.confidence, placed),
        "segment_code": _named(index.segment_codes, np.where(placed, batch.segment, -1)),
        "street_name": _named(index.street_names, street),
        "distance_m": _numbers(batch.distance_m, placed),
        "runner_up_street": _named(index.street_names, np.where(placed, batch.runner_up, -1)),
        "margin_m": _numbers(batch.margin_m, placed),
        "evidence": [Evidence(value).word for value in batch.evidence],
        "street_code": _named(index.street_codes, street),
        "offset_m": _numbers(np.round(batch.offset_m, 3), placed),
        "side": [int(side) if there else None for side, there in zip(batch.side, placed, strict=True)],
        "reason_text": [both(f"reason.{code}") if code else "" for code in reason],
    }


def _numbers(values: NDArray[np.float64], there: NDArray[np.bool_]) -> list[float | None]:
    usable = there & np.isfinite(values)
    return [value if use else None for value, use in zip(values.tolist(), usable.tolist(), strict=True)]


def _named(names: Sequence[str], positions: NDArray[np.int64]) -> list[str | None]:
    return [names[position] if position >= 0 else None for position in positions.tolist()]
