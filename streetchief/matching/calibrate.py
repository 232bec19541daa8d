"""A placing model from rows whose street is known: the set-back curve and the coefficients of one city's feed.

Rows at one place are one piece of evidence, and are never on both sides of the trial: a model that has only
learnt places by heart gains nothing on places that it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from streetchief.errors import BadInput
from streetchief.matching.candidates import Candidates, candidates_near
from streetchief.matching.confidence import traits_of
from streetchief.matching.index import StreetIndex
from streetchief.matching.labels import grade
from streetchief.matching.match import is_default_point, match_points
from streetchief.matching.model import Coefficients, PlacingModel
from streetchief.matching.quality import Graded, Quality
from streetchief.matching.scan import drawn_by_lot
from streetchief.matching.setback import fit_known

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LEAST_ROWS = 300
LEAST_PLACES = 150
"""Fewer rows or places than this teach seven coefficients nothing that could be told from luck."""
FOLDS = 5
RIDGE_PLACES = 10.0
"""Places' worth of belief in the coefficients that ship: a small city keeps to them."""
_ROUNDS = 50
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model and what it is worth; the figures are of rows at places that were not looked at for them.

    gain, gain_error   how much the log loss falls against the default, and the standard error of that over places
    """

    model: PlacingModel
    rows: int
    places: int
    default: Quality
    fitted: Quality
    gain: float
    gain_error: float

    @property
    def beats_default(self) -> bool:
        """Whether the gain is more than its standard error."""
        return self.gain > self.gain_error


def calibrate(
    index: StreetIndex, xy: FloatArray, truth: Sequence[frozenset[int]], default: PlacingModel
) -> Calibration:
    """Fit to rows at (n, 2) metres whose true streets (positions in the index) are known.

    Rows without a true street or a finite place are left out.  Of the others, those on a default point or out of
    reach of every true street teach nothing, but count in the figures.  `default` is what is to be beaten: the model
    that these rows would get without labels; reach, threshold and default points are kept from it.
    Raises BadInput where fewer than `LEAST_ROWS` rows or `LEAST_PLACES` places can teach.
    """
    usable = np.isfinite(xy).all(axis=1) & np.array([bool(streets) for streets in truth], dtype=np.bool_)
    xy, truth = xy[usable], [streets for streets, use in zip(truth, usable, strict=True) if use]
    _enough(len(xy), len(xy))
    lesson = _Lesson.of(index, xy, truth, default)
    before = grade(match_points(index, xy, default), truth)
    part = (drawn_by_lot(np.rint(xy)) % np.uint64(FOLDS)).astype(np.int64)
    after = _empty(len(xy))
    for fold in range(FOLDS):
        unseen = part == fold
        model = lesson.learn(index, default, ~unseen)
        rows = np.flatnonzero(unseen)
        graded = grade(match_points(index, xy[rows], model), [truth[row] for row in rows])
        for field in fields(Graded):
            getattr(after, field.name)[rows] = getattr(graded, field.name)
    gain, error = _gain(before, after, lesson.place)
    return Calibration(
        model=lesson.learn(index, default, np.ones(len(xy), dtype=np.bool_)),
        rows=len(xy),
        places=int(lesson.place.max()) + 1,
        default=Quality.of(before),
        fitted=Quality.of(after),
        gain=gain,
        gain_error=error,
    )


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Labelled candidates: which are right, which teach, and which place each row belongs to."""

    found: Candidates
    right: BoolArray
    teaches: BoolArray
    place: IntArray

    @classmethod
    def of(cls, index: StreetIndex, xy: FloatArray, truth: Sequence[frozenset[int]], model: PlacingModel) -> _Lesson:
        found = _all_candidates(index, xy, model.reach_m)
        pairs = zip(found.point.tolist(), found.street.tolist(), strict=True)
        right = np.array([street in truth[point] for point, street in pairs], dtype=np.bool_)
        in_reach = found.distance_m <= model.reach_m
        lost = is_default_point(xy, model)
        teaches = in_reach & ~lost[found.point]
        answered = np.zeros(len(xy), dtype=np.bool_)
        answered[found.point[right & teaches]] = True
        _, place = np.unique(np.rint(xy).astype(np.int64), axis=0, return_inverse=True)
        place = place.reshape(-1)
        rows, places = int(answered.sum()), len(np.unique(place[answered]))
        if rows < LEAST_ROWS or places < LEAST_PLACES:
            raise BadInput("too_few_labels", rows=rows, places=places, least_rows=LEAST_ROWS, least_places=LEAST_PLACES)
        return cls(found, right, teaches, place)

    def learn(self, index: StreetIndex, default: PlacingModel, rows: BoolArray) -> PlacingModel:
        """The model of the masked rows; every place counts once."""
        crowd = np.bincount(self.place[rows], minlength=int(self.place.max()) + 1)
        weight = 1.0 / np.maximum(crowd, 1)[self.place][self.found.point]
        taken = self.teaches & rows[self.found.point]
        known = taken & self.right
        curve = fit_known(self.found.distance_m[known], weight[known])
        columns = traits_of(self.found, curve).columns
        weights = fit_coefficients(columns[taken], self.right[taken], weight[taken], default.coefficients)
        return default.with_(curve=curve, coefficients=weights)


def _enough(rows: int, places: int) -> None:
    if rows < LEAST_ROWS or places < LEAST_PLACES:
        raise BadInput("too_few_labels", rows=rows, places=places, least_rows=LEAST_ROWS, least_places=LEAST_PLACES)


def fit_coefficients(columns: FloatArray, right: BoolArray, weight: FloatArray, prior: Coefficients) -> Coefficients:
    """Logistic regression by Newton's method, drawn towards `prior`; rounded to 4 digits.

    columns (k, 7) as `Traits.columns`, right (k,), weight (k,).  A coefficient is held as firmly as `RIDGE_PLACES`
    places would hold one that moves the odds by its column's mean square.
    """
    start = np.array(astuple(prior), dtype=np.float64)
    hold = RIDGE_PLACES / 4.0 * np.average(columns**2, axis=0, weights=weight)
    hold = np.maximum(hold, 1e-6)
    found = start.copy()
    for _ in range(_ROUNDS):
        share = 1.0 / (1.0 + np.exp(-np.clip(columns @ found, -30.0, 30.0)))
        slope = columns.T @ (weight * (right - share)) - hold * (found - start)
        bend = (columns * (weight * share * (1.0 - share))[:, None]).T @ columns + np.diag(hold)
        step = np.linalg.solve(bend, slope)
        found = found + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Coefficients(*(round(float(value), _DIGITS) for value in found))


def _all_candidates(index: StreetIndex, xy: FloatArray, reach_m: float) -> Candidates:
    chunks = [(rows.start, found) for rows, found in candidates_near(index, xy, reach_m)]
    parts = {f.name: [getattr(found, f.name) for _, found in chunks] for f in fields(Candidates)}
    parts["point"] = [found.point + first for first, found in chunks]
    return Candidates(**{name: np.concatenate(arrays) for name, arrays in parts.items()})


def _empty(rows: int) -> Graded:
    no = np.zeros(rows, dtype=np.bool_)
    return Graded(np.zeros(rows), no, no.copy(), no.copy())


def _gain(before: Graded, after: Graded, place: IntArray) -> tuple[float, float]:
    """The mean fall of the log loss over rows, and its standard error with places as the units."""
    saved = before.surprise - after.surprise
    by_place = np.bincount(place, saved - saved.mean())
    return float(saved.mean()), float(np.sqrt((by_place**2).sum()) / len(saved))
