"""CSV files of points as strangers write them: encodings, separators, rows of the wrong length."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from streetchief.errors import BadInput

_BLOCK = 1 << 20
_SEPARATORS = ",;\t"
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
    """The column names, stripped; [] for an empty file."""
    with open_bytes(path) as raw, _text(raw, codec) as stream:
        first = stream.readline()
    return [name.strip() for name in next(csv.reader([first], delimiter=_separator(first)), [])]


def csv_rows(path: Path, codec: str, columns: int) -> Iterator[tuple[list[str], str]]:
    """The rows after the header, each with "" or the code of what is wrong with it; blank lines are no rows.

    Raises BadInput where a quote is never closed.
    """
    with open_bytes(path) as raw, _text(raw, codec) as stream:
        separator = _separator(stream.readline())
        reader = csv.reader(stream, delimiter=separator)
        try:
            for row in reader:
                if row:
                    yield row, _fault(row, columns)
        except csv.Error as fault:
            line = reader.line_num + 1
            raise BadInput("broken_csv", file=path.name, line=line, detail=str(fault)) from fault


def _fault(row: list[str], columns: int) -> str:
    if any("\udc80" <= character <= "\udcff" for cell in row if not cell.isascii() for character in cell):
        row[:] = [cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for cell in row]
        return "bad_encoding"
    return "" if len(row) == columns else "wrong_columns"


def _separator(header: str) -> str:
    """The separator that the header has most of; a comma if it has none."""
    return max(_SEPARATORS, key=header.count)


def _text(raw: IO[bytes], codec: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding=codec, errors="surrogateescape", newline="")
