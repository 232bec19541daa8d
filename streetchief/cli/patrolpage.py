"""A monthly review or quarterly bulletin as a table: every rate with its numerator and denominator."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from streetchief.patrol.model import Line, Rate, Record
from streetchief.patrol.rules import rates
from streetchief.words import both

SHOWN = ("patrols", "missed", "sampled")  # the other counts stand in the rates
HELD_OUT = "※"


def record_table(record: Record) -> Table:
    """One row a line: street, tier, counts, rates."""
    names = [rate.measure for rate in rates(record.lines[0].counts, record.least)]
    table = Table(both("patrol.column.street"), both("patrol.column.tier"), *SHOWN, *names)
    for line in record.lines:
        counts = [str(getattr(line.counts, name)) for name in SHOWN]
        shown = [rate_of(rate) for rate in rates(line.counts, record.least)]
        table.add_row(*(escape(cell) for cell in (*place_of(line), *counts, *shown)))
    return table


def place_of(line: Line) -> tuple[str, str]:
    """Street and tier, "all" for none."""
    everything = both("patrol.all")
    return line.street or everything, everything if line.tier is None else str(line.tier)


def rate_of(rate: Rate) -> str:
    """``3/4 75.00%``; with a mark instead of the rate where it is held out."""
    numbers = f"{rate.numerator}/{rate.denominator}"
    if rate.is_held_out:
        return f"{numbers} {HELD_OUT}"
    return numbers if rate.value is None else f"{numbers} {rate.value:.2%}"
