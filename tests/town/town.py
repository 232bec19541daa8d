"""A toy town on squared paper, metres; a reader can check every answer with a ruler.

::

    200   ═══════════════╦═══════════════  磨坊路 Mill Road, x 0 … 400
                         ║
                         ║   教堂街 Church Street, x 200, y 0 … 200
                         ║                 ║ 短弄 Short Close, x 400, y 0 … 60: a dead end
      0   ══════╪════════╩═════════════════╩══════  大街 High Street, x −200 … 600, two segments that meet at 0
    −36   ══════════════                            后巷 Back Lane, x −200 … 100: runs beside High Street
              −200   0   200              400    600

    and, two kilometres to the east, 远路 Far Road, x 2000 … 2400, y 0
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Point

from streetchief.geo.crs import to_lonlat, to_xy
from streetchief.matching.index import StreetIndex
from streetchief.registry.model import Segment, Street

SRID = 32650
CORNER = (500_000.0, 3_500_000.0)

STREETS = (
    Street("back", "后巷", ("Back Lane",)),
    Street("church", "教堂街", ("Church Street",)),
    Street("far", "远路", ("Far Road",)),
    Street("high", "大街", ("High Street",)),
    Street("mill", "磨坊路", ("Mill Road",)),
    Street("short", "短弄", ("Short Close",)),
)
LINES = {
    "back-1": ("back", [(-200, -36), (100, -36)]),
    "church-1": ("church", [(200, 0), (200, 200)]),
    "far-1": ("far", [(2000, 0), (2400, 0)]),
    "high-1": ("high", [(-200, 0), (0, 0)]),
    "high-2": ("high", [(600, 0), (0, 0)]),
    "mill-1": ("mill", [(0, 200), (400, 200)]),
    "short-1": ("short", [(400, 0), (400, 60)]),
}


def on_map(shape: LineString | Point) -> LineString | Point:
    """Squared paper → WGS-84."""
    return shapely.transform(shape, lambda xy: to_lonlat(xy + CORNER, SRID))


def lonlat(x: float, y: float) -> tuple[float, float]:
    """One place on paper → WGS-84 degrees."""
    lon, lat = to_lonlat(np.array([[x, y]]) + CORNER, SRID)[0]
    return float(lon), float(lat)


def paper(*places: tuple[float, float]) -> np.ndarray:
    """Places on paper → metres of the index, through degrees like any complaint."""
    return to_xy(np.array([lonlat(x, y) for x, y in places]).reshape(-1, 2), SRID)


def segments() -> tuple[Segment, ...]:
    """All segments of the town."""
    return tuple(Segment(code, street, on_map(LineString(points))) for code, (street, points) in LINES.items())


def town() -> StreetIndex:
    """The town as an index."""
    return StreetIndex.from_segments(STREETS, segments(), SRID)
