"""What intake costs beside plain COPY and beside the usual ways, in the same rounds; printed, never asserted.

CPU of this process and of the backends; the wall swings with what else runs.  The rows are one whole batch, as intake
takes them from a large file; fewer make its fixed costs weigh more (20,000 rows: a tenth more a row).  The database
rivals store the same rows, repeats marked; none of them reads the text, knows a confidence or refuses a conflict of
ids.  STREETCHIEF_BENCH_ROWS,
STREETCHIEF_BENCH_SEGMENTS, STREETCHIEF_BENCH_ROUNDS and STREETCHIEF_BENCH_MANY make it smaller or larger.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from sqlalchemy import Engine

from streetchief.geo.crs import to_xy
from streetchief.intake import store
from streetchief.intake.feeds.read import read_file, read_records
from streetchief.intake.feeds.records import BATCH_ROWS
from streetchief.matching.match import match_points
from streetchief.matching.model import Coefficients
from streetchief.pipeline.context import Context, context_of
from streetchief.pipeline.receive import feed_context, receive, receive_file
from streetchief.pipeline.receive_one import receive_one
from streetchief.registry import service
from streetchief.storage.engine import transaction
from tests.benchmarks import rivals
from tests.benchmarks.bench_town import FEED, SRID, city_and_registry, write_feed
from tests.pipeline.test_receive_one import rows_of


def size(name: str, usual: int) -> int:
    return int(os.environ.get(f"STREETCHIEF_BENCH_{name}", usual))


ROWS, SEGMENTS, ROUNDS = size("ROWS", BATCH_ROWS), size("SEGMENTS", 20_000), size("ROUNDS", 3)
MANY, SINGLE = size("MANY", 1_000_000), 500
NEAREST, SAME_FACTS, GEOPANDAS = "PostGIS, nearest only", "PostGIS, same facts", "geopandas, nearest only"
PEAK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
import pickle
from streetchief.pipeline.receive import receive_file
from streetchief.storage.engine import make_engine
city, feed = pickle.loads(Path(sys.argv[2]).read_bytes())
engine = make_engine(sys.argv[1])
receive_file(engine, city, feed, Path(sys.argv[3]), clock=lambda: datetime.now(UTC), progress=lambda n: None)
print(getrusage(RUSAGE_SELF).ru_maxrss // 1024, getrusage(RUSAGE_SELF).ru_utime + getrusage(RUSAGE_SELF).ru_stime)
"""


def single(engine: Engine, context: Context, path: Path) -> None:
    with transaction(engine) as session:
        run = store.start_run(session, FEED.id, "desk", {}, rivals.now())
    records = [r for r, _ in zip(read_records(path, FEED), range(SINGLE), strict=False)]
    with engine.connect() as connection:
        for record in records:
            receive_one(connection, context, run, record, rivals.now())


def check_answers(
    engine: Engine, context: Context, frame: pd.DataFrame, works: dict[str, Callable[[], object]]
) -> None:
    """The ways name the same segment, asked for the nearest; plain COPY gives back what intake stored, to the byte."""
    streets = context.index
    nearest = context.model.with_(coefficients=Coefficients(0.0, 0.0, 50.0, 0.0, 0.0, 0.0))
    found = match_points(streets, np.asarray(to_xy(frame[["x", "y"]].to_numpy(), SRID)), nearest)
    codes = np.array([*streets.segment_codes, None], dtype=object)[found.segment]
    margins = [None if np.isnan(m) else m for m in found.margin_m.round(3).tolist()]
    ours = dict(zip(frame["id"], zip(codes, margins, strict=True), strict=True))
    for way in (NEAREST, SAME_FACTS, GEOPANDAS):
        rivals.emptied(engine)
        works[way]()
        theirs = rivals.nearest(engine)
        alike = np.mean([theirs[i][0] == ours[i][0] for i in ours])
        print(f"  same nearest segment as {way}: {alike:.3%} of {len(ours):,}")
        assert len(theirs) == len(ours) and alike > 0.999
        if way == SAME_FACTS:
            alike = np.mean([theirs[i] == ours[i] or _within_mm(theirs[i][1], ours[i][1]) for i in ours])
            print(f"  same margin to the next street as {way}, to 2 mm: {alike:.3%}")
            assert alike > 0.99
    rivals.emptied(engine)
    works["intake of records"]()
    stored = rows_of(engine)
    ready = rivals.finished(engine)
    assert rivals.rows_stored(engine) == (len(frame), len(frame))
    works["intake of records"]()
    assert rows_of(engine) == stored, "a second delivery changes nothing"
    rivals.emptied(engine)
    rivals.plain_copy(engine, ready)
    assert rows_of(engine) == stored
    works["plain COPY (ceiling)"] = lambda: rivals.plain_copy(engine, ready)


def _within_mm(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= 0.002


def test_intake(database_engine: Engine, tmp_path: Path) -> None:
    engine, lot = database_engine, np.random.default_rng(11)
    city, registry = city_and_registry(SEGMENTS, lot)
    service.publish(engine, city, registry, "bench")
    path = write_feed(tmp_path / "feed.csv", ROWS, city, registry, lot)
    quiet: dict[str, Any] = {"clock": rivals.now, "progress": lambda n: None}
    receive_file(engine, city, FEED, path, **quiet)
    rivals.prepare(engine, context_of(city, FEED, registry).index, registry)
    context, frame, batches = feed_context(engine, city, FEED), rivals.parsed(path), list(read_file(path, FEED))
    assert context is not None
    _ = context.index.tree, context.lookup
    with engine.connect() as connection:
        streets = geopandas.read_postgis("select code, area, geometry from bench_segments", connection, "geometry")
        routes = pd.read_sql("select * from bench_routes", connection)
    works: dict[str, Callable[[], object]] = {
        "plain COPY (ceiling)": lambda: None,
        "intake of records": lambda: receive(engine, context, batches, source="bench", **quiet),
        "intake of the file": lambda: receive_file(engine, city, FEED, path, **quiet),
        NEAREST: lambda: rivals.postgis(engine, frame, rivals.NEAREST),
        SAME_FACTS: lambda: rivals.postgis(engine, frame, rivals.SAME_FACTS),
        GEOPANDAS: lambda: rivals.geopandas_way(engine, frame, streets, routes),
        "ORM, report by report": lambda: rivals.orm(engine, frame[:SINGLE]),
        "single reports": lambda: single(engine, context, path),
    }
    print(f"\n{SEGMENTS:,} segments, {ROWS:,} rows ({SINGLE} one by one); medians of {ROUNDS} interleaved rounds")
    check_answers(engine, context, frame, works)
    rounds = []
    for _ in range(ROUNDS):
        rounds.append(costs := {})
        for name, work in works.items():
            rivals.emptied(engine)
            costs[name] = rivals.measured(engine, work)
    show(rounds)


def show(rounds: list[dict[str, rivals.Cost]]) -> None:
    for name in rounds[0]:
        rows = SINGLE if name in ("ORM, report by report", "single reports") else ROWS
        costs = [r[name] for r in rounds]
        client, backends, wall = (
            median(getattr(c, part) for c in costs) / rows * 1e6 for part in ("client", "backends", "wall")
        )
        print(
            f"  {name:24}{client + backends:9.1f} CPU µs/row = client {client:8.1f} + backends {backends:7.1f}; wall {wall:8.1f}"
        )
    intake = ("intake of records", ROWS)
    ratio("ceiling : intake of records", rounds, ("plain COPY (ceiling)", ROWS), intake, 0.65)
    ratio("ceiling : intake of the file", rounds, ("plain COPY (ceiling)", ROWS), ("intake of the file", ROWS), 0.65)
    ratio("ORM : intake", rounds, ("ORM, report by report", SINGLE), intake, 150)
    ratio(f"{SAME_FACTS} : intake", rounds, (SAME_FACTS, ROWS), intake, 2)
    ratio(f"{NEAREST} : intake", rounds, (NEAREST, ROWS), intake, 2)
    ratio(f"{GEOPANDAS} : intake", rounds, (GEOPANDAS, ROWS), intake, 1.8)
    ratio("ORM : single reports", rounds, ("ORM, report by report", SINGLE), ("single reports", SINGLE), 5)


def ratio(
    what: str, rounds: list[dict[str, rivals.Cost]], over: tuple[str, int], under: tuple[str, int], aim: float
) -> None:
    found = median((r[over[0]].cpu / over[1]) / (r[under[0]].cpu / under[1]) for r in rounds)
    print(f"  {what:32}{found:8.2f} x   (aim ≥ {aim:g})")


def test_peak_memory_of_many_rows(database_engine: Engine, database_url: str, tmp_path: Path) -> None:
    import pickle  # noqa: PLC0415  only here

    lot = np.random.default_rng(11)
    city, registry = city_and_registry(SEGMENTS, lot)
    service.publish(database_engine, city, registry, "bench")
    path = write_feed(tmp_path / "feed.csv", MANY, city, registry, lot)
    (tmp_path / "city").write_bytes(pickle.dumps((city, FEED)))
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, database_url, str(tmp_path / "city"), str(path)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    megabytes, seconds = ran.stdout.split()
    print(
        f"\n{MANY:,} rows, scan and intake: peak {megabytes} MB (aim ≤ 1024), client {float(seconds) / MANY * 1e6:.1f} CPU µs/row"
    )
    assert rivals.rows_stored(database_engine) == (MANY, MANY)
