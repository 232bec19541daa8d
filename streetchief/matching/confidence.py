"""From the candidates' geometry to a calibrated probability that a street is the right one.

The design is the simplest of BASELINES.md "Matching quality", steps 3 to 6, and one trait more: how far the street
runs on, against its rival (long streets have more addresses at their corners).  Every number here is from there unless
it says otherwise.  All of it is row by row: no other point can change an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.candidates import Candidates
from streetchief.matching.model import Coefficients, SetBack
from streetchief.matching.runs import Runs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TAIL_M = 20.0
"""Mean of the exponential tail of the set-back curve; 30 m in BASELINES.md, see `ELSEWHERE`."""
PAST_END_M = 8.0
"""Scale on which a point past the street's end stops belonging to it."""
ELSEWHERE = 0.05 / 42.0
"""Density of "none of these streets": 5 % over the 42 m that a point lies from its nearest streets at most.

BASELINES.md has 2 %, and a tail of 30 m.  Where the best street was 40 to 60 m away, that claimed 58 % and was right
in 48 %, of 22,178 places in 41 parts of Boston (1.5 km squares), each judged by coefficients fitted without its part
and by a curve of its own; with 5 % and 20 m it claims 47 %, calls 28 of these places matched, not 77, and the log
loss over all places falls from .3004 to .2986.
"""
CORNER_M = 25.0
FAR_END_M = 60.0
SHORT_M = 10.0
"""Added to what is seen of two streets before they are compared: under this, lengths say nothing."""
NO_RIVAL_M = 80.0
"""Distance taken for the nearest other street where there is none in sight."""
DIGITS = 6
"""Of log-odds and confidence: below what any platform's exp and log can differ by."""
_WEIGHTS = tuple(field.name for field in fields(Coefficients))


@dataclass(frozen=True, slots=True)
class Traits:
    """What tells for and against each candidate, arrays as long as the candidates.

    runs         the candidates of each point
    likelihood   P: this street's share of the densities, with room for "none of these"
    rival        int64 position (in the candidates) of the strongest other street, −1 = none
    nearer_m     how much nearer this street is than the nearest other one (negative: farther)
    corner, parallel   0 to 1: how squarely, how parallel the strongest rival runs past
    columns      (k, 7) what `Coefficients` weigh, in the order of its fields; the first is 1
    """

    runs: Runs
    likelihood: FloatArray
    rival: IntArray
    nearer_m: FloatArray
    corner: FloatArray
    parallel: FloatArray
    columns: FloatArray


@dataclass(frozen=True, slots=True)
class Judged:
    """The odds of each candidate, arrays as long as the candidates; log_odds is z, rounded to `DIGITS`."""

    traits: Traits
    log_odds: FloatArray

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
    """The odds of every candidate."""
    traits = traits_of(found, curve)
    z = np.zeros(len(found))
    for number, name in enumerate(_WEIGHTS):  # in a fixed order, so that no sum depends on the batch
        z = z + getattr(weights, name) * traits.columns[:, number]
    return Judged(traits, np.round(z, DIGITS))


def traits_of(found: Candidates, curve: SetBack) -> Traits:
    """The traits of every candidate; what hangs on a rival is computed only where there is one."""
    runs = Runs.by(found.point)
    mass = sum(density(curve, found.distance_m)) * np.exp(-found.past_end_m / PAST_END_M)
    likelihood = mass / (np.bincount(runs.of, mass) + ELSEWHERE)[runs.of]
    rival = np.full(len(found), -1, dtype=np.int64)
    nearer = NO_RIVAL_M - found.distance_m
    corner, parallel, longer = np.zeros(len(found)), np.zeros(len(found)), np.zeros(len(found))
    (crowd,) = (runs.length[runs.of] > 1).nonzero()
    if len(crowd):
        rival[crowd] = _rivals(runs, mass)[crowd]
        nearer[crowd] = _nearest_other_m(runs, found.distance_m, crowd) - found.distance_m[crowd]
        corner[crowd], parallel[crowd] = _crossing(found, crowd, rival[crowd])
        longer[crowd] = np.log((found.run_on_m[crowd] + SHORT_M) / (found.run_on_m[rival[crowd]] + SHORT_M))
    columns = (
        np.ones(len(found)),
        _log_odds(likelihood),
        nearer / 10.0,
        corner,
        parallel,
        np.minimum(found.to_end_m, FAR_END_M) / 30.0,
        longer,
    )
    return Traits(runs, likelihood, rival, nearer, corner, parallel, np.column_stack(columns))


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


def _log_odds(share: FloatArray) -> FloatArray:
    bounded = np.minimum(np.maximum(share, 1e-9), 1.0 - 1e-9)
    return np.log(bounded / (1.0 - bounded))
