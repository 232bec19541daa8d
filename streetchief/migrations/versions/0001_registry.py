"""The registry: versions, areas, streets, segments, appointments, departments, categories, rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GEOM_USABLE = (
    "ST_IsValid(geom) and not ST_IsEmpty(geom) and ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180"
    " and ST_YMin(geom) >= -90 and ST_YMax(geom) <= 90"
)


def upgrade() -> None:
    """Make the tables; btree_gist lets one exclusion constraint compare both codes and spans of days."""
    op.execute("create extension if not exists btree_gist")
    _create_registry_versions()
    _create_areas()
    _create_categories()
    _create_departments()
    _create_streets()
    _create_rules()
    _create_segments()
    _create_appointments()


def downgrade() -> None:
    """Drop the tables, the last made first."""
    for table in (
        "appointments",
        "segments",
        "rules",
        "streets",
        "departments",
        "categories",
        "areas",
        "registry_versions",
    ):
        op.drop_table(table)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _create_registry_versions() -> None:
    op.create_table(
        "registry_versions",
        sa.Column("version", sa.Integer(), sa.Identity(always=True), nullable=False),
        _text("city"),
        _text("fingerprint"),
        sa.Column("metric_srid", sa.Integer(), nullable=False),
        sa.Column("tiers", postgresql.ARRAY(sa.Integer()), nullable=False),
        _text("attribution"),
        _text("note"),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_registry_versions")),
    )


def _create_areas() -> None:
    op.create_table(
        "areas",
        _version(),
        _text("code"),
        _text("name"),
        _text("level"),
        _text("parent", nullable=True),
        _text("geometry_source"),
        sa.Column("geom", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=True),
        sa.CheckConstraint(GEOM_USABLE, name=op.f("ck_areas_geom_usable")),
        sa.ForeignKeyConstraint(
            ["version", "parent"], ["areas.version", "areas.code"], name=op.f("fk_areas_version_parent_areas")
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_areas_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "code", name=op.f("pk_areas")),
    )
    op.create_index("ix_areas_geom", "areas", ["geom"], unique=False, postgresql_using="gist")


def _create_categories() -> None:
    op.create_table(
        "categories",
        _version(),
        _text("scheme"),
        _text("kind"),
        _text("code"),
        _text("name"),
        _text("big_name"),
        _text("evidence"),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_categories_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "scheme", "kind", "code", name=op.f("pk_categories")),
    )


def _create_departments() -> None:
    op.create_table(
        "departments",
        _version(),
        _text("code"),
        _text("name_zh"),
        _text("name_en"),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_departments_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "code", name=op.f("pk_departments")),
    )


def _create_streets() -> None:
    op.create_table(
        "streets",
        _version(),
        _text("code"),
        _text("name"),
        sa.Column("aliases", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("pilot", sa.Boolean(), nullable=False),
        _text("name_source"),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_streets_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "code", name=op.f("pk_streets")),
    )


def _create_rules() -> None:
    op.create_table(
        "rules",
        _version(),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("scheme"),
        _text("kind"),
        _text("code"),
        _text("condition", nullable=True),
        _text("street_code", nullable=True),
        _text("area_code", nullable=True),
        _text("handler"),
        _text("supervisor"),
        sa.Column("co_departments", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        _text("basis"),
        sa.CheckConstraint("from_on < to_on", name=op.f("ck_rules_span_forward")),
        sa.ForeignKeyConstraint(
            ["version", "area_code"], ["areas.version", "areas.code"], name=op.f("fk_rules_version_area_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["version", "handler"],
            ["departments.version", "departments.code"],
            name=op.f("fk_rules_version_handler_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["version", "street_code"],
            ["streets.version", "streets.code"],
            name=op.f("fk_rules_version_street_code_streets"),
        ),
        sa.ForeignKeyConstraint(
            ["version", "supervisor"],
            ["departments.version", "departments.code"],
            name=op.f("fk_rules_version_supervisor_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_rules_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "position", name=op.f("pk_rules")),
    )


def _create_segments() -> None:
    op.create_table(
        "segments",
        _version(),
        _text("code"),
        _text("street_code"),
        sa.Column("street_class", sa.Integer(), nullable=True),
        sa.Column("right_of_way_m", sa.Double(), nullable=True),
        _text("area_code", nullable=True),
        _text("geometry_source"),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("geom", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
        sa.Column("geom_metric", Geometry("LINESTRING", srid=0, spatial_index=False), nullable=False),
        sa.CheckConstraint("ST_IsSimple(geom)", name=op.f("ck_segments_geom_simple")),
        sa.CheckConstraint(GEOM_USABLE, name=op.f("ck_segments_geom_usable")),
        sa.CheckConstraint(
            "ST_IsValid(geom_metric) and ST_Length(geom_metric) > 0", name=op.f("ck_segments_geom_metric_usable")
        ),
        sa.CheckConstraint("from_on < to_on", name=op.f("ck_segments_span_forward")),
        sa.CheckConstraint(
            "right_of_way_m > 0 and right_of_way_m < 1000000", name=op.f("ck_segments_right_of_way_positive")
        ),
        sa.CheckConstraint("street_class between 1 and 3", name=op.f("ck_segments_street_class_known")),
        sa.ForeignKeyConstraint(
            ["version", "area_code"], ["areas.version", "areas.code"], name=op.f("fk_segments_version_area_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["version", "street_code"],
            ["streets.version", "streets.code"],
            name=op.f("fk_segments_version_street_code_streets"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_segments_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "code", name=op.f("pk_segments")),
    )
    op.create_index("ix_segments_geom", "segments", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_segments_geom_metric", "segments", ["geom_metric"], unique=False, postgresql_using="gist")
    op.create_index("ix_segments_version_street_code", "segments", ["version", "street_code"], unique=False)


def _create_appointments() -> None:
    op.create_table(
        "appointments",
        _version(),
        _text("segment_code"),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("chief"),
        _text("post"),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("placeholder", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("version"), "="),
            (sa.column("segment_code"), "="),
            (sa.column("tier"), "="),
            (sa.text("daterange(from_on, to_on)"), "&&"),
            using="gist",
            name="ex_appointments_overlap",
        ),
        sa.CheckConstraint("from_on < to_on", name=op.f("ck_appointments_span_forward")),
        sa.CheckConstraint("tier > 0", name=op.f("ck_appointments_tier_positive")),
        sa.ForeignKeyConstraint(
            ["version", "segment_code"],
            ["segments.version", "segments.code"],
            name=op.f("fk_appointments_version_segment_code_segments"),
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["registry_versions.version"], name=op.f("fk_appointments_version_registry_versions")
        ),
        sa.PrimaryKeyConstraint("version", "segment_code", "tier", "number", name=op.f("pk_appointments")),
    )
