"""Which area a point lies in: the deepest one of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from streetchief.matching.result import FloatArray, IntArray
from streetchief.registry.model import Registry


@dataclass(frozen=True)
class AreaIndex:
    """Areas with ground, deepest first, ties by code; immutable and picklable."""

    codes: tuple[str, ...]
    upwards: dict[str, tuple[str, ...]]
    polygons: NDArray[np.object_]

    @classmethod
    def of(cls, registry: Registry) -> AreaIndex:
        """The index of a registry's areas; a registry without areas gives an index that locates nothing."""
        parents = {area.code: area.parent for area in registry.areas}
        upwards = {code: _chain(code, parents) for code in parents}
        grounded = [a for a in registry.areas if a.geometry is not None]
        grounded.sort(key=lambda a: (-len(upwards[a.code]), a.code))
        polygons = np.array([a.geometry for a in grounded], dtype=object)
        return cls(tuple(a.code for a in grounded), upwards, polygons)

    @cached_property
    def tree(self) -> STRtree:
        """All polygons in a tree; made when first needed, so that a pickled index stays small."""
        return STRtree(self.polygons)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "tree"}

    def locate(self, lonlat: FloatArray) -> IntArray:
        """Position in `codes` of the deepest area that covers each point, −1 = none.

        lonlat: (n, 2) WGS-84 degrees.  A point on a common edge belongs to the area with the lower code.
        """
        found = np.full(len(lonlat), len(self.codes), dtype=np.int64)
        usable = np.isfinite(lonlat).all(axis=1)
        if self.codes and usable.any():
            rows = np.flatnonzero(usable)
            point, area = self.tree.query(shapely.points(lonlat[rows]), predicate="intersects")
            np.minimum.at(found, rows[point], area)
        found[found == len(self.codes)] = -1
        return found


def _chain(code: str, parents: dict[str, str | None]) -> tuple[str, ...]:
    chain: list[str] = []
    step: str | None = code
    while step is not None and step not in chain:
        chain.append(step)
        step = parents.get(step)
    return tuple(chain)
