"""A registry version as rows, in and out.  Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import shapely
from psycopg import Cursor, sql
from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from streetchief.geo.crs import project_geometries
from streetchief.registry.fingerprint import fingerprint
from streetchief.registry.model import Appointment, Area, Category, Department, Registry, Rule, Segment, Span, Street
from streetchief.registry.tables import (
    AppointmentRow,
    AreaRow,
    CategoryRow,
    DepartmentRow,
    RegistryVersionRow,
    RuleRow,
    SegmentRow,
    StreetRow,
)
from streetchief.storage.metadata import Base

WGS84_SRID = 4326


class Version(NamedTuple):
    """One publication, without its content."""

    version: int
    city: str
    fingerprint: str
    published_at: datetime
    note: str
    segments: int


def add_version(session: Session, registry: Registry, *, city: str, metric_srid: int, note: str) -> int:
    """Write all rows of a registry under a new version and give its number."""
    version = session.execute(
        insert(RegistryVersionRow)
        .values(
            city=city,
            fingerprint=fingerprint(registry),
            metric_srid=metric_srid,
            tiers=list(registry.tiers),
            attribution=registry.attribution,
            note=note,
        )
        .returning(RegistryVersionRow.version)
    ).scalar_one()
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor:
        _copy_ground(cursor, version, registry, metric_srid)
        _copy_offices(cursor, version, registry)
    return int(version)


def versions(session: Session) -> list[Version]:
    """All publications, newest first."""
    count = (
        select(func.count()).where(SegmentRow.version == RegistryVersionRow.version).correlate(RegistryVersionRow)
    ).scalar_subquery()
    v = RegistryVersionRow
    rows = session.execute(
        select(v.version, v.city, v.fingerprint, v.published_at, v.note, count).order_by(v.version.desc())
    )
    return [Version(*row) for row in rows]


def newest(session: Session) -> Row[int, str, str, int] | None:
    """(version, city, fingerprint, metric_srid) of the current version; None if nothing is published."""
    v = RegistryVersionRow
    return session.execute(
        select(v.version, v.city, v.fingerprint, v.metric_srid).order_by(v.version.desc()).limit(1)
    ).one_or_none()


def load_version(session: Session, version: int) -> Registry | None:
    """The registry of a version, equal to the one that was published; None if there is no such version."""
    head = session.get(RegistryVersionRow, version)
    if head is None:
        return None
    return Registry(
        areas=tuple(_areas(session, version)),
        streets=tuple(_streets(session, version)),
        segments=tuple(_segments(session, version)),
        appointments=tuple(_appointments(session, version)),
        departments=tuple(_departments(session, version)),
        categories=tuple(_categories(session, version)),
        rules=tuple(_rules(session, version)),
        tiers=tuple(head.tiers),
        attribution=head.attribution,
        version=version,
    )


def _copy(cursor: Cursor[Any], row: type[Base], columns: str, rows: Iterable[Sequence[object]]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(row.__tablename__), sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    )
    with cursor.copy(statement) as copy:
        for values in rows:
            copy.write_row(values)


def _copy_ground(cursor: Cursor[Any], version: int, registry: Registry, metric_srid: int) -> None:
    _copy(
        cursor, AreaRow, "version code name level parent geometry_source geom",
        ((version, a.code, a.name, a.level, a.parent, a.geometry_source, _ewkb(a.geometry)) for a in registry.areas),
    )  # fmt: skip
    _copy(
        cursor, StreetRow, "version code name aliases pilot name_source",
        ((version, s.code, s.name, list(s.aliases), s.pilot, s.name_source) for s in registry.streets),
    )  # fmt: skip
    metric = project_geometries([s.geometry for s in registry.segments], metric_srid)
    _copy(
        cursor, SegmentRow,
        "version code street_code street_class right_of_way_m area_code geometry_source accuracy_m from_on to_on"
        " geom geom_metric",
        (
            (
                version, s.code, s.street, s.street_class, s.right_of_way_m, s.area, s.geometry_source, s.accuracy_m,
                s.on.from_on, s.on.to_on, _ewkb(s.geometry), _ewkb(m, metric_srid),
            )
            for s, m in zip(registry.segments, metric, strict=True)
        ),
    )  # fmt: skip


def _copy_offices(cursor: Cursor[Any], version: int, registry: Registry) -> None:
    _copy(
        cursor, DepartmentRow, "version code name_zh name_en inferred",
        ((version, d.code, d.name_zh, d.name_en, d.inferred) for d in registry.departments),
    )  # fmt: skip
    _copy(
        cursor, CategoryRow, "version scheme kind code name big_name evidence",
        ((version, c.scheme, c.kind, c.code, c.name, c.big_name, c.evidence) for c in registry.categories),
    )  # fmt: skip
    _copy(
        cursor, AppointmentRow,
        "version segment_code tier number chief post public placeholder from_on to_on",
        (
            (version, a.segment, a.tier, n, a.chief, a.post, a.public, a.placeholder, a.on.from_on, a.on.to_on)
            for n, a in enumerate(registry.appointments, start=1)
        ),
    )  # fmt: skip
    _copy(
        cursor, RuleRow,
        "version position scheme kind code condition street_code area_code handler supervisor co_departments"
        " from_on to_on basis",
        (
            (
                version, r.order, r.scheme, r.kind, r.code, r.condition, r.street, r.area, r.handler, r.supervisor,
                list(r.co_departments), r.on.from_on, r.on.to_on, r.basis,
            )
            for r in registry.rules
        ),
    )  # fmt: skip


def _ewkb(shape: Any, srid: int = WGS84_SRID) -> str | None:
    return None if shape is None else shapely.to_wkb(shapely.set_srid(shape, srid), hex=True, include_srid=True)


def _shape(ewkb: Any) -> Any:
    return None if ewkb is None else shapely.set_srid(shapely.from_wkb(bytes(ewkb)), 0)


def _areas(session: Session, version: int) -> Iterable[Area]:
    a = AreaRow
    query = select(a.code, a.name, a.level, a.parent, func.ST_AsBinary(a.geom), a.geometry_source)
    for row in session.execute(query.where(a.version == version).order_by(a.code.collate("C"))):
        yield Area(row[0], row[1], row[2], row[3], _shape(row[4]), row[5])


def _streets(session: Session, version: int) -> Iterable[Street]:
    s = StreetRow
    query = select(s.code, s.name, s.aliases, s.pilot, s.name_source)
    for code, name, aliases, pilot, source in session.execute(
        query.where(s.version == version).order_by(s.code.collate("C"))
    ):
        yield Street(code, name, tuple(aliases), pilot, source)


def _segments(session: Session, version: int) -> Iterable[Segment]:
    s = SegmentRow
    query = select(
        s.code, s.street_code, func.ST_AsBinary(s.geom), s.street_class, s.right_of_way_m, s.area_code,
        s.geometry_source, s.accuracy_m, s.from_on, s.to_on,
    ).where(s.version == version).order_by(s.code.collate("C"))  # fmt: skip
    for row in session.execute(query):
        yield Segment(row[0], row[1], _shape(row[2]), row[3], row[4], row[5], row[6], row[7], Span(row[8], row[9]))


def _appointments(session: Session, version: int) -> Iterable[Appointment]:
    a = AppointmentRow
    for row in session.execute(select(a).where(a.version == version).order_by(a.number)).scalars():
        on = Span(row.from_on, row.to_on)
        yield Appointment(row.segment_code, row.tier, row.chief, on, row.post, row.public, row.placeholder)


def _departments(session: Session, version: int) -> Iterable[Department]:
    d = DepartmentRow
    query = select(d.code, d.name_zh, d.name_en, d.inferred).where(d.version == version).order_by(d.code.collate("C"))
    return (Department(*row) for row in session.execute(query))


def _categories(session: Session, version: int) -> Iterable[Category]:
    c = CategoryRow
    query = select(c.scheme, c.kind, c.code, c.name, c.big_name, c.evidence).where(c.version == version)
    order = (c.scheme.collate("C"), c.kind.collate("C"), c.code.collate("C"))
    return (Category(*row) for row in session.execute(query.order_by(*order)))


def _rules(session: Session, version: int) -> Iterable[Rule]:
    r = RuleRow
    for row in session.execute(select(r).where(r.version == version).order_by(r.position)).scalars():
        yield Rule(
            order=row.position, scheme=row.scheme, kind=row.kind, code=row.code, handler=row.handler,
            supervisor=row.supervisor, condition=row.condition, street=row.street_code, area=row.area_code,
            co_departments=tuple(row.co_departments), on=Span(row.from_on, row.to_on), basis=row.basis,
        )  # fmt: skip
