"""Cases: their events (appended only), the read model, the complaints they carry, the tasks of called departments.

The wall (row-level security) is raised where ``accounts`` (migration 0005) has laid its ground: role and ``in_scope``.
The trigger's function is made here and not in ``sql/``: what a trigger hangs on cannot be dropped with the views.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
create function refuse_case_event_change() returns trigger language plpgsql as $$
begin
    raise exception 'case_events is append only: % refused', tg_op using errcode = 'insufficient_privilege';
end
$$
"""
GUARDS = (
    "create trigger case_events_appended before update or delete on case_events "
    "for each row execute function refuse_case_event_change()",
    "create trigger case_events_kept before truncate on case_events "
    "for each statement execute function refuse_case_event_change()",
)
# A case is seen in its scope; what hangs on a case is seen with it (the policy of cases holds in the subquery).
WALL = """
do $$
declare walled text;
begin
    if to_regprocedure('in_scope(text, text[], text[])') is null then return; end if;
    foreach walled in array array['cases', 'case_events', 'case_complaints', 'case_tasks'] loop
        execute format('grant select on %I to streetchief_app', walled);
        execute format('alter table %I enable row level security', walled);
    end loop;
    create policy cases_in_scope on cases for select to streetchief_app
        using (in_scope(street_code, areas, departments));
    create policy case_events_in_scope on case_events for select to streetchief_app
        using (exists (select from cases c where c.id = case_id));
    create policy case_complaints_in_scope on case_complaints for select to streetchief_app
        using (exists (select from cases c where c.id = case_id));
    create policy case_tasks_in_scope on case_tasks for select to streetchief_app
        using (exists (select from cases c where c.id = case_id));
end
$$
"""


def upgrade() -> None:
    """Create the tables of casework, guard the events, raise the wall."""
    _create_cases()
    _create_events()
    _create_complaints()
    _create_tasks()
    for statement in (REFUSE_CHANGE, *GUARDS, WALL):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables of casework."""
    for table in ("case_tasks", "case_complaints", "case_events", "cases"):
        op.drop_table(table)
    op.execute("drop function refuse_case_event_change()")


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=True),
        sa.Column("tier", sa.SmallInteger(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("supervisor", sa.String(), nullable=True),
        sa.Column("street_code", sa.String(), nullable=True),
        sa.Column("segment_code", sa.String(), nullable=True),
        sa.Column("areas", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("departments", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("condition", sa.String(), nullable=True),
        sa.Column("registry_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_step", sa.String(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whole_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whole_provisional", sa.Boolean(), nullable=False),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extensions", sa.SmallInteger(), nullable=False),
        sa.Column("suspensions", sa.SmallInteger(), nullable=False),
        sa.Column("reworks", sa.SmallInteger(), nullable=False),
        sa.Column("urged", sa.SmallInteger(), nullable=False),
        sa.Column("open_tasks", sa.SmallInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_hash", sa.String(), nullable=False),
        sa.CheckConstraint("stage between 1 and 7", name=op.f("ck_cases_stage_known")),
        sa.CheckConstraint("version > 0", name=op.f("ck_cases_version_positive")),
        sa.ForeignKeyConstraint(["parent_id"], ["cases.id"], name=op.f("fk_cases_parent_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(
        "ix_cases_answer_due_at",
        "cases",
        ["answer_due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("ix_cases_areas", "cases", ["areas"], unique=False, postgresql_using="gin")
    op.create_index("ix_cases_departments", "cases", ["departments"], unique=False, postgresql_using="gin")
    op.create_index("ix_cases_due_at", "cases", ["due_at"], unique=False, postgresql_where=sa.text("closed_at is null"))
    op.create_index(
        "ix_cases_parent_id", "cases", ["parent_id"], unique=False, postgresql_where=sa.text("parent_id is not null")
    )
    op.create_index("ix_cases_segment_code", "cases", ["segment_code"], unique=False)
    op.create_index("ix_cases_state_id", "cases", ["state", "id"], unique=False)
    op.create_index("ix_cases_street_code", "cases", ["street_code"], unique=False)
    op.create_index(
        "ix_cases_suspended_until",
        "cases",
        ["suspended_until"],
        unique=False,
        postgresql_where=sa.text("suspended_until is not null"),
    )


def _create_events() -> None:
    op.create_table(
        "case_events",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.CheckConstraint("seq > 0", name=op.f("ck_case_events_seq_positive")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_events")),
    )
    op.create_index("ix_case_events_at", "case_events", ["at"], unique=False)
    op.create_index(
        "uq_case_events_case_id_key",
        "case_events",
        ["case_id", "key"],
        unique=True,
        postgresql_where=sa.text("key is not null"),
    )


def _create_complaints() -> None:
    op.create_table(
        "case_complaints",
        sa.Column("complaint_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_complaints_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaints.id"], name=op.f("fk_case_complaints_complaint_id_complaints")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_case_complaints")),
    )
    op.create_index("ix_case_complaints_case_id", "case_complaints", ["case_id"], unique=False)


def _create_tasks() -> None:
    op.create_table(
        "case_tasks",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("whistle", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrive_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finish_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_left_early", sa.Boolean(), nullable=False),
        sa.Column("was_no_show", sa.Boolean(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("is_score_struck", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_tasks_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_tasks")),
    )
    op.create_index(
        "ix_case_tasks_arrive_due_at",
        "case_tasks",
        ["arrive_due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'called'"),
    )
    op.create_index("ix_case_tasks_department", "case_tasks", ["department"], unique=False)
    op.create_index(
        "ix_case_tasks_finish_due_at",
        "case_tasks",
        ["finish_due_at"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
