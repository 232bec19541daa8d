"""Every street near every point: the tree proposes pieces, plain arithmetic decides.

The order of candidates never depends on the tree, on the batch, or on streets out of sight: distance rounded to
1 mm, then segment code, then the place along the segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from streetchief.matching.index import StreetIndex

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_RIVALS = 6
"""Streets kept a point, the nearest first (BASELINES.md "Matching quality", step 2)."""
SEARCH_M = 80.0
"""Rivals are sought this far out, or as far as the reach if that is more."""
_MM = 1000.0
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Candidates:
    """The nearest piece of each of the nearest streets: k candidates, sorted by point, then nearness.

    point        int64 row of the point
    street, segment   int64 positions in the index
    distance_m   rounded to 1 mm
    offset_m     along the segment from its start to the foot
    side         int8, −1 left, 0 on the line (within 1 mm), +1 right of the drawn direction
    foot         (k, 2) metres, the nearest point of the street
    ahead        (k, 2) unit vector of the piece in drawn direction
    to_end_m     from the foot along the street to its nearer end, `inf` where it has none on this line
    past_end_m   how far the point lies beyond the street's end, in the street's direction there
    """

    point: IntArray
    street: IntArray
    segment: IntArray
    distance_m: FloatArray
    offset_m: FloatArray
    side: NDArray[np.int8]
    foot: FloatArray
    ahead: FloatArray
    to_end_m: FloatArray
    past_end_m: FloatArray

    def __len__(self) -> int:
        return len(self.point)


def candidates_near(index: StreetIndex, xy: FloatArray, reach_m: float) -> Iterator[tuple[slice, Candidates]]:
    """The candidates of points, (n, 2) metres, in chunks of rows: which rows, and their candidates.

    `point` counts from the start of the chunk.  Rows that are not finite have no candidate.
    """
    for first in range(0, len(xy), _CHUNK):
        rows = slice(first, min(first + _CHUNK, len(xy)))
        yield rows, _nearest_streets(index, xy[rows], max(SEARCH_M, reach_m))


def _proposed(index: StreetIndex, xy: FloatArray, within_m: float) -> tuple[IntArray, IntArray]:
    """All (point, piece) pairs that may be within; the only place that knows how pieces are looked up."""
    usable = np.flatnonzero(np.isfinite(xy).all(axis=1))
    found = index.tree.query(shapely.points(xy[usable]), predicate="dwithin", distance=within_m + 1 / _MM)
    return usable[found[0]], found[1].astype(np.int64)


def _nearest_streets(index: StreetIndex, xy: FloatArray, within_m: float) -> Candidates:
    point, piece = _proposed(index, xy, within_m)
    start, run = index.start[piece], index.end[piece] - index.start[piece]
    gap = xy[point] - start
    length2 = run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]
    along = (gap[:, 0] * run[:, 0] + gap[:, 1] * run[:, 1]) / length2
    share = np.clip(along, 0.0, 1.0)
    foot = start + share[:, None] * run
    away = xy[point] - foot
    mm = np.rint(np.sqrt(away[:, 0] * away[:, 0] + away[:, 1] * away[:, 1]) * _MM)
    keep = _best(point, index.piece_street[piece], mm, index.piece_segment[piece], piece)
    keep = keep[mm[keep] <= within_m * _MM]
    keep = keep[rank_within(point[keep]) < MOST_RIVALS]
    piece, share, length = piece[keep], share[keep], np.sqrt(length2[keep])
    cross = run[keep, 0] * gap[keep, 1] - run[keep, 1] * gap[keep, 0]
    before = index.before_m[piece] + share * length
    after = index.after_m[piece] + (1.0 - share) * length
    beyond = np.where(
        along[keep] < 0.0,
        np.where(index.before_m[piece] == 0.0, -along[keep] * length, 0.0),
        np.where((along[keep] > 1.0) & (index.after_m[piece] == 0.0), (along[keep] - 1.0) * length, 0.0),
    )
    return Candidates(
        point=point[keep],
        street=index.piece_street[piece],
        segment=index.piece_segment[piece],
        distance_m=mm[keep] / _MM,
        offset_m=index.piece_offset_m[piece] + share * length,
        side=np.where(mm[keep] == 0, 0, -np.sign(cross)).astype(np.int8),
        foot=foot[keep],
        ahead=run[keep] / length[:, None],
        to_end_m=np.minimum(before, after),
        past_end_m=beyond,
    )


def _best(point: IntArray, street: IntArray, mm: FloatArray, segment: IntArray, piece: IntArray) -> IntArray:
    """Positions of the nearest pair of each (point, street), in the order point, distance, segment code."""
    order = np.lexsort((piece, segment, mm, street, point))
    point, street = point[order], street[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (point[1:] != point[:-1]) | (street[1:] != street[:-1])
    kept = order[first]
    return kept[np.lexsort((segment[kept], mm[kept], point[first]))]


def rank_within(point: IntArray) -> IntArray:
    """0, 1, 2 … within each run of equal points."""
    if not len(point):
        return point
    firsts = np.flatnonzero(np.diff(point, prepend=-1))
    return np.arange(len(point)) - np.repeat(firsts, np.diff(np.append(firsts, len(point))))
