"""Rematches, and where the complaints that they moved had stood before.  Nobody but the owner reads these tables.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXTS = sa.String()


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "rematches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", TEXTS, nullable=False),
        sa.Column("feeds", postgresql.ARRAY(TEXTS), nullable=False),
        sa.Column("registry_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", TEXTS, nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rematches")),
    )
    _create_former_placings()


def _create_former_placings() -> None:
    wanted = ("verdict", "reason", "evidence", "model_version")
    texts = (
        "segment_code", "street_code", "street_name", "runner_up_street", "area_code", "department", "supervisor",
        "triage_reason",
    )  # fmt: skip
    op.create_table(
        "former_placings",
        sa.Column("complaint_id", sa.BigInteger(), nullable=False),
        sa.Column("rematch_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, TEXTS, nullable=False) for name in wanted),
        *(sa.Column(name, TEXTS, nullable=True) for name in texts),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("confidence", "distance_m", "offset_m", "margin_m")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("side", "rule")),
        sa.Column("co_departments", postgresql.ARRAY(TEXTS), nullable=False),
        sa.Column("registry_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"], name=op.f("fk_former_placings_complaint_id_complaints")
        ),
        sa.ForeignKeyConstraint(["rematch_id"], ["rematches.id"], name=op.f("fk_former_placings_rematch_id_rematches")),
        sa.PrimaryKeyConstraint("complaint_id", "rematch_id", name=op.f("pk_former_placings")),
    )
    op.create_index("ix_former_placings_rematch_id", "former_placings", ["rematch_id"], unique=False)


def downgrade() -> None:
    """Drop the two tables."""
    op.drop_table("former_placings")
    op.drop_table("rematches")
