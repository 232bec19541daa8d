"""Arrays in which the rows of one point stand together: the first, the best and the next best of each run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of equal values.

    first, length   (runs,) int64
    of   int64, which run each row belongs to
    """

    first: IntArray
    length: IntArray
    of: IntArray

    @classmethod
    def by(cls, point: IntArray) -> Self:
        """The runs of rows of points; equal values stand together."""
        changes = np.empty(len(point), dtype=np.bool_)
        changes[:1] = True
        np.not_equal(point[1:], point[:-1], out=changes[1:])
        (first,) = changes.nonzero()
        length = np.full(len(first), len(point))
        length[:-1] = first[1:]
        length -= first
        return cls(first, length, changes.cumsum() - 1)

    @property
    def rank(self) -> IntArray:
        """0, 1, 2 … within each run."""
        return np.arange(len(self.of)) - self.first[self.of]

    def greatest(self, score: FloatArray) -> IntArray:
        """The row with the greatest score of each run, the first of equals; no score is NaN."""
        if not len(self.of):
            return self.first
        (rows,) = (score == np.maximum.reduceat(score, self.first)[self.of]).nonzero()
        found = np.empty(len(self.first), dtype=np.int64)
        found[self.of[rows[::-1]]] = rows[::-1]  # of equal rows the last that is written stays: the first
        return found

    def two_greatest(self, score: FloatArray) -> tuple[IntArray, IntArray]:
        """The rows with the greatest and the next greatest score of each run, −1 where there is no second."""
        best = self.greatest(score)
        rest = score.copy()
        rest[best] = -np.inf
        return best, np.where(self.length > 1, self.greatest(rest), -1)
