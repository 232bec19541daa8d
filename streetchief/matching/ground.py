"""The streets of one run, straight from a file, and where its points lie: for every command that places files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
NAME_NAMES = ("name", "street_name", "streetname", "fullname", "full_name", "full_street_name", "full_stree",
              "st_label", "routename", "street", "st_name", "street_nam", "road_name", "roadname", "rd_name",
              "名称", "路名", "道路名称", "街道名称", "label")  # fmt: skip

WHOLE_NAMES = ("name", "fullname", "full_name", "full_street_name", "full_stree", "st_label", "routename", "label",
               "名称", "路名", "道路名称", "街道名称")  # fmt: skip
BEFORE = ("pre_dir", "predir", "prefix_dir", "dir_pre", "pre_type", "pretype", "pre_typ")
AFTER = ("street_typ", "streettype", "street_type", "st_type", "sttype", "suf_type", "post_type", "roadtype",
         "road_type", "suf_dir", "sufdir", "post_dir", "dir_suf", "quadrant", "quad")  # fmt: skip
"""Where some cities keep the rest of a street's name, in the order in which it is said."""


@dataclass(frozen=True)
class Ground:
    """The streets of one run.

    faults       what was left out of the file, by fault code
    names_from   the column, or columns, that the streets' names come from
    """

    index: StreetIndex
    bounds: Bounds
    faults: Counter[str]
    names_from: str


def read_ground(
    path: Path, name: str | None = None, street_class: str | None = None, metric_srid: int | None = None
) -> Ground:
    """Read a file of streets; `name` is guessed from the usual ones, the projected CRS from where the streets are.

    Raises BadInput where the file cannot be read, no column looks like a name, or no street is usable.
    """
    columns = read_layer(path).columns
    properties = PropertyNames(
        code="code" if _are_codes(columns.get("code")) else None,
        name=name or _guess_name(path, columns),
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
    return Ground(index, (west, south, east, north), Counter(fault.code for fault in faults), properties.name)


def _are_codes(values: NDArray[np.object_] | None) -> bool:
    """Whether the values tell the segments apart; in some files ``code`` is the code of a class of roads."""
    return values is not None and all(values) and len(set(values)) == len(values)


def _guess_name(path: Path, columns: Mapping[str, NDArray[np.object_]]) -> str:
    known = tuple(columns)
    folded = {name.casefold(): name for name in reversed(known)}
    for name in NAME_NAMES:
        if name in folded:
            return ",".join(
                [*_companions(columns, folded, name, BEFORE), folded[name], *_companions(columns, folded, name, AFTER)]
            )
    raise BadInput("which_street_name", file=path.name, known=", ".join(known) or "-")


def _companions(
    columns: Mapping[str, NDArray[np.object_]], folded: Mapping[str, str], name: str, usual: tuple[str, ...]
) -> list[str]:
    """Columns that hold the rest of the name (its direction, type, quadrant), unless the name says it already."""
    if name in WHOLE_NAMES:
        return []
    names = [str(value or "").casefold().split() for value in columns[folded[name]]]
    return [folded[other] for other in usual if other in folded and not _is_said(names, columns[folded[other]])]


def _is_said(names: list[list[str]], parts: NDArray[np.object_]) -> bool:
    filled = [(name, str(part).casefold()) for name, part in zip(names, parts, strict=True) if name and part]
    return sum(part in name for name, part in filled) * 2 > len(filled) or not filled


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
