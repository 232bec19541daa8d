"""The running lines of each street, so that "the street's end" is the end of the street and not of a map's piece.

A chain is a maximal line of one street: its segments joined where exactly two of them meet.  Where three or more
meet, or a line meets its own middle, the chain stops but the street goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChainPlaces:
    """Where n pieces lie on the chains of their streets; arrays of length n, metres.

    before_m   along the chain from the street's end to the piece's start, `inf` where the street does not end there
    after_m    from the piece's end to the street's end in drawn direction, `inf` likewise
    """

    before_m: FloatArray
    after_m: FloatArray


def chain_places(start: FloatArray, end: FloatArray, street: IntArray) -> ChainPlaces:
    """Places of pieces (start, end: (n, 2) metres; street: (n,) int64, ascending) on their streets' chains.

    Pieces that lie on one another (one road drawn twice) count once and share the place.  Row order within a street
    has no say.
    """
    before, after = np.full(len(start), np.inf), np.full(len(start), np.inf)
    if not len(start):
        return ChainPlaces(before, after)
    nodes, codes = np.unique(np.vstack([start, end]), axis=0, return_inverse=True)
    a, b = codes[: len(start)], codes[len(start) :]
    low, high = np.minimum(a, b), np.maximum(a, b)
    edges, edge_of = np.unique(np.column_stack([street, low, high]), axis=0, return_inverse=True)
    lines = shapely.linestrings(np.stack([nodes[edges[:, 1]], nodes[edges[:, 2]]], axis=1))
    merged = shapely.line_merge(shapely.multilinestrings(lines, indices=edges[:, 0] - edges[0, 0]))
    from_low, from_high = _along(merged, edges, nodes, edges[0, 0])
    forward = a == low
    before = np.where(forward, from_low[edge_of], from_high[edge_of])
    after = np.where(forward, from_high[edge_of], from_low[edge_of])
    return ChainPlaces(before, after)


def _along(
    merged: NDArray[np.object_], edges: IntArray, nodes: FloatArray, first_street: int
) -> tuple[FloatArray, FloatArray]:
    """Metres to the street's end beyond the low and beyond the high node of each edge."""
    parts, group = shapely.get_parts(merged, return_index=True)
    xy, chain = shapely.get_coordinates(parts, return_index=True)
    node = _node_of(xy, nodes)
    same = chain[1:] == chain[:-1]
    u, v = node[:-1][same], node[1:][same]
    step_chain = chain[1:][same]
    length = np.hypot(*(xy[1:][same] - xy[:-1][same]).T)
    reached = np.cumsum(length)
    firsts = np.flatnonzero(np.diff(step_chain, prepend=-1))
    lasts = np.append(firsts[1:], len(step_chain)) - 1
    base, total = (reached - length)[firsts], reached[lasts]
    at = reached - length - base[step_chain]
    rest = total[step_chain] - reached
    step_street = group[step_chain] + first_street
    ends_here = _dead_ends(edges)
    open_start = _is_in(ends_here, np.column_stack([step_street[firsts], u[firsts]]))
    open_end = _is_in(ends_here, np.column_stack([step_street[lasts], v[lasts]]))
    at = np.where(open_start[step_chain], at, np.inf)
    rest = np.where(open_end[step_chain], rest, np.inf)
    up = u < v
    keys = np.column_stack([step_street, np.minimum(u, v), np.maximum(u, v)])
    row = _rows_of(edges, keys)
    from_low, from_high = np.full(len(edges), np.inf), np.full(len(edges), np.inf)
    from_low[row] = np.where(up, at, rest)
    from_high[row] = np.where(up, rest, at)
    return from_low, from_high


def _dead_ends(edges: IntArray) -> IntArray:
    """(street, node) pairs, sorted, where only one edge of the street arrives."""
    arrivals = np.vstack([edges[:, [0, 1]], edges[:, [0, 2]]])
    pairs, count = np.unique(arrivals, axis=0, return_counts=True)
    dead: IntArray = pairs[count == 1]
    return dead


def _node_of(xy: FloatArray, nodes: FloatArray) -> IntArray:
    table = {pair: number for number, pair in enumerate(map(tuple, nodes.tolist()))}
    return np.array([table[pair] for pair in map(tuple, xy.tolist())], dtype=np.int64)


def _rows_of(edges: IntArray, keys: IntArray) -> IntArray:
    table = {key: number for number, key in enumerate(map(tuple, edges.tolist()))}
    return np.array([table[key] for key in map(tuple, keys.tolist())], dtype=np.int64)


def _is_in(known: IntArray, pairs: IntArray) -> NDArray[np.bool_]:
    table = set(map(tuple, known.tolist()))
    return np.array([pair in table for pair in map(tuple, pairs.tolist())], dtype=np.bool_)
