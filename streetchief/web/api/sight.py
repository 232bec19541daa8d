"""What lies in the asker's sight: asked of the database under row-level security, before anything is done."""

from __future__ import annotations

from sqlalchemy import Engine, text

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.errors import Forbidden, NotFound, OutOfScope
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction

_CASE = text("select exists (select from cases where id = :id)")
_COMPLAINT = text(
    "select case when c.verdict = 'matched' then c.street_code end as street, "
    "coalesce((select a.codes from area_chains a where a.version = c.registry_version and a.code = c.area_code), "
    "array[]::varchar[]) as areas, "
    "array_remove(array[c.department, c.supervisor] || c.co_departments, null) as departments "
    "from complaints c where c.id = :id"
)
_EXISTS = text("select exists (select from complaints where id = :id)")
_BEFORE = text("select exists (select from case_events where case_id = :id and key = :key and actor = :actor)")

_NEWEST = "(select max(version) from registry_versions)"
_STREET = text(
    "select s.code, array(select distinct s2.area_code from segments s2 where s2.version = s.version "
    "and s2.street_code = s.code and s2.area_code is not null) as areas "
    f"from streets s where s.version = {_NEWEST} and s.code = :street"
)
_ABOVE = text(f"select codes from area_chains where version = {_NEWEST} and code = any(:areas)")


def case_in_sight(engine: Engine, actor: Actor, case_id: int) -> bool:
    """Whether the actor may see the case."""
    with acting(engine, actor, Permission.READ_CASE) as session:
        return bool(session.execute(_CASE, {"id": case_id}).scalar_one())


def hidden_case(engine: Engine, case_id: int) -> NotFound:
    """The refusal of a case that the actor does not see: the same words whether it exists or not."""
    with transaction(engine) as session:
        exists = session.execute(_CASE, {"id": case_id}).scalar_one()
    return (OutOfScope if exists else NotFound)("no_case", case=case_id)


def must_see_case(engine: Engine, actor: Actor, case_id: int, key: str) -> None:
    """Raise NotFound for a case out of sight; who did this very thing before may ask again how it went.

    What one did may put a case out of one's sight: a department that sends it back.
    """
    if case_in_sight(engine, actor, case_id):
        return
    with transaction(engine) as session:
        if session.execute(_BEFORE, {"id": case_id, "key": key, "actor": actor.id}).scalar_one():
            return
    raise hidden_case(engine, case_id)


def may_register(engine: Engine, actor: Actor, complaint: int) -> None:
    """Raise NotFound for a complaint out of sight, Forbidden for one that the actor may see but not register."""
    with acting(engine, actor, Permission.READ_CASE) as session:
        row = session.execute(_COMPLAINT, {"id": complaint}).one_or_none()
    if row is None:
        with transaction(engine) as session:
            exists = session.execute(_EXISTS, {"id": complaint}).scalar_one()
        raise (OutOfScope if exists else NotFound)("no_complaint", complaint=complaint)
    subject = Subject(row.street, frozenset(row.areas), frozenset(row.departments))
    if not allowed(actor, Permission.REGISTER, subject):
        raise Forbidden()


def areas_of(engine: Engine, actor: Actor, permission: Permission, street: str) -> tuple[str, ...]:
    """The areas that a street runs through, and all above.

    Raises NotFound unless the actor holds the permission in every one of the areas.
    """
    with acting(engine, actor, permission) as session:
        found = session.execute(_STREET, {"street": street}).one_or_none()
        chains = session.execute(_ABOVE, {"areas": found.areas}).scalars().all() if found else ()
    if found is None:
        raise NotFound("no_street", street=street)
    shared = frozenset.intersection(*(frozenset(chain) for chain in chains)) if chains else frozenset()
    if not allowed(actor, permission, Subject(found.code, shared)):
        raise OutOfScope("no_street", street=street)
    return tuple(sorted({code for chain in chains for code in chain}))
