"""The streets as flat arrays, ready to be searched: built once, never changed, sent whole to every worker."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from streetchief.geo.crs import project_geometries
from streetchief.matching.address import StreetNames
from streetchief.matching.chains import chain_places
from streetchief.matching.grid import PieceGrid
from streetchief.registry.model import Registry, Segment, Street

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PieceColumns:
    """The pieces column by column, (pieces,) each: where a piece starts, how it runs, its length squared."""

    x: FloatArray
    y: FloatArray
    dx: FloatArray
    dy: FloatArray
    length2: FloatArray


@dataclass(frozen=True, eq=False)
class StreetIndex:
    """Streets, segments and their two-point pieces.

    segment_codes    ascending, so that a lower position is a lower code
    segment_street   (segments,) int64 position in `street_codes`
    street_codes, street_names, street_aliases   ascending by code; only streets that have a segment
    metric_srid      the projected CRS of all metres here
    fingerprint      of the content: equal streets have equal fingerprints, whatever order they came in
    start, end       (pieces, 2) metres, in drawn direction; pieces are sorted by segment, then along it
    piece_segment, piece_street   (pieces,) int64
    piece_offset_m   along the segment from its start to the piece's start
    before_m, after_m   from the piece's start back, from its end on, to where the street ends (see `chains`)
    """

    segment_codes: tuple[str, ...]
    segment_street: IntArray
    street_codes: tuple[str, ...]
    street_names: tuple[str, ...]
    street_aliases: tuple[tuple[str, ...], ...]
    metric_srid: int
    fingerprint: str
    start: FloatArray
    end: FloatArray
    piece_segment: IntArray
    piece_street: IntArray
    piece_offset_m: FloatArray
    before_m: FloatArray
    after_m: FloatArray

    @classmethod
    def from_registry(cls, registry: Registry, metric_srid: int, on: date | None = None) -> StreetIndex:
        """The segments in force on a city date; without a date those whose validity has no end."""
        segments = (s for s in registry.segments if (s.on.to_on is None if on is None else s.on.holds(on)))
        return cls.from_segments(registry.streets, segments, metric_srid)

    @classmethod
    def from_segments(cls, streets: Iterable[Street], segments: Iterable[Segment], metric_srid: int) -> StreetIndex:
        """Index segments (WGS-84) of known streets; streets without a segment are left out.

        Consecutive equal points of a line are one.  No segments give an index that finds nothing.
        Raises BadInput where `metric_srid` is no projected CRS in metres, KeyError for an unknown street code.
        """
        ordered = sorted(segments, key=lambda s: (s.code, s.street, s.geometry.wkb))
        known = {street.code: street for street in streets}
        used = [known[code] for code in sorted({s.street for s in ordered})]
        position = {street.code: number for number, street in enumerate(used)}
        segment_street = np.array([position[s.street] for s in ordered], dtype=np.int64)
        lines = project_geometries([s.geometry for s in ordered], metric_srid)
        start, end, piece_segment, offset = _pieces(lines)
        piece_street = segment_street[piece_segment]
        before, after = _places(start, end, piece_street)
        return cls(
            segment_codes=tuple(s.code for s in ordered),
            segment_street=segment_street,
            street_codes=tuple(s.code for s in used),
            street_names=tuple(s.name for s in used),
            street_aliases=tuple(s.aliases for s in used),
            metric_srid=metric_srid,
            fingerprint=_fingerprint(used, ordered, metric_srid, start, end, piece_segment),
            start=start,
            end=end,
            piece_segment=piece_segment,
            piece_street=piece_street,
            piece_offset_m=offset,
            before_m=before,
            after_m=after,
        )

    @cached_property
    def tree(self) -> STRtree:
        """All pieces in a tree; made when first needed, so that a pickled index stays small."""
        return STRtree(shapely.linestrings(np.stack([self.start, self.end], axis=1)))

    @cached_property
    def pieces(self) -> PieceColumns:
        """The pieces as the arithmetic of many pairs wants them."""
        (x, y), (dx, dy) = self.start.T, (self.end - self.start).T
        return PieceColumns(*(np.ascontiguousarray(column) for column in (x, y, dx, dy, dx * dx + dy * dy)))

    def grid(self, within_m: float) -> PieceGrid:
        """All pieces in a grid for one search distance; made when first needed, like the tree."""
        if within_m not in self._grids:
            self._grids[within_m] = PieceGrid.of(self.start, self.end, self.piece_street, within_m)
        return self._grids[within_m]

    @cached_property
    def _grids(self) -> dict[float, PieceGrid]:
        return {}

    @cached_property
    def names(self) -> StreetNames:
        """Reads which of these streets a text names."""
        return StreetNames.of(self.street_names, self.street_aliases)

    def __getstate__(self) -> dict[str, Any]:
        made = ("tree", "pieces", "_grids", "names")
        return {name: value for name, value in self.__dict__.items() if name not in made}


def _pieces(lines: NDArray[np.object_]) -> tuple[FloatArray, FloatArray, IntArray, FloatArray]:
    """Start, end, segment and offset of every two-point piece; pieces without length are left out."""
    xy, segment = shapely.get_coordinates(lines, return_index=True)
    joined = segment[1:] == segment[:-1]
    joined &= (xy[1:] != xy[:-1]).any(axis=1)
    start, end, segment = xy[:-1][joined], xy[1:][joined], segment[1:][joined].astype(np.int64)
    length = np.hypot(*(end - start).T)
    offset = np.empty(len(length))
    bounds = np.flatnonzero(np.diff(segment, prepend=-1, append=-1))
    for first, last in pairwise(bounds.tolist()):
        offset[first:last] = np.concatenate(([0.0], np.cumsum(length[first : last - 1])))
    return start, end, segment, offset


def _places(start: FloatArray, end: FloatArray, street: IntArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(street, kind="stable")
    places = chain_places(start[order], end[order], street[order])
    before, after = np.empty(len(order)), np.empty(len(order))
    before[order], after[order] = places.before_m, places.after_m
    return before, after


def _fingerprint(
    streets: Sequence[Street], segments: Sequence[Segment], srid: int, start: FloatArray, end: FloatArray, of: IntArray
) -> str:
    digest = hashlib.sha256(repr(srid).encode())
    digest.update(repr([(s.code, s.name, s.aliases) for s in streets]).encode())
    digest.update(repr([(s.code, s.street) for s in segments]).encode())
    for array in (start, end, of):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
