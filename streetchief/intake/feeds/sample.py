"""A seeded, wholly synthetic feed, so that the program can be tried without anybody's complaint.

Nothing in it is real: every row says 合成样例 in `source_note` and at the head of its text; names are 示例甲 …,
telephone numbers 138000000xx, and identity numbers of a division code (999999) that was never given out.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import numpy as np
from shapely import Point

from streetchief.city import City
from streetchief.geo.crs import to_lonlat
from streetchief.geo.datum import Datum, from_wgs84
from streetchief.intake.feeds import sample_words as words
from streetchief.intake.feeds.sample_town import Town, Xy
from streetchief.registry.model import Registry

COLUMNS = (
    "rec_id", "report_time", "main_kind", "sub_type_code", "condition", "event_desc", "address", "coordinate_x",
    "coordinate_y", "reporter_name", "reporter_phone", "source_note",
)  # fmt: skip
FIRST_DAY = date(2026, 5, 1)
DAYS = 184
DEFAULT_POINT_ROWS = 48
FAR_M = 130.0


@dataclass(frozen=True, slots=True)
class _Report:
    """One plausible report: instant in the city's zone, class, place in metres, street it is about, and texts."""

    at: datetime
    kind: words.Class
    xy: Xy
    street: str
    address: str
    text: str


@dataclass
class _Writer:
    """Draws reports from one seeded stream of chance, so that the same seed gives the same bytes."""

    town: Town
    city: City
    chance: Random
    lines: list[tuple[datetime, bytes]] = field(default_factory=list)
    issued: int = 0

    def report(self) -> _Report:
        """A plausible report somewhere: on a street, at a crossing, between two streets, or far from all."""
        where = self.chance.random()
        if where < 0.1 and self.town.crossings:
            xy, street, other = self.chance.choice(self.town.crossings)
            address = self.chance.choice(words.CROSSINGS).format(street=street, other=other)
            return self.about(self.shaken(xy, 9.0), "", address if self.chance.random() < 0.4 else "")
        if where < 0.15 and self.town.between:
            return self.about(self.shaken(self.chance.choice(self.town.between), 3.0), "", "")
        if where < 0.18:
            return self.about(self.far_away(), "", "")
        (row,) = self.chance.choices(range(len(self.town.lines)), self.town.weights)
        named = row if self.chance.random() >= 0.02 else self.chance.randrange(len(self.town.lines))
        return self.about(self.beside(row), self.town.names[row], self.numbered(self.town.names[named], 0.45))

    def about(self, xy: Xy, street: str, address: str) -> _Report:
        """A report of a class and an instant at a place."""
        components = self.chance.random() < words.COMPONENT_SHARE
        classes = [c for c in words.CLASSES if (c.kind == "component") == components]
        (kind,) = self.chance.choices(classes, [c.weight for c in classes])
        place = street + self.chance.choice(words.SPOTS) if street and self.chance.random() < 0.2 else "这里"
        said = f"【{words.MARK}】{place}{self.chance.choice(kind.says)}，{self.chance.choice(words.PLEAS)}"
        return _Report(self.instant(kind), kind, xy, street, address, said.rstrip("，"))

    def instant(self, kind: words.Class) -> datetime:
        """An instant: fewer reports at the weekend, the class's own curve over the day."""
        day = self.chance.randrange(DAYS)
        if (FIRST_DAY + timedelta(days=day)).weekday() > 4 and self.chance.random() < 0.25:
            day = self.chance.randrange(DAYS)
        hours = words.HOURS_BY_NIGHT if kind.evening else words.HOURS_BY_DAY
        (hour,) = self.chance.choices(range(24), hours)
        return self.midnight(day) + timedelta(hours=hour, seconds=self.chance.randrange(3600))

    def midnight(self, day: int) -> datetime:
        """The beginning of the n-th day of the sample in the city's zone."""
        return datetime.combine(FIRST_DAY + timedelta(days=day), time(), self.city.zone)

    def beside(self, row: int) -> Xy:
        """A place along a segment, set back to one side."""
        line, half = self.town.lines[row], self.town.half_widths_m[row]
        along = self.chance.random() * line.length
        here, ahead = line.interpolate(along), line.interpolate(min(along + 1.0, line.length))
        angle = math.atan2(ahead.y - here.y, ahead.x - here.x) + math.pi / 2
        off = self.chance.choice((-1, 1)) * abs(self.chance.gauss(half * 0.8, 4.0))
        return self.shaken((here.x + off * math.cos(angle), here.y + off * math.sin(angle)), 2.0)

    def shaken(self, xy: Xy, sigma_m: float) -> Xy:
        """The place with the error of a phone."""
        return xy[0] + self.chance.gauss(0, sigma_m), xy[1] + self.chance.gauss(0, sigma_m)

    def far_away(self) -> Xy:
        """A place of the town that no street is near; the farthest of a thousand if it is full of streets."""
        west, south, east, north = self.town.ground.buffer(400).bounds
        tries = [(self.chance.uniform(west, east), self.chance.uniform(south, north)) for _ in range(40)]
        far = [xy for xy in tries if self.town.ground.distance(Point(xy)) > FAR_M]
        return far[0] if far else max(tries, key=lambda xy: self.town.ground.distance(Point(xy)))

    def numbered(self, street: str, share: float) -> str:
        """An address with a house number, or none."""
        if self.chance.random() >= share:
            return ""
        return self.chance.choice(words.NUMBERED).format(street=street, number=self.chance.randrange(1, 200))

    def row(self, report: _Report) -> dict[str, str]:
        """The report as the feed's columns, with a new id; GCJ-02 to six decimals."""
        self.issued += 1
        lonlat = to_lonlat(np.array([report.xy]), self.city.metric_srid)
        lon, lat = from_wgs84(lonlat, Datum.GCJ02)[0]
        text = report.text
        if self.chance.random() < 0.03:
            text += f"，联系电话{self.phone()}"
        if self.chance.random() < 0.01:
            text += f"，身份证{self.identity_number()}"
        known = self.chance.random() < 0.6
        values = (
            f"HC{self.issued:06d}", f"{report.at:%Y-%m-%d %H:%M:%S}", words.KIND_WORDS[report.kind.kind],
            report.kind.code, self.condition(report), text, report.address, f"{lon:.6f}", f"{lat:.6f}",
            self.chance.choice(words.FAKE_NAMES) if known else "", self.phone() if known else "", words.MARK,
        )  # fmt: skip
        return dict(zip(COLUMNS, values, strict=True))

    def condition(self, report: _Report) -> str:
        """The filing condition, on the classes that the responsibility table asks it of; mostly none."""
        if report.kind.name == "商业噪音" and (report.at.hour >= 22 or report.at.hour < 6):
            return "夜间"
        return "无照餐饮" if report.kind.name in ("无照经营游商", "店外经营") and self.chance.random() < 0.2 else ""

    def phone(self) -> str:
        """A number that nobody has."""
        return f"138000000{self.chance.randrange(100):02d}"

    def identity_number(self) -> str:
        """18 characters with a right check digit (GB 11643-1999) under a division code that does not exist."""
        body = f"99999919000101{self.chance.randrange(1000):03d}"
        total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
        return body + "10X98765432"[total % 11]

    def add(self, at: datetime, line: bytes) -> None:
        """A line of the file; lines are written in the order of their times."""
        self.lines.append((at, line))


def write_sample(path: Path, registry: Registry, city: City, *, seed: int = 20261123, rows: int = 2_200) -> None:
    """Write the synthetic feed: `rows` reports over six months, and round them what real feeds do wrong.

    CSV, UTF-8, GCJ-02.  The same registry, seed and rows give the same bytes.  About 11 % more lines than `rows`:
    repeats, redeliveries, a default point, ids used twice, dirty rows of every kind, and a last line cut in half.
    Raises ValueError if the registry has no segment.
    """
    if not registry.segments:
        raise ValueError("a sample needs streets")
    writer = _Writer(Town.of(registry, city), city, Random(seed))
    reports = sorted((writer.report() for _ in range(rows)), key=lambda report: report.at)
    good = [(report, writer.row(report)) for report in reports]
    for report, row in good:
        writer.add(report.at, csv_line(row.values()))
    _repeats(writer, reports, rows // 50)
    _redeliveries(writer, rows * 3 // 100)
    _default_point(writer)
    _ids_used_twice(writer, [row for _, row in good][:4])
    _dirty_rows(writer)
    writer.lines.sort(key=lambda pair: pair[0])
    head = csv_line(COLUMNS)
    last = csv_line(writer.row(writer.report()).values())
    path.write_bytes(head + b"".join(line for _, line in writer.lines) + last[: last.index(words.MARK.encode())])


def csv_line(values: Iterable[str]) -> bytes:
    """One line of the file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue().encode()


def _repeats(writer: _Writer, reports: list[_Report], count: int) -> None:
    """The same matter told again, a little later and a few metres on."""
    for report in writer.chance.sample(reports, count):
        later = report.at + timedelta(seconds=writer.chance.randrange(600, 20 * 3600))
        text = f"【{words.MARK}】还是没人管：{writer.chance.choice(report.kind.says)}"
        again = replace(report, at=later, xy=writer.shaken(report.xy, 8.0), text=text)
        writer.add(later, csv_line(writer.row(again).values()))


def _redeliveries(writer: _Writer, count: int) -> None:
    """The same line delivered again."""
    for at, line in writer.chance.sample(writer.lines, count):
        writer.add(at + timedelta(minutes=writer.chance.randrange(1, 600)), line)


def _default_point(writer: _Writer) -> None:
    """One coordinate that a geocoder gives when it fails, under addresses all over town."""
    line = writer.town.lines[0]
    middle = line.interpolate(line.length / 2)
    names = sorted(set(writer.town.names))
    for n in range(DEFAULT_POINT_ROWS):
        report = writer.about((middle.x + 20.0, middle.y + 12.0), "", writer.numbered(names[n % len(names)], 1.0))
        writer.add(report.at, csv_line(writer.row(report).values()))


def _ids_used_twice(writer: _Writer, rows: list[dict[str, str]]) -> None:
    """An id that comes again with other content."""
    for row in rows:
        changed = {**row, "event_desc": f"【{words.MARK}】同一编号，内容改过"}
        writer.add(writer.midnight(DAYS), csv_line(changed.values()))


def _dirty_rows(writer: _Writer) -> None:
    """One row of every kind of dirt; what cannot be read at all is kept to single lines."""
    for changes in words.DIRTY:
        report = writer.report()
        writer.add(report.at, csv_line({**writer.row(report), **changes}.values()))
    spoil: tuple[Callable[[dict[str, str]], bytes], ...] = (
        lambda row: csv_line([*row.values(), "多出一列"]),
        lambda row: csv_line([*list(row.values())[:5], words.MARK]),
        lambda row: csv_line(row.values()).decode().encode("gb18030"),
        lambda row: csv_line(_swapped(row).values()),
        lambda row: csv_line(_swapped(row).values()),
    )
    for change in spoil:
        report = writer.report()
        writer.add(report.at, change(writer.row(report)))


def _swapped(row: dict[str, str]) -> dict[str, str]:
    """Latitude where longitude belongs."""
    return {**row, "coordinate_x": row["coordinate_y"], "coordinate_y": row["coordinate_x"]}
