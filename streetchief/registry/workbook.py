"""The first sheet of an Excel workbook, by calamine: values only, never a formula, and never more than fits."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from streetchief.errors import BadInput

MOST_CELLS = 20_000_000
"""Of the box from A1 to the last cell: calamine holds all of it, empty or not, at about 30 bytes a cell."""
_BLOCK = 1 << 20
_ROW_ENDS = b"row>"  # </row> of Excel, </table:table-row> of OpenDocument, whatever the prefix
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_TIMES = re.compile(rb"""-(columns|rows)-repeated\s*=\s*["'](\d+)["']""")


def sheet_rows(path: Path, most_bytes: int) -> Iterator[list[Any]]:
    """The cells of the first sheet, row by row, from A1.

    Raises BadInput for a file that is no workbook, unpacks to more than `most_bytes`, or spans more than 20 million
    cells: calamine would end the process for want of memory.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                _check(path.name, archive, most_bytes)
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as fault:
        raise BadInput("not_a_workbook", file=path.name) from fault
    return iter(sheet.to_python(skip_empty_area=False))


def _check(name: str, archive: zipfile.ZipFile, most_bytes: int) -> None:
    members = archive.infolist()
    if sum(member.file_size for member in members) > most_bytes:
        raise BadInput("workbook_too_large", file=name)
    if any(member.filename.lower().endswith("workbook.bin") for member in members):
        raise BadInput("not_a_workbook", file=name)  # .xlsb: its cells cannot be looked at here
    for member in members:
        measure = _open_document_box if member.filename == "content.xml" else _excel_box
        with archive.open(member) as stream:
            if any(rows * columns > MOST_CELLS for rows, columns in measure(_pieces(stream))):
                raise BadInput("workbook_too_wide", file=name, most=MOST_CELLS)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a sheet, cut where rows end; other members of a workbook come as one piece."""
    rest = b""
    while block := stream.read(_BLOCK):
        *whole, rest = (rest + block).split(_ROW_ENDS)
        yield from whole
    yield rest


def _excel_box(pieces: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    """Rows and columns so far, never too few: a row or cell without reference stands behind the one before it."""
    rows = columns = 0
    for piece in pieces:
        found = _REFERENCE.findall(piece)
        names, numbers = {letters for letters, _ in found}, {digits for _, digits in found}
        rows = max(rows + 1, *(int(digits[:10]) for digits in numbers), 0)
        columns = max(columns, max(map(_column, names), default=0) + _bare_cells(piece, found))
        yield rows, columns


def _bare_cells(piece: bytes, found: list[tuple[bytes, bytes]]) -> int:
    """How many cells have no reference; the quick count spares most sheets the exact one."""
    named = sum(letters != b"" for letters, _ in found)
    if piece.count(b"<c") + piece.count(b":c") <= named:
        return 0
    return max(0, len(_CELL.findall(piece)) - named)


@lru_cache(maxsize=4096)  # a hostile file has no end of names
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = 26 * number + letter - 64
    return number


def _open_document_box(pieces: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    """Rows and columns up to the last cell with a value; cells and rows say how often they are repeated."""
    rows = columns = cursor = 0
    for piece in pieces:
        before, *cells = piece.split(b"table-cell")
        cursor += _repeated(before)
        column = last = 0
        for cell in cells:
            if not cell.startswith(b">"):  # the end of a cell
                column += _repeated(cell)
                last = column if b"value" in cell else last
        if last:
            rows, columns = cursor, max(columns, last)
        yield rows, columns


def _repeated(attributes: bytes) -> int:
    return max((int(times[:10]) for _, times in _TIMES.findall(attributes)), default=1)
