"""Excel feeds, by calamine: values only, never a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from streetchief.errors import BadInput
from streetchief.intake.feeds.records import RawRecord
from streetchief.registry.workbook import sheet_rows

MOST_UNPACKED_BYTES = 512 * 1024 * 1024


def read_excel(path: Path, needed: set[str]) -> Iterator[RawRecord]:
    """The rows below the header of the first sheet.

    Whole numbers come without ``.0``; dates, times of day and durations as ISO text.  Raises BadInput if the file is
    no workbook, unpacks to more than 512 MiB, spans more than 20 million cells, lacks a declared column or names a
    column twice.
    """
    rows = sheet_rows(path, MOST_UNPACKED_BYTES)
    header = [str(cell).strip() for cell in next(rows, [])]
    missing = sorted(needed - set(header))
    if missing:
        raise BadInput("missing_columns", file=path.name, missing=", ".join(missing), encoding="xlsx")
    if any(header.count(name) > 1 for name in header if name):
        raise BadInput("columns_twice", file=path.name)
    for number, row in enumerate(rows, start=2):
        if any(cell != "" for cell in row):
            yield RawRecord(number, {name: _plain(cell) for name, cell in zip(header, row, strict=True)})


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return _duration(cell) if isinstance(cell, timedelta) else cell


def _duration(span: timedelta) -> str:
    """ISO 8601, hours and below: PT36H0M0S."""
    seconds = abs(span) // timedelta(seconds=1)
    return f"{'-' if span < timedelta(0) else ''}PT{seconds // 3600}H{seconds // 60 % 60}M{seconds % 60}S"
