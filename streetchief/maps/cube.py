"""The counts behind a heatmap page: dictionary-encoded integers, bounded in size.

One row is (cell, period, category, department, street) → n.  When there are too many rows for one page, cells become
coarser first, then months become quarters and years, then rare categories and departments are gathered; each step is
reported, so that the caption can say it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from streetchief.errors import BadInput
from streetchief.geo.cells import CELL_ZOOM, cell_centre

COLUMNS = ("cell", "period", "category", "department", "street", "n")
TEXT_COLUMNS = ("category", "department", "street")
GOOD_ROWS = 60_000
"""Rows that a page carries without help: about 1.2 MB, refiltered in a few milliseconds."""
MOST_ROWS = 250_000
"""Rows after all merging beyond which a page is refused (about 5 MB)."""
COARSEST_ZOOM = 14
"""About 2 km at 30° N; coarser heat says nothing about streets."""
GATHERING = (
    ("category", 40), ("category", 20), ("category", 10), ("department", 4), ("category", 4), ("department", 0),
    ("category", 0),
)  # fmt: skip
"""Which names are gathered under "others" and how many stay, step by step."""
OTHER = "\x00other"
"""Name of the gathered rare categories until the page puts a word to it."""
UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class HeatTable:
    """What the caller counted.

    frame   columns `cell` (int64, Morton code at `zoom`; see `streetchief.geo.cells`), `period` ("YYYY-MM", by the
            city's clock), `category`, `department` (names as shown, null = none given), `street` (the street's code,
            null = none) and `n` (complaints, ≥ 0).  Rows may repeat; their counts add up.  May be empty.
    zoom    zoom of the cells, 0 to 20.  Give 20 (≈ 33 m at 30° N): `cube_of` makes cells coarser where it must.
    """

    frame: pd.DataFrame
    zoom: int


@dataclass(frozen=True, slots=True)
class Cube:
    """Sorted, distinct rows as parallel int64 arrays of codes into the name lists.

    lonlat is (cells, 2) degrees of the cells' centres; `period_months` is 1, 3 or 12; `street` codes index
    `streets`, −1 = none.
    """

    cell: NDArray[np.int64]
    period: NDArray[np.int64]
    category: NDArray[np.int64]
    department: NDArray[np.int64]
    street: NDArray[np.int64]
    n: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    periods: tuple[str, ...]
    categories: tuple[str, ...]
    departments: tuple[str, ...]
    streets: tuple[str, ...]
    zoom: int
    coarsened: bool
    period_months: int
    categories_gathered: int
    departments_gathered: int

    @property
    def total(self) -> int:
        """Complaints in all."""
        return int(self.n.sum())


def cube_of(table: HeatTable, *, good_rows: int = GOOD_ROWS, most_rows: int = MOST_ROWS) -> Cube:
    """Encode a table, coarsening until it has at most `good_rows` rows.

    Raises `BadInput` for a table of another shape (missing column, negative or fractional count, cell outside its zoom,
    period that is no month) and when more than `most_rows` rows are left after every step.
    """
    frame = _checked(table)
    zoom, months = table.zoom, 1
    rows = _summed(frame)
    while len(rows) > good_rows and zoom > COARSEST_ZOOM:
        zoom -= 1
        rows = _summed(rows.assign(cell=rows["cell"] // 4))
    for months_wanted in (3, 12):
        if len(rows) > good_rows:
            months = months_wanted
            rows = _summed(rows.assign(period=[_span(p, months) for p in rows["period"]]))
    gathered = {"category": 0, "department": 0}
    ranked = {column: _by_count(frame, column) for column in gathered}
    for column, kept in GATHERING:
        if len(rows) > good_rows and len(ranked[column]) > max(kept, 1):
            gathered[column] = len(ranked[column]) - kept
            rows = _summed(rows.assign(**{column: rows[column].where(rows[column].isin(ranked[column][:kept]), OTHER)}))
    if len(rows) > most_rows:
        raise BadInput("map_too_much", rows=len(rows), most=most_rows)
    return _encoded(rows, zoom, zoom < table.zoom, months, gathered)


def _checked(table: HeatTable) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in table.frame.columns]
    if missing:
        raise BadInput("map_bad_table", detail=f"no column {', '.join(missing)}")
    if not 0 <= table.zoom <= CELL_ZOOM:
        raise BadInput("map_bad_table", detail=f"zoom {table.zoom}")
    frame = table.frame[list(COLUMNS)].copy()
    for name in ("cell", "n"):
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.isna().any() or (numbers < 0).any() or (numbers % 1 != 0).any():
            raise BadInput("map_bad_table", detail=f"{name} must be whole numbers of at least 0")
        frame[name] = numbers.astype(np.int64)
    if (frame["cell"] >= 1 << (2 * table.zoom)).any():
        raise BadInput("map_bad_table", detail=f"a cell does not belong to zoom {table.zoom}")
    frame["period"] = frame["period"].astype(object).map(str)
    odd = [p for p in frame["period"].unique() if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", p)]
    if odd:
        raise BadInput("map_bad_table", detail=f"period {odd[0][:40]!r} is not YYYY-MM")
    for name in TEXT_COLUMNS:
        texts = frame[name].astype(object)
        frame[name] = texts.where(texts.notna(), UNKNOWN).map(str)
    return frame[frame["n"] > 0]


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in COLUMNS if name != "n"]
    return frame.groupby(keys, as_index=False, sort=True)["n"].sum()


def _span(period: str, months: int) -> str:
    """The first month of the quarter or year that holds a month; already spanned periods stay."""
    year, month = period.split("-")
    return f"{year}-{(int(month) - 1) // months * months + 1:02d}"


def _all_periods(found: list[str], months: int) -> tuple[str, ...]:
    """From the first to the last without a gap: an empty month is a step of the slider too."""
    if not found:
        return ()
    first, last = ((int(p[:4]) * 12 + int(p[5:]) - 1) for p in (min(found), max(found)))
    return tuple(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(first, last + 1, months))


def _codes(values: pd.Series, names: tuple[str, ...]) -> NDArray[np.int64]:
    place = {name: index for index, name in enumerate(names)}
    return np.asarray([place[v] for v in values], dtype=np.int64)


def _by_count(rows: pd.DataFrame, column: str) -> tuple[str, ...]:
    """Names of a column, most complaints first, ties by name."""
    counts = rows.groupby(column)["n"].sum()
    return tuple(sorted(counts.index, key=lambda name: (-counts[name], name)))


def _encoded(rows: pd.DataFrame, zoom: int, coarsened: bool, months: int, gathered: dict[str, int]) -> Cube:
    cells, cell = np.unique(rows["cell"].to_numpy(np.int64), return_inverse=True)
    periods = _all_periods(list(rows["period"].unique()), months)
    categories, departments = _by_count(rows, "category"), _by_count(rows, "department")
    streets = tuple(s for s in _by_count(rows, "street") if s != UNKNOWN)
    street = _codes(rows["street"], (UNKNOWN, *streets)) - 1
    return Cube(
        cell=cell.astype(np.int64),
        period=_codes(rows["period"], periods),
        category=_codes(rows["category"], categories),
        department=_codes(rows["department"], departments),
        street=street,
        n=rows["n"].to_numpy(np.int64),
        lonlat=cell_centre(cells, zoom),
        periods=periods,
        categories=categories,
        departments=departments,
        streets=streets,
        zoom=zoom,
        coarsened=coarsened,
        period_months=months,
        categories_gathered=gathered["category"],
        departments_gathered=gathered["department"],
    )
