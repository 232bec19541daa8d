"""A session in which the database itself sees to it that an actor reads no more than he may: the second wall.

The first wall is ``allowed`` in the program.  This one holds when a query forgets to ask: the transaction runs as the
role ``streetchief_app``, which is subject to row-level security, with the actor's grants in the setting
``streetchief.scope``; the policies ask ``in_scope`` and ``in_scope_for`` for every row.  It guards against our own
mistakes.  It is no cage for SQL that a stranger gets to run: that could take the role off again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission
from streetchief.errors import Forbidden, Unavailable
from streetchief.storage.engine import transaction

APP_ROLE = "streetchief_app"
SCOPE = "streetchief.scope"
_STEP_DOWN = text(f"select set_config('{SCOPE}', :scope, true), set_config('role', '{APP_ROLE}', true)")
_DUPLICATE, _UNIQUE, _NOT_ALLOWED = "42710", "23505", "42501"


@contextmanager
def acting(engine: Engine, actor: Actor, permission: Permission) -> Iterator[Session]:
    """One transaction as the actor: rows out of scope do not exist in it; it can write only where policies let it.

    Raises Forbidden when none of the actor's grants holds the permission, whatever the scope: nothing could be found.
    Role and scope end with the transaction; the connection goes back to the pool as it came.
    """
    if not any(permission in grant.permissions for grant in actor.grants):
        raise Forbidden()
    with transaction(engine) as session:
        session.execute(_STEP_DOWN, {"scope": scope_json(actor)})
        yield session


def scope_json(actor: Actor) -> str:
    """The grants as ``in_scope_for`` reads them; a tier does not narrow what may be seen."""
    return json.dumps(
        [
            {
                "permissions": sorted(grant.permissions),
                "street": grant.street,
                "area": grant.area,
                "department": grant.department,
            }
            for grant in actor.grants
        ],
        ensure_ascii=False,
    )


def ensure_role(connection: Connection, role: str = APP_ROLE) -> None:
    """Make the role unless it is there, and see to it that we may take it on.

    It belongs to the cluster: other databases have it too, and their migrations may run at this moment.  Raises
    Unavailable when we may neither make nor use it, and when somebody made it one that row-level security lets pass.
    """
    if not _there(connection, role):
        _attempt(connection, f"create role {role} nologin noinherit", role, (_DUPLICATE, _UNIQUE))
    passes = "select rolsuper or rolbypassrls from pg_roles where rolname = :role"
    if connection.execute(text(passes), {"role": role}).scalar():
        raise Unavailable("role_too_mighty", role=role)
    if not _usable(connection, role):
        _attempt(connection, f"grant {role} to current_user", role, (_DUPLICATE, _UNIQUE))
        if not _usable(connection, role):
            raise _not_ours(connection, role)


def _there(connection: Connection, role: str) -> bool:
    return bool(connection.execute(text("select 1 from pg_roles where rolname = :role"), {"role": role}).scalar())


def _attempt(connection: Connection, statement: str, role: str, harmless: tuple[str, ...]) -> None:
    """Run a statement; what another migration did first is as good."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement)
    except DBAPIError as fault:
        state = getattr(fault.orig, "sqlstate", None)
        if state == _NOT_ALLOWED:
            raise _not_ours(connection, role) from fault
        if state not in harmless:
            raise


def _usable(connection: Connection, role: str) -> bool:
    """Whether we may step down to the role: tried, because versions of PostgreSQL differ in what membership means."""
    try:
        with connection.begin_nested() as trial:
            connection.exec_driver_sql(f"set local role {role}")
            trial.rollback()
    except DBAPIError as fault:
        if getattr(fault.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        return False
    return True


def _not_ours(connection: Connection, role: str) -> Unavailable:
    user = connection.execute(text("select current_user")).scalar()
    return Unavailable("role_not_ours", role=role, user=user)
