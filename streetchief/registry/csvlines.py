"""The lines of a CSV file, one record at a time: an unclosed quote costs its own line, never the lines after it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MOST_LINES_A_RECORD = 200  # a quoted text longer than this is an unclosed quote, not a text


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record, or one line that is none.

    cells  its columns, [] for a blank line; None where the line is no CSV: a quote that is not closed within 200
           lines or by the end of the file, text after a closing quote, a cell over 131,072 characters
    text   the record as it stands in the file, line ends included
    lines  how many lines it takes
    """

    cells: list[str] | None
    text: str
    lines: int


def csv_records(lines: Iterator[str], separator: str = ",") -> Iterator[CsvRecord]:
    """The records of `lines` in order; none of the lines is lost: after a faulty line the next one is read as usual."""
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=separator, strict=True)
    while True:
        source.taken = []
        try:
            cells = next(reader, None)
        except csv.Error:
            yield CsvRecord(None, source.give_back_all_but_first(), 1)
            reader = csv.reader(source, delimiter=separator, strict=True)
            continue
        if cells is None:
            return
        taken = source.taken
        yield CsvRecord(cells, taken[0] if len(taken) == 1 else "".join(taken), len(taken))


class _Lines(Iterator[str]):
    """Text lines that can be handed back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.returned: deque[str] = deque()
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = self.returned.popleft() if self.returned else next(self.lines)
        self.taken.append(line)
        if len(self.taken) > MOST_LINES_A_RECORD:
            raise csv.Error("a quote is not closed")
        return line

    def give_back_all_but_first(self) -> str:
        first, *rest = self.taken
        self.returned.extendleft(reversed(rest))
        self.taken = []
        return first
