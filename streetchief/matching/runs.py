"""How far a street runs on, seen from where a point meets it: long streets have more addresses at their corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.candidates import Candidates
from streetchief.matching.index import StreetIndex

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SIGHT_M = 500.0
"""As far as a street is followed either way: what lies beyond must not change an answer."""


def run_m(index: StreetIndex, found: Candidates) -> FloatArray:
    """Metres of its street, both ways along its line from the foot of each candidate, at most `SIGHT_M` each way.

    A street that does not end on this line (a loop, a fork) runs on as far as one can see.
    """
    piece = _piece_of(index, found.segment, found.offset_m)
    run = index.end[piece] - index.start[piece]
    passed = found.offset_m - index.piece_offset_m[piece]
    ahead = np.sqrt(run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]) - passed
    back = np.minimum(np.maximum(index.before_m[piece] + passed, 0.0), SIGHT_M)
    return back + np.minimum(np.maximum(index.after_m[piece] + ahead, 0.0), SIGHT_M)


def _piece_of(index: StreetIndex, segment: IntArray, offset_m: FloatArray) -> IntArray:
    """The piece of a segment at an offset along it: the last one that starts no later, found by halving."""
    low = np.searchsorted(index.piece_segment, segment, "left")
    high = np.searchsorted(index.piece_segment, segment, "right")
    for _ in range(int((high - low).max(initial=1)).bit_length()):
        middle = (low + high) // 2
        later = index.piece_offset_m[middle] <= offset_m
        low, high = np.where(later, middle, low), np.where(later, high, np.maximum(middle, low + 1))
    return low
