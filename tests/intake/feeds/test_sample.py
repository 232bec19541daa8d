"""The shipped sample is what its seed says, marked as synthetic on every row, and dirty in every way."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from shapely import LineString

from streetchief.city import City, shipped_city_file, shipped_data_dir
from streetchief.cityfile import read_city
from streetchief.geo.crs import to_xy
from streetchief.intake.feeds import sample_words as words
from streetchief.intake.feeds.read import read_file
from streetchief.intake.feeds.sample import COLUMNS, DEFAULT_POINT_ROWS, write_sample
from streetchief.intake.normalise import Normalised, normalise
from streetchief.registry.assemble import registry_from_city
from streetchief.registry.model import Registry, Segment, Street
from streetchief.scrub import scrub

SHIPPED = shipped_data_dir() / "sample_feed.csv"


@pytest.fixture(scope="module")
def city() -> City:
    return read_city(shipped_city_file())


@pytest.fixture(scope="module")
def registry(city: City) -> Registry:
    return registry_from_city(city)[0]


@pytest.fixture(scope="module")
def batch(city: City) -> pa.RecordBatch:
    (whole,) = read_file(SHIPPED, city.feeds[0])
    return whole


@pytest.fixture(scope="module")
def normal(batch: pa.RecordBatch, city: City) -> Normalised:
    return normalise(batch, city.feeds[0], city)


def test_the_seed_gives_the_shipped_bytes(tmp_path: Path, registry: Registry, city: City) -> None:
    again = tmp_path / "again.csv"
    write_sample(again, registry, city)
    assert again.read_bytes() == SHIPPED.read_bytes()
    write_sample(again, registry, city, seed=1, rows=60)
    assert again.read_bytes() != SHIPPED.read_bytes()


def test_every_whole_row_says_that_it_is_synthetic() -> None:
    lines = SHIPPED.read_bytes().split(b"\n")
    rows = list(csv.reader(SHIPPED.read_text("utf-8", errors="replace").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    whole = [row for row in rows[1:] if len(row) == len(COLUMNS) and "\ufffd" not in "".join(row)]
    assert len(whole) > 2_300
    assert {row[-1] for row in whole} == {words.MARK}
    assert all(row[5].startswith(f"【{words.MARK}】") for row in whole)
    assert lines[-1].startswith(b"HC") and lines[-1].count(b",") < len(COLUMNS) - 1, "the last line is cut short"


def test_every_kind_of_dirt_is_there(normal: Normalised) -> None:
    reasons = Counter(normal.reason)
    assert set(reasons) == {
        "", "not_a_number", "outside_bounds", "bad_time", "infinite_coordinate", "wrong_columns",
        "missing_coordinate", "missing_id", "swapped_coordinate", "nan_coordinate", "zero_coordinate",
        "bad_encoding", "missing_time",
    }  # fmt: skip
    assert 25 <= reasons.total() - reasons[""] <= 60
    assert reasons.total() == 2406


def test_the_classes_are_those_of_the_scheme_and_in_the_published_mix(
    batch: pa.RecordBatch, normal: Normalised, registry: Registry
) -> None:
    known = {(c.scheme, c.kind, c.code): c.name for c in registry.categories}
    assert all(known.get((words.SCHEME, c.kind, c.code)) == c.name for c in words.CLASSES)
    kinds = Counter(normal.kind)
    assert kinds["component"] / kinds.total() == pytest.approx(0.025, abs=0.01)
    codes = Counter(batch.column("code").to_pylist())
    assert codes["0410"] / kinds.total() == pytest.approx(613 / 2678, abs=0.03)
    assert codes["0999"] and codes["ZZ01"] and codes[None]


def test_repeats_redeliveries_conflicts_and_the_default_point(batch: pa.RecordBatch) -> None:
    ids, hashes = batch.column("id").to_pylist(), batch.column("content_hash").to_pylist()
    redelivered = len(hashes) - len(set(hashes))
    assert redelivered == 66
    twice = {i for i in ids if i and len({h for j, h in zip(ids, hashes, strict=True) if i == j}) > 1}
    assert twice == {"HC000001", "HC000002", "HC000003", "HC000004"}
    (place, rows), (_, next_most) = Counter(
        zip(batch.column("lon").to_pylist(), batch.column("lat").to_pylist(), strict=True)
    ).most_common(2)
    assert rows >= DEFAULT_POINT_ROWS and next_most < 15 and place[0]
    addresses = [r["address"] for r in batch.to_pylist() if (r["lon"], r["lat"]) == place]
    assert len({address.strip("0123456789号") for address in addresses}) > 8


def test_the_places_are_on_the_streets_of_the_town_once_the_datum_is_undone(
    normal: Normalised, registry: Registry, city: City
) -> None:
    xy = to_xy(normal.lonlat[normal.reason == ""], city.metric_srid)
    lines = [LineString(to_xy(np.array(s.geometry.coords), city.metric_srid)) for s in registry.segments]
    distance_m = np.min([_distance_m(line, xy) for line in lines], axis=0)
    assert np.mean(distance_m < 35) > 0.88
    assert 0.01 < np.mean(distance_m > 60) < 0.06


def _distance_m(line: LineString, xy: np.ndarray) -> np.ndarray:
    start, end = np.array(line.coords[:-1])[:, None], np.array(line.coords[1:])[:, None]
    along = np.clip(((xy - start) * (end - start)).sum(2) / ((end - start) ** 2).sum(2), 0, 1)
    return np.linalg.norm(start + along[..., None] * (end - start) - xy, axis=2).min(axis=0)


def test_the_day_has_a_curve_and_six_months(normal: Normalised, city: City) -> None:
    times = [t.astimezone(city.zone) for t in normal.reported_at if t is not None]
    assert {t.strftime("%Y-%m") for t in times} == {f"2026-{month:02d}" for month in range(5, 11)}
    hours = Counter(t.hour for t in times)
    assert hours[10] > 10 * hours[3] > 0


def test_the_personal_data_is_fake_and_there_to_be_scrubbed(batch: pa.RecordBatch) -> None:
    texts = [text for text in batch.column("text").to_pylist() if text]
    assert sum("[电话]" in scrub(text) for text in texts) > 30
    assert sum("[身份证号已删除]" in scrub(text) for text in texts) > 5
    phones = {p for p in batch.column("complainant_phone").to_pylist() if p}
    assert phones and all(p.startswith("138000000") for p in phones)
    names = {n for n in batch.column("complainant_name").to_pylist() if n}
    assert all(n.startswith(("示例", "=HYPERLINK")) for n in names)


def test_a_town_of_one_street_has_neither_crossing_nor_neighbour(tmp_path: Path, city: City) -> None:
    line = LineString([(103.04, 30.00), (103.05, 30.00)])
    town = Registry(streets=(Street("s", "独街"),), segments=(Segment("s-1", "s", line),))
    path = tmp_path / "one.csv"
    write_sample(path, town, city, seed=3, rows=100)
    assert path.read_bytes().count(b"\n") > 150
    with pytest.raises(ValueError, match="streets"):
        write_sample(path, replace(town, segments=()), city)
