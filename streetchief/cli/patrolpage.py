"""A monthly review or quarterly bulletin as a table: every rate with its numerator and denominator."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from streetchief.patrol.model import Line, Rate, Record
from streetchief.patrol.rules import rates
from streetchief.patrol.tables import COUNTS
from streetchief.words import both, say


def record_table(record: Record) -> Table:
    """One row a line: street, tier, the counts, the rates."""
    names = [say("patrol.column.street"), say("patrol.column.tier"), *COUNTS]
    table = Table(*names, *(rate.measure for rate in rates(record.lines[0].counts, record.least)))
    for line in record.lines:
        counts = [str(getattr(line.counts, name)) for name in COUNTS]
        shown = [rate_of(rate, record.least) for rate in rates(line.counts, record.least)]
        table.add_row(*(escape(cell) for cell in (*place_of(line), *counts, *shown)))
    return table


def place_of(line: Line) -> tuple[str, str]:
    """Street and tier, "all" for none."""
    everything = both("patrol.all")
    return line.street or everything, everything if line.tier is None else str(line.tier)


def rate_of(rate: Rate, least: int) -> str:
    """``3/4 75.00 %``; without the rate where it is held out."""
    numbers = f"{rate.numerator}/{rate.denominator}"
    if rate.is_held_out:
        return f"{numbers} {both('patrol.held_out', least=least)}"
    return numbers if rate.value is None else f"{numbers} {rate.value:.2%}"
