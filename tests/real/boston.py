"""Boston as a city file, written into a folder of the test: the same program, other files.

The responsibility rules are read off the data (a type's usual subject), so they prove the mechanism, not the town's
real table; nothing of the data is committed.
"""

from __future__ import annotations

import csv
import gzip
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

CITY = """
[city]
code = "boston"
name = {{ zh = "波士顿", en = "Boston" }}
zone = "America/New_York"
metric_srid = 26986
bounds = [-71.25, 42.20, -70.90, 42.45]

{departments}
[seed]
streets = "{streets}"
categories = "categories.csv"
rules = "rules.csv"
geometry_source = "OpenStreetMap"
attribution = "© OpenStreetMap contributors"

[seed.streets_properties]
name = "name"
street_class = "highway"

[[feed]]
id = "311"
name = {{ zh = "波士顿 311", en = "Boston 311" }}
format = "csv"
scheme = "boston 311"
datum = "wgs84"
default_kind = "event"
time_formats = ["%m/%d/%Y %I:%M:%S %p"]
[feed.fields]
id = "CASE_ENQUIRY_ID"
lon = "LONGITUDE"
lat = "LATITUDE"
reported_at = "OPEN_DT"
code = "TYPE"
text = "CASE_TITLE"
{address}
"""
DEPARTMENT = '[[department]]\ncode = "{code}"\nname = {{ zh = "{name}", en = "{name}" }}\n'


ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-c", "from streetchief.cli.main import run; run()")
COLUMNS = ("--id", "CASE_ENQUIRY_ID", "--lon", "LONGITUDE", "--lat", "LATITUDE")
LABEL = "LOCATION_STREET_NAME"


def streets_file(realdata: Path) -> Path:
    """Boston's named streets."""
    return realdata / "boston_streets_osm" / "boston_streets.geojson.gz"


def streetchief(*words: object) -> str:
    """Run the program of this checkout; what it says on stdout."""
    command: Sequence[str] = [*PROGRAM, *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def complaint_files(realdata: Path) -> list[Path]:
    """The six months, in order."""
    return sorted((realdata / "boston311_2015_jan_jun").glob("*.csv.gz"))


def write_city(folder: Path, realdata: Path, *, with_address: bool) -> Path:
    """Write Boston's city file with its rules and categories; returns its path."""
    subjects: dict[str, Counter[str]] = defaultdict(Counter)
    for path in complaint_files(realdata):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                subjects[row["TYPE"]][row["SUBJECT"]] += 1
    usual = {kind: counts.most_common(1)[0][0] for kind, counts in sorted(subjects.items())}
    codes = {name: re.sub(r"\W+", "-", name).strip("-").lower() for name in sorted(set(usual.values()))}
    streets = realdata / "boston_streets_osm" / "boston_streets.geojson.gz"
    _write_tables(folder, usual, codes)
    city = folder / "boston.toml"
    city.write_text(
        CITY.format(
            streets=streets.resolve(),
            departments="".join(DEPARTMENT.format(code=code, name=name) for name, code in codes.items()),
            address='address = "LOCATION_STREET_NAME"' if with_address else "",
        ),
        "utf-8",
    )
    return city


def _write_tables(folder: Path, usual: dict[str, str], codes: dict[str, str]) -> None:
    with (folder / "categories.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["scheme", "kind", "code", "name"])
        writer.writerows(["boston 311", "event", kind, kind] for kind in usual)
    with (folder / "rules.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "scheme", "kind", "code", "handler", "supervisor", "basis"])
        for order, (kind, name) in enumerate(usual.items(), start=1):
            writer.writerow([order, "boston 311", "event", kind, codes[name], codes[name], "read off the data"])
