"""From the candidates' geometry to a calibrated probability that a street is the right one.

The design is the simplest of BASELINES.md "Matching quality", steps 3 to 6; every number here is from there unless it
says otherwise.  All of it is row by row: no other point can change an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.candidates import Candidates
from streetchief.matching.model import Coefficients, SetBack
from streetchief.matching.runs import Runs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TAIL_M = 30.0
"""Mean of the exponential tail of the set-back curve."""
PAST_END_M = 8.0
"""Scale on which a point past the street's end stops belonging to it."""
ELSEWHERE = 0.02 / 42.0
"""Density of "none of these streets": 2 % over the 42 m that a point lies from its nearest streets at most."""
CORNER_M = 25.0
FAR_END_M = 60.0
NO_RIVAL_M = 80.0
"""Distance taken for the nearest other street where there is none in sight."""
DIGITS = 6
"""Of log-odds and confidence: below what any platform's exp and log can differ by."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The odds of each candidate, arrays as long as the candidates.

    likelihood   P: this street's share of the densities, with room for "none of these"
    log_odds     z, rounded to `DIGITS`
    rival        int64 position (in the candidates) of the strongest other street, −1 = none
    nearer_m     how much nearer this street is than the nearest other one (negative: farther)
    corner, parallel   0 to 1: how squarely, how parallel the strongest rival runs past
    """

    likelihood: FloatArray
    log_odds: FloatArray
    rival: IntArray
    nearer_m: FloatArray
    corner: FloatArray
    parallel: FloatArray

    @property
    def confidence(self) -> FloatArray:
        """Probability that the candidate is right, rounded to `DIGITS`."""
        return np.round(1.0 / (1.0 + np.exp(-self.log_odds)), DIGITS)


def density(curve: SetBack, distance_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The three parts of the set-back curve at distances: on the line, off it, tail."""
    on = curve.on_share * sqrt(2.0 / pi) / curve.on_sigma_m * np.exp(-0.5 * (distance_m / curve.on_sigma_m) ** 2)
    spread = (distance_m - curve.off_mean_m) / curve.off_sigma_m
    off = curve.off_share / (curve.off_sigma_m * sqrt(2.0 * pi)) * np.exp(-0.5 * spread**2)
    rest = 1.0 - curve.on_share - curve.off_share
    return on, off, rest / TAIL_M * np.exp(-distance_m / TAIL_M)


def judge(found: Candidates, curve: SetBack, weights: Coefficients) -> Judged:
    """The odds of every candidate; what hangs on a rival is computed only where there is one."""
    runs = Runs.by(found.point)
    mass = sum(density(curve, found.distance_m)) * np.exp(-found.past_end_m / PAST_END_M)
    likelihood = mass / (np.bincount(runs.of, mass) + ELSEWHERE)[runs.of]
    rival = np.full(len(found), -1, dtype=np.int64)
    nearer = NO_RIVAL_M - found.distance_m
    corner, parallel = np.zeros(len(found)), np.zeros(len(found))
    crowd = np.flatnonzero(runs.length[runs.of] > 1)
    if len(crowd):
        rival[crowd] = _rivals(runs, mass)[crowd]
        nearer[crowd] = _nearest_other_m(runs, found.distance_m, crowd) - found.distance_m[crowd]
        corner[crowd], parallel[crowd] = _crossing(found, crowd, rival[crowd])
    columns = _columns(found, likelihood, nearer, corner, parallel)
    z = np.zeros(len(found))
    for weight, column in zip(_weights(weights), columns, strict=True):  # in a fixed order: no sum hangs on the batch
        z = z + weight * column
    return Judged(likelihood, np.round(z, DIGITS), rival, nearer, corner, parallel)


def _rivals(runs: Runs, mass: FloatArray) -> IntArray:
    """For each candidate the heaviest *other* one of its point; ties → the nearer; −1 = none."""
    best, second = runs.two_greatest(mass)
    rival = best[runs.of]
    rival[best] = second
    return rival


def _nearest_other_m(runs: Runs, distance_m: FloatArray, crowd: IntArray) -> FloatArray:
    first = runs.first[runs.of[crowd]]
    return distance_m[np.where(crowd == first, first + 1, first)]


def _crossing(found: Candidates, mine: IntArray, rival: IntArray) -> tuple[FloatArray, FloatArray]:
    """How squarely and how parallel the rival runs past."""
    ahead, across = found.ahead[mine], found.ahead[rival]
    parallel = np.abs(ahead[:, 0] * across[:, 0] + ahead[:, 1] * across[:, 1])
    between = found.foot[mine] - found.foot[rival]
    gap = np.sqrt(between[:, 0] * between[:, 0] + between[:, 1] * between[:, 1])
    return (1.0 - parallel) * np.exp(-gap / CORNER_M), parallel


def _weights(c: Coefficients) -> tuple[float, ...]:
    return (c.constant, c.likelihood, c.nearer_10m, c.corner, c.parallel, c.to_end_30m)


def _columns(
    found: Candidates, likelihood: FloatArray, nearer: FloatArray, corner: FloatArray, parallel: FloatArray
) -> tuple[FloatArray, ...]:
    bounded = np.clip(likelihood, 1e-9, 1.0 - 1e-9)
    logit = np.log(bounded / (1.0 - bounded))
    to_end = np.minimum(found.to_end_m, FAR_END_M) / 30.0
    return np.ones(len(found)), logit, nearer / 10.0, corner, parallel, to_end
