"""Likely repeats are found by class in a square, and time: by class and time alone, a busy class was read whole.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BELIEVED = sa.text("verdict <> 'suspect'")
CLASS_IN_SQUARE = sa.text(
    "hashtextextended((((scheme::text || ' '::text) || kind::text) || ' '::text) || code::text, "
    "floor(st_y(geom) * 200::double precision)::bigint * 100000 + floor(st_x(geom) * 200::double precision)::bigint)"
)


def upgrade() -> None:
    """Replace the index."""
    op.create_index(
        "ix_complaints_repeats", "complaints", [CLASS_IN_SQUARE, "reported_at"], postgresql_where=BELIEVED
    )  # the expression of sql/020_mark_repeats.sql
    op.drop_index("ix_complaints_class_reported_at", table_name="complaints")


def downgrade() -> None:
    """Put the index back."""
    op.create_index(
        "ix_complaints_class_reported_at",
        "complaints",
        ["scheme", "kind", "code", "reported_at"],
        postgresql_where=BELIEVED,
    )
    op.drop_index("ix_complaints_repeats", table_name="complaints")
