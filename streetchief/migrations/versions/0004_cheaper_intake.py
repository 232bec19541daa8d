"""Cheaper intake: ids compare by bytes, and the repeats of a run have an index.

Whether a batch is wholly new is then one look between its lowest and its highest id.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = {"complaints": False, "dead_letters": True}


def upgrade() -> None:
    """The column keeps its content; only its indexes are made anew."""
    for table, nullable in TABLES.items():
        op.alter_column(
            table, "external_id", type_=sa.String(collation="C"), existing_type=sa.String(), existing_nullable=nullable
        )
    op.create_index(
        "ix_complaints_run_repeats", "complaints", ["run_id"], postgresql_where=sa.text("repeat_of is not null")
    )


def downgrade() -> None:
    """Back to the order of the database."""
    op.drop_index("ix_complaints_run_repeats", table_name="complaints")
    for table, nullable in TABLES.items():
        op.alter_column(
            table, "external_id", type_=sa.String(), existing_type=sa.String(collation="C"), existing_nullable=nullable
        )
