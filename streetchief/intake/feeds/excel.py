"""Excel feeds, by calamine: values only, never a formula."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from streetchief.errors import BadInput
from streetchief.intake.feeds.records import RawRecord

MOST_UNPACKED_BYTES = 512 * 1024 * 1024


def read_excel(path: Path, needed: set[str]) -> Iterator[RawRecord]:
    """The rows below the header of the first sheet.

    Whole numbers come without ``.0``; dates as ISO text.  Raises BadInput if the file is no workbook, unpacks to
    more than 512 MiB, or lacks a declared column.
    """
    rows = sheet_rows(path)
    header = [str(cell).strip() for cell in next(rows, [])]
    missing = sorted(needed - set(header))
    if missing:
        raise BadInput("missing_columns", file=path.name, missing=", ".join(missing), encoding="xlsx")
    for number, row in enumerate(rows, start=2):
        if any(cell != "" for cell in row):
            yield RawRecord(number, {name: _plain(cell) for name, cell in zip(header, row, strict=True)})


def sheet_rows(path: Path) -> Iterator[list[Any]]:
    """The cells of the first sheet, row by row.  Raises BadInput for a file that is unsafe or no workbook."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(item.file_size for item in archive.infolist()) > MOST_UNPACKED_BYTES:
                    raise BadInput("workbook_too_large", file=path.name)
        workbook = CalamineWorkbook.from_path(path)
        sheet = workbook.get_sheet_by_index(0)
    except (CalamineError, zipfile.BadZipFile, OSError) as fault:
        raise BadInput("not_a_workbook", file=path.name) from fault
    return iter(sheet.to_python(skip_empty_area=False))


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return cell
