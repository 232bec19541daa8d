"""From the lines of a foreign street file to streets and segments with lasting codes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

# OpenStreetMap's highway values as classes of segment: 1 main, 2 secondary, 3 back street (wiki: Key:highway).
# A way of another kind (footway, steps, service, cycleway …) is no street in an OSM extract.
HIGHWAY_CLASS = {
    "motorway": 1, "trunk": 1, "primary": 1, "secondary": 2, "tertiary": 2,
    "unclassified": 3, "residential": 3, "living_street": 3, "pedestrian": 3, "road": 3,
}  # fmt: skip
CODE_DIGITS = 10
SEGMENT_PREFIX = "sg-"


def highway_class(highway: str) -> int | None:
    """Class of an OSM highway value, links as the road they join; None for what is no street."""
    return HIGHWAY_CLASS.get(highway.strip().lower().removesuffix("_link"))


def street_code(name: str) -> str:
    """A code from the name alone: spelling variants in width, case and spaces give the same code."""
    return "st-" + _digest(unicodedata.normalize("NFKC", " ".join(name.split())).casefold().encode())


def segment_codes(streets: list[str], shapes: list[LineString], given: list[str | None]) -> list[str]:
    """A code a segment: the given one, else one from street and geometry; row order has no say.

    The two directions of one road differ in their order of points, so they differ in code.  Rows that are equal in
    both street and geometry are numbered ``-2``, ``-3``: which is which cannot matter.
    """
    codes: list[str] = []
    seen: Counter[str] = Counter()
    for street, shape, known in zip(streets, shapes, given, strict=True):
        if known is not None:
            codes.append(known)
            continue
        code = SEGMENT_PREFIX + _digest(street.encode() + b"\x00" + shapely.to_wkb(shape, byte_order=1))
        seen[code] += 1
        codes.append(code if seen[code] == 1 else f"{code}-{seen[code]}")
    return codes


def parts(shape: BaseGeometry) -> list[LineString]:
    """The single lines of a line or multi-line: joined where they run on, cut where one meets its own end again.

    A way with a turning loop at its head (a lollipop) is thereby two simple lines.  Several parts come sorted by
    their points.  [] for anything that is no line.
    """
    if isinstance(shape, MultiLineString):
        merged = shapely.line_merge(shape, directed=True)
        pieces = list(shapely.get_parts(merged))
    elif isinstance(shape, LineString):
        pieces = [shape]
    else:
        return []
    lines = [line for piece in pieces for line in _without_loops(piece)]
    return lines if len(lines) < 2 else sorted(lines, key=lambda line: list(line.coords))


def _without_loops(line: LineString) -> list[LineString]:
    if line.is_simple or line.is_closed:
        return [line]
    xy = shapely.get_coordinates(line)
    cuts = {*_again(xy, 0), *_again(xy, len(xy) - 1)} - {0, len(xy) - 1}
    edges = [0, *sorted(cuts), len(xy) - 1]
    return [LineString(xy[a : b + 1]) for a, b in pairwise(edges)]


def _again(xy: NDArray[np.float64], end: int) -> list[int]:
    return [int(i) for i in np.flatnonzero((xy == xy[end]).all(axis=1))]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=CODE_DIGITS // 2).hexdigest()
