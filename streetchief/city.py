"""A city as one frozen value; `streetchief.cityfile` reads it from its TOML file.

What never changes while the program runs (name, zone, metric projection, bounds, tier titles, languages) is used
from here.  What an office edits later (streets, chiefs, departments, rules, category schemes, feeds, limits) is only
*seeded* from the files that the city file names: from the first publication on the database owns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from streetchief.errors import BadInput

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
PATROL_FEED = "patrol"
"""The internal feed by which findings of patrols come in; no city may declare one of that name."""
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
    """The files that seed the registry, as absolute paths; None = the city has none.

    srid, layer, encoding   of the streets file where it does not say them itself
    """

    streets: Path | None = None
    areas: Path | None = None
    chiefs: Path | None = None
    categories: Path | None = None
    rules: Path | None = None
    limits: Path | None = None
    calendar_overrides: Path | None = None
    streets_properties: PropertyNames = field(default_factory=PropertyNames)
    srid: int | None = None
    layer: str | None = None
    encoding: str | None = None
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
class WorkHours:
    """The work slots of a working day, all year or from one day of the year up to another.

    slots     minutes after midnight of city time, (begin, end), in order, none past 24:00
    from_day  (month, day); with `to_day`, the first day without them; a season may pass the end of the year
    """

    slots: tuple[tuple[int, int], ...]
    from_day: tuple[int, int] | None = None
    to_day: tuple[int, int] | None = None

    def holds(self, day: date) -> bool:
        """Whether these are the hours of a city day."""
        if self.from_day is None or self.to_day is None:
            return True
        that = (day.month, day.day)
        if self.from_day <= self.to_day:
            return self.from_day <= that < self.to_day
        return that >= self.from_day or that < self.to_day


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """The city's working time: slots (the first that holds on a day counts) and the official calendar it follows.

    official  ``china`` = holidays and make-up days of the State Council; None = Monday to Friday and the overrides
    basis     where the hours are from
    inferred  the hours are our reading, to be confirmed
    """

    hours: tuple[WorkHours, ...]
    official: str | None = None
    basis: str = ""
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class BucketShares:
    """When a case is due soon and when it is severely overdue, as shares of its limit.

    soon    due soon once no more than this share is left, 0 to 1; severe  once overrun by more than this share
    """

    soon: float
    severe: float
    basis: str = ""


@dataclass(frozen=True, slots=True)
class PatrolItem:
    """One line of the check list of a patrol."""

    code: str
    name: Title


@dataclass(frozen=True, slots=True)
class PatrolTier:
    """What is asked of one tier of chiefs.

    per_day  patrols that each of them owes on a working day; 0 = none, so none is ever missed
    sample   patrols of a week that the tier above checks, drawn from all of the tier; 0 = no weekly check
    """

    tier: int
    per_day: int
    sample: int


@dataclass(frozen=True, slots=True)
class PatrolPlan:
    """日巡、周查、月评、季通报 of a city.

    scheme    of the category codes that a finding may name
    least     a rate over fewer than this is held out: its numbers stand, the rate does not
    inferred  the plan is our reading, to be confirmed
    """

    items: tuple[PatrolItem, ...]
    tiers: tuple[PatrolTier, ...]
    scheme: str
    least: int
    basis: str = ""
    inferred: bool = False

    def of_tier(self, tier: int) -> PatrolTier:
        """What is asked of a tier; nothing of one that the city does not name."""
        return next((asked for asked in self.tiers if asked.tier == tier), PatrolTier(tier, 0, 0))


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """When two reports of one class likely are one matter, and when a cause counts as come back.

    within_m, within   of each other's place and instant; recurs_within  after the parent case was closed
    """

    within_m: float
    within: timedelta
    recurs_within: timedelta
    basis: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """Everything fixed about a city.

    bounds are WGS-84 degrees (west, south, east, north); `metric_srid` is the projected CRS, in metres, in which
    every distance is measured; `zone` is the IANA zone of its working day.  Without `calendar` no working time can be
    counted, without `buckets` nothing is due soon or severely overdue, without `repeats` no repeat and no recurrence is
    proposed, without `patrol` there is no check list and no patrol is due: none of them has a default.  `geofence_m` is
    how near to its segment a department that reports in must be; without it no position proves an arrival.
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
    calendar: CalendarSpec | None = None
    buckets: BucketShares | None = None
    repeats: RepeatRule | None = None
    geofence_m: float | None = None
    patrol: PatrolPlan | None = None

    def feed(self, feed_id: str) -> FeedSpec:
        """The feed of that id: one that the city declares, or that of findings if it has patrols; else BadInput."""
        for feed in (*self.feeds, *([] if self.patrol is None else [self._findings(self.patrol)])):
            if feed.id == feed_id:
                return feed
        raise BadInput("unknown_feed", feed=feed_id, known=", ".join(f.id for f in self.feeds) or "-")

    def _findings(self, plan: PatrolPlan) -> FeedSpec:
        names = ("id", "lon", "lat", "reported_at", "kind", "code", "text", "address")
        return FeedSpec(
            id=PATROL_FEED, name=Title("街长巡查", "street chiefs' patrols"), format="jsonl", scheme=plan.scheme,
            fields={name: name for name in names}, datum="wgs84", zone=self.zone.key,
            kinds={"component": "component", "event": "event"},
        )  # fmt: skip


def shipped_data_dir() -> Path:
    """The folder of the shipped city: inside an installed wheel, or ``data/`` of a checkout."""
    inside = Path(__file__).parent / "data"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "data"


def shipped_city_file() -> Path:
    """The city file that ships: 青江街道."""
    return shipped_data_dir() / "qingjiang.toml"
