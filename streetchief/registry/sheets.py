"""Rosters of chiefs, responsibility rules and category schemes: tables from CSV or Excel, and the Excel template."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import xlsxwriter

from streetchief.errors import BadInput
from streetchief.registry.model import Appointment, Category, Fault, Rule, Span
from streetchief.registry.values import day, text, truth
from streetchief.registry.workbook import sheet_rows
from streetchief.words import group

CHIEFS, RULES, CATEGORIES = "chiefs", "rules", "categories"
LIMITS, CALENDAR_OVERRIDES = "limits", "calendar_overrides"  # what they say is read in casework
NEEDED = {
    CHIEFS: ("segment", "tier", "chief"),
    RULES: ("order", "scheme", "kind", "code", "handler", "supervisor"),
    CATEGORIES: ("scheme", "kind", "code", "name"),
    LIMITS: ("scheme", "kind", "code", "limit"),
    CALENDAR_OVERRIDES: ("day", "kind"),
}
MOST_BYTES = 64 * 1024 * 1024  # of a table, unpacked: a roster of 100,000 lines needs about 10 MB
MASK = "*"

Value = TypeVar("Value")
Row = Mapping[str, Any]


def read_chiefs(path: Path) -> tuple[tuple[Appointment, ...], tuple[Fault, ...]]:
    """Appointments of a roster, sorted by segment, tier and first day, and the faults of its lines.

    Columns (English, or the Chinese of the template): segment, tier, chief, post, from_on, to_on, public,
    placeholder.  `to_on` is the first day without the chief.  A masked name (``张*``) is a fault: an export that
    hides names is no roster.  Raises BadInput for a file that cannot be read or lacks a needed column.
    """

    def appointment(row: Row) -> Appointment:
        chief = text(row["chief"])
        if chief.endswith(MASK):
            raise Unfit("masked_name", chief)
        return Appointment(
            segment=text(row["segment"]),
            tier=_whole(row["tier"]),
            chief=chief,
            on=_span(row),
            post=text(row.get("post")),
            public=truth(row.get("public"), default=False),
            placeholder=truth(row.get("placeholder"), default=False),
        )

    found, faults = read_table(path, CHIEFS, appointment)
    return tuple(sorted(found, key=appointment_key)), faults


def read_rules(path: Path) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Responsibility rules, sorted by order, and the faults of their lines.  Raises BadInput like `read_chiefs`.

    Columns: order, scheme, kind, code (whole, or a prefix ending in ``*``), condition, street, area, handler,
    supervisor, co_departments (separated by ``|``), from_on, to_on, basis.
    """

    def rule(row: Row) -> Rule:
        return Rule(
            order=_whole(row["order"]),
            scheme=text(row["scheme"]),
            kind=text(row["kind"]),
            code=text(row["code"]),
            handler=text(row["handler"]),
            supervisor=text(row["supervisor"]),
            condition=text(row.get("condition")) or None,
            street=text(row.get("street")) or None,
            area=text(row.get("area")) or None,
            co_departments=tuple(d for d in text(row.get("co_departments")).replace("；", "|").split("|") if d),
            on=_span(row),
            basis=text(row.get("basis")),
        )

    found, faults = read_table(path, RULES, rule)
    return tuple(sorted(found, key=lambda r: (r.order, r.scheme, r.kind, r.code))), faults


def read_categories(path: Path) -> tuple[tuple[Category, ...], tuple[Fault, ...]]:
    """Categories, sorted by (scheme, kind, code).  Raises BadInput like `read_chiefs`.

    Columns: scheme, kind, code, name, big_name, evidence, origin.  Local extensions of different cities collide: a
    code that one scheme and kind give two names is left out with a warning, so that it goes to a person.
    """

    def category(row: Row) -> Category:
        evidence = "; ".join(filter(None, (text(row.get("evidence")), text(row.get("origin")))))
        identity = text(row["scheme"]), text(row["kind"]), text(row["code"])
        return Category(*identity, text(row["name"]), text(row.get("big_name")), evidence)

    found, faults = read_table(path, CATEGORIES, category)
    names: dict[tuple[str, str, str], set[str]] = {}
    for one in found:
        names.setdefault((one.scheme, one.kind, one.code), set()).add(one.name)
    clashes = tuple(
        Fault("category_ambiguous", " ".join(key), " / ".join(sorted(both)), blocking=False)
        for key, both in sorted(names.items())
        if len(both) > 1
    )
    kept = {(c.scheme, c.kind, c.code): c for c in found if len(names[c.scheme, c.kind, c.code]) == 1}
    return tuple(kept[key] for key in sorted(kept)), (*faults, *clashes)


def appointment_key(one: Appointment) -> tuple[str, int, str, str]:
    """The order of appointments in a registry: segment, tier, first day, chief."""
    return (one.segment, one.tier, one.on.from_on.isoformat() if one.on.from_on else "", one.chief)


def columns_of(kind: str) -> tuple[str, ...]:
    """Our field names of a table (`CHIEFS`, `RULES`, `CATEGORIES`), in the order of the template."""
    return tuple(group(f"sheet.{kind}"))


def write_template(path: Path, kind: str, rows: Sequence[Mapping[str, object]]) -> None:
    """An Excel workbook with the columns of `kind` in Chinese and English and the given rows; never a formula."""
    fields = group(f"sheet.{kind}")
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = workbook.add_worksheet()
    bold = workbook.add_format({"bold": True})
    for column, (field, title) in enumerate(fields.items()):
        sheet.write_string(0, column, title["zh"], bold)
        sheet.set_column(column, column, 18)
        for number, row in enumerate(rows, start=1):
            sheet.write_string(number, column, text(row.get(field)))
    sheet.freeze_panes(1, 0)
    workbook.close()


class Unfit(Exception):
    """A line that cannot become a value; `code` is that of its `Fault`."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


def read_table(path: Path, kind: str, build: Callable[[Row], Value]) -> tuple[list[Value], tuple[Fault, ...]]:
    """What `build` makes of each line of a table of `kind` (a key of `NEEDED`), and the faults of the others.

    `build` raises `Unfit` for a line that cannot become a value.  Raises BadInput like `read_chiefs`.
    """
    found: list[Value] = []
    faults: list[Fault] = []
    for line, row in _rows(path, kind):
        where = f"{path.name}:{line}"
        lacking = [name for name in NEEDED[kind] if not text(row.get(name))]
        if lacking:
            faults.append(Fault("row_incomplete", where, ", ".join(lacking)))
            continue
        try:
            found.append(build(row))
        except Unfit as unfit:
            faults.append(Fault(unfit.code, where, unfit.detail))
    return found, tuple(faults)


def _rows(path: Path, kind: str) -> Iterator[tuple[int, Row]]:
    """Lines below the header as our field names → cells; empty lines are passed over."""
    if not path.is_file():
        raise BadInput("no_such_file", path=path)
    is_workbook = path.suffix.lower() in (".xlsx", ".xls", ".ods")
    lines = sheet_rows(path, MOST_BYTES) if is_workbook else _csv_lines(path)
    titles = {title[language]: field for field, title in group(f"sheet.{kind}").items() for language in title}
    header = [titles.get(text(cell), text(cell)) for cell in next(lines, [])]
    missing = [name for name in NEEDED[kind] if name not in header]
    if missing:
        raise BadInput("missing_properties", file=path.name, missing=", ".join(missing))
    if any(header.count(name) > 1 for name in header if name):
        raise BadInput("columns_twice", file=path.name)
    for number, cells in enumerate(lines, start=2):
        if any(text(cell) for cell in cells):
            yield number, dict(zip(header, cells, strict=False))


def _csv_lines(path: Path) -> Iterator[list[Any]]:
    """Lines of a CSV file in UTF-8, or in GB 18030, which Chinese Excel writes."""
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        raise BadInput("table_too_large", file=path.name)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return iter(list(csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True)))
        except UnicodeDecodeError:
            continue
        except csv.Error as fault:
            raise BadInput("unreadable_table", file=path.name, detail=str(fault)) from fault
    raise BadInput("unreadable_table", file=path.name, detail="UTF-8, GB 18030")


def _whole(value: Any) -> int:
    plain = text(value)
    if not plain.isascii() or not plain.isdigit() or len(plain) > 9:
        raise Unfit("bad_number", plain)
    return int(plain)


def _span(row: Row) -> Span:
    try:
        return Span(day(row.get("from_on")), day(row.get("to_on")))
    except ValueError as fault:
        raise Unfit("bad_date", f"{text(row.get('from_on'))} / {text(row.get('to_on'))}") from fault
