"""Patrols, findings, accounted days, weekly checks and records; row-level security on all of them.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXTS = postgresql.ARRAY(sa.String())
NO_PLACE = "{0} !~ '[0-9][.．][0-9]{{3}}'"
FROZEN = ("patrol_days", "patrol_rounds", "patrol_records", "patrol_figures")
TABLES = (
    "patrols", "patrol_answers", "patrol_findings", "patrol_days", "patrol_rounds", "weekly_draws", "weekly_checks",
    "patrol_records", "patrol_figures",
)  # fmt: skip
READS = " or ".join(
    f"in_scope_for('{permission}', {{0}}.street_code, {{0}}.areas, null)"
    for permission in ("patrol.walk", "patrol.check", "patrol.review")
)
FIGURES = " or ".join(
    f"in_scope_for('{permission}', patrol_figures.street_code, patrol_figures.areas, null)"
    for permission in ("figures.read", "patrol.review")
)
# What hangs on a patrol is seen with it (the policy of patrols holds in the subquery), a record with any of its lines.
# Which days were accounted for and that a sample was drawn says nothing of anybody.
POLICIES = {
    "patrols": READS.format("patrols"),
    "patrol_answers": "exists (select from patrols p where p.id = patrol_id)",
    "patrol_findings": "exists (select from patrols p where p.id = patrol_id)",
    "weekly_checks": "exists (select from patrols p where p.id = patrol_id)",
    "patrol_rounds": READS.format("patrol_rounds"),
    "patrol_figures": FIGURES,
    "patrol_records": "exists (select from patrol_figures f where f.record_id = id)",
    "patrol_days": "true",
    "weekly_draws": "true",
}


def upgrade() -> None:
    """Create the tables of the room, guard the frozen ones, raise the wall."""
    _create_patrols()
    _create_days()
    _create_checks()
    _create_records()
    for table in FROZEN:
        op.execute(
            f"create trigger {table}_kept before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(f"create trigger {table}_whole before truncate on {table} execute function refuse_change()")
    for table in TABLES:
        op.execute(f"grant select on {table} to streetchief_app")
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"create policy {table}_in_scope on {table} for select to streetchief_app using ({POLICIES[table]})")


def downgrade() -> None:
    """Drop the tables of the room."""
    for table, other in (("patrol_records", "patrol_figures"), ("patrols", "weekly_checks")):
        op.execute(f"drop policy {table}_in_scope on {table}")
        op.execute(f"drop policy {other}_in_scope on {other}")
    for table in ("patrol_answers", "patrol_findings"):
        op.execute(f"drop policy {table}_in_scope on {table}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _tier(*, nullable: bool = False) -> sa.Column[object]:
    return sa.Column("tier", sa.SmallInteger(), nullable=nullable)


def _patrol(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(["patrol_id"], ["patrols.id"], name=op.f(f"fk_{table}_patrol_id_patrols"))
    return sa.Column("patrol_id", sa.BigInteger(), nullable=False), key


def _create_patrols() -> None:
    op.create_table(
        "patrols",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _text("chief"),
        _tier(),
        _text("street_code"),
        sa.Column("segments", TEXTS, nullable=False),
        sa.Column("areas", TEXTS, nullable=False),
        sa.Column("registry_version", sa.Integer(), nullable=False),
        sa.Column("walked_on", sa.Date(), nullable=False),
        _instant("started_at"),
        _instant("ended_at", nullable=True),
        _text("key", nullable=True),
        _text("end_key", nullable=True),
        sa.CheckConstraint("tier > 0", name=op.f("ck_patrols_tier_positive")),
        sa.CheckConstraint("cardinality(segments) > 0", name=op.f("ck_patrols_segments_some")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_patrols_ends_after")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrols")),
        sa.UniqueConstraint("chief", "key", name=op.f("uq_patrols_chief_key")),
    )
    op.create_index("ix_patrols_walked_on", "patrols", ["walked_on", "tier"])
    op.create_index("ix_patrols_street_code", "patrols", ["street_code", "walked_on"])
    op.create_index("uq_patrols_open", "patrols", ["chief"], unique=True, postgresql_where=sa.text("ended_at is null"))
    op.create_table(
        "patrol_answers",
        *_patrol("patrol_answers"),
        _text("item"),
        _text("answer"),
        sa.CheckConstraint("answer in ('good', 'problem', 'not_seen')", name=op.f("ck_patrol_answers_answer_known")),
        sa.PrimaryKeyConstraint("patrol_id", "item", name=op.f("pk_patrol_answers")),
    )
    _create_findings()


def _create_findings() -> None:
    name = "patrol_findings"
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_patrol(name),
        _text("item"),
        _text("segment_code"),
        _text("handled"),
        _text("opinion"),
        _text("photo", nullable=True),
        _text("kind", nullable=True),
        _text("code", nullable=True),
        _instant("found_at"),
        _text("key", nullable=True),
        sa.Column("complaint_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("handled in ('fixed_on_spot', 'handed_over')", name=op.f(f"ck_{name}_handled_known")),
        sa.CheckConstraint("handled = 'handed_over' or photo is not null", name=op.f(f"ck_{name}_fix_has_photo")),
        sa.CheckConstraint(NO_PLACE.format("opinion"), name=op.f(f"ck_{name}_opinion_without_place")),
        sa.CheckConstraint(NO_PLACE.format("photo"), name=op.f(f"ck_{name}_photo_without_place")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("patrol_id", "key", name=op.f(f"uq_{name}_patrol_id_key")),
    )
    op.create_index("ix_patrol_findings_patrol_id", name, ["patrol_id"])
    op.create_index(
        "ix_patrol_findings_pending", name, ["id"],
        postgresql_where=sa.text("handled = 'handed_over' and case_id is null"),
    )  # fmt: skip


def _create_days() -> None:
    op.create_table(
        "patrol_days",
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        _text("calendar_version"),
        sa.Column("registry_version", sa.Integer(), nullable=False),
        _instant("settled_at"),
        sa.PrimaryKeyConstraint("day_on", name=op.f("pk_patrol_days")),
    )
    op.create_table(
        "patrol_rounds",
        sa.Column("day_on", sa.Date(), nullable=False),
        _tier(),
        _text("street_code"),
        _text("segment_code"),
        sa.Column("segments", TEXTS, nullable=False),
        sa.Column("areas", TEXTS, nullable=False),
        sa.Column("due", sa.SmallInteger(), nullable=False),
        sa.Column("done", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("due > 0 and done between 0 and due", name=op.f("ck_patrol_rounds_done_of_due")),
        sa.ForeignKeyConstraint(["day_on"], ["patrol_days.day_on"], name=op.f("fk_patrol_rounds_day_on_patrol_days")),
        sa.PrimaryKeyConstraint("day_on", "tier", "street_code", "segment_code", name=op.f("pk_patrol_rounds")),
    )
    op.create_index("ix_patrol_rounds_missed", "patrol_rounds", ["day_on"], postgresql_where=sa.text("done < due"))


def _create_checks() -> None:
    op.create_table(
        "weekly_draws",
        sa.Column("week_on", sa.Date(), nullable=False),
        _tier(),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        _instant("drawn_at"),
        _text("drawn_by"),
        sa.CheckConstraint("extract(isodow from week_on) = 1", name=op.f("ck_weekly_draws_week_on_monday")),
        sa.PrimaryKeyConstraint("week_on", "tier", name=op.f("pk_weekly_draws")),
    )
    name = "weekly_checks"
    op.create_table(
        name,
        *_patrol(name),
        sa.Column("week_on", sa.Date(), nullable=False),
        _tier(),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        _text("reason", nullable=True),
        _text("checker", nullable=True),
        _instant("checked_at", nullable=True),
        _text("key", nullable=True),
        sa.CheckConstraint("(agrees is null) = (checker is null)", name=op.f(f"ck_{name}_checked_by_somebody")),
        sa.CheckConstraint("agrees or reason is not null", name=op.f(f"ck_{name}_disagreement_has_reason")),
        sa.CheckConstraint(NO_PLACE.format("reason"), name=op.f(f"ck_{name}_reason_without_place")),
        sa.PrimaryKeyConstraint("patrol_id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("week_on", "tier", "place", name=op.f(f"uq_{name}_week_on_tier_place")),
    )


def _create_records() -> None:
    op.create_table(
        "patrol_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _text("kind"),
        sa.Column("period_on", sa.Date(), nullable=False),
        *(sa.Column(n, sa.Integer(), nullable=False)
          for n in ("revision", "least", "days", "settled", "working", "provisional")),
        sa.Column("registry_versions", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("calendar_versions", TEXTS, nullable=False),
        sa.Column("reviews", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("definitions", postgresql.JSONB(), nullable=False),
        _instant("made_at"),
        _text("made_by"),
        sa.CheckConstraint(
            "kind in ('monthly_review', 'quarterly_bulletin')", name=op.f("ck_patrol_records_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_records")),
        sa.UniqueConstraint(
            "kind", "period_on", "revision", name=op.f("uq_patrol_records_kind_period_on_revision")
        ),
    )  # fmt: skip
    counts = (
        "patrols", "due", "done", "missed", "findings", "fixed_on_spot", "handed_over", "sampled", "checked", "agreed",
    )  # fmt: skip
    op.create_table(
        "patrol_figures",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        _text("street_code", nullable=True),
        _tier(nullable=True),
        sa.Column("areas", TEXTS, nullable=False),
        *(sa.Column(n, sa.Integer(), nullable=False) for n in counts),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patrol_records.id"], name=op.f("fk_patrol_figures_record_id_patrol_records")
        ),
        sa.PrimaryKeyConstraint("record_id", "place", name=op.f("pk_patrol_figures")),
    )
