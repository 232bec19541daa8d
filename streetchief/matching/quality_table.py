"""The figures of `quality` as a table of text, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from streetchief.matching.quality import Quality
from streetchief.words import both

FIGURES = ("best_right", "coverage", "matched_right", "log_loss", "calibration_error")


def figures_table(named: Mapping[str, Quality]) -> str:
    """One line a quality: rows, best street right, coverage, matched right, log loss, calibration error."""
    lines = [both(f"quality.{name}") for name in ("rows", *FIGURES)]
    legend = [f"{letter} {line}" for letter, line in zip("ABCDEF", lines, strict=True)]
    width = max(map(len, named), default=0) + 2
    head = f"{'':{width}}{'A':>10}{'B':>8}{'C':>8}{'D':>8}{'E':>8}{'F':>8}"
    body = [
        f"{name:{width}}{q.rows:>10,}"
        + "".join(f"{_share(value):>8}" for value in (q.best_right, q.coverage, q.matched_right))
        + f"{_number(q.log_loss):>8}{_number(q.calibration_error):>8}"
        for name, q in named.items()
    ]
    return "\n".join([*legend, head, *body])


def bins_table(quality: Quality) -> str:
    """Ten lines: how sure the rows of each tenth were, and which share of them was right."""
    head = both("quality.bins")
    lines = [f"{b.rows:>10,}{_share(b.confidence):>10}{_share(b.right):>10}" for b in quality.bins]
    return "\n".join([head, *lines])


def steps_table(quality: Quality) -> str:
    """What each threshold would cost: coverage and share right from it on."""
    head = both("quality.steps")
    lines = [f"{s.threshold:>10.2f}{_share(s.coverage):>10}{_share(s.right):>10}" for s in quality.steps]
    return "\n".join([head, *lines])


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
