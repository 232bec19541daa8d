"""Likely repeats are found by class, square and time: by class and time alone, a busy class was read whole.

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
CLASS = ["scheme", "kind", "code"]
SQUARE = [sa.text("(floor(st_y(geom) * 200)::integer)"), sa.text("(floor(st_x(geom) * 200)::integer)")]


def upgrade() -> None:
    """Replace the index."""
    op.create_index("ix_complaints_repeats", "complaints", [*CLASS, *SQUARE, "reported_at"], postgresql_where=BELIEVED)
    op.drop_index("ix_complaints_class_reported_at", table_name="complaints")


def downgrade() -> None:
    """Put the index back."""
    op.create_index(
        "ix_complaints_class_reported_at", "complaints", [*CLASS, "reported_at"], postgresql_where=BELIEVED
    )
    op.drop_index("ix_complaints_repeats", table_name="complaints")
