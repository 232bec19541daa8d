"""Rematch of many cases after moving three segments, beside the usual loop; figures printed, the answers compared.

STREETCHIEF_BENCH_CASES and STREETCHIEF_BENCH_SEGMENTS make it smaller or larger.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from shapely import transform
from sqlalchemy import URL, Engine, make_url, select, text

from streetchief.casework.service import open_cases, verify_cases
from streetchief.casework.tables import CaseRow
from streetchief.city import City
from streetchief.geo.crs import to_lonlat, to_xy
from streetchief.intake.feeds.read import read_file
from streetchief.intake.tables import ComplaintRow
from streetchief.pipeline.context import Context
from streetchief.pipeline.process import process
from streetchief.pipeline.receive import feed_context, receive_file
from streetchief.pipeline.rematch import commit, look_ahead
from streetchief.registry import service
from streetchief.registry.model import Registry, Segment
from streetchief.storage.engine import make_engine, transaction
from tests.benchmarks.bench_town import FEED, SRID, city_and_registry, write_feed
from tests.benchmarks.one_by_one import one_by_one
from tests.benchmarks.rivals import measured
from tests.casework.ledger import OFFICE, times_of
from tests.pipeline.redrawn import ADMIN, LATER, NOW, PLACING, WORKER, placings

CASES = int(os.environ.get("STREETCHIEF_BENCH_CASES", 100_000))
SEGMENTS = int(os.environ.get("STREETCHIEF_BENCH_SEGMENTS", 20_000))
SAMPLE, MOVED_M = 500, 35.0
CASE_COLUMNS = (
    "state", "segment_code", "street_code", "areas", "department", "supervisor", "departments", "version",
    "registry_version",
)  # fmt: skip


def redraw(registry: Registry, engine: Engine) -> Registry:
    """The three segments with the most complaints moved by 35 m to the north-east."""
    with transaction(engine) as session:
        told = Counter(session.scalars(select(ComplaintRow.segment_code)))
    most = {code for code, _ in told.most_common(4) if code is not None}
    most = set(sorted(most, key=lambda code: -told[code])[:3])
    return replace(registry, segments=tuple(_moved(s) if s.code in most else s for s in registry.segments))


def _moved(segment: Segment) -> Segment:
    line = transform(segment.geometry, lambda lonlat: to_lonlat(to_xy(lonlat, SRID) + MOVED_M / 2**0.5, SRID))
    return replace(segment, geometry=line)


def filled(engine: Engine, folder: Path) -> tuple[City, Context, Path]:
    """A town with a case for every complaint, and its redrawn registry published."""
    lot = np.random.default_rng(11)
    city, registry = city_and_registry(SEGMENTS, lot)
    service.publish(engine, city, registry, "bench")
    path = write_feed(folder / "feed.csv", CASES, city, registry, lot)
    receive_file(engine, city, FEED, path, clock=lambda: NOW, progress=lambda n: None)
    with transaction(engine) as session:
        ids = list(session.scalars(select(ComplaintRow.id).order_by(ComplaintRow.id)))
        open_cases(session, complaints=ids, office=OFFICE, by=WORKER, now=NOW, times_of=times_of)
    service.publish(engine, city, redraw(registry, engine), "three segments moved")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    context = feed_context(engine, city, FEED)
    assert context is not None
    return city, context, path


@contextmanager
def copied(server: Engine, server_url: URL, engine: Engine) -> Iterator[Engine]:
    """The same database once more, for the other way."""
    source, name = make_url(str(engine.url)).database, f"{engine.url.database}_loop"
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f"create database {name} template {source}"))
    other = make_engine(server_url.set(database=name).render_as_string(hide_password=False))
    yield other
    other.dispose()
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


def cases_of(engine: Engine) -> dict[int, tuple[object, ...]]:
    with transaction(engine) as session:
        found = session.execute(select(CaseRow.id, *(getattr(CaseRow, name) for name in CASE_COLUMNS)))
        return {row[0]: tuple(row[1:]) for row in found}


def sampled(engine: Engine, changed: set[str]) -> list[int]:
    """Complaints of which as large a share changes as of all, spread over the whole feed."""
    with transaction(engine) as session:
        ids = {e: i for i, e in session.execute(select(ComplaintRow.id, ComplaintRow.external_id))}
    lot, size = np.random.default_rng(3), min(SAMPLE * 5 // 4, len(ids))
    moving = max(1, round(size * len(changed) / len(ids)))
    picked = [*lot.choice(sorted(changed), moving, replace=False)]
    picked += [*lot.choice(sorted(ids.keys() - changed), size - moving, replace=False)]
    return sorted(ids[name] for name in picked)


def test_rematch(database_engine: Engine, server: Engine, server_url: URL, tmp_path: Path) -> None:
    city, context, path = filled(database_engine, tmp_path)
    _ = context.index.tree, context.lookup
    engine, now = database_engine, LATER
    with copied(server, server_url, engine) as loop:
        before, rows_before = placings(engine), cases_of(engine)
        outlook, gone = look_ahead(engine, city, by=ADMIN), []
        gc.collect()
        looking = measured(engine, lambda: look_ahead(engine, city, by=ADMIN))
        seen = str(outlook.fingerprint)
        doing = measured(engine, lambda: gone.append(commit(engine, city, seen, by=ADMIN, now=now)))
        after, rows_after = placings(engine), cases_of(engine)
        changed = {name for name in before if before[name] != after[name]}
        sample = sampled(engine, changed)
        aside, told = sample[::5], [one for n, one in enumerate(sample) if n % 5]
        bare = measured(loop, lambda: one_by_one(loop, context, aside, now, asks_postgis=False))
        usual = measured(loop, lambda: one_by_one(loop, context, told, now, asks_postgis=True))
        _same_answers(engine, loop, sample)
    cases = outlook.cases
    assert gone[0].outlook == outlook
    assert outlook.complaints["changed"] == len(changed)
    assert cases["changed"] == sum(rows_before[n] != rows_after[n] for n in rows_after)
    assert cases["moved"] == sum(rows_before[n][1] != rows_after[n][1] for n in rows_after)
    assert cases["change_street"] == sum(rows_before[n][2] != rows_after[n][2] for n in rows_after)
    assert cases["change_department"] == sum(rows_before[n][4] != rows_after[n][4] for n in rows_after)
    assert after == _afresh(path, context)
    with transaction(engine) as session:
        assert verify_cases(session) is None
    print(f"\n{SEGMENTS:,} segments, three of them moved; {CASES:,} cases, {len(sample)} of them one by one")
    print(f"  {' '.join(outlook.sentences('en'))}")
    print("  dry-run figures = outcome; every row = matched afresh; the sample = what the loop wrote")
    print(
        f"  dry run {looking.cpu:6.2f} s CPU ({looking.wall:.1f} s)   commit {doing.cpu:6.2f} s CPU ({doing.wall:.1f} s)"
    )
    each = usual.cpu / len(told)
    print(f"  loop    {each * 1e3:6.2f} ms CPU a case (without asking PostGIS {bare.cpu / len(aside) * 1e3:.2f})")
    print(
        f"  the loop costs {each * CASES / doing.cpu:.0f} x the commit, {each * CASES / (doing.cpu + looking.cpu):.0f} x dry run and commit"
    )


def _afresh(path: Path, context: Context) -> dict[str, tuple[object, ...]]:
    found = {}
    for batch in read_file(path, FEED):
        for row in process(batch, context).complaints.to_pylist():
            found[row["external_id"]] = tuple(row[name] for name in PLACING)
    return found


def _same_answers(engine: Engine, loop: Engine, sample: list[int]) -> None:
    ours, theirs = placings(engine), placings(loop)
    with transaction(engine) as session:
        names = set(session.scalars(select(ComplaintRow.external_id).where(ComplaintRow.id.in_(sample))))
        cases = dict(map(tuple, session.execute(text("select complaint_id, case_id from case_complaints"))))
    assert {n: ours[n] for n in names} == {n: theirs[n] for n in names}
    left, right = cases_of(engine), cases_of(loop)
    assert {n: left[cases[n]] for n in sample} == {n: right[cases[n]] for n in sample}
