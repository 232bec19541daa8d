"""Reading a city file: one TOML file, validated whole, the first fault said with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streetchief.city import (
    DATUMS,
    FEED_FIELDS,
    FORMATS,
    PATROL_FEED,
    BucketShares,
    CalendarSpec,
    City,
    DepartmentSeed,
    FeedSpec,
    PatrolItem,
    PatrolPlan,
    PatrolTier,
    PropertyNames,
    RepeatRule,
    Seeds,
    TierTitle,
    Title,
    WorkHours,
)
from streetchief.errors import BadInput


def read_city(path: Path) -> City:
    """Read and validate a city file.

    Paths inside it are relative to the file.  Raises `BadInput` with the place of the first fault.
    """
    if not path.is_file():
        raise BadInput("no_city_file", path=path)
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadInput("bad_city_file", path=path.name, detail=str(fault)) from fault
    return _Reader(path).city(raw)


class _Reader:
    """Turns the raw tables into values and says where a fault is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, detail: str) -> BadInput:
        return BadInput("bad_city_file", path=self.path.name, detail=detail)

    def only(self, table: Mapping[str, Any], where: str, known: str) -> None:
        unknown = sorted(set(table) - set(known.split()))
        if unknown:
            raise self.fail(f"[{where}] does not know {', '.join(unknown)}")

    def need(self, table: Mapping[str, Any], key: str, kind: type | tuple[type, ...], where: str) -> Any:
        if key not in table:
            raise self.fail(f"[{where}] lacks {key}")
        if not isinstance(table[key], kind) or isinstance(table[key], bool):
            raise self.fail(f"[{where}] {key} = {table[key]!r} is of the wrong type")
        return table[key]

    def title(self, value: Any, where: str) -> Title:
        if not isinstance(value, dict) or not value.get("zh") or not value.get("en"):
            raise self.fail(f"[{where}] needs a name in zh and en")
        return Title(str(value["zh"]), str(value["en"]))

    def zone(self, name: str, where: str) -> ZoneInfo:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as fault:
            raise self.fail(f"[{where}] zone {name!r} is not an IANA zone") from fault

    def city(self, raw: Mapping[str, Any]) -> City:
        self.only(raw, "file", "city tier department seed feed placing calendar buckets repeats report_in patrol")
        head = self.need(raw, "city", dict, "file")
        self.only(head, "city", "code name zone metric_srid bounds review_number")
        code = self.need(head, "code", str, "city")
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", code):
            raise self.fail("[city] code must be lower-case ASCII letters, digits and _, 2 to 31 long")
        placing = raw.get("placing", {})
        self.only(placing, "placing", "reach_m min_confidence")
        zone = self.zone(self.need(head, "zone", str, "city"), "city")
        return City(
            code=code,
            name=self.title(head.get("name"), "city"),
            zone=zone,
            metric_srid=self.need(head, "metric_srid", int, "city"),
            bounds=self.bounds(self.need(head, "bounds", list, "city")),
            tiers=self.tiers(raw.get("tier", [])),
            departments=self.departments(raw.get("department", [])),
            feeds=self.feeds(raw.get("feed", []), zone.key),
            seeds=self.seeds(raw.get("seed", {})),
            reach_m=self.within(placing.get("reach_m", 60.0), 1, 1000, "reach_m"),
            min_confidence=self.within(placing.get("min_confidence", 0.80), 0, 1, "min_confidence"),
            review_number=str(head.get("review_number", "")),
            calendar=self.calendar(raw["calendar"]) if "calendar" in raw else None,
            buckets=self.buckets(raw["buckets"]) if "buckets" in raw else None,
            repeats=self.repeats(raw["repeats"]) if "repeats" in raw else None,
            geofence_m=self.geofence_m(raw["report_in"]) if "report_in" in raw else None,
            patrol=self.patrol(raw["patrol"]) if "patrol" in raw else None,
        )

    def within(self, value: Any, low: float, high: float, name: str, where: str = "placing") -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self.fail(f"[{where}] {name} must lie between {low} and {high}")
        return float(value)

    def bounds(self, values: list[Any]) -> tuple[float, float, float, float]:
        if len(values) != 4 or not all(isinstance(v, (int, float)) for v in values):
            raise self.fail("[city] bounds are four numbers: west, south, east, north")
        west, south, east, north = (float(v) for v in values)
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise self.fail("[city] bounds are west, south, east, north in degrees")
        return west, south, east, north

    def tiers(self, tables: list[Any]) -> tuple[TierTitle, ...]:
        tiers = tuple(
            TierTitle(self.need(t, "number", int, "tier"), self.title(t.get("title"), "tier")) for t in tables
        )
        if [t.tier for t in tiers] != list(range(1, len(tiers) + 1)):
            raise self.fail("[[tier]] numbers must run 1, 2, 3 … from the highest")
        return tiers

    def departments(self, tables: list[Any]) -> tuple[DepartmentSeed, ...]:
        found = tuple(
            DepartmentSeed(
                self.need(t, "code", str, "department"),
                self.title(t.get("name"), "department"),
                bool(t.get("inferred", False)),
            )
            for t in tables
        )
        if len({d.code for d in found}) != len(found):
            raise self.fail("[[department]] codes must be unique")
        return found

    def seeds(self, table: Mapping[str, Any]) -> Seeds:
        files = ("streets", "areas", "chiefs", "categories", "rules", "limits", "calendar_overrides")
        self.only(
            table, "seed", " ".join(files) + " streets_properties srid layer encoding geometry_source attribution"
        )
        paths: dict[str, Path] = {}
        for name in files:
            if name in table:
                paths[name] = (self.path.parent / self.need(table, name, str, "seed")).resolve()
                if not paths[name].is_file():
                    raise self.fail(f"[seed] {name}: there is no file {table[name]}")
        properties = table.get("streets_properties", {})
        self.only(properties, "seed.streets_properties", "code name street_class aliases width_m")
        return Seeds(
            **paths,
            streets_properties=PropertyNames(**properties),
            srid=self.need(table, "srid", int, "seed") if "srid" in table else None,
            layer=table.get("layer"),
            encoding=table.get("encoding"),
            geometry_source=str(table.get("geometry_source", "")),
            attribution=str(table.get("attribution", "")),
        )

    def calendar(self, table: Mapping[str, Any]) -> CalendarSpec:
        self.only(table, "calendar", "official basis inferred hours")
        official = table.get("official")
        if official not in (None, "china"):
            raise self.fail(f"[calendar] official {official!r} is not china; leave it out for Monday to Friday")
        hours = tuple(self.hours(one) for one in self.need(table, "hours", list, "calendar"))
        if not hours or hours[-1].from_day is not None or any(h.from_day is None for h in hours[:-1]):
            raise self.fail("[[calendar.hours]] the last, and only the last, must hold all year (no from and to)")
        return CalendarSpec(hours, official, str(table.get("basis", "")), bool(table.get("inferred", False)))

    def hours(self, table: Mapping[str, Any]) -> WorkHours:
        where = "calendar.hours"
        self.only(table, where, "slots from to")
        slots = tuple(self.slot(str(text)) for text in self.need(table, "slots", list, where))
        ends = [minute for slot in slots for minute in slot]
        if not ends or any(a >= b for a, b in slots) or ends != sorted(ends):
            raise self.fail(f"[{where}] slots must be in order and not overlap; a night is two slots, at midnight")
        if ("from" in table) != ("to" in table):
            raise self.fail(f"[{where}] from and to go together")
        return WorkHours(slots, *(self.day_of_year(str(table[key])) for key in ("from", "to") if key in table))

    def slot(self, text: str) -> tuple[int, int]:
        found = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)[-–]([01]\d|2[0-4]):([0-5]\d)", text)
        begin, end = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
        if not found or end > 24 * 60:
            raise self.fail(f'[calendar.hours] slot {text!r} is not like "08:00-12:00"')
        return begin, end

    def day_of_year(self, text: str) -> tuple[int, int]:
        try:
            found = date.fromisoformat(f"2024-{text}")
        except ValueError as fault:
            raise self.fail(f'[calendar.hours] day {text!r} is not like "06-01"') from fault
        return found.month, found.day

    def repeats(self, table: Mapping[str, Any]) -> RepeatRule:
        self.only(table, "repeats", "within_m within_hours recurs_within_days basis")
        within_m = self.within(table.get("within_m"), 1, 1000, "within_m", "repeats")
        hours = self.within(table.get("within_hours"), 0, 24 * 366, "within_hours", "repeats")
        days = self.within(table.get("recurs_within_days"), 0, 366, "recurs_within_days", "repeats")
        return RepeatRule(within_m, timedelta(hours=hours), timedelta(days=days), str(table.get("basis", "")))

    def buckets(self, table: Mapping[str, Any]) -> BucketShares:
        self.only(table, "buckets", "soon_share severe_share basis")
        soon = self.within(table.get("soon_share"), 0, 1, "soon_share", "buckets")
        severe = self.within(table.get("severe_share"), 0, 100, "severe_share", "buckets")
        return BucketShares(soon, severe, str(table.get("basis", "")))

    def geofence_m(self, table: Mapping[str, Any]) -> float:
        self.only(table, "report_in", "geofence_m basis")
        return self.within(table.get("geofence_m"), 1, 1000, "geofence_m", "report_in")

    def patrol(self, table: Mapping[str, Any]) -> PatrolPlan:
        where = "patrol"
        self.only(table, where, "scheme least basis inferred item tier")
        items = tuple(
            PatrolItem(self.need(t, "code", str, "patrol.item"), self.title(t.get("name"), "patrol.item"))
            for t in self.need(table, "item", list, where)
        )
        numbers = [[self.need(t, n, int, "patrol.tier") for n in ("tier", "per_day", "sample")]
                   for t in table.get("tier", [])]  # fmt: skip
        least = self.need(table, "least", int, where)
        if not items or len({item.code for item in items}) != len(items):
            raise self.fail("[[patrol.item]] needs items with codes of their own")
        if len({n[0] for n in numbers}) != len(numbers) or min([least, *(v for n in numbers for v in n)]) < 0:
            raise self.fail("[[patrol.tier]] tiers must be unique, and no number below 0")
        tiers = tuple(PatrolTier(*n) for n in numbers)
        basis, inferred = str(table.get("basis", "")), bool(table.get("inferred", False))
        return PatrolPlan(items, tiers, self.need(table, "scheme", str, where), least, basis, inferred)

    def feeds(self, tables: list[Any], city_zone: str) -> tuple[FeedSpec, ...]:
        feeds = tuple(self.feed(table, city_zone) for table in tables)
        if len({f.id for f in feeds}) != len(feeds):
            raise self.fail("[[feed]] ids must be unique")
        if PATROL_FEED in {f.id for f in feeds}:
            raise self.fail(f"[[feed]] id {PATROL_FEED} is kept for findings of patrols")
        return feeds

    def feed(self, table: Mapping[str, Any], city_zone: str) -> FeedSpec:
        feed_id = self.need(table, "id", str, "feed")
        where = f"feed {feed_id}"
        self.only(table, where, " ".join(FeedSpec.__dataclass_fields__))
        fields = self.need(table, "fields", dict, where)
        self.only(fields, f"{where}.fields", " ".join(FEED_FIELDS))
        for name in ("id", "lon", "lat", "reported_at", "code"):
            self.need(fields, name, str, f"{where}.fields")
        self.declared(table, fields, where)
        return FeedSpec(
            id=feed_id,
            name=self.title(table.get("name"), where),
            format=table["format"],
            scheme=self.need(table, "scheme", str, where),
            fields=dict(fields),
            datum=table.get("datum"),
            zone=self.zone(table.get("zone", city_zone), where).key,
            encoding=str(table.get("encoding", "utf-8")),
            srid=table.get("srid"),
            kinds=dict(table.get("kinds", {})),
            default_kind=table.get("default_kind"),
            time_formats=tuple(table.get("time_formats", ())),
            default_points=tuple((float(x), float(y)) for x, y in table.get("default_points", ())),
            default_point_rows=int(table.get("default_point_rows", 200)),
            synthetic=bool(table.get("synthetic", False)),
        )

    def declared(self, table: Mapping[str, Any], fields: Mapping[str, Any], where: str) -> None:
        """Refuse what would have to be guessed: format, datum, encoding, kind."""
        if self.need(table, "format", str, where) not in FORMATS:
            raise self.fail(f"[{where}] format must be one of {', '.join(FORMATS)}")
        datum = table.get("datum")
        if datum is None and "datum" not in fields:
            raise self.fail(f"[{where}] a feed with no declared datum is refused; say {', '.join(DATUMS)}")
        if datum is not None and datum not in DATUMS:
            raise self.fail(f"[{where}] datum {datum!r} is not one of {', '.join(DATUMS)}")
        encoding = str(table.get("encoding", "utf-8"))
        if not _carries_lines(encoding):
            raise self.fail(f"[{where}] encoding {encoding!r} is unknown or has no plain line ends (utf-8, gb18030 …)")
        kinds, default_kind = table.get("kinds", {}), table.get("default_kind")
        if not kinds and default_kind is None:
            raise self.fail(f"[{where}] needs kinds or default_kind: a code without its kind is ambiguous")
        for kind in [*kinds.values(), default_kind]:
            if kind not in ("component", "event", None):
                raise self.fail(f"[{where}] kind {kind!r} must be component or event")


def _carries_lines(encoding: str) -> bool:
    """Whether a text encoding is known and writes a line end as the one byte that ASCII has for it."""
    try:
        return "\n".encode(encoding) == b"\n"
    except (LookupError, UnicodeError, TypeError):
        return False
