"""The key of the plaques and the marks of running limits.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Who sees a case sees how its limits stand; nobody but our own programs sees the key.
WALLS = """
alter table case_marks enable row level security;
grant select on case_marks to streetchief_app;
create policy case_marks_in_scope on case_marks for select to streetchief_app
    using (exists (select from cases c where c.id = case_id));
"""


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "plaque_keys",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_plaque_keys_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plaque_keys")),
    )
    op.create_table(
        "case_marks",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("soon_at", INSTANT, nullable=True),
        sa.Column("severe_at", INSTANT, nullable=True),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("soon_told_at", INSTANT, nullable=True),
        sa.Column("overdue_told_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "clock in ('step', 'whole') or clock ~ '^arrive-[0-9]+$'", name=op.f("ck_case_marks_clock_known")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_marks_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "clock", name=op.f("pk_case_marks")),
    )
    untold = {"soon": ("soon_at", "soon_told_at"), "due": ("due_at", "overdue_told_at")}
    for name, (column, told) in untold.items():
        where = sa.text(f"{told} is null")
        op.create_index(f"ix_case_marks_{name}", "case_marks", [column], postgresql_where=where)
    op.execute(WALLS)


def downgrade() -> None:
    """Drop both; printed plaques are worthless afterwards."""
    op.drop_table("case_marks")
    op.drop_table("plaque_keys")
