"""CSV files of points as strangers write them: encodings, separators, rows of the wrong length."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from streetchief.errors import BadInput
from streetchief.registry.csvlines import csv_records

MALFORMED, BAD_ENCODING, WRONG_COLUMNS = "malformed", "bad_encoding", "wrong_columns"
STRAY = "streetchief.half_character"
"""The error handler of codecs that leaves a half character (U+DCFF) where bytes do not decode."""
_BLOCK = 1 << 20
_SEPARATORS = ",;\t"
_LONE = re.compile("[\ud800-\udfff]")
LEAST_COMMON_HAN = 0.9
"""Share of a GB 18030 text's characters that must be in GB 2312, the everyday set: what tells it from Latin-1."""
MOST_BAD_LINES = 0.01
"""Share of lines that may hold stray bytes in a file that is otherwise UTF-8; such rows are rejected one by one."""


def open_bytes(path: Path) -> IO[bytes]:
    """A file's bytes, unpacked if it is .gz."""
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def find_codec(path: Path, encoding: str | None) -> str:
    """The encoding of a text file: as declared, by its mark, UTF-8, or GB 18030 where the text is plainly Chinese.

    Raises BadInput for an unknown encoding, for a file that cannot be read, and where nothing fits.
    """
    try:
        if encoding is not None:
            io.TextIOWrapper(io.BytesIO(), encoding)  # a LookupError for codecs that are none of text
            name = codecs.lookup(encoding).name
            return "utf-8-sig" if name == "utf-8" else name
        with open_bytes(path) as stream:
            head = stream.read(_BLOCK)
            if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if _mostly_utf8(head, stream):
                return "utf-8-sig"
    except LookupError as fault:
        raise BadInput("unknown_encoding", encoding=encoding) from fault
    except (EOFError, OSError, zlib.error) as fault:
        raise BadInput("unreadable_points", file=path.name, detail=str(fault)) from fault
    if _plainly_chinese(head):
        return "gb18030"
    raise BadInput("which_encoding", file=path.name)


def _mostly_utf8(head: bytes, stream: IO[bytes]) -> bool:
    lines = bad = 0
    rest = head
    while rest:
        rest += stream.readline()
        for line in rest.splitlines():
            lines += 1
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                bad += 1
        rest = stream.read(_BLOCK)
    return bad <= MOST_BAD_LINES * lines


def _plainly_chinese(head: bytes) -> bool:
    text = head.decode("gb18030", "ignore")
    wide = [character for character in text if not character.isascii()]
    common = sum(bool(character.encode("gb2312", "ignore")) for character in wide)
    return bool(wide) and common >= LEAST_COMMON_HAN * len(wide)


def csv_header(path: Path, codec: str) -> list[str]:
    """The column names, stripped; [] for an empty file.  Raises BadInput where the first line is no CSV."""
    with open_bytes(path) as raw, _text(raw, codec) as stream:
        first = stream.readline()
    try:
        return [name.strip("\ufeff \t\r\n") for name in next(csv.reader([first], delimiter=_separator(first)), [])]
    except csv.Error as fault:
        raise BadInput("broken_csv", file=path.name, line=1, detail=str(fault)) from fault


def csv_rows(path: Path, codec: str, columns: int) -> Iterator[tuple[list[str], str]]:
    """The rows after the header, each with "" or the code of what is wrong with it; blank lines are no rows.

    Of a line that cannot be taken apart (an unclosed quote, a cell that is too long) the cells before its first quote
    are given, so that its id is known.
    """
    with open_bytes(path) as raw, _text(raw, codec) as stream:
        separator = _separator(stream.readline())
        for record in csv_records(stream, separator):
            cells = _leniently(record.text, separator) if record.cells is None else record.cells
            if cells is None:
                yield _before_the_quote(record.text, separator), MALFORMED
            elif cells:
                yield cells, _fault(cells, columns)


def _leniently(line: str, separator: str) -> list[str] | None:
    """The cells of a line with text beside its quotes (``"Park" Street``), if every quote in it has its fellow."""
    if line.count('"') % 2:
        return None
    try:
        return next(csv.reader([line], delimiter=separator), None)
    except csv.Error:
        return None


def _before_the_quote(line: str, separator: str) -> list[str]:
    *whole, _ = line.partition('"')[0].split(separator)
    return [readable(cell) if len(cell) <= csv.field_size_limit() else "" for cell in whole]


def _fault(row: list[str], columns: int) -> str:
    faulty = False
    for place, cell in enumerate(row):
        if not cell.isascii() and _LONE.search(cell):
            row[place], faulty = readable(cell), True
    return BAD_ENCODING if faulty else "" if len(row) == columns else WRONG_COLUMNS


def readable(text: str) -> str:
    """The text with half characters and stray bytes as U+FFFD: what every file can hold."""
    return text if text.isascii() else _LONE.sub("\ufffd", text)


def _separator(header: str) -> str:
    """The separator that the header has most of; a comma if it has none."""
    return max(_SEPARATORS, key=header.count)


def _text(raw: IO[bytes], codec: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding=codec, errors=STRAY, newline="")


def _as_half_character(fault: UnicodeError) -> tuple[str, int]:
    """Bytes that do not decode as one half character: `surrogateescape` knows none below 0x80, UTF-16 has them."""
    if isinstance(fault, UnicodeDecodeError):
        return "\udcff", fault.end
    raise fault


codecs.register_error(STRAY, _as_half_character)
