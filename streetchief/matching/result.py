"""What the matcher says: one struct of arrays for a batch, one verdict a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Verdict(IntEnum):
    """The five verdicts of placing; the names in lower case are what files and tables carry."""

    MATCHED = 0
    AMBIGUOUS = 1
    TOO_FAR = 2
    SUSPECT = 3
    REJECTED = 4

    @property
    def word(self) -> str:
        """``matched`` | ``ambiguous`` | ``too_far`` | ``suspect`` | ``rejected``."""
        return self.name.lower()


class Evidence(IntEnum):
    """What the choice rests on."""

    GEOMETRY = 0
    ADDRESS = 1
    BOTH = 2
    CONFLICT = 3

    @property
    def word(self) -> str:
        """``geometry`` | ``address`` | ``both`` | ``conflict``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class MatchBatch:
    """Placings of n points, all arrays of length n, in the order of the points.

    verdict      int8, values of `Verdict` (never REJECTED where `xy` was finite)
    reason       object array of reason codes (``reason.<code>`` in the catalogue), "" for a plain match
    confidence   float64 in [0, 1], calibrated probability that `street` is right; NaN where there is no candidate
    segment      int64 position in ``StreetIndex.segment_codes``, −1 = none
    street       int64 position in ``StreetIndex.street_names``, −1 = none
    distance_m   float64 to the segment, NaN = none
    offset_m     float64 along the segment from its start, NaN = none
    side         int8, −1 left, 0 on, +1 right of the drawn direction
    runner_up    int64 position in ``StreetIndex.street_names`` of the second street, −1 = none
    margin_m     float64 runner-up's distance minus the winner's (may be negative), NaN = no runner-up
    evidence     int8, values of `Evidence`
    """

    verdict: NDArray[np.int8]
    reason: NDArray[np.object_]
    confidence: FloatArray
    segment: IntArray
    street: IntArray
    distance_m: FloatArray
    offset_m: FloatArray
    side: NDArray[np.int8]
    runner_up: IntArray
    margin_m: FloatArray
    evidence: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.verdict)
