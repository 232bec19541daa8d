"""What came in: complaints and their private side, dead letters, runs, placing models.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of intake."""
    op.create_table(
        "intake_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_runs")),
    )
    op.create_table(
        "placing_models",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", "version", name=op.f("pk_placing_models")),
    )
    op.create_geospatial_table(
        "complaints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("condition", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("original_x", sa.Double(), nullable=False),
        sa.Column("original_y", sa.Double(), nullable=False),
        sa.Column("datum", sa.String(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("segment_code", sa.String(), nullable=True),
        sa.Column("street_code", sa.String(), nullable=True),
        sa.Column("street_name", sa.String(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("offset_m", sa.Double(), nullable=True),
        sa.Column("side", sa.Integer(), nullable=True),
        sa.Column("runner_up_street", sa.String(), nullable=True),
        sa.Column("margin_m", sa.Double(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("supervisor", sa.String(), nullable=True),
        sa.Column("co_departments", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=True),
        sa.Column("triage_reason", sa.String(), nullable=True),
        sa.Column("repeat_of", sa.BigInteger(), nullable=True),
        sa.Column("registry_version", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "verdict in ('matched', 'ambiguous', 'too_far', 'suspect')", name=op.f("ck_complaints_verdict_known")
        ),
        sa.CheckConstraint(
            "(department is null) = (triage_reason is not null)", name=op.f("ck_complaints_department_or_triage")
        ),
        sa.CheckConstraint(
            "ST_X(geom) between -180 and 180 and ST_Y(geom) between -90 and 90",
            name=op.f("ck_complaints_geom_in_range"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["intake_runs.id"], name=op.f("fk_complaints_run_id_intake_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("feed", "external_id", name=op.f("uq_complaints_feed_external_id")),
    )
    op.create_index("ix_complaints_department_id", "complaints", ["department", "id"], unique=False)
    op.create_geospatial_index(
        "ix_complaints_geom", "complaints", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(
        "ix_complaints_class_reported_at",
        "complaints",
        ["scheme", "kind", "code", "reported_at"],
        unique=False,
        postgresql_where=sa.text("verdict <> 'suspect'"),
    )
    op.create_index("ix_complaints_run_id", "complaints", ["run_id", "id"], unique=False)
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("mended", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('open', 'replayed', 'superseded')", name=op.f("ck_dead_letters_status_known")),
        sa.ForeignKeyConstraint(["run_id"], ["intake_runs.id"], name=op.f("fk_dead_letters_run_id_intake_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sa.UniqueConstraint("feed", "content_hash", name=op.f("uq_dead_letters_feed_content_hash")),
    )
    op.create_index("ix_dead_letters_feed_external_id", "dead_letters", ["feed", "external_id"], unique=False)
    op.create_table(
        "complaint_private",
        sa.Column("complaint_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("complainant_name", sa.String(), nullable=True),
        sa.Column("complainant_phone", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"], name=op.f("fk_complaint_private_complaint_id_complaints")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaint_private")),
    )


def downgrade() -> None:
    """Drop the tables of intake."""
    op.drop_table("complaint_private")
    op.drop_table("dead_letters")
    op.drop_geospatial_table("complaints")
    op.drop_table("placing_models")
    op.drop_table("intake_runs")
