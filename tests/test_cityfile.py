"""A city file is right as a whole or refused with the place of its first fault."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from streetchief.city import BucketShares, CalendarSpec, RepeatRule, WorkHours, shipped_city_file
from streetchief.cityfile import read_city
from streetchief.errors import BadInput

GOOD = """
[city]
code = "village"
name = { zh = "村", en = "Village" }
zone = "Asia/Shanghai"
metric_srid = 4543
bounds = [103.0, 29.9, 103.1, 30.1]
[[tier]]
number = 1
title = { zh = "村长", en = "head" }
[[department]]
code = "roads"
name = { zh = "路", en = "Roads" }
[seed]
streets = "streets.geojson"
srid = 4543
[calendar]
official = "china"
[[calendar.hours]]
slots = ["08:00-12:00", "15:00-18:30"]
from = "06-01"
to = "10-01"
[[calendar.hours]]
slots = ["08:00-12:00", "14:00-18:00"]
[repeats]
within_m = 30
within_hours = 12
recurs_within_days = 14
[buckets]
soon_share = 0.2
severe_share = 1
[[feed]]
id = "f"
name = { zh = "源", en = "feed" }
format = "csv"
scheme = "S"
datum = "gcj02"
default_kind = "event"
[feed.fields]
id = "id"
lon = "x"
lat = "y"
reported_at = "t"
code = "c"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "streets.geojson").write_text("{}")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "city.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_good_file(folder: Path) -> None:
    city = read_city(write(folder, GOOD))
    assert (city.code, city.zone.key, city.seeds.srid) == ("village", "Asia/Shanghai", 4543)
    assert city.seeds.streets == folder / "streets.geojson"
    assert city.feed("f").zone == "Asia/Shanghai", (
        "a feed's naive times are in the city's zone unless it says otherwise"
    )
    with pytest.raises(BadInput):
        city.feed("other")


def test_work_hours_and_thresholds_have_no_default(folder: Path) -> None:
    city = read_city(write(folder, GOOD))
    summer, rest = WorkHours(((480, 720), (900, 1110)), (6, 1), (10, 1)), WorkHours(((480, 720), (840, 1080)))
    assert city.calendar == CalendarSpec((summer, rest), "china")
    assert city.buckets == BucketShares(0.2, 1.0)
    assert city.repeats == RepeatRule(30, timedelta(hours=12), timedelta(days=14))
    bare = read_city(write(folder, GOOD[: GOOD.index("[calendar]")] + GOOD[GOOD.index("[[feed]]") :]))
    assert (bare.calendar, bare.buckets, bare.repeats) == (None, None, None)


def test_the_shipped_city_declares_its_datum_and_that_its_feed_is_synthetic() -> None:
    city = read_city(shipped_city_file())
    assert [(f.datum, f.synthetic) for f in city.feeds] == [("gcj02", True)]
    assert (len(city.tiers), len(city.departments)) == (3, 8)


FAULTS = [
    ("not TOML", "[city", "[city"),
    ("a word that nobody knows is a slip of the pen", 'zone = "Asia/Shanghai"', 'zonne = "x"\nzone = "Asia/Shanghai"'),
    ("no zone", 'zone = "Asia/Shanghai"\nmetric', "metric"),
    ("no such zone", "Asia/Shanghai", "Asia/Yaan"),
    ("bounds the wrong way round", "[103.0, 29.9, 103.1, 30.1]", "[103.1, 29.9, 103.0, 30.1]"),
    ("bounds of three numbers", "[103.0, 29.9, 103.1, 30.1]", "[103.0, 29.9, 103.1]"),
    ("an upper-case code cannot name a database", '"village"', '"Village"'),
    ("a name in one language", '{ zh = "村", en = "Village" }', '{ zh = "村" }'),
    ("tiers that do not start at 1", "number = 1", "number = 2"),
    ("two departments of one code", "[seed]", '[[department]]\ncode = "roads"\nname = { zh = "路", en = "R" }\n[seed]'),
    ("a seed file that is not there", "streets.geojson", "nowhere.geojson"),
    ("a feed with no datum is refused", 'datum = "gcj02"\n', ""),
    ("a datum that nobody knows", '"gcj02"', '"mars"'),
    ("a format that nobody knows", '"csv"', '"pdf"'),
    ("a code without its kind is ambiguous", 'default_kind = "event"\n', ""),
    ("a kind that is neither", 'default_kind = "event"', 'default_kind = "thing"'),
    ("a feed without its id column", 'id = "id"\n', ""),
    ("a field that we do not have", 'code = "c"', 'code = "c"\ncolour = "k"'),
    ("a calendar that nobody knows", '"china"', '"mars"'),
    ("a slot that ends before it begins", "14:00-18:00", "18:00-14:00"),
    ("slots that overlap", "14:00-18:00", "11:00-18:00"),
    ("a slot past midnight", "14:00-18:00", "14:00-24:30"),
    ("a slot in words", "14:00-18:00", "2 to 6"),
    ("a season without an end", 'to = "10-01"\n', ""),
    ("a day that no year has", '"06-01"', '"06-31"'),
    ("no hours for the rest of the year", '"14:00-18:00"]', '"14:00-18:00"]\nfrom = "10-01"\nto = "06-01"'),
    ("a share over the whole", "soon_share = 0.2", "soon_share = 1.2"),
    ("a share that is missing", "soon_share = 0.2\n", ""),
    ("metric_srid as text", "metric_srid = 4543", 'metric_srid = "4543"'),
]


@pytest.mark.parametrize(("why", "old", "new"), FAULTS, ids=[f[0] for f in FAULTS])
def test_a_fault_is_refused(folder: Path, why: str, old: str, new: str) -> None:
    text = GOOD.replace(old, new, 1) if why != "not TOML" else new
    assert text != GOOD
    with pytest.raises(BadInput) as refused:
        read_city(write(folder, text))
    assert refused.value.code == "bad_city_file"


def test_a_missing_file_is_said(folder: Path) -> None:
    with pytest.raises(BadInput) as refused:
        read_city(folder / "none.toml")
    assert refused.value.code == "no_city_file"
