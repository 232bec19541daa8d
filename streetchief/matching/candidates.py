"""Every street near every point: a grid or a tree proposes pieces, plain arithmetic decides.

The order of candidates never depends on how pieces are looked up, on the batch, or on streets out of sight: distance
rounded to 1 mm, then segment code, then the place along the segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from streetchief.matching.grid import spans
from streetchief.matching.index import StreetIndex
from streetchief.matching.runs import Runs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_RIVALS = 6
"""Streets kept a point, the nearest first (BASELINES.md "Matching quality", step 2)."""
SEARCH_M = 80.0
"""Rivals are sought this far out, or as far as the reach if that is more."""
GRID_FROM = 20
"""Points from which on the grid is quicker than the tree (BASELINES.md §1d)."""
SIGHT_M = 500.0
"""As far as a street is followed either way: what lies beyond must not change an answer."""
_MM = 1000.0
_CHUNK = 8192
_PAIRS_AT_ONCE = 1 << 14
_KEY_BITS = 63


@dataclass(frozen=True, slots=True)
class NearStreets:
    """The nearest piece of each of the nearest streets: k of them, sorted by point, then nearness.

    point   int64 row of the point
    mm      int64 whole millimetres from it to the street
    piece   int64 position in the index
    """

    point: IntArray
    mm: IntArray
    piece: IntArray

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """Those of the mask."""
        return self if mask.all() else type(self)(self.point[mask], self.mm[mask], self.piece[mask])


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
    run_on_m     of its street both ways along its line from the foot, at most `SIGHT_M` each way; a street that does
                 not end on this line (a loop, a fork) runs on as far as one can see
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
    run_on_m: FloatArray

    def __len__(self) -> int:
        return len(self.point)


def candidates_near(index: StreetIndex, xy: FloatArray, reach_m: float) -> Iterator[tuple[slice, Candidates]]:
    """The candidates of points, (n, 2) metres, in chunks of rows: which rows, and their candidates.

    `point` counts from the start of the chunk.  Rows that are not finite have no candidate.  Points that lie together
    and stand together are looked up quickest; see `in_order_of_place`.
    """
    for rows, near in streets_near(index, xy, reach_m):
        yield rows, _seen_from(index, xy[rows], near)


def streets_near(index: StreetIndex, xy: FloatArray, reach_m: float) -> Iterator[tuple[slice, NearStreets]]:
    """The nearest step: the streets in sight of each point, the nearest first; chunks as in `candidates_near`.

    The first of a point is the nearest piece of all (ties: lowest segment code).
    """
    within_m = max(SEARCH_M, reach_m)
    key = _Key.of(index, within_m)
    for first in range(0, len(xy), key.points_at_once):
        rows = slice(first, min(first + key.points_at_once, len(xy)))
        yield rows, _near_streets(index, xy[rows], within_m, key)


def in_order_of_place(index: StreetIndex, xy: FloatArray, reach_m: float) -> IntArray:
    """An order of the points, (n,) int64 rows, in which those that need the same pieces stand together."""
    if len(xy) < GRID_FROM:
        return np.arange(len(xy))
    return np.argsort(index.grid(max(SEARCH_M, reach_m)).cell_of(xy))


@dataclass(frozen=True, slots=True)
class _Key:
    """Point, millimetres and piece in one whole number, so that its order is the documented one."""

    piece_bits: int
    mm_bits: int
    points_at_once: int

    @classmethod
    def of(cls, index: StreetIndex, within_m: float) -> _Key:
        piece_bits = len(index.piece_street).bit_length()
        mm_bits = int(within_m * _MM + 1.0).bit_length()
        return cls(piece_bits, mm_bits, min(_CHUNK, 1 << max(0, _KEY_BITS - piece_bits - mm_bits)))

    def of_pairs(self, point: IntArray, away_m: FloatArray, piece: IntArray) -> IntArray:
        """The keys of pairs; what is farther away than the search distance is merely that."""
        mm = np.minimum(np.rint(away_m * _MM), (1 << self.mm_bits) - 1.0).astype(np.int64)
        return (((point << self.mm_bits) | mm) << self.piece_bits) | piece

    def read(self, key: IntArray) -> NearStreets:
        """What keys say."""
        mm = (key >> self.piece_bits) & ((1 << self.mm_bits) - 1)
        return NearStreets(key >> (self.piece_bits + self.mm_bits), mm, key & ((1 << self.piece_bits) - 1))


def _near_streets(index: StreetIndex, xy: FloatArray, within_m: float, key: _Key) -> NearStreets:
    columns = np.ascontiguousarray(xy.T)
    found = [np.empty(0, dtype=np.int64)]
    for point, piece in _proposed(index, xy, within_m):
        keys = key.of_pairs(point, _away_m(index, columns, point, piece), piece)
        street = index.piece_street[piece]
        changes = np.empty(len(point), dtype=np.bool_)
        changes[:1] = True
        np.logical_or(point[1:] != point[:-1], street[1:] != street[:-1], out=changes[1:])
        (firsts,) = changes.nonzero()
        if len(firsts):
            found.append(np.minimum.reduceat(keys, firsts))
    near = key.read(np.sort(np.concatenate(found)))
    near = near.where(near.mm <= within_m * _MM)
    return near.where(Runs.by(near.point).rank < MOST_RIVALS)


def _away_m(index: StreetIndex, columns: FloatArray, point: IntArray, piece: IntArray) -> FloatArray:
    """Distances of pairs; `columns` are (2, n) metres."""
    pieces = index.pieces
    px, py, x, y = columns[0].take(point), columns[1].take(point), pieces.x.take(piece), pieces.y.take(piece)
    dx, dy = pieces.dx.take(piece), pieces.dy.take(piece)
    share = ((px - x) * dx + (py - y) * dy) / pieces.length2.take(piece)
    share = np.minimum(np.maximum(share, 0.0, out=share), 1.0, out=share)
    px -= x + share * dx
    py -= y + share * dy
    away: FloatArray = np.sqrt(px * px + py * py)
    return away


def _proposed(index: StreetIndex, xy: FloatArray, within_m: float) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs (point, piece) by point, then street: at least the nearest piece of each street in sight.

    The only place that knows how pieces are looked up.  Parts are whole points, and as large as memory should bear.
    """
    if len(xy) < GRID_FROM:
        usable = np.flatnonzero(np.isfinite(xy).all(axis=1))
        at, piece = index.tree.query(shapely.points(xy[usable]), predicate="dwithin", distance=within_m + 1 / _MM)
        order = np.lexsort((piece, index.piece_street[piece], at))
        yield usable[at[order]], piece[order].astype(np.int64)
        return
    grid = index.grid(within_m)
    first, count = grid.lists_of(xy)
    part = np.cumsum(count) // _PAIRS_AT_ONCE
    bounds = np.flatnonzero(np.diff(part, prepend=-1, append=part[-1] + 1)).tolist()
    for low, high in pairwise(bounds):
        at, of = spans(first[low:high], count[low:high])
        yield of + low, grid.pieces[at].astype(np.int64)


def _seen_from(index: StreetIndex, xy: FloatArray, near: NearStreets) -> Candidates:
    point, piece = near.point, near.piece
    start, run = index.start[piece], index.end[piece] - index.start[piece]
    gap = xy[point] - start
    length2 = run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]
    along = (gap[:, 0] * run[:, 0] + gap[:, 1] * run[:, 1]) / length2
    share, length = np.minimum(np.maximum(along, 0.0), 1.0), np.sqrt(length2)
    cross = run[:, 0] * gap[:, 1] - run[:, 1] * gap[:, 0]
    before, after = index.before_m[piece], index.after_m[piece]
    back, ahead = before + share * length, after + (1.0 - share) * length
    beyond = np.where(
        along < 0.0,
        np.where(before == 0.0, -along * length, 0.0),
        np.where((along > 1.0) & (after == 0.0), (along - 1.0) * length, 0.0),
    )
    return Candidates(
        point=point,
        street=index.piece_street[piece],
        segment=index.piece_segment[piece],
        distance_m=near.mm / _MM,
        offset_m=index.piece_offset_m[piece] + share * length,
        side=np.where(near.mm == 0, 0, -np.sign(cross)).astype(np.int8),
        foot=start + share[:, None] * run,
        ahead=run / length[:, None],
        to_end_m=np.minimum(back, ahead),
        past_end_m=beyond,
        run_on_m=np.minimum(back, SIGHT_M) + np.minimum(ahead, SIGHT_M),
    )
