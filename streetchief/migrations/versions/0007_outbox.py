"""The outbox, where people want to be told, the inbox, the timers; and the job library's own schema beside ours.

The library's tables are those of procrastinate 3.10, made in a schema of their own, so that Alembic never looks at
them.  A newer release that changes them brings delta scripts: each becomes a migration of ours.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NAME = sa.String(collation="C")
# The library's functions and triggers name their tables without a schema: whoever calls them, they find them here.
PIN_PATHS = """
do $$
declare
    made regprocedure;
begin
    for made in select oid from pg_proc where pronamespace = 'procrastinate'::regnamespace loop
        execute 'alter function ' || made || ' set search_path = procrastinate, pg_temp';
    end loop;
end;
$$
"""


def upgrade() -> None:
    """Create the four tables and the schema ``procrastinate``."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("notice", NAME, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=True),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("digest", sa.BigInteger(), nullable=True),
        sa.Column("job", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status in ('waiting', 'held', 'joined', 'sent', 'dead')", name=op.f("ck_outbox_status_known")
        ),
        sa.CheckConstraint(
            "urgency in ('emergency', 'machine', 'normal', 'low')", name=op.f("ck_outbox_urgency_known")
        ),
        sa.ForeignKeyConstraint(["digest"], ["outbox.id"], name=op.f("fk_outbox_digest_outbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["status", "next_at"],
        postgresql_where=sa.text("status in ('waiting', 'held', 'dead')"),
    )
    op.create_index("ix_outbox_recipient", "outbox", ["recipient", "id"])
    op.create_table(
        "notice_addresses",
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.CheckConstraint("language in ('zh', 'en', 'both')", name=op.f("ck_notice_addresses_language_known")),
        sa.PrimaryKeyConstraint("recipient", "channel", name=op.f("pk_notice_addresses")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_key")),
    )
    op.create_index("ix_inbox_recipient", "inbox", ["recipient", "id"])
    op.create_index("ix_inbox_unread", "inbox", ["recipient", "id"], postgresql_where=sa.text("read_at is null"))
    op.create_table(
        "timers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tick_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=False),
        sa.Column("did", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_timers")),
    )
    _create_job_schema()


def _create_job_schema() -> None:
    connection = op.get_bind()
    before = connection.exec_driver_sql("show search_path").scalar_one()
    connection.exec_driver_sql("create schema procrastinate")
    connection.exec_driver_sql("set local search_path = procrastinate, pg_temp")
    driver = connection.connection.driver_connection
    assert driver is not None, "a connection that is checked out has a driver connection"
    driver.execute(SchemaManager.get_schema())
    driver.execute(PIN_PATHS)
    connection.execute(sa.text("select set_config('search_path', :before, true)"), {"before": before})


def downgrade() -> None:
    """Drop all of it; what was not sent is lost."""
    op.execute("drop schema procrastinate cascade")
    op.drop_table("timers")
    op.drop_table("inbox")
    op.drop_table("notice_addresses")
    op.drop_table("outbox")
