"""The other ways of doing what intake does, each on its own database with the same tables and indexes."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
from geoalchemy2 import Geometry, WKBElement, WKTElement
from pgpq import ArrowToPostgresBinaryEncoder
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from streetchief.geo.crs import project_geometries
from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow
from tests.benchmarks.bench_town import SCHEME, SRID

REACH_M, SIGHT_M = 60.0, 80.0
FIXED = {
    "feed": "bench", "scheme": SCHEME, "kind": "event", "datum": "wgs84", "cell": 0, "evidence": "geometry",
    "registry_version": 1, "model_version": "x", "synthetic": False, "reason": "none", "content_hash": "0" * 64,
}  # fmt: skip


@dataclass
class Cost:
    """CPU seconds of this process and of the backends of a database, and seconds on the wall."""

    client: float
    backends: float
    wall: float

    @property
    def cpu(self) -> float:
        return self.client + self.backends


def backend_cpu(engine: Engine) -> float:
    """CPU seconds so far of the client backends of the engine's database (a pooled connection keeps its backend)."""
    with engine.connect() as connection:
        pids = connection.execute(text("select pid from pg_stat_activity where datname = current_database()")).scalars()
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / 100


def measured(engine: Engine, work: Callable[[], object]) -> Cost:
    """What the work cost."""
    backends, client, wall = backend_cpu(engine), time.process_time(), time.perf_counter()
    work()
    client, wall = time.process_time() - client, time.perf_counter() - wall
    return Cost(client, backend_cpu(engine) - backends, wall)


def prepare(engine: Engine, index: Any, registry: Any) -> None:
    """What the SQL ways need: streets in metres with a GiST index, routes as a table, a run."""
    lines = project_geometries([s.geometry for s in registry.segments], SRID)
    streets = geopandas.GeoDataFrame(
        {
            "code": [s.code for s in registry.segments],
            "area": [s.area for s in registry.segments],
            "street": [s.street for s in registry.segments],
            "name": [registry.street_by_code[s.street].name for s in registry.segments],
        },
        geometry=lines,
        crs=SRID,
    )
    streets.to_postgis("bench_segments", engine, index=False)
    routes = pd.DataFrame(
        [(r.code, r.handler) for r in registry.rules if r.street is None], columns=["code", "department"]
    )
    routes.to_sql("bench_routes", engine, index=False)
    with engine.begin() as connection:
        connection.execute(text("create index on bench_segments using gist (geometry)"))
        connection.execute(text("create unique index on bench_routes (code)"))
        connection.execute(
            text("insert into intake_runs (feed, source, versions, started_at) values ('bench', 'x', '{}', now())")
        )
        connection.execute(text("analyze bench_segments"))
        connection.execute(text("analyze bench_routes"))


def parsed(path: Path) -> pd.DataFrame:
    """The feed as the rivals get it: read and parsed before the clock starts."""
    frame = pd.read_csv(path, dtype={"code": str})
    frame["at"] = pd.to_datetime(frame["at"]).dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
    return frame


class BenchBase(DeclarativeBase):
    """The tables of `prepare`, as an application would map them."""


class SegmentRow(BenchBase):
    __tablename__ = "bench_segments"

    code: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=SRID))


class RouteRow(BenchBase):
    __tablename__ = "bench_routes"

    code: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str]


def orm(engine: Engine, frame: pd.DataFrame) -> None:
    """Report by report through the ORM, a session each: nearest street, route, two inserts, a commit."""
    for row in frame.itertuples():
        with Session(engine) as session:
            place = func.ST_Transform(func.ST_SetSRID(func.ST_MakePoint(row.x, row.y), 4326), SRID)
            away = func.ST_Distance(SegmentRow.geometry, place)
            near = session.execute(
                select(SegmentRow.code, SegmentRow.area, away)
                .where(func.ST_DWithin(SegmentRow.geometry, place, REACH_M))
                .order_by(away, SegmentRow.code)
                .limit(1)
            ).one_or_none()
            route = session.scalars(select(RouteRow).where(RouteRow.code == row.code)).one()
            complaint = ComplaintRow(
                **FIXED, external_id=row.id, run_id=1, reported_at=row.at.to_pydatetime(), code=row.code, text=row.says,
                original_x=row.x, original_y=row.y, geom=WKTElement(f"POINT({row.x!r} {row.y!r})", srid=4326),
                verdict="matched" if near else "too_far", segment_code=near and near[0], area_code=near and near[1],
                distance_m=near and near[2], department=route.department, supervisor="d0", co_departments=[],
            )  # fmt: skip
            session.add(complaint)
            session.flush()
            raw = f'{{"at":"{row.at}","code":"{row.code}","id":"{row.id}","says":"{row.says}","x":"{row.x}","y":"{row.y}"}}'
            session.add(ComplaintPrivateRow(complaint_id=complaint.id, line=row.Index, raw=raw))
            session.commit()


NEAREST = f"""
    select b.code, b.area, st_distance(b.geometry, p) as m,
        null as street, null as name, null::float8 as offset_m, null::int as side, null as runner_up, null::float8 as margin_m
    from bench_segments b, st_transform(st_setsrid(st_makepoint(s.lon, s.lat), 4326), {SRID}) p
    where st_dwithin(b.geometry, p, {REACH_M})
    order by m, b.code limit 1
"""
"""The nearest segment of a staged report, and nothing else."""

SAME_FACTS = f"""
    select n.code, n.area, n.m, n.street, n.name,
        st_linelocatepoint(n.geometry, n.p) * st_length(n.geometry) as offset_m,
        sign(st_azimuth(st_startpoint(n.geometry), st_endpoint(n.geometry)) - st_azimuth(st_startpoint(n.geometry), n.p))::int as side,
        n.runner_up, n.next_m - n.m as margin_m
    from (
        select near.*, lead(near.name) over w as runner_up, lead(near.m) over w as next_m
        from (
            select distinct on (b.street) b.code, b.area, b.street, b.name, b.geometry, p, st_distance(b.geometry, p) as m
            from bench_segments b, st_transform(st_setsrid(st_makepoint(s.lon, s.lat), 4326), {SRID}) p
            where st_dwithin(b.geometry, p, {SIGHT_M})
            order by b.street, m, b.code
        ) near
        window w as (order by near.m, near.code)
    ) n
    where n.m <= {REACH_M}
    order by n.m, n.code limit 1
"""
"""The same facts of place as intake stores: street, offset, side (by the ends), runner-up street and margin."""


def postgis(engine: Engine, frame: pd.DataFrame, place: str) -> None:
    """COPY of the reports, then all in SQL: projected, placed by a LATERAL query, routed, stored in both tables."""
    staged = pa.RecordBatch.from_arrays(
        [pa.array(frame["id"], pa.string()), pa.array(frame["at"].array, pa.timestamp("us", "UTC")),
         pa.array(frame["code"], pa.string()), pa.array(frame["says"], pa.string()), pa.array(frame["x"]),
         pa.array(frame["y"])],
        names=["id", "at", "code", "says", "lon", "lat"],
    )  # fmt: skip
    fixed = ", ".join(FIXED)
    given = ", ".join(f":{name}" for name in FIXED)
    with Session(engine) as session, session.begin():
        session.execute(
            text(
                "create temp table staged (id text, at timestamptz, code text, says text, lon float8, lat float8) "
                "on commit drop"
            )
        )
        encoder = ArrowToPostgresBinaryEncoder(staged.schema)
        with session.connection().connection.cursor().copy("copy staged from stdin (format binary)") as copy:
            copy.write(encoder.write_header() + encoder.write_batch(staged) + encoder.finish())
        session.execute(
            text(
                f"with added as (insert into complaints ({fixed}, external_id, run_id, reported_at, code, text, original_x, "
                "original_y, geom, verdict, segment_code, area_code, distance_m, street_code, street_name, offset_m, side, "
                "runner_up_street, margin_m, department, supervisor, co_departments) "
                f"select {given}, s.id, 1, s.at, s.code, s.says, s.lon, s.lat, st_setsrid(st_makepoint(s.lon, s.lat), 4326), "
                "case when n.code is null then 'too_far' else 'matched' end, n.code, n.area, n.m, n.street, n.name, "
                "n.offset_m, n.side, n.runner_up, n.margin_m, r.department, 'd0', '{}' "
                f"from staged s left join lateral ({place}) n on true join bench_routes r on r.code = s.code "
                "on conflict (feed, external_id) do nothing returning id, external_id) "
                "insert into complaint_private (complaint_id, line, raw) select a.id, 0, "
                'concat(\'{"at":"\', s.at, \'","code":"\', s.code, \'","id":"\', s.id, \'","says":"\', s.says, '
                '\'","x":"\', s.lon, \'","y":"\', s.lat, \'"}\') from added a join staged s on s.id = a.external_id'
            ),
            FIXED,
        )
        session.execute(select(func.mark_repeats(1, 0)))


def geopandas_way(engine: Engine, frame: pd.DataFrame, streets: geopandas.GeoDataFrame, routes: pd.DataFrame) -> None:
    """sjoin_nearest and to_postgis, as a notebook would; the private rows by the COPY that pandas' guide shows."""
    points = geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(frame["x"], frame["y"]), crs=4326)
    joined = points.to_crs(SRID).sjoin_nearest(streets, how="left", max_distance=REACH_M, distance_col="distance_m")
    joined = (
        joined.sort_values(["id", "code_right"])
        .drop_duplicates("id")
        .merge(routes, left_on="code_left", right_on="code")
    )
    found = geopandas.GeoDataFrame(
        {
            **FIXED,
            "external_id": joined["id"], "run_id": 1, "reported_at": joined["at"], "code": joined["code"],
            "text": joined["says"], "original_x": joined["x"], "original_y": joined["y"],
            "verdict": np.where(joined["code_right"].isna(), "too_far", "matched"),
            "segment_code": joined["code_right"], "area_code": joined["area"], "distance_m": joined["distance_m"],
            "department": joined["department"], "supervisor": "d0", "co_departments": "{}",
        },
        geometry=joined.geometry.to_crs(4326).values, crs=4326,
    ).rename_geometry("geom")  # fmt: skip
    found.to_postgis("complaints", engine, if_exists="append", index=False)
    ids = pd.read_sql(text("select id as complaint_id, external_id as id from complaints where run_id = 1"), engine)
    private = frame.merge(ids, on="id").assign(line=0)
    private["raw"] = (
        private[["at", "code", "id", "says", "x", "y"]]
        .to_json(orient="records", lines=True, date_format="iso")
        .splitlines()
    )
    private[["complaint_id", "line", "raw"]].to_sql(
        "complaint_private", engine, if_exists="append", index=False, method=_by_copy
    )
    with Session(engine) as session, session.begin():
        session.execute(select(func.mark_repeats(1, 0)))


def _by_copy(table: Any, connection: Any, keys: list[str], rows: Any) -> None:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    names = ", ".join(keys)
    with connection.connection.cursor().copy(f"copy {table.name} ({names}) from stdin (format csv)") as copy:
        copy.write(lines.getvalue())


@dataclass
class Finished:
    """Finished rows as the bytes of two binary COPYs."""

    statements: list[str]
    data: list[bytes]


def finished(engine: Engine) -> Finished:
    """What is stored, as COPY gives it, in the order of ids."""
    statements, data = [], []
    for table, key in (("complaints", "id"), ("complaint_private", "complaint_id")):
        out = io.BytesIO()
        with engine.connect() as connection:
            cursor = connection.connection.cursor()
            with cursor.copy(f"copy (select * from {table} order by {key}) to stdout (format binary)") as copy:
                for piece in copy:
                    out.write(piece)
        statements.append(f"copy {table} from stdin (format binary)")
        data.append(out.getvalue())
    return Finished(statements, data)


def plain_copy(engine: Engine, rows: Finished) -> None:
    """The ceiling: finished rows by COPY straight into the tables and their indexes."""
    with Session(engine) as session, session.begin():
        for statement, data in zip(rows.statements, rows.data, strict=True):
            with session.connection().connection.cursor().copy(statement) as copy:
                copy.write(data)


def emptied(engine: Engine) -> None:
    """No complaint is left, the run is."""
    with engine.begin() as connection:
        connection.execute(text("truncate complaints, complaint_private, dead_letters cascade"))


def nearest(engine: Engine) -> dict[str, tuple[str | None, float | None]]:
    """Segment, and margin to the next street (mm), by id of what is stored."""
    row = ComplaintRow
    with Session(engine) as session:
        found = session.execute(select(row.external_id, row.segment_code, row.margin_m)).all()
    return {name: (code, None if margin is None else round(margin, 3)) for name, code, margin in found}


def rows_stored(engine: Engine) -> tuple[int, int]:
    """Complaints and private rows."""
    with Session(engine) as session:
        counts = [
            session.scalars(select(func.count()).select_from(t)).one() for t in (ComplaintRow, ComplaintPrivateRow)
        ]
    return counts[0], counts[1]


def now() -> datetime:
    return datetime.now(UTC)
