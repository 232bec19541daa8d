"""The calendar and the limits that a city file seeds: files to values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from streetchief.casework.calendar import Override, OverrideKind, WorkCalendar
from streetchief.casework.deadlines import ServiceLevel, Step
from streetchief.casework.limits import LimitTable, UnclearLimit, read_limit
from streetchief.casework.official import official_calendar
from streetchief.city import City
from streetchief.errors import BadInput
from streetchief.registry.model import Fault
from streetchief.registry.sheets import CALENDAR_OVERRIDES, LIMITS, Unfit, read_table
from streetchief.registry.values import day, text

KINDS = ("component", "event")


def calendar_from_city(city: City) -> tuple[WorkCalendar, tuple[Fault, ...]]:
    """The working calendar of a city's seeds and the faults of its override table.

    Raises BadInput if the city file declares no work hours: they are never assumed.
    """
    if city.calendar is None:
        raise BadInput("no_calendar", city=city.code)
    path = city.seeds.calendar_overrides
    overrides, faults = read_overrides(path) if path else ((), ())
    return WorkCalendar(city.zone, city.calendar.hours, official_calendar(city.calendar.official), overrides), faults


def limits_from_city(city: City) -> tuple[LimitTable, tuple[Fault, ...]]:
    """The limits of a city's seeds and the faults of their lines; an empty table if the city has none."""
    return read_limits(city.seeds.limits) if city.seeds.limits else (LimitTable(), ())


def read_overrides(path: Path) -> tuple[tuple[Override, ...], tuple[Fault, ...]]:
    """Days that the office sets itself, sorted, from CSV or Excel, and the faults of the lines.

    Columns: day, kind (``work``, ``rest``, or ``notice``: the year's notice is entered whole, `day` is then the year),
    basis.  The second line for a day is a fault.  Raises BadInput for a file that cannot be read.
    """

    def override(row: Mapping[str, Any]) -> Override:
        kind = text(row["kind"])
        if kind not in tuple(OverrideKind):
            raise Unfit("bad_override_kind", kind)
        return Override(_day(text(row["day"]), row["day"], kind), OverrideKind(kind), text(row.get("basis")))

    found, faults = read_table(path, CALENDAR_OVERRIDES, override)
    kept: dict[tuple[date, bool], Override] = {}
    twice: list[Fault] = []
    for one in found:
        key = one.day, one.kind == OverrideKind.NOTICE
        if kept.setdefault(key, one) is not one:
            twice.append(Fault("day_twice", path.name, one.day.isoformat()))
    return tuple(kept[key] for key in sorted(kept)), (*faults, *twice)


def _day(plain: str, cell: Any, kind: str) -> date:
    try:
        found = date(int(plain), 1, 1) if kind == OverrideKind.NOTICE and plain.isdigit() else day(cell)
    except ValueError as fault:
        raise Unfit("bad_date", plain) from fault
    assert found is not None  # `day` is a needed column
    return found


def read_limits(path: Path) -> tuple[LimitTable, tuple[Fault, ...]]:
    """Time limits from CSV or Excel, sorted, and the faults of the lines.

    Columns: scheme, kind, code (whole, a prefix ending in ``*``, or ``*``), condition, step (handle if empty), limit
    (``2紧急工作时``), basis.  A limit that cannot be read is no fault: it is kept as an `UnclearLimit` with its reason.
    The second line for one category, condition and step is a fault.  Raises BadInput for a file that cannot be read.
    """

    def limit(row: Mapping[str, Any]) -> ServiceLevel | UnclearLimit:
        scheme, kind, code = (text(row[name]) for name in ("scheme", "kind", "code"))
        if kind not in KINDS:
            raise Unfit("bad_kind", kind)
        step = text(row.get("step")) or Step.HANDLE.value
        if step not in tuple(Step):
            raise Unfit("bad_step", step)
        condition = text(row.get("condition")) or None
        said = text(row["limit"])
        reading = read_limit(said)
        if reading.reason:
            return UnclearLimit(scheme, kind, code, condition, Step(step), said, reading.reason)
        basis = text(row.get("basis"))
        what = (scheme, kind, code, condition, Step(step), basis, reading.is_inferred)
        return ServiceLevel(reading.amount, reading.unit, *what)

    found, faults = read_table(path, LIMITS, limit)
    kept: dict[tuple[str, str, str, str, str], ServiceLevel | UnclearLimit] = {}
    twice: list[Fault] = []
    for one in found:
        key = one.scheme, one.kind, one.code, one.condition or "", one.step.value
        if kept.setdefault(key, one) is not one:
            twice.append(Fault("limit_twice", path.name, " ".join(filter(None, key))))
    ordered = [kept[key] for key in sorted(kept)]
    levels = tuple(one for one in ordered if isinstance(one, ServiceLevel))
    return LimitTable(levels, tuple(one for one in ordered if isinstance(one, UnclearLimit))), (*faults, *twice)
