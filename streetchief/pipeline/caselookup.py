"""What deciding asks of the database while the case is locked: complaints without a case, parents, the plaque key."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.casework.flow_tables import PlaqueKeyRow
from streetchief.casework.plaques import KEY_BYTES

_ANCESTORS = text("""
    with recursive above as (
        select c.id, c.parent_id, 0 as depth from cases c where c.id = :case
        union all
        select c.id, c.parent_id, above.depth + 1 from above join cases c on c.id = above.parent_id
        where above.depth < 1000
    )
    select id from above where depth > 0 order by depth
""")
_SUBJECT = text("select street_code, areas, departments from cases where id = :case")


@dataclass(frozen=True, slots=True)
class CaselessComplaints(Collection[int]):
    """The ids of complaints that have no case yet, asked one by one.

    Asking locks the complaint until the transaction ends: two cases cannot both be told that it is free.
    """

    session: Session

    def __contains__(self, complaint: object) -> bool:
        """Whether it is there and free."""
        if not lock_complaint(self.session, complaint):
            return False
        taken = text("select exists (select from case_complaints where complaint_id = :id)")
        return not self.session.execute(taken, {"id": complaint}).scalar_one()

    def __iter__(self) -> Iterator[int]:
        """All of them, in the order of ids."""
        return iter(self.session.scalars(text("select complaint from case_openings order by complaint")))

    def __len__(self) -> int:
        """How many there are."""
        return int(self.session.execute(text("select count(*) from case_openings")).scalar_one())


def lock_complaint(session: Session, complaint: object) -> bool:
    """Whether there is such a complaint; until the transaction ends nobody else opens a case for it or attaches it."""
    query = text("select id from complaints where id = :id for no key update")
    return session.execute(query, {"id": complaint}).one_or_none() is not None


def ancestors(session: Session, case_id: int, by: Actor | None) -> tuple[int, ...] | None:
    """The parents of a case upwards; None = there is none, or none in the actor's sight (None = one of ours)."""
    row = session.execute(_SUBJECT, {"case": case_id}).one_or_none()
    if row is None:
        return None
    subject = Subject(row.street_code, frozenset(row.areas), frozenset(row.departments))
    if by is not None and not allowed(by, Permission.READ_CASE, subject):
        return None
    return tuple(session.scalars(_ANCESTORS, {"case": case_id}))


def plaque_key(session: Session) -> bytes:
    """The key of the plaques; made when it is first asked for, by two at once only one."""
    query = select(PlaqueKeyRow.key)
    found = session.scalar(query)
    if found is not None:
        return bytes(found)
    new = {"id": 1, "key": secrets.token_bytes(KEY_BYTES), "made_at": datetime.now(UTC)}
    session.execute(insert(PlaqueKeyRow).values(**new).on_conflict_do_nothing())
    return bytes(session.scalars(query).one())
