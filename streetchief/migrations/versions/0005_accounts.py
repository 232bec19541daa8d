"""Accounts, the audit log, and row-level security on complaints as the second wall.

``in_scope`` and ``in_scope_for`` are made here and not in ``sql/``: policies hang on them, so they cannot be dropped
and made again with the views.  A later change is a ``create or replace`` in a later migration.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from streetchief.storage.acting import APP_ROLE, ensure_role

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

READABLE = (
    "registry_versions, areas, area_chains, streets, segments, appointments, departments, categories, rules, "
    "intake_runs, placing_models, complaints, complaint_private, dead_letters"
)
WALLED = ("complaints", "complaint_private", "dead_letters")

# As Grant.covers reads it: a null in a field of the grant does not narrow; what has no street is on nobody's street.
IN_SCOPE_FOR = """
create function in_scope_for(permission text, street text, areas text[], departments text[])
returns boolean language sql stable parallel safe as $$
    select exists (
        select from jsonb_array_elements(nullif(current_setting('streetchief.scope', true), '')::jsonb) held
        where held -> 'permissions' ? $1
            and (held ->> 'street' is null or held ->> 'street' = $2)
            and (held ->> 'area' is null or held ->> 'area' = any ($3))
            and (held ->> 'department' is null or held ->> 'department' = any ($4))
    )
$$
"""
IN_SCOPE = """
create function in_scope(street text, areas text[], departments text[])
returns boolean language sql stable parallel safe as $$ select in_scope_for('case.read', $1, $2, $3) $$
"""
# Whether a grant that nothing narrows holds the permission: asked once a query instead of once a row.
HOLDS_EVERYWHERE = """
create function holds_everywhere(permission text)
returns boolean language sql stable parallel safe as $$ select in_scope_for($1, null, null, null) $$
"""
ADD_AREA_CHAINS = """
create function add_area_chains() returns trigger language plpgsql as $$
begin
    insert into area_chains (version, code, codes)
    with recursive above as (
        select a.version, a.code, a.parent, array[a.code]::varchar[] as codes from added a
        union all
        select b.version, b.code, a.parent, b.codes || a.code
        from above b join areas a on a.version = b.version and a.code = b.parent
        where not a.code = any (b.codes)
    )
    select version, code, codes from above where parent is null
    on conflict do nothing;
    return null;
end
$$
"""
REFUSE_CHANGE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$
"""
GUARD_HEAD = """
create function guard_audit_head() returns trigger language plpgsql as $$
begin
    if new.count is distinct from old.count + 1
        or not exists (select from audit_log l where l.id = new.count and l.hash = new.hash) then
        raise exception 'audit_head follows audit_log: % refused', tg_op using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$
"""


def complaint_in_scope(permission: str) -> str:
    """Whether the actor holds the permission for the complaint `c`; only a matched one is on its street."""
    areas = "(select above.codes from area_chains above where above.version = {c}.registry_version "
    areas += "and above.code = {c}.area_code)"
    street = "case when {c}.verdict = 'matched' then {c}.street_code end"
    departments = "array[{c}.department, {c}.supervisor] || {c}.co_departments"
    row = f"in_scope_for('{permission}', {street}, {areas}, {departments})"
    return f"(select holds_everywhere('{permission}')) or {row}"


def upgrade() -> None:
    ensure_role(op.get_bind())
    _create_users()
    _create_sessions()
    _create_audit()
    _create_area_chains()
    for body in (IN_SCOPE_FOR, IN_SCOPE, HOLDS_EVERYWHERE):
        op.execute(body)
    _raise_wall()


def downgrade() -> None:
    """The role stays: it belongs to the cluster, other databases may use it."""
    for table in WALLED:
        op.execute(f"drop policy {table}_in_scope on {table}")
        op.execute(f"alter table {table} disable row level security")
    op.execute(f"revoke all on {READABLE} from {APP_ROLE}")
    op.execute(f"do $$ begin execute format('revoke usage on schema %I from {APP_ROLE}', current_schema()); end $$")
    for signature in ("holds_everywhere(text)", "in_scope(text, text[], text[])"):
        op.execute(f"drop function {signature}")
    op.execute("drop function in_scope_for(text, text, text[], text[])")
    op.execute("drop trigger areas_above on areas")
    op.execute("drop function add_area_chains()")
    accounts = ("sign_in_attempts", "api_tokens", "user_sessions", "user_grants", "users")
    for table in ("area_chains", "audit_head", "audit_log", *accounts):
        op.drop_table(table)
    op.execute("drop function guard_audit_head()")
    op.execute("drop function refuse_change()")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _user(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"))
    return sa.Column("user_id", sa.BigInteger(), nullable=False), key


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        _instant("created_at"),
        _instant("password_at", nullable=True),
        _instant("disabled_at", nullable=True),
        sa.CheckConstraint("login ~ '^[a-z0-9][a-z0-9._-]{1,39}$'", name=op.f("ck_users_login_plain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    scope = ("tier", "street", "area", "department")
    op.create_table(
        "user_grants",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_user("user_grants"),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=True) for name in scope[1:]),
        _instant("granted_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_grants")),
        sa.UniqueConstraint(
            "user_id", "role", *scope, name=op.f("uq_user_grants_user_id_role_tier_street_area_department"),
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip


def _create_sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        *_user("user_sessions"),
        _instant("created_at"),
        _instant("used_at"),
        _instant("expires_at"),
        sa.Column("idle", sa.Interval(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_sessions")),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_index("ix_user_sessions_expires_at", "user_sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        *_user("api_tokens"),
        sa.Column("name", sa.String(), nullable=False),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("used_at", nullable=True),
        _instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _instant("last_at"),
        _instant("until_at"),
        sa.CheckConstraint("kind in ('login', 'source')", name=op.f("ck_sign_in_attempts_kind_known")),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_last_at", "sign_in_attempts", ["last_at"])


def _create_audit() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        _instant("at"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("actor", "action", "subject", "result")),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("result in ('done', 'refused')", name=op.f("ck_audit_log_result_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor", "id"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.execute("insert into audit_head values (1, 0, decode(repeat('00', 32), 'hex'))")
    op.execute(REFUSE_CHANGE)
    op.execute(GUARD_HEAD)
    for statement in (
        "audit_log_rows before update or delete on audit_log for each row execute function refuse_change()",
        "audit_log_whole before truncate on audit_log execute function refuse_change()",
        "audit_head_rows before delete on audit_head for each row execute function refuse_change()",
        "audit_head_whole before truncate on audit_head execute function refuse_change()",
        "audit_head_follows before update on audit_head for each row execute function guard_audit_head()",
    ):
        op.execute(f"create trigger {statement}")


def _create_area_chains() -> None:
    """Areas are written once a version and never changed, so a chain is written when its area is."""
    op.create_table(
        "area_chains",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.ForeignKeyConstraint(
            ["version", "code"], ["areas.version", "areas.code"],
            name=op.f("fk_area_chains_version_code_areas"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "code", name=op.f("pk_area_chains")),
    )  # fmt: skip
    op.execute(ADD_AREA_CHAINS)
    op.execute(
        "create trigger areas_above after insert on areas referencing new table as added "
        "for each statement execute function add_area_chains()"
    )
    op.execute(
        "with recursive above as (select version, code, parent, array[code]::varchar[] as codes from areas "
        "union all select b.version, b.code, a.parent, b.codes || a.code from above b "
        "join areas a on a.version = b.version and a.code = b.parent where not a.code = any (b.codes)) "
        "insert into area_chains select version, code, codes from above where parent is null"
    )


def _raise_wall() -> None:
    """Rights and policies.  Not forced: the owner, and with it bulk intake and the public figures, passes."""
    op.execute(f"do $$ begin execute format('grant usage on schema %I to {APP_ROLE}', current_schema()); end $$")
    op.execute(f"grant select on {READABLE} to {APP_ROLE}")
    person = complaint_in_scope("person.read").format(c="c")
    using = {
        "complaints": complaint_in_scope("case.read").format(c="complaints"),
        "complaint_private": f"exists (select from complaints c where c.id = complaint_id and ({person}))",
        "dead_letters": "(select holds_everywhere('feed.mend'))",
    }
    for table in WALLED:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"create policy {table}_in_scope on {table} for select to {APP_ROLE} using ({using[table]})")
