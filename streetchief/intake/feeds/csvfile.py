"""CSV feeds: every line is accounted for, whatever is wrong with it."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import deque
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from streetchief.errors import BadInput
from streetchief.intake.feeds.records import RawRecord
from streetchief.intake.reject import BAD_ENCODING, MALFORMED, WRONG_COLUMNS

MOST_LINES_A_RECORD = 200  # a quoted text longer than this is an unclosed quote, not a text


BROKEN_ARCHIVE = (EOFError, gzip.BadGzipFile, zlib.error)


def open_bytes(path: Path) -> BufferedIOBase:
    """A file's bytes, unpacked if it is .gz."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


class _Lines(Iterator[str]):
    """Text lines that can be handed back; bytes that do not decode stay visible as surrogates."""

    def __init__(self, stream: BufferedIOBase, encoding: str) -> None:
        self.stream = stream
        self.encoding = encoding
        self.returned: deque[str] = deque()
        self.taken: list[str] = []

    def __next__(self) -> str:
        if self.returned:
            line = self.returned.popleft()
        else:
            raw = self.stream.readline()
            if not raw:
                raise StopIteration
            line = raw.decode(self.encoding, "surrogateescape")
        self.taken.append(line)
        if len(self.taken) > MOST_LINES_A_RECORD:
            raise csv.Error("a quote is not closed")
        return line

    def give_back_all_but_first(self) -> str:
        first, *rest = self.taken
        self.returned.extendleft(reversed(rest))
        self.taken = []
        return first


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
        lines = _Lines(stream, encoding if codec == "utf-8-sig" else codec)
        number = 2
        rows = csv.reader(lines, strict=True)
        while True:
            lines.taken = []
            try:
                row = next(rows, None)
            except csv.Error:
                rows = csv.reader(lines, strict=True)
                yield RawRecord(number, {"": _visible(lines.give_back_all_but_first())}, MALFORMED)
                number += 1
                continue
            if row is None:
                return
            if row:
                yield _record(number, header, row, "".join(lines.taken))
            number += len(lines.taken)


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
