"""The reliability diagram and the coverage curve as one SVG picture, drawn here without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from streetchief.matching.quality import Quality
from streetchief.words import say

PANEL_PX = 320
MARGIN_PX = 56
TOP_PX = 72
GAP_PX = 72
INK, FAINT, BLUE, ORANGE = "#333333", "#cccccc", "#0072b2", "#d55e00"
"""Blue and orange are told apart by every eye (Okabe and Ito)."""

Point = tuple[float, float]


def quality_svg(quality: Quality, threshold: float | None = None) -> str:
    """Both diagrams side by side, as the text of a whole SVG file; without rows the axes alone.

    A dot of the left panel is a tenth of the rows: on the diagonal, what is said is what is so.  On the right each
    dot is a threshold, written beside it; `threshold` is drawn full.
    """
    width, height = 2 * PANEL_PX + 2 * MARGIN_PX + GAP_PX, PANEL_PX + TOP_PX + MARGIN_PX
    right_x = MARGIN_PX + PANEL_PX + GAP_PX
    kept = [(s.coverage, s.right, s.threshold) for s in quality.steps if s.right is not None]
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f"<title>{_words('quality.title')}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _panel(MARGIN_PX, 0.0, "chart_reliability", "axis_confidence"),
        _line([(0, 0), (1, 1)], MARGIN_PX, 0.0, FAINT),
        _line([(b.confidence, b.right) for b in quality.bins], MARGIN_PX, 0.0, BLUE),
        *(_dot((b.confidence, b.right), MARGIN_PX, 0.0, BLUE) for b in quality.bins),
        _panel(right_x, 0.5, "chart_coverage", "axis_coverage"),
        _line([(x, y) for x, y, _ in kept], right_x, 0.5, ORANGE),
        *(_dot((x, y), right_x, 0.5, ORANGE, full=t == threshold) for x, y, t in kept),
        *(_name((x, y), right_x, 0.5, f"{t:g}", above=n % 2 == 0) for n, (x, y, t) in enumerate(kept)),
        "</svg>",
    ]
    return "\n".join(body) + "\n"


def _panel(left: float, floor: float, title: str, below: str) -> str:
    """A square with its grid; the share right goes up from `floor` to 1."""
    parts = []
    for step in range(6):
        at = step / 5
        x, y = _place((at, floor + at * (1 - floor)), left, floor)
        x0, y0 = _place((0, floor), left, floor)
        parts.append(f'<path d="M{x0:.1f} {y:.1f}h{PANEL_PX}M{x:.1f} {y0:.1f}v-{PANEL_PX}" stroke="#eeeeee"/>')
        parts.append(f'<text x="{x:.1f}" y="{y0 + 16:.1f}" text-anchor="middle">{at:.0%}</text>')
        parts.append(f'<text x="{x0 - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{floor + at * (1 - floor):.0%}</text>')
    for number, language in enumerate(("zh", "en")):
        text = escape(say(f"quality.{title}", language))
        parts.append(f'<text x="{left}" y="{18 + 17 * number}" font-size="13">{text}</text>')
    parts.append(f'<text x="{left}" y="{TOP_PX - 12}">↑ {_words("quality.axis_right")}</text>')
    middle, under = left + PANEL_PX / 2, TOP_PX + PANEL_PX + 38
    parts.append(f'<text x="{middle}" y="{under}" text-anchor="middle">{_words(f"quality.{below}")} →</text>')
    return "\n".join(parts)


def _place(point: Point, left: float, floor: float) -> Point:
    up = min(max((point[1] - floor) / (1 - floor), 0.0), 1.0)
    return left + point[0] * PANEL_PX, TOP_PX + (1 - up) * PANEL_PX


def _line(points: Sequence[Point], left: float, floor: float, colour: str) -> str:
    placed = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(point, left, floor) for point in points))
    return f'<polyline points="{placed}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _dot(point: Point, left: float, floor: float, colour: str, *, full: bool = True) -> str:
    x, y = _place(point, left, floor)
    inside = colour if full else "white"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{inside}" stroke="{colour}" stroke-width="1.5"/>'


def _name(point: Point, left: float, floor: float, name: str, *, above: bool) -> str:
    """The name of a dot, above and to the right or below and to the left, by turns so that neighbours stay apart."""
    x, y = _place(point, left, floor)
    side = ("start", 5, -7) if above else ("end", -5, 16)
    return f'<text x="{x + side[1]:.1f}" y="{y + side[2]:.1f}" text-anchor="{side[0]}" font-size="10">{name}</text>'


def _words(key: str) -> str:
    return escape(f"{say(key, 'zh')} / {say(key, 'en')}")
