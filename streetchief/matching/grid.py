"""A grid over the pieces of the streets: which of them may be near a point, for many points at once, in plain numpy.

The grid proposes and never chooses.  It is cut at multiples of its cell size, so streets elsewhere do not move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CELLS_A_SEARCH = 2.0
"""Cells that the search distance is wide: more make the lists shorter and the grid larger."""
SIDE_BITS = 4
SIDE = 1 << SIDE_BITS
"""Cells on a side of a block; only blocks with a piece are kept, so an island far out costs its own ground only."""
SLACK_M = 0.01
"""More than any rounding of coordinates or distances."""
_PIECES_AT_ONCE = 16_384
_KEY_BITS = 63


@dataclass(frozen=True, slots=True, eq=False)
class PieceGrid:
    """For each cell the pieces that may be the nearest of their street, within the search distance, to a point in it.

    cell_m    width and height of a cell; cell (i, j) holds x from i·cell_m and y from j·cell_m, metres
    low, size   of the table of blocks, 16 × 16 cells each: (columns, rows)
    blocks    ascending int64, the number (column · rows + row, counted from `low`) of each block with a piece
    first     (blocks · 256 + 1,) int64, where the pieces of a cell begin
    pieces    int32, ascending by street, then piece, in each cell
    """

    cell_m: float
    low: tuple[int, int]
    size: tuple[int, int]
    blocks: IntArray
    first: IntArray
    pieces: NDArray[np.int32]

    @classmethod
    def of(cls, start: FloatArray, end: FloatArray, street: IntArray, within_m: float) -> Self:
        """The grid of pieces (start, end: (p, 2) finite metres, no piece of length 0) for one search distance."""
        order = np.argsort(street, kind="stable")
        cell_m, low, size, bits = _table(start, end, within_m)
        pen = _Pen(start[order], (end - start)[order], street[order], within_m, cell_m)
        keys = [np.empty(0, dtype=np.int64)]
        for at in range(0, len(order), _PIECES_AT_ONCE):
            piece, column, row = pen.cells_near(at, min(at + _PIECES_AT_ONCE, len(order)))
            cell = _number(column - low[0] * SIDE, row - low[1] * SIDE, size[1])
            keys.append(pen.worth_a_look((cell << bits) | piece, bits, pen.from_centre(piece, column, row)))
        key = np.sort(np.concatenate(keys))
        block = key >> (bits + 2 * SIDE_BITS)
        changes = np.diff(block, prepend=-1) != 0
        slot = ((np.cumsum(changes) - 1) << (2 * SIDE_BITS)) | ((key >> bits) & (SIDE * SIDE - 1))
        blocks = block[changes]
        first = np.concatenate(([0], np.cumsum(np.bincount(slot, minlength=len(blocks) * SIDE * SIDE))))
        return cls(cell_m, low, size, blocks, first, order[key & ((1 << bits) - 1)].astype(np.int32))

    def cell_of(self, xy: FloatArray) -> IntArray:
        """The number of the cell of each point, −1 outside the table and for what is not finite."""
        column = np.floor(xy[:, 0] / self.cell_m) - self.low[0] * SIDE
        row = np.floor(xy[:, 1] / self.cell_m) - self.low[1] * SIDE
        inside = (column >= 0) & (column < self.size[0] * SIDE) & (row >= 0) & (row < self.size[1] * SIDE)
        column, row = np.where(inside, column, 0.0), np.where(inside, row, 0.0)
        return np.where(inside, _number(column.astype(np.int64), row.astype(np.int64), self.size[1]), -1)

    def lists_of(self, xy: FloatArray) -> tuple[IntArray, IntArray]:
        """Where in `pieces` the list of each point begins, and how long it is."""
        if not len(self.blocks):
            return np.zeros(len(xy), dtype=np.int64), np.zeros(len(xy), dtype=np.int64)
        cell = self.cell_of(xy)
        block = cell >> (2 * SIDE_BITS)
        at = np.minimum(np.searchsorted(self.blocks, block), len(self.blocks) - 1)
        slot = (at << (2 * SIDE_BITS)) | (cell & (SIDE * SIDE - 1))
        first = self.first[slot]
        return first, np.where(self.blocks[at] == block, self.first[slot + 1] - first, 0)


def _number(column: IntArray, row: IntArray, blocks_high: int) -> IntArray:
    """The number of a cell, block by block, so that neighbours on the ground are neighbours in memory."""
    block = (column >> SIDE_BITS) * blocks_high + (row >> SIDE_BITS)
    return (((block << SIDE_BITS) | (column & (SIDE - 1))) << SIDE_BITS) | (row & (SIDE - 1))


def spans(first: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """The whole numbers from each `first` on, `count` of them, and to which span each belongs."""
    before = np.cumsum(count) - count
    of = np.repeat(np.arange(len(count)), count)
    return np.arange(len(of)) + np.repeat(first - before, count), of


def _table(start: FloatArray, end: FloatArray, within_m: float) -> tuple[float, tuple[int, int], tuple[int, int], int]:
    """Cell size, lowest block, blocks, and the bits of a piece; cells grow until cell and piece fit one number."""
    cell_m = within_m / CELLS_A_SEARCH
    if not len(start):
        return cell_m, (0, 0), (0, 0), 0
    bits = len(start).bit_length()
    lowest = np.minimum(start, end).min(axis=0) - within_m - SLACK_M
    highest = np.maximum(start, end).max(axis=0) + within_m + SLACK_M
    while True:
        low, high = (np.floor(np.floor(corner / cell_m) / SIDE) for corner in (lowest, highest))
        columns, rows = (int(n) for n in high - low + 1)
        if (columns * rows).bit_length() + 2 * SIDE_BITS + bits <= _KEY_BITS:
            return cell_m, (int(low[0]), int(low[1])), (columns, rows), bits
        cell_m *= 2.0


class _Pen:
    """Draws pieces, thickened by the search distance, onto the cells; pieces stand by street."""

    def __init__(self, start: FloatArray, run: FloatArray, street: IntArray, within_m: float, cell_m: float) -> None:
        self.x, self.y = np.ascontiguousarray(start.T)
        self.dx, self.dy = np.ascontiguousarray(run.T)
        self.length2 = self.dx * self.dx + self.dy * self.dy
        self.street = street
        self.wide_m = within_m + SLACK_M
        self.cell_m = cell_m
        self.half_m = cell_m / 2.0**0.5

    def cells_near(self, first: int, after: int) -> tuple[IntArray, IntArray, IntArray]:
        """Piece, column and row of every cell that one of these pieces may be near to, and of some others."""
        x, dx = self.x[first:after], self.dx[first:after]
        low = self._number(x + np.minimum(dx, 0.0) - self.wide_m)
        high = self._number(x + np.maximum(dx, 0.0) + self.wide_m)
        column, of = spans(low, high - low + 1)
        piece = of + first
        low, high = self._rows(piece, column)
        row, of = spans(low, high - low + 1)
        return piece[of], column[of], row

    def from_centre(self, piece: IntArray, column: IntArray, row: IntArray) -> FloatArray:
        """Metres from the middle of a cell to a piece: no point of the cell is nearer or farther by half a diagonal."""
        x = (column + 0.5) * self.cell_m - self.x[piece]
        y = (row + 0.5) * self.cell_m - self.y[piece]
        dx, dy = self.dx[piece], self.dy[piece]
        share = np.clip((x * dx + y * dy) / self.length2[piece], 0.0, 1.0)
        x, y = x - share * dx, y - share * dy
        away: FloatArray = np.sqrt(x * x + y * y)
        return away

    def worth_a_look(self, key: IntArray, bits: int, away: FloatArray) -> IntArray:
        """The keys (cell, piece) that are near their cell, and may there be the nearest of their street; ascending."""
        near = np.flatnonzero(away <= self.wide_m + self.half_m)
        near = near[np.argsort(key[near])]
        key, away = key[near], away[near]
        cell, street = key >> bits, self.street[key & ((1 << bits) - 1)]
        changes = np.ones(len(key), dtype=np.bool_)
        changes[1:] = (cell[1:] != cell[:-1]) | (street[1:] != street[:-1])
        firsts = np.flatnonzero(changes)
        if not len(firsts):
            return key
        least = np.minimum.reduceat(away, firsts)[np.cumsum(changes) - 1]
        kept: IntArray = key[away <= least + 2.0 * self.half_m + SLACK_M]
        return kept

    def _number(self, metres: FloatArray) -> IntArray:
        number: IntArray = np.floor(metres / self.cell_m).astype(np.int64)
        return number

    def _rows(self, piece: IntArray, column: IntArray) -> tuple[IntArray, IntArray]:
        """The lowest and highest row that the part of the piece over its column, thickened, can touch."""
        x, y, dx, dy = self.x[piece], self.y[piece], self.dx[piece], self.dy[piece]
        upright = dx == 0.0
        slope = np.where(upright, 1.0, dx)
        one = np.where(upright, 0.0, np.clip((column * self.cell_m - self.wide_m - x) / slope, 0.0, 1.0))
        other = np.where(upright, 1.0, np.clip(((column + 1) * self.cell_m + self.wide_m - x) / slope, 0.0, 1.0))
        one, other = y + one * dy, y + other * dy
        return self._number(np.minimum(one, other) - self.wide_m), self._number(np.maximum(one, other) + self.wide_m)
