"""A small map of one placing: the point, the streets round it, a dashed line to each candidate with its metres."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray

from streetchief.matching.index import StreetIndex
from streetchief.matching.why import Explanation

FloatArray = NDArray[np.float64]

SIZE_PX = 480
HALF_M = 120.0
"""From the point to the rim of the map."""
SCALE_BAR_M = 50.0
STYLE = (
    "text{font:13px 'Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif;fill:#16202A;paint-order:stroke;"
    "stroke:#fff;stroke-width:3px}.street{fill:none;stroke:#9DB0C0;stroke-width:3}"
    ".candidate{stroke:#0B6B63;stroke-width:4}.chosen{stroke-width:7}"
    ".link{stroke:#5B3FA8;stroke-width:1.5;stroke-dasharray:5 4}.point{fill:#5B3FA8;stroke:#fff;stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class _Paper:
    """Metres round the point to pixels, north up."""

    centre: FloatArray

    def at(self, xy: FloatArray) -> FloatArray:
        scale = SIZE_PX / (2 * HALF_M)
        return np.column_stack([xy[:, 0] - self.centre[0] + HALF_M, HALF_M - xy[:, 1] + self.centre[1]]) * scale


def draw_case(index: StreetIndex, xy_row: FloatArray, explanation: Explanation) -> str:
    """The map as SVG, `SIZE_PX` square, `HALF_M` metres each way; names are escaped, nothing is asked of a host.

    xy_row   (2,) metres in ``index.metric_srid``, the point that the explanation is of
    A point that is not finite gives an empty map.
    """
    body: list[str] = []
    if np.isfinite(xy_row).all():
        paper = _Paper(np.asarray(xy_row, dtype=np.float64))
        body = [*_streets(index, paper, explanation), *_links(index, paper, explanation), *_marks()]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE_PX} {SIZE_PX}" role="img" lang="zh-CN">'
    title = f"<title>{escape(explanation.paragraph('zh'))}</title>"
    return "\n".join(
        [head, title, f"<style>{STYLE}</style>", '<rect width="100%" height="100%" fill="#F4F7F8"/>', *body, "</svg>"]
    )


def _streets(index: StreetIndex, paper: _Paper, explanation: Explanation) -> list[str]:
    near = shapely.box(*(paper.centre - HALF_M), *(paper.centre + HALF_M))
    pieces = np.sort(index.tree.query(near, predicate="intersects"))
    named = {candidate.street for candidate in explanation.candidates}
    drawn = []
    for piece in pieces.tolist():
        name = index.street_names[index.piece_street[piece]]
        kind = "street candidate" if name in named else "street"
        kind += " chosen" if index.segment_codes[index.piece_segment[piece]] == explanation.segment else ""
        (x1, y1), (x2, y2) = paper.at(np.stack([index.start[piece], index.end[piece]])).round(1).tolist()
        drawn.append(f'<path class="{kind}" d="M{x1} {y1}L{x2} {y2}"/>')
    return drawn


def _links(index: StreetIndex, paper: _Paper, explanation: Explanation) -> list[str]:
    place = shapely.points(paper.centre)
    middle = SIZE_PX / 2
    drawn = []
    for candidate in explanation.candidates:
        of_segment = np.flatnonzero(index.piece_segment == index.segment_codes.index(candidate.segment))
        line = shapely.multilinestrings(list(np.stack([index.start[of_segment], index.end[of_segment]], axis=1)))
        foot = shapely.get_coordinates(shapely.shortest_line(place, line))[1:]
        ((x, y),) = paper.at(foot).round(1).tolist()
        said = escape(f"{candidate.street} {candidate.distance_m:.1f} m {candidate.likely:.0%}")
        drawn.append(f'<line class="link" x1="{middle}" y1="{middle}" x2="{x}" y2="{y}"/>')
        drawn.append(f'<text x="{min(max(x + 6, 6), SIZE_PX - 170)}" y="{min(max(y, 16), SIZE_PX - 24)}">{said}</text>')
    return drawn


def _marks() -> list[str]:
    bar_px = SCALE_BAR_M * SIZE_PX / (2 * HALF_M)
    low = SIZE_PX - 14
    return [
        f'<circle class="point" cx="{SIZE_PX / 2}" cy="{SIZE_PX / 2}" r="7"/>',
        f'<path d="M14 {low}h{bar_px}" stroke="#16202A" stroke-width="3"/>',
        f'<text x="14" y="{low - 7}">{SCALE_BAR_M:.0f} m</text>',
        f'<text x="{SIZE_PX - 34}" y="22">北↑</text>',
    ]
