"""The streets of one run, straight from a file, and where its points lie: for every command that places files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from streetchief.city import PropertyNames
from streetchief.errors import BadInput
from streetchief.geo.bounds import Bounds, place_faults
from streetchief.geo.crs import estimate_metric_srid
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.matching.index import StreetIndex
from streetchief.matching.points import PointBatch
from streetchief.registry.files import read_segments
from streetchief.registry.vectors import read_layer

BOUNDS_MARGIN_DEG = 0.2
"""Points farther than this (about 20 km) from all streets are outside the city."""
NAME_NAMES = ("name", "street_name", "streetname", "street", "fullname", "full_name", "full_street_name", "st_name",
              "road_name", "roadname", "rd_name", "名称", "路名", "道路名称", "街道名称", "label")  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """The streets of one run; `faults` counts what was left out of the file, by fault code."""

    index: StreetIndex
    bounds: Bounds
    faults: Counter[str]


def read_ground(
    path: Path, name: str | None = None, street_class: str | None = None, metric_srid: int | None = None
) -> Ground:
    """Read a file of streets; `name` is guessed from the usual ones, the projected CRS from where the streets are.

    Raises BadInput where the file cannot be read, no column looks like a name, or no street is usable.
    """
    columns = read_layer(path).columns
    properties = PropertyNames(
        code="code" if _are_codes(columns.get("code")) else None,
        name=name or _guess_name(path, tuple(columns)),
        street_class=street_class,
    )
    streets, segments, faults = read_segments(path, properties=properties)
    if not segments:
        raise BadInput("no_usable_streets", file=path.name)
    lonlat = shapely.get_coordinates([segment.geometry for segment in segments])
    srid = metric_srid or estimate_metric_srid(lonlat)
    west, south = (lonlat.min(axis=0) - BOUNDS_MARGIN_DEG).tolist()
    east, north = (lonlat.max(axis=0) + BOUNDS_MARGIN_DEG).tolist()
    index = StreetIndex.from_segments(streets, segments, srid)
    return Ground(index, (west, south, east, north), Counter(fault.code for fault in faults))


def _are_codes(values: NDArray[np.object_] | None) -> bool:
    """Whether the values tell the segments apart; in some files ``code`` is the code of a class of roads."""
    return values is not None and all(values) and len(set(values)) == len(values)


def _guess_name(path: Path, known: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in reversed(known)}
    for name in NAME_NAMES:
        if name in folded:
            return folded[name]
    raise BadInput("which_street_name", file=path.name, known=", ".join(known) or "-")


def usable_places(batch: PointBatch, bounds: Bounds, datum: Datum) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """WGS-84 places (n, 2), NaN where a row has none, and why it has none ("" where it has one)."""
    faults = place_faults(_cells(batch.lon), _cells(batch.lat), bounds)
    broken = np.array(batch.faults, dtype=object)
    faults = np.where(broken != "", broken, faults)
    lonlat = np.full((len(faults), 2), np.nan)
    for row in np.flatnonzero(faults == ""):
        lonlat[row] = float(batch.lon[row]), float(batch.lat[row])
    return to_wgs84(lonlat, datum), faults


def _cells(values: list[Any]) -> NDArray[np.object_]:
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells
