"""Which street, which segment, how sure: the one matcher of the house.

Nothing here looks from one point to another, so neither the batch nor its order can change an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.candidates import Candidates, candidates_near, in_order_of_place
from streetchief.matching.confidence import DIGITS, PAST_END_M, Judged, judge
from streetchief.matching.hearing import Heard, Hearing, hear
from streetchief.matching.index import StreetIndex
from streetchief.matching.model import SAME_PLACE_M, PlacingModel
from streetchief.matching.result import Evidence, MatchBatch, Verdict

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

# Share right where the text names a street in reach: BASELINES.md "Address text" (three cities: 99.7 to 99.9 % as
# written, 99.0 to 100 % with a typo or a part dropped, 95.7 to 99.0 % with both), kept a little lower because the
# truth there comes from the same text.  Where geometry alone is surer than that and agrees, its word stands: of 3,126
# such rows in Boston 99.9 % are right, spoilt or not.
CONFIDENCE_BOTH = 0.995
CONFIDENCE_ADDRESS = 0.99
CONFIDENCE_NEARLY_BOTH = 0.985
CONFIDENCE_NEARLY = 0.97
# What geometry is worth where the text names a street out of reach, or on a default point (0 % right in Boston).
WORTH_OF_CONFLICT = 0.05
WORTH_OF_DEFAULT_POINT = 0.02
# … and where it names a street that the network does not have: that street, or one under another name.
WORTH_OF_UNKNOWN = 0.5
# What makes an ambiguous row so.
CONTESTED_BELOW = 0.9
"""Share of the densities below which a rival, rather than the distance, is what makes a row unsure."""
CORNER_FROM = 0.3
PARALLEL_FROM = 0.9
FAR_SIGMAS = 2.0
# Steps between the ranks of an order: exact in float64, and beyond any log-odds of `DIGITS` digits.
_BELOW_ALL_ODDS = 2.0**50
_BELOW_UNNAMED = 2.0**51


def match_points(
    index: StreetIndex, xy: FloatArray, model: PlacingModel, *, evidence: Sequence[str | None] | None = None
) -> MatchBatch:
    """Place points, (n, 2) metres in ``index.metric_srid``; `evidence` is a text a point (address, description).

    All candidates within reach are ordered by: named by the text, log-odds (6 digits), distance (1 mm), segment code.
    A row that is not finite is REJECTED (``nan_coordinate``); no street within ``model.reach_m`` is TOO_FAR; a
    default point of the model and a text that names a street only elsewhere are SUSPECT; the rest is MATCHED from
    ``model.threshold`` on, AMBIGUOUS below it.  A text that names a street which the network does not have halves
    the confidence.  The runner-up is the next by the same order, and may lie up to 80 m
    away.  No points give an empty batch.  Raises ValueError where shapes or lengths do not fit.
    """
    xy = np.asarray(xy, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"xy must be (n, 2), not {xy.shape}")
    if evidence is not None and len(evidence) != len(xy):
        raise ValueError(f"{len(evidence)} texts for {len(xy)} points")
    if len(xy) == 1:  # one report at a time: nothing to put together
        ((_, found),) = candidates_near(index, xy, model.reach_m)
        return _place(index, xy, found, model, evidence)
    batch = _nothing(len(xy))
    order = in_order_of_place(index, xy, model.reach_m)
    ordered = xy[order]
    for rows, found in candidates_near(index, ordered, model.reach_m):
        mine = order[rows]
        texts = None if evidence is None else [evidence[row] for row in mine.tolist()]
        part = _place(index, ordered[rows], found, model, texts)
        for field in fields(MatchBatch):
            getattr(batch, field.name)[mine] = getattr(part, field.name)
    return batch


@dataclass(frozen=True, slots=True)
class Order:
    """The choice of a chunk, (n,) int64 positions in its candidates, −1 = none.

    best       the street that is named as the answer
    geometry   the street that geometry alone would choose
    runner_up  the next one
    """

    best: IntArray
    geometry: IntArray
    runner_up: IntArray


def choose(points: int, found: Candidates, judged: Judged, heard: Hearing | None, reach_m: float) -> Order:
    """Order the candidates of a chunk of points: in reach, named by the text, log-odds, distance, segment code."""
    runs = judged.traits.runs
    out_of_reach = found.distance_m > reach_m
    # whole numbers, so that nothing is lost: candidates of equal odds stand by distance, then segment code, already
    score = np.rint(judged.log_odds * 10.0**DIGITS) - np.where(out_of_reach, _BELOW_UNNAMED, 0.0)
    named = score if heard is None else score - np.where(heard.named, 0.0, _BELOW_ALL_ODDS)
    best, second = runs.two_greatest(named)
    geometry = best if heard is None else runs.greatest(score)
    reached = ~out_of_reach[best]
    rows = found.point[runs.first[reached]]
    order = Order(*(np.full(points, -1, dtype=np.int64) for _ in range(3)))
    order.best[rows], order.geometry[rows], order.runner_up[rows] = best[reached], geometry[reached], second[reached]
    return order


def _place(
    index: StreetIndex, xy: FloatArray, found: Candidates, model: PlacingModel, texts: Sequence[str | None] | None
) -> MatchBatch:
    judged = judge(found, model.curve, model.coefficients)
    heard = None if texts is None else hear(index.names, found, model.reach_m, texts)
    order = choose(len(xy), found, judged, heard, model.reach_m)
    batch = _nothing(len(xy))
    batch.reason[:] = "no_street_in_reach"
    lost = ~np.isfinite(xy).all(axis=1)
    batch.verdict[lost], batch.reason[lost] = Verdict.REJECTED, "nan_coordinate"
    (rows,) = (order.best >= 0).nonzero()
    best, second = order.best[rows], order.runner_up[rows]
    batch.segment[rows], batch.street[rows] = found.segment[best], found.street[best]
    batch.distance_m[rows], batch.offset_m[rows] = found.distance_m[best], found.offset_m[best]
    batch.side[rows] = found.side[best]
    pair = second >= 0
    batch.runner_up[rows[pair]] = found.street[second[pair]]
    batch.margin_m[rows[pair]] = np.round(found.distance_m[second[pair]] - found.distance_m[best[pair]], 3)
    said = np.zeros(len(rows), dtype=np.int8) if heard is None else heard.said[rows]
    at_default = is_default_point(xy[rows], model)
    confidence, batch.evidence[rows] = _believe(judged, best, order.geometry[rows], said, at_default)
    batch.confidence[rows] = confidence
    verdict, reason = _verdict(found, judged, best, confidence, said, at_default, model)
    batch.verdict[rows], batch.reason[rows] = verdict, reason
    return batch


def is_default_point(xy: FloatArray, model: PlacingModel) -> BoolArray:
    """Which of the points, (n, 2) metres, lie on a default point of the model."""
    known = np.array(model.default_points, dtype=np.float64).reshape(-1, 2)
    here = np.zeros(len(xy), dtype=np.bool_)
    for x, y in known:
        here |= (np.abs(xy[:, 0] - x) <= SAME_PLACE_M) & (np.abs(xy[:, 1] - y) <= SAME_PLACE_M)
    return here


def _believe(
    judged: Judged, best: IntArray, geometry: IntArray, said: NDArray[np.int8], at_default: BoolArray
) -> tuple[FloatArray, NDArray[np.int8]]:
    """Confidence and evidence of the chosen candidates."""
    agree = best == geometry
    named, nearly = said == Heard.NAMED, said == Heard.NEARLY_NAMED
    elsewhere, unknown = said == Heard.ELSEWHERE, said == Heard.UNKNOWN
    alone = judged.confidence[best]
    confidence = _first_that_holds(
        alone,
        (named & agree, np.maximum(alone, CONFIDENCE_BOTH)),
        (named, CONFIDENCE_ADDRESS),
        (nearly & agree, np.maximum(alone, CONFIDENCE_NEARLY_BOTH)),
        (nearly, CONFIDENCE_NEARLY),
        (at_default, alone * WORTH_OF_DEFAULT_POINT),
        (elsewhere, alone * WORTH_OF_CONFLICT),
        (unknown, alone * WORTH_OF_UNKNOWN),
    )
    evidence = _first_that_holds(
        np.full(len(best), Evidence.GEOMETRY, dtype=np.int8),
        ((named | nearly) & agree, Evidence.BOTH),
        (named | nearly, Evidence.ADDRESS),
        (elsewhere | unknown, Evidence.CONFLICT),
    )
    return np.round(confidence, 6), evidence


def _first_that_holds(otherwise: NDArray[Scalar], *cases: tuple[BoolArray, object]) -> NDArray[Scalar]:
    """For each row the value of the first case that holds; cheaper than `np.select`, above all for one row."""
    found = otherwise.copy()
    for holds, value in reversed(cases):
        np.copyto(found, value, where=holds)  # type: ignore[arg-type]  # values are of the kind of `otherwise`
    return found


def _verdict(
    found: Candidates,
    judged: Judged,
    best: IntArray,
    confidence: FloatArray,
    said: NDArray[np.int8],
    at_default: BoolArray,
    model: PlacingModel,
) -> tuple[NDArray[np.int8], NDArray[np.object_]]:
    """Verdicts, and the first reason that holds; a row that is sure needs none."""
    elsewhere = said == Heard.ELSEWHERE
    sure = confidence >= model.threshold
    verdict = _first_that_holds(
        np.full(len(best), Verdict.AMBIGUOUS, dtype=np.int8),
        (at_default | elsewhere, Verdict.SUSPECT),
        (sure, Verdict.MATCHED),
    )
    far_m = model.curve.off_mean_m + FAR_SIGMAS * model.curve.off_sigma_m
    contested = judged.traits.likelihood[best] < CONTESTED_BELOW
    reason = _first_that_holds(
        np.full(len(best), "close_rival", dtype=np.object_),
        (at_default, "default_point"),
        (elsewhere, "address_elsewhere"),
        (sure, ""),
        (said == Heard.UNKNOWN, "street_unknown"),
        (found.past_end_m[best] > PAST_END_M, "past_end"),
        (contested & (judged.traits.corner[best] >= CORNER_FROM), "near_junction"),
        (contested & (judged.traits.parallel[best] >= PARALLEL_FROM), "parallel_streets"),
        (found.distance_m[best] > far_m, "far_from_street"),
        (judged.traits.rival[best] < 0, "unusual_distance"),
    )
    return verdict, reason


def _nothing(rows: int) -> MatchBatch:
    return MatchBatch(
        verdict=np.full(rows, Verdict.TOO_FAR, dtype=np.int8),
        reason=np.full(rows, "", dtype=np.object_),
        confidence=np.full(rows, np.nan),
        segment=np.full(rows, -1, dtype=np.int64),
        street=np.full(rows, -1, dtype=np.int64),
        distance_m=np.full(rows, np.nan),
        offset_m=np.full(rows, np.nan),
        side=np.zeros(rows, dtype=np.int8),
        runner_up=np.full(rows, -1, dtype=np.int64),
        margin_m=np.full(rows, np.nan),
        evidence=np.zeros(rows, dtype=np.int8),
    )
