"""The registry as rows: every table is keyed by (version, …); a version is written once and never changed."""

from __future__ import annotations

from datetime import date, datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import column

from streetchief.storage.metadata import Base

# ST_IsValid refuses NaN and infinite coordinates and a line without two different points; ST_IsEmpty the rest.
WGS84_CHECK = (
    "ST_IsValid({0}) and not ST_IsEmpty({0}) and ST_XMin({0}) >= -180 and ST_XMax({0}) <= 180"
    " and ST_YMin({0}) >= -90 and ST_YMax({0}) <= 90"
)
SPAN_CHECK = "from_on < to_on"


def _version() -> Mapped[int]:
    return mapped_column(ForeignKey("registry_versions.version"), primary_key=True)


class RegistryVersionRow(Base):
    """One publication.  The highest version is the current one."""

    __tablename__ = "registry_versions"

    version: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    city: Mapped[str]
    fingerprint: Mapped[str]
    metric_srid: Mapped[int]
    tiers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    attribution: Mapped[str]
    note: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class AreaRow(Base):
    """A piece of ground in the one tree; without geometry where only the name is known."""

    __tablename__ = "areas"
    __table_args__ = (
        ForeignKeyConstraint(["version", "parent"], ["areas.version", "areas.code"]),
        CheckConstraint(WGS84_CHECK.format("geom"), name="geom_usable"),
        Index("ix_areas_geom", "geom", postgresql_using="gist"),
    )

    version: Mapped[int] = _version()
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    parent: Mapped[str | None]
    geometry_source: Mapped[str]
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", srid=4326, spatial_index=False))


class StreetRow(Base):
    """A named street."""

    __tablename__ = "streets"

    version: Mapped[int] = _version()
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(String))
    pilot: Mapped[bool]
    name_source: Mapped[str]


class SegmentRow(Base):
    """The stretch that one chain of chiefs answers for.

    geom         WGS-84
    geom_metric  the same in the ``metric_srid`` of its version: distances are measured there and nowhere else
    """

    __tablename__ = "segments"
    __table_args__ = (
        ForeignKeyConstraint(["version", "street_code"], ["streets.version", "streets.code"]),
        ForeignKeyConstraint(["version", "area_code"], ["areas.version", "areas.code"]),
        CheckConstraint(WGS84_CHECK.format("geom"), name="geom_usable"),
        CheckConstraint("ST_IsSimple(geom)", name="geom_simple"),
        CheckConstraint("ST_IsValid(geom_metric) and ST_Length(geom_metric) > 0", name="geom_metric_usable"),
        CheckConstraint("street_class between 1 and 3", name="street_class_known"),
        CheckConstraint("right_of_way_m > 0 and right_of_way_m < 1000000", name="right_of_way_positive"),
        CheckConstraint(SPAN_CHECK, name="span_forward"),
        Index("ix_segments_geom", "geom", postgresql_using="gist"),
        Index("ix_segments_geom_metric", "geom_metric", postgresql_using="gist"),
        Index("ix_segments_version_street_code", "version", "street_code"),
    )

    version: Mapped[int] = _version()
    code: Mapped[str] = mapped_column(primary_key=True)
    street_code: Mapped[str]
    street_class: Mapped[int | None]
    right_of_way_m: Mapped[float | None]
    area_code: Mapped[str | None]
    geometry_source: Mapped[str]
    accuracy_m: Mapped[float | None]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))
    geom_metric: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=0, spatial_index=False))


class AppointmentRow(Base):
    """A chief on a segment for a span of days; two chiefs of one tier never overlap."""

    __tablename__ = "appointments"
    __table_args__ = (
        ForeignKeyConstraint(["version", "segment_code"], ["segments.version", "segments.code"]),
        CheckConstraint("tier > 0", name="tier_positive"),
        CheckConstraint(SPAN_CHECK, name="span_forward"),
        ExcludeConstraint(
            ("version", "="),
            ("segment_code", "="),
            ("tier", "="),
            (func.daterange(column("from_on"), column("to_on")), "&&"),
            using="gist",
            name="ex_appointments_overlap",
        ),
    )

    version: Mapped[int] = _version()
    segment_code: Mapped[str] = mapped_column(primary_key=True)
    tier: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    chief: Mapped[str]
    post: Mapped[str]
    public: Mapped[bool]
    placeholder: Mapped[bool]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]


class DepartmentRow(Base):
    """A department."""

    __tablename__ = "departments"

    version: Mapped[int] = _version()
    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    inferred: Mapped[bool]


class CategoryRow(Base):
    """One code of one scheme and kind."""

    __tablename__ = "categories"

    version: Mapped[int] = _version()
    scheme: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    big_name: Mapped[str]
    evidence: Mapped[str]


class RuleRow(Base):
    """One line of the responsibility table; the lowest position that fits wins."""

    __tablename__ = "rules"
    __table_args__ = (
        ForeignKeyConstraint(["version", "street_code"], ["streets.version", "streets.code"]),
        ForeignKeyConstraint(["version", "area_code"], ["areas.version", "areas.code"]),
        ForeignKeyConstraint(["version", "handler"], ["departments.version", "departments.code"]),
        ForeignKeyConstraint(["version", "supervisor"], ["departments.version", "departments.code"]),
        CheckConstraint(SPAN_CHECK, name="span_forward"),
    )

    version: Mapped[int] = _version()
    position: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str]
    condition: Mapped[str | None]
    street_code: Mapped[str | None]
    area_code: Mapped[str | None]
    handler: Mapped[str]
    supervisor: Mapped[str]
    co_departments: Mapped[list[str]] = mapped_column(ARRAY(String))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    basis: Mapped[str]
