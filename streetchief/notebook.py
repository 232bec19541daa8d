"""The analyst's face of streetchief: ``import streetchief.notebook as sc``.

Works on a laptop with no server, no database and no network: the shipped sample (wholly synthetic, 合成样例) runs
through the same lines that the service runs.  `place` does the same with a file of your own.

Frames are WGS-84, times are in the city's zone, names are Chinese; nothing here carries a name or telephone number.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from geoalchemy2.shape import from_shape

from streetchief.city import City, shipped_city_file, shipped_data_dir
from streetchief.cityfile import read_city
from streetchief.errors import NotFound
from streetchief.geo.crs import project_geometries
from streetchief.intake.dedup import Delivery, Known, sort_out
from streetchief.intake.feeds.read import read_file
from streetchief.intake.feeds.records import RAW_SCHEMA
from streetchief.intake.reject import ID_CONFLICT
from streetchief.intake.tables import ComplaintRow
from streetchief.maps.assets import inline
from streetchief.matching.result import Verdict
from streetchief.matching.review import review as review
from streetchief.pipeline.context import Context, context_from_city, scanned
from streetchief.pipeline.explain import explain_row
from streetchief.pipeline.heat import CELL_ZOOM, draw_counts
from streetchief.pipeline.process import process, refuse
from streetchief.pipeline.summary import PLACED_VERDICTS
from streetchief.registry.model import Registry
from streetchief.words import LANGUAGES, both, group, say

SAMPLE = "sample_feed.csv"
PRIVATE = ["raw", "complainant_name", "complainant_phone", "content_hash"]
SHORTEST_M = 100.0
FRAME_HEIGHT_PX = 640


@dataclass(frozen=True)
class Placed:
    """A file of complaints, placed and routed.

    complaints  one row a complaint, see `sample`
    rejections  one row a record that could not become one: line, id, reason, and the reason in words
    redelivered how many lines were the same record again
    """

    complaints: gpd.GeoDataFrame
    rejections: pd.DataFrame
    redelivered: int
    context: Context

    def why(self, which: str | pd.Series) -> str:
        """Why a complaint (its id, or its row) stands where it stands: Chinese, an empty line, English.

        Raises NotFound if there is no such id.
        """
        row = self._row(which) if isinstance(which, str) else which
        names = [c.name for c in ComplaintRow.__table__.columns if c.name in row.index and c.name != "geom"]
        values = {name: _plain(row[name]) for name in names}
        explained = explain_row(self.context, ComplaintRow(**values, geom=from_shape(row.geometry, srid=4326)))
        mark = both("map.page.synthetic") + "\n\n" if row["synthetic"] else ""
        return mark + "\n\n".join(explained.paragraph(language) for language in LANGUAGES)

    def _row(self, external_id: str) -> pd.Series:
        rows = self.complaints[self.complaints["external_id"] == external_id]
        if rows.empty:
            raise NotFound(what=external_id)
        return rows.iloc[0]


@dataclass(frozen=True)
class Page:
    """An HTML page that a notebook shows in a frame of its own, shut off from the notebook."""

    html: str
    height_px: int = FRAME_HEIGHT_PX

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" sandbox="allow-scripts" width="100%" '
            f'height="{self.height_px}" style="border:0" title="map"></iframe>'
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, which opens with no network."""
        path = Path(path)
        path.write_text(self.html, "utf-8")
        return path


@cache
def city() -> City:
    """The city that ships: 青江街道."""
    return read_city(shipped_city_file())


def place(file: str | Path, city_file: str | Path | None = None, feed: str | None = None) -> Placed:
    """Place and route a file of complaints, no database needed.

    city_file, feed   default: the shipped city, and its first feed

    Raises BadInput or NotFound for a city file, feed or file that cannot be read.
    """
    town = city() if city_file is None else read_city(Path(city_file))
    spec = town.feeds[0] if feed is None else town.feed(feed)
    batch = pa.concat_batches([pa.RecordBatch.from_pylist([], RAW_SCHEMA), *read_file(Path(file), spec)])
    context = scanned(context_from_city(town, spec), [batch])
    complaints, refused, redelivered = _taken(batch, context)
    return Placed(_frame(complaints, context), _refused(refused), redelivered, context)


def sample() -> gpd.GeoDataFrame:
    """The shipped sample, placed and routed: wholly synthetic (合成样例), one row a complaint.

    Geometry is the WGS-84 point.  `reported_at` is aware, in the city's zone; `category`, `verdict` and
    `department_name` are ordered categoricals, the first and last with Chinese names; `street_name` is the best
    candidate where there is one, also of verdicts that are not ``matched``.
    """
    return _sample().complaints.copy()


def rejections() -> pd.DataFrame:
    """The records of the sample that could not become a complaint, each with its reason."""
    return _sample().rejections.copy()


def why(which: str | pd.Series) -> str:
    """Why a complaint of the sample stands where it stands; see `Placed.why`."""
    return _sample().why(which)


def streets() -> gpd.GeoDataFrame:
    """The segments of the shipped city, WGS-84, with the name of their street and their length in metres."""
    registry = _registry()
    names = registry.street_by_code
    wanted = ("code", "street_class", "right_of_way_m", "area", "geometry_source", "geometry")
    rows = [
        {"street_code": s.street, "street_name": names[s.street].name, "pilot": names[s.street].pilot}
        | {name: getattr(s, name) for name in wanted}
        for s in registry.segments
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=4326)
    frame["length_m"] = [line.length for line in project_geometries(frame.geometry.to_numpy(), city().metric_srid)]
    return frame


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """How the complaints were placed: one row a verdict with count and share of all."""
    counts = frame["verdict"].value_counts(sort=False)
    names = [both(f"web.verdict_{verdict}") for verdict in counts.index]
    table = pd.DataFrame({"件数 count": counts.to_numpy(), "占比 share": counts.to_numpy() / max(len(frame), 1)}, names)
    return _marked(table, frame)


def by_department(frame: pd.DataFrame) -> pd.DataFrame:
    """Complaints by department, triage (待研判) last, with the share of all."""
    counts = frame["department_name"].value_counts(sort=False)
    table = pd.DataFrame({"件数 count": counts, "占比 share": counts / max(len(frame), 1)})
    table.index.name = None
    return _marked(table, frame)


def by_street(frame: pd.DataFrame) -> pd.DataFrame:
    """Matched complaints by street with the denominator, most per 100 m first; ties by name.

    A street under 100 m counts as 100 m, so that a short one does not lead the list by its shortness.
    """
    lengths = streets().groupby("street_name")["length_m"].sum()
    matched = frame[frame["verdict"] == Verdict.MATCHED.word]
    counts = matched["street_name"].value_counts().reindex(lengths.index, fill_value=0)
    table = pd.DataFrame({"件数 count": counts, "长度 length_m": lengths.round()})
    table["件/100米 per_100m"] = counts / lengths.clip(lower=SHORTEST_M) * 100
    order = table.reset_index().sort_values(["件/100米 per_100m", "street_name"], ascending=[False, True])
    return _marked(order.set_index("street_name").rename_axis(None), frame)


def heatmap(frame: pd.DataFrame | None = None, *, height_px: int = FRAME_HEIGHT_PX) -> Page:
    """The heatmap of complaints of the sample (all, or a part of `sample()`), whole and offline.

    A suspect place is not drawn; the caption says how many were left out.
    """
    frame = sample() if frame is None else frame
    drawn = frame[frame["verdict"] != Verdict.SUSPECT.word]
    counted = pd.DataFrame(
        {
            "cell": drawn["cell"].to_numpy() >> (2 * (20 - CELL_ZOOM)),
            "period": drawn["reported_at"].dt.strftime("%Y-%m"),
            "category": drawn["category"].astype(object).where(drawn["category"].notna(), ""),
            "department": drawn["department"].fillna(""),
            "street": drawn["street_code"].where(drawn["verdict"] == Verdict.MATCHED.word).fillna(""),
        }
    )
    counts = counted.value_counts().sort_index().rename("n").reset_index()
    days = frame["reported_at"].dt.date
    extent = {
        "first_on": None if frame.empty else days.min(),
        "last_on": None if frame.empty else days.max(),
        "drawn": len(drawn),
        "suspect": len(frame) - len(drawn),
        "synthetic": bool(frame["synthetic"].any()),
    }
    return Page(draw_counts(counts, CELL_ZOOM, extent, _registry(), city()), height_px)


def show(page: folium.Map | str, *, height_px: int = FRAME_HEIGHT_PX) -> Page:
    """A folium map, or a whole HTML page, in a frame, with everything that it needs inside.

    Raises BadInput for a map that would ask another host.
    """
    return Page(page if isinstance(page, str) else inline(page), height_px)


@cache
def _sample() -> Placed:
    return place(shipped_data_dir() / SAMPLE)


def _registry() -> Registry:
    return _sample().context.registry


def _taken(batch: pa.RecordBatch, context: Context) -> tuple[pa.RecordBatch, pa.RecordBatch, int]:
    """Complaints, rejections and the number of redeliveries: what an intake into an empty database would store."""
    processed = process(batch, context)
    usable = set(processed.complaints.column("line").to_pylist())
    lines, ids, hashes = (batch.column(name).to_pylist() for name in ("line", "id", "content_hash"))
    records = [(i, h, line in usable) for line, i, h in zip(lines, ids, hashes, strict=True)]
    decided = sort_out(records, Known({}, frozenset()))
    new = pa.array([line for line, what in zip(lines, decided, strict=True) if what is Delivery.NEW], pa.int64())
    conflicts = batch.filter(pa.array([what is Delivery.ID_CONFLICT for what in decided], pa.bool_()))
    refused = [_only(processed.rejections, new), refuse(conflicts, [ID_CONFLICT] * conflicts.num_rows, context.feed.id)]
    return _only(processed.complaints, new), pa.concat_batches(refused), decided.count(Delivery.REDELIVERED)


def _only(batch: pa.RecordBatch, lines: pa.Array) -> pa.RecordBatch:
    return batch.filter(pc.is_in(batch.column("line"), lines))


def _frame(complaints: pa.RecordBatch, context: Context) -> gpd.GeoDataFrame:
    """Complaints for people: city time, Chinese names in order, points; nothing private."""
    frame = complaints.to_pandas().drop(columns=PRIVATE)
    frame = frame.astype({"rule": "Int64", "side": "Int8", "registry_version": "Int64"})  # whole numbers, or none
    frame["reported_at"] = frame["reported_at"].dt.tz_convert(context.city.zone)
    scheme = context.feed.scheme
    known = {(c.kind, c.code): c.name for c in context.registry.categories if c.scheme == scheme}
    kinds, codes, departments = (complaints.column(name).to_pylist() for name in ("kind", "code", "department"))
    categories = [known.get(key, key[1]) for key in zip(kinds, codes, strict=True)]
    frame["category"] = _ordered(categories, [known[key] for key in sorted(known)])
    names = {d.code: d.name_zh for d in context.registry.departments}
    titles = [names.get(code, say("map.triage")) for code in departments]
    frame["department_name"] = _ordered(titles, [*names.values(), say("map.triage")])
    frame["verdict"] = pd.Categorical(frame["verdict"], PLACED_VERDICTS, ordered=True)
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
    return gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=points)


def _ordered(names: Sequence[str | None], order: Sequence[str]) -> pd.Categorical:
    """An ordered categorical of the names that occur: those of `order` first, strangers after them by name."""
    there = {name for name in names if name is not None}
    listed = [name for name in dict.fromkeys(order) if name in there]
    return pd.Categorical(names, [*listed, *sorted(there - set(listed))], ordered=True)


def _refused(rejected: pa.RecordBatch) -> pd.DataFrame:
    frame = rejected.select(["line", "external_id", "reason"]).to_pandas().sort_values("line", ignore_index=True)
    words = group("reason")
    for language in LANGUAGES:
        frame[f"reason_{language}"] = [words[reason][language] for reason in frame["reason"]]
    return frame


def _marked(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The table, with the mark of synthetic data in its corner."""
    if frame["synthetic"].any():
        table.columns.name = both("map.page.synthetic")
    return table


def _plain(value: Any) -> Any:
    """A cell of a frame as the database would give it: no NaN, no numpy scalar."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
