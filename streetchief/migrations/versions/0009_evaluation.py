"""Merged cases point to the one that carries on; what residents think of a street, month by month.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Who may read figures of a street reads its evaluations; nobody reads a rater.
WALL = """
do $$
begin
    grant select (street_code, areas, month, score, is_resident) on street_evaluations to streetchief_app;
    alter table street_evaluations enable row level security;
    alter table resident_tokens enable row level security;
    create policy street_evaluations_in_scope on street_evaluations for select to streetchief_app
        using (in_scope_for('figures.read', street_code, areas, array[]::text[]));
end
$$
"""


def upgrade() -> None:
    """Add the pointer of merged cases, create the two tables of residents' evaluation."""
    op.add_column("cases", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_cases_merged_into_cases"), "cases", "cases", ["merged_into"], ["id"])
    op.create_check_constraint(
        op.f("ck_cases_merged_points"), "cases", "(state = 'merged') = (merged_into is not null)"
    )
    op.create_table(
        "resident_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("street_code", sa.String(), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_resident_tokens")),
    )
    op.create_table(
        "street_evaluations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("street_code", sa.String(), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("is_resident", sa.Boolean(), nullable=False),
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.CheckConstraint("score between 1 and 5", name=op.f("ck_street_evaluations_score_in_range")),
        sa.CheckConstraint("extract(day from month) = 1", name=op.f("ck_street_evaluations_month_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_evaluations")),
        sa.UniqueConstraint(
            "street_code", "month", "rater", name=op.f("uq_street_evaluations_street_code_month_rater")
        ),
    )
    op.execute(WALL)


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_table("street_evaluations")
    op.drop_table("resident_tokens")
    op.drop_constraint(op.f("ck_cases_merged_points"), "cases", type_="check")
    op.drop_column("cases", "merged_into")
