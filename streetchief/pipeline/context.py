"""Everything that placing and routing depend on, as one frozen, picklable value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streetchief.city import City, FeedSpec
from streetchief.errors import BadInput
from streetchief.geo.crs import from_projected, to_xy
from streetchief.geo.datum import Datum, to_wgs84
from streetchief.intake.normalise import normalise
from streetchief.matching.areas import AreaIndex
from streetchief.matching.index import StreetIndex
from streetchief.matching.model import PlacingModel
from streetchief.matching.routing import RouteTable
from streetchief.matching.scan import scan, strays_needed
from streetchief.pipeline.lookup import Lookup
from streetchief.pipeline.sight import Sight
from streetchief.registry.assemble import registry_from_city
from streetchief.registry.model import Registry


@dataclass(frozen=True)
class Context:
    """One city, one feed, one version of the registry and of the placing model.

    An answer is a pure function of (record, context): neither batch size nor order can change it.
    """

    city: City
    feed: FeedSpec
    registry: Registry
    index: StreetIndex
    areas: AreaIndex
    rules: RouteTable
    model: PlacingModel

    @property
    def versions(self) -> dict[str, str | int | None]:
        """What an answer must name so that it can be explained and redone."""
        return {
            "registry": self.registry.version,
            "streets": self.index.fingerprint,
            "model": self.model.version,
        }

    @cached_property
    def lookup(self) -> Lookup:
        """The tables of the registry and its indexes by position; made when first needed."""
        return Lookup.of(self.registry, self.index, self.areas, self.rules)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "lookup"}


def context_of(city: City, feed: FeedSpec, registry: Registry, model: PlacingModel | None = None) -> Context:
    """The context of a registry.  Without a model the shipped one is used, with the city's reach and threshold."""
    return Context(
        city=city,
        feed=feed,
        registry=registry,
        index=StreetIndex.from_registry(registry, city.metric_srid),
        areas=AreaIndex.of(registry),
        rules=RouteTable.of(registry, city.zone),
        model=model or PlacingModel.shipped(city.reach_m, city.min_confidence),
    )


def context_from_city(city: City, feed: FeedSpec) -> Context:
    """The context of a city file alone, no database: its seed files are the registry.

    Raises BadInput if the seeds have faults that forbid publishing.
    """
    registry, faults = registry_from_city(city)
    blocking = [fault for fault in faults if fault.blocking]
    if blocking:
        raise BadInput("registry_faults", count=len(blocking), first=f"{blocking[0].code} {blocking[0].where}")
    return context_of(city, feed, registry)


def scanned(context: Context, batches: Iterable[pa.RecordBatch]) -> Context:
    """The context with the placing model of this feed: set-back curve and default points, from one look over it.

    The points are looked at as a set: their order and batching do not matter.  Of each batch only the places are kept
    in memory.  A feed without a usable point keeps
    the model it has.
    """
    model = context.model.with_default_points(declared_default_points(context))
    least_rows = context.feed.default_point_rows
    with Sight() as sight:
        for batch in batches:
            normal = normalise(batch, context.feed, context.city)
            usable = normal.reason == ""
            xy = to_xy(normal.lonlat[usable], context.city.metric_srid)
            sight.add(xy, _told(batch).filter(pa.array(usable, pa.bool_())))
        xy = sight.xy()
        if len(xy):
            texts = sight.texts(xy, min(strays_needed(len(xy)), least_rows))
            model = scan(context.index, xy, model, evidence=texts, default_point_rows=least_rows)
    return replace(context, model=model)


def address_of(batch: pa.RecordBatch) -> list[str | None]:
    """The text that may name the street: the address, or the complaint's own words where there is no address."""
    texts: list[str | None] = _told(batch).to_pylist()
    return texts


def _told(batch: pa.RecordBatch) -> pa.Array:
    address = batch.column("address")
    return pc.coalesce(pc.if_else(pc.not_equal(address, ""), address, None), batch.column("text"))


def declared_default_points(context: Context) -> np.ndarray:
    """The default points that the city file declares for the feed, (k, 2) metres."""
    given = np.array(context.feed.default_points, dtype=np.float64).reshape(-1, 2)
    if context.feed.srid is not None:
        lonlat = from_projected(given, context.feed.srid)
    else:
        lonlat = to_wgs84(given, Datum(context.feed.datum or Datum.WGS84))
    return to_xy(lonlat, context.city.metric_srid)
