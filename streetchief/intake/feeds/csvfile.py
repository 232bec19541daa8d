"""CSV feeds: every line is accounted for, whatever is wrong with it."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from streetchief.errors import BadInput
from streetchief.intake.feeds.records import RawRecord
from streetchief.intake.reject import BAD_ENCODING, MALFORMED, WRONG_COLUMNS
from streetchief.registry.csvlines import csv_records

BROKEN_ARCHIVE = (EOFError, gzip.BadGzipFile, zlib.error)


def open_bytes(path: Path) -> BufferedIOBase:
    """A file's bytes, unpacked if it is .gz."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def read_csv(path: Path, encoding: str, needed: set[str]) -> Iterator[RawRecord]:
    """The records of a CSV file with a header line, in order; .gz is unpacked on the way.

    A line with bytes that are not of the declared encoding, with more or fewer columns than the header, or with a
    quote that is never closed becomes a record with a fault; the lines after it are read as usual.
    Raises BadInput if a declared column is missing from the header.
    """
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    with open_bytes(path) as stream:
        header = _header(stream.readline().decode(codec, "replace"))
        missing = sorted(needed - set(header))
        if missing:
            raise BadInput("missing_columns", file=path.name, missing=", ".join(missing), encoding=encoding)
        if len(set(header)) != len(header):
            raise BadInput("columns_twice", file=path.name)
        number = 2
        for record in csv_records(_lines(stream, encoding if codec == "utf-8-sig" else codec)):
            if record.cells is None:
                yield RawRecord(number, {"": _visible(record.text)}, MALFORMED)
            elif record.cells:
                yield _record(number, header, record.cells, record.text)
            number += record.lines


def _lines(stream: BufferedIOBase, encoding: str) -> Iterator[str]:
    """Text lines; bytes that do not decode stay visible as surrogates."""
    for line in stream:
        yield line.decode(encoding, "surrogateescape")


def _header(line: str) -> list[str]:
    """The names of the columns; none for a line that is no CSV (another encoding, another kind of file)."""
    try:
        return next(csv.reader([line.replace("\0", "").rstrip("\r\n")]), [])
    except csv.Error:
        return []


def _record(number: int, header: list[str], row: list[str], text: str) -> RawRecord:
    try:
        text.encode()
    except UnicodeEncodeError:
        return RawRecord(number, {"": _visible(text)}, BAD_ENCODING)
    if len(row) != len(header):
        return RawRecord(number, {"": text.rstrip("\r\n")}, WRONG_COLUMNS)
    return RawRecord(number, dict(zip(header, row, strict=True)))


def _visible(text: str) -> str:
    """Undecodable bytes as \\xNN, so that the record can be stored and read by a person."""
    return text.rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
