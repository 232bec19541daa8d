"""How good placings were, where the truth is known: by the rules of CONTRACTS.md "Scoring real data"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BINS = 10
"""Equal-count bins of the calibration error."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
_LEAST_DOUBT = 1e-6
"""Confidence is taken to be this far from 0 and 1 at least, so that one sure error does not cost infinitely."""


@dataclass(frozen=True, slots=True)
class Graded:
    """Rows whose street is known, and what was said of them; arrays of length n.

    confidence   float64 in [0, 1], 0 where no street was named
    right        whether the named street is a true one
    matched      whether the verdict was ``matched``
    barred       whether the row may not be matched whatever its confidence: suspect places
    """

    confidence: FloatArray
    right: BoolArray
    matched: BoolArray
    barred: BoolArray

    def __len__(self) -> int:
        return len(self.right)

    def only(self, rows: BoolArray) -> Graded:
        """The masked rows."""
        return Graded(self.confidence[rows], self.right[rows], self.matched[rows], self.barred[rows])

    @property
    def surprise(self) -> FloatArray:
        """What each row adds to the log loss, in nats."""
        bounded = np.clip(self.confidence, _LEAST_DOUBT, 1.0 - _LEAST_DOUBT)
        return -np.log(np.where(self.right, bounded, 1.0 - bounded))


@dataclass(frozen=True, slots=True)
class Bin:
    """A tenth of the rows, by confidence: how sure they were on the mean, and which share was right."""

    rows: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Step:
    """What a threshold costs: the share of rows from it on, and which share of these is right (None of none)."""

    threshold: float
    coverage: float
    right: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """All figures of some graded rows; shares are of 1, None where there is nothing to take a share of.

    best_right     share of rows whose best street is right, whatever the verdict
    coverage       share of rows called matched
    matched_right  share of these that is right
    """

    rows: int
    best_right: float | None
    coverage: float | None
    matched_right: float | None
    log_loss: float | None
    calibration_error: float | None
    bins: tuple[Bin, ...]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, graded: Graded) -> Quality:
        """The figures; no rows give None and empty tuples.

        Calibration error: mean |confidence − share right| over ten bins of equal count; equal confidences are
        taken in the order of the rows.
        """
        if not len(graded):
            return cls(0, None, None, None, None, None, (), ())
        bins = _bins(graded)
        return cls(
            rows=len(graded),
            best_right=float(graded.right.mean()),
            coverage=float(graded.matched.mean()),
            matched_right=_share(graded.right[graded.matched]),
            log_loss=float(graded.surprise.mean()),
            calibration_error=float(np.mean([abs(b.confidence - b.right) for b in bins])),
            bins=bins,
            steps=tuple(_step(graded, threshold) for threshold in THRESHOLDS),
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return asdict(self)


def _bins(graded: Graded) -> tuple[Bin, ...]:
    order = np.argsort(graded.confidence, kind="stable")
    tenths = (rows for rows in np.array_split(order, BINS) if len(rows))
    return tuple(Bin(len(r), float(graded.confidence[r].mean()), float(graded.right[r].mean())) for r in tenths)


def _step(graded: Graded, threshold: float) -> Step:
    taken = (graded.confidence >= threshold) & ~graded.barred
    return Step(threshold, float(taken.mean()), _share(graded.right[taken]))


def _share(right: BoolArray) -> float | None:
    return float(right.mean()) if len(right) else None
