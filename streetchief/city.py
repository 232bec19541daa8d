"""A city as one frozen value, read from one TOML file and validated whole.

What never changes while the program runs (name, zone, metric projection, bounds, tier titles, languages) is used
from here.  What an office edits later (streets, chiefs, departments, rules, category schemes, feeds) is only
*seeded* from the files that the city file names: from the first publication on the database owns it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streetchief.errors import BadInput

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
FORMATS = ("csv", "excel", "geojson", "jsonl")
FEED_FIELDS = (
    "id", "lon", "lat", "reported_at", "kind", "code", "condition", "text", "address", "datum",
    "complainant_name", "complainant_phone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Title:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class TierTitle:
    """One tier of chief: 1 is the highest."""

    tier: int
    title: Title


@dataclass(frozen=True, slots=True)
class DepartmentSeed:
    """A department as the city file first names it."""

    code: str
    name: Title
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class PropertyNames:
    """Which property of a foreign street file means what; None = the file does not say."""

    code: str | None = "code"
    name: str = "name"
    street_class: str | None = None
    aliases: str | None = None
    width_m: str | None = None


@dataclass(frozen=True, slots=True)
class Seeds:
    """The files that seed the registry, as absolute paths; None = the city has none."""

    streets: Path | None = None
    areas: Path | None = None
    chiefs: Path | None = None
    categories: Path | None = None
    rules: Path | None = None
    streets_properties: PropertyNames = field(default_factory=PropertyNames)
    geometry_source: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One outside system that we read, as a declared mapping.

    fields        our field name → the feed's column or property; see `FEED_FIELDS`
    kinds         the feed's word for the kind → ``component`` or ``event``; empty = kind is `default_kind`
    datum         None when each record declares its own (then `fields` maps ``datum``)
    zone          zone of naive times; the city's zone unless the feed says otherwise
    time_formats  strptime formats, tried in order; ISO 8601 is always understood
    default_points       known places that the feed's geocoder gives when it fails, lonlat in the feed's datum
    default_point_rows   unrelated rows on one coordinate that make it a default point
    """

    id: str
    name: Title
    format: str
    scheme: str
    fields: Mapping[str, str]
    datum: str | None
    zone: str
    encoding: str = "utf-8"
    srid: int | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    default_kind: str | None = None
    time_formats: tuple[str, ...] = ()
    default_points: tuple[tuple[float, float], ...] = ()
    default_point_rows: int = 200
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class City:
    """Everything fixed about a city.

    bounds are WGS-84 degrees (west, south, east, north); `metric_srid` is the projected CRS, in metres, in which
    every distance is measured; `zone` is the IANA zone of its working day.
    """

    code: str
    name: Title
    zone: ZoneInfo
    metric_srid: int
    bounds: tuple[float, float, float, float]
    tiers: tuple[TierTitle, ...]
    departments: tuple[DepartmentSeed, ...]
    feeds: tuple[FeedSpec, ...]
    seeds: Seeds
    reach_m: float = 60.0
    min_confidence: float = 0.80
    review_number: str = ""

    def feed(self, feed_id: str) -> FeedSpec:
        """The feed of that id.  Raises `BadInput` if the city declares none."""
        for feed in self.feeds:
            if feed.id == feed_id:
                return feed
        raise BadInput("unknown_feed", feed=feed_id, known=", ".join(f.id for f in self.feeds) or "-")


def shipped_data_dir() -> Path:
    """The folder of the shipped city: inside an installed wheel, or ``data/`` of a checkout."""
    inside = Path(__file__).parent / "data"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "data"


def shipped_city_file() -> Path:
    """The city file that ships: 青江街道."""
    return shipped_data_dir() / "qingjiang.toml"


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
        self.only(raw, "file", "city tier department seed feed placing")
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
        )

    def within(self, value: Any, low: float, high: float, name: str) -> float:
        if not isinstance(value, (int, float)) or not low <= value <= high:
            raise self.fail(f"[placing] {name} must lie between {low} and {high}")
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
        files = ("streets", "areas", "chiefs", "categories", "rules")
        self.only(table, "seed", " ".join(files) + " streets_properties geometry_source attribution")
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
            geometry_source=str(table.get("geometry_source", "")),
            attribution=str(table.get("attribution", "")),
        )

    def feeds(self, tables: list[Any], city_zone: str) -> tuple[FeedSpec, ...]:
        feeds = tuple(self.feed(table, city_zone) for table in tables)
        if len({f.id for f in feeds}) != len(feeds):
            raise self.fail("[[feed]] ids must be unique")
        return feeds

    def feed(self, table: Mapping[str, Any], city_zone: str) -> FeedSpec:
        feed_id = self.need(table, "id", str, "feed")
        where = f"feed {feed_id}"
        self.only(table, where, " ".join(FeedSpec.__dataclass_fields__))
        fields = self.need(table, "fields", dict, where)
        self.only(fields, f"{where}.fields", " ".join(FEED_FIELDS))
        for name in ("id", "lon", "lat", "reported_at", "code"):
            self.need(fields, name, str, f"{where}.fields")
        form = self.need(table, "format", str, where)
        if form not in FORMATS:
            raise self.fail(f"[{where}] format must be one of {', '.join(FORMATS)}")
        datum = table.get("datum")
        if datum is None and "datum" not in fields:
            raise self.fail(f"[{where}] a feed with no declared datum is refused; say {', '.join(DATUMS)}")
        if datum is not None and datum not in DATUMS:
            raise self.fail(f"[{where}] datum {datum!r} is not one of {', '.join(DATUMS)}")
        kinds = table.get("kinds", {})
        default_kind = table.get("default_kind")
        if not kinds and default_kind is None:
            raise self.fail(f"[{where}] needs kinds or default_kind: a code without its kind is ambiguous")
        for kind in [*kinds.values(), default_kind]:
            if kind not in ("component", "event", None):
                raise self.fail(f"[{where}] kind {kind!r} must be component or event")
        return FeedSpec(
            id=feed_id,
            name=self.title(table.get("name"), where),
            format=form,
            scheme=self.need(table, "scheme", str, where),
            fields=dict(fields),
            datum=datum,
            zone=self.zone(table.get("zone", city_zone), where).key,
            encoding=str(table.get("encoding", "utf-8")),
            srid=table.get("srid"),
            kinds=dict(kinds),
            default_kind=default_kind,
            time_formats=tuple(table.get("time_formats", ())),
            default_points=tuple((float(x), float(y)) for x, y in table.get("default_points", ())),
            default_point_rows=int(table.get("default_point_rows", 200)),
            synthetic=bool(table.get("synthetic", False)),
        )
