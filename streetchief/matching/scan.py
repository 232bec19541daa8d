"""One look over a feed: its set-back curve and the places where its geocoder puts what it cannot place.

The feed is looked at as a set of rows: order and batching have no say.  What is found becomes data in the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streetchief.matching.candidates import Candidates, candidates_near
from streetchief.matching.index import StreetIndex
from streetchief.matching.match import is_default_point
from streetchief.matching.model import PlacingModel
from streetchief.matching.setback import fit_curve

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_ROWS = 2000
"""Places looked at for the curve; 100 to 300 are enough (BASELINES.md)."""
LEAST_INFORMED = 0.05
"""Share of a pile's rows that must name known streets before their names are weighed."""
LEAST_ASTRAY = 0.1
"""Share of these that must name streets out of reach: rounding piles rows on a crossing, but not from elsewhere."""
LEAST_PLACES = 3
LEAST_ASTRAY_ROWS = 20
LEAST_SHARE = 0.02
MOST_OF_ONE_STREET = 0.25
"""A smaller pile needs so many rows whose texts name streets out of reach, and this share of the file; no street may
stand in a quarter of these rows: what tells a default point from a hot spot is that its texts disagree.  Trials on
Boston: docs/matching.md.
"""
_CM = 100.0


def scan(
    index: StreetIndex,
    xy: FloatArray,
    model: PlacingModel,
    *,
    evidence: Sequence[str | None] | None = None,
    default_point_rows: int = 200,
) -> PlacingModel:
    """The model with this feed's curve, and with the default points found besides those that it has.

    xy are (n, 2) metres; rows that are not finite do not count.  A default point is a coordinate with at least
    `default_point_rows` unrelated rows, see `is_unrelated_pile`, or in a small file with rows whose texts name many
    streets elsewhere, see `is_pile_of_strays`.  Fewer than one place in sight keeps the curve.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    model = model.with_default_points(_default_points(index, xy, model.reach_m, evidence, default_point_rows))
    places = np.unique(_cm(xy[np.isfinite(xy).all(axis=1)]), axis=0)
    points = places / _CM
    points = points[~is_default_point(points, model)]
    points = points[np.argsort(drawn_by_lot(points), kind="stable")][:MOST_ROWS]
    seen = [found for _, found in candidates_near(index, points, model.reach_m)]
    return model if not any(len(found) for found in seen) else model.with_(curve=fit_curve(*seen))


def _default_points(
    index: StreetIndex, xy: FloatArray, reach_m: float, evidence: Sequence[str | None] | None, least_rows: int
) -> FloatArray:
    usable = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if not len(usable):
        return np.empty((0, 2))
    _, of, count = np.unique(_cm(xy[usable]), axis=0, return_inverse=True, return_counts=True)
    found = []
    some = strays_needed(len(usable))
    for pile in np.flatnonzero(count >= (least_rows if evidence is None else min(some, least_rows))):
        rows = usable[of == pile]
        point = np.median(xy[rows], axis=0)
        texts = [None if evidence is None else evidence[row] for row in rows]
        in_reach = streets_in_reach(index, point, reach_m)
        if is_unrelated_pile(texts, index, in_reach, least_rows) or is_pile_of_strays(texts, index, in_reach, some):
            found.append(point)
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def strays_needed(rows: int) -> float:
    """How many rows astray make a default point of a coordinate in a file of so many usable rows."""
    return max(LEAST_ASTRAY_ROWS, LEAST_SHARE * rows)


def streets_in_reach(index: StreetIndex, point: FloatArray, reach_m: float) -> frozenset[int]:
    """Positions of the streets within reach of one point, (2,) metres."""
    ((_, found),) = candidates_near(index, point[None], reach_m)
    return frozenset(_streets(found, reach_m))


def _streets(found: Candidates, reach_m: float) -> list[int]:
    near: list[int] = found.street[found.distance_m <= reach_m].tolist()
    return near


def is_unrelated_pile(
    texts: Sequence[str | None], index: StreetIndex, in_reach: frozenset[int], least_rows: int
) -> bool:
    """Whether the rows on one coordinate have nothing to do with each other.

    Rows are of one place if they name the same streets, or no known street but the same words; a row without a text
    is of no place.  Unrelated are the rows outside the commonest place, and they must be `least_rows`.  Where enough
    texts name known streets, these must also be at least three places, and some must be out of reach: many doors of
    one crossing are no default point.
    """
    read = {text: index.names.read(text).exact for text in set(texts) if text}
    places = Counter(read[text] or text.casefold().strip() for text in texts if text)
    related = max(places.values(), default=0)
    if len(texts) - related < least_rows:
        return False
    named = [read[text] for text in texts if text and read[text]]
    if len(named) < max(LEAST_PLACES, LEAST_INFORMED * len(texts)):
        return True
    astray = sum(not streets & in_reach for streets in named)
    return len(places) >= LEAST_PLACES and astray >= LEAST_ASTRAY * len(named)


def is_pile_of_strays(
    texts: Sequence[str | None], index: StreetIndex, in_reach: frozenset[int], least_rows: float
) -> bool:
    """Whether at least so many rows on one coordinate name streets that pass elsewhere, and most of them others.

    Rows without a text, and those whose text names no known street, neither help nor hinder; of those that name one,
    half must be astray.
    """
    named = [streets for text in texts if text and (streets := index.names.read(text).exact)]
    astray = Counter(streets for streets in named if not streets & in_reach)
    rows = astray.total()
    return rows >= least_rows and 2 * rows >= len(named) and max(astray.values()) < MOST_OF_ONE_STREET * rows


def _cm(xy: FloatArray) -> IntArray:
    return np.rint(xy * _CM).astype(np.int64)


def drawn_by_lot(xy: FloatArray) -> NDArray[np.uint64]:
    """A number a place, (n, 2) metres, that looks drawn by lot but hangs on nothing else (the mixer of splitmix64)."""
    places = _cm(xy)
    mixed = places[:, 0].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + places[:, 1].astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
