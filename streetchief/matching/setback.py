"""The set-back curve of a feed, fitted without labels: how far its points lie from the streets that they belong to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.candidates import Candidates
from streetchief.matching.confidence import ELSEWHERE, PAST_END_M, density
from streetchief.matching.model import SetBack

FloatArray = NDArray[np.float64]

PSEUDO_ROWS = 20.0
"""Rows' worth of belief in `PRIOR`: a small feed keeps to it."""
PRIOR = SetBack(on_share=0.45, on_sigma_m=3.0, off_share=0.45, off_mean_m=18.0, off_sigma_m=6.0)
LEAST_SIGMA_M = 0.5
_ROUNDS = 60
_DIGITS = 4


def fit_curve(found: Candidates) -> SetBack:
    """The curve of the points that these candidates belong to, by expectation and maximisation.

    Each point is taken to belong to one of its candidates or to none, and each candidate's distance to one part of
    the curve; nobody says which.  No candidate gives `PRIOR`.  Numbers are rounded to 4 digits.
    """
    curve = PRIOR
    points = int(found.point[-1]) + 1 if len(found) else 0
    inside = np.exp(-found.past_end_m / PAST_END_M)
    for _ in range(_ROUNDS):
        parts = np.column_stack(density(curve, found.distance_m)) * inside[:, None]
        total = np.bincount(found.point, parts.sum(axis=1), minlength=points) + ELSEWHERE
        curve = _refit(parts / total[found.point][:, None], found.distance_m)
    return SetBack(*(round(float(value), _DIGITS) for value in _values(curve)))


def fit_known(distance_m: FloatArray, weight: FloatArray) -> SetBack:
    """The curve of points whose streets are known: how far each lies from its own, and what it counts for."""
    curve = PRIOR
    for _ in range(_ROUNDS):
        parts = np.column_stack(density(curve, distance_m))
        curve = _refit(parts / parts.sum(axis=1)[:, None] * weight[:, None], distance_m)
    return SetBack(*(round(float(value), _DIGITS) for value in _values(curve)))


def _refit(belongs: FloatArray, distance_m: FloatArray) -> SetBack:
    on, off, _ = belongs.T
    rows = float(belongs.sum()) + PSEUDO_ROWS
    mean = (float((off * distance_m).sum()) + PSEUDO_ROWS * PRIOR.off_mean_m) / (float(off.sum()) + PSEUDO_ROWS)
    on2 = float((on * distance_m**2).sum()) + PSEUDO_ROWS * PRIOR.on_sigma_m**2
    off2 = float((off * (distance_m - mean) ** 2).sum()) + PSEUDO_ROWS * PRIOR.off_sigma_m**2
    return SetBack(
        on_share=(float(on.sum()) + PSEUDO_ROWS * PRIOR.on_share) / rows,
        on_sigma_m=max(LEAST_SIGMA_M, (on2 / (float(on.sum()) + PSEUDO_ROWS)) ** 0.5),
        off_share=(float(off.sum()) + PSEUDO_ROWS * PRIOR.off_share) / rows,
        off_mean_m=mean,
        off_sigma_m=max(LEAST_SIGMA_M, (off2 / (float(off.sum()) + PSEUDO_ROWS)) ** 0.5),
    )


def _values(curve: SetBack) -> tuple[float, ...]:
    return (curve.on_share, curve.on_sigma_m, curve.off_share, curve.off_mean_m, curve.off_sigma_m)
