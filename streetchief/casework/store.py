"""Cases in the database.  Takes a session, never commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from streetchief.actors import Subject
from streetchief.casework.actions import Action
from streetchief.casework.case import Case, StepClock
from streetchief.casework.events import CaseEvent
from streetchief.casework.opening import Opening
from streetchief.casework.states import State
from streetchief.casework.tables import CaseComplaintRow, CaseEventRow, CaseRow, CaseTaskRow
from streetchief.casework.whistle import is_open, open_tasks

OPENING_LOCK = 0x5C0068
_APPEND = text(
    "insert into case_events (case_id, seq, at, actor, action, state, payload, prev_hash, hash, key) values "
    "(:case_id, :seq, :at, :actor, :action, :state, cast(:body as json), :prev_hash, :hash, :key)"
)
_OPENING = text(
    "select o.*, area_chain(o.registry_version, o.area_code) as areas from case_openings o "
    "where o.complaint = :complaint"
)
_OPENING_FIELDS = tuple(name for name in Opening.__slots__ if name not in ("areas", "needs_check"))


def lock_case(session: Session, case_id: int) -> bool:
    """Whether there is such a case; its row stays locked until the transaction ends."""
    return session.scalar(select(CaseRow.id).where(CaseRow.id == case_id).with_for_update()) is not None


def share_openings(session: Session) -> None:
    """Before a case is opened: while it is, no complaint is placed anew under its feet."""
    session.execute(text("select pg_advisory_xact_lock_shared(:key)"), {"key": OPENING_LOCK})


def hold_openings(session: Session) -> None:
    """No case is opened until the transaction ends; waits for those that are being opened."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": OPENING_LOCK})


def load_events(session: Session, case_id: int) -> tuple[CaseEvent, ...]:
    """The events of a case in their order; () if there is no such case."""
    rows = session.execute(select(CaseEventRow).where(CaseEventRow.case_id == case_id).order_by(CaseEventRow.seq))
    return tuple(_event(row) for row in rows.scalars())


def _event(row: CaseEventRow) -> CaseEvent:
    return CaseEvent(
        row.case_id, row.seq, row.at, row.actor, Action(row.action), State(row.state), row.payload, row.prev_hash,
        row.hash,
    )  # fmt: skip


def keyed_event(session: Session, case_id: int, key: str) -> tuple[str, str] | None:
    """(action, actor) of what a request under this key brought; None if none came."""
    row = CaseEventRow
    found = session.execute(select(row.action, row.actor).where(row.case_id == case_id, row.key == key)).one_or_none()
    return None if found is None else (found.action, found.actor)


def append_events(session: Session, events: Sequence[CaseEvent], key: str | None = None) -> None:
    """Append sealed events; the key stands on the first of them."""
    for number, event in enumerate(events):
        values = {
            "case_id": event.case_id, "seq": event.seq, "at": event.at, "actor": event.by, "action": event.action.value,
            "state": event.state.value, "body": event.body, "prev_hash": event.prev_hash, "hash": event.hash,
            "key": key if number == 0 else None,
        }  # fmt: skip
        session.execute(_APPEND, values)


def add_case(session: Session, case: Case) -> None:
    """The row of a new case, and the complaints that it carries."""
    session.execute(insert(CaseRow).values(id=case.id, **case_values(case)))
    session.execute(insert(CaseComplaintRow), [{"complaint_id": c, "case_id": case.id} for c in case.complaints])


def save_case(session: Session, before: Case, case: Case) -> None:
    """Write the read model of a case after new events."""
    session.execute(update(CaseRow).where(CaseRow.id == case.id).values(**case_values(case)))
    gone = [c for c in before.complaints if c not in case.complaints]
    if gone:
        session.execute(delete(CaseComplaintRow).where(CaseComplaintRow.complaint_id.in_(gone)))
    added = [{"complaint_id": c, "case_id": case.id} for c in case.complaints if c not in before.complaints]
    if added:
        session.execute(insert(CaseComplaintRow), added)
    if case.tasks != before.tasks:
        session.execute(delete(CaseTaskRow).where(CaseTaskRow.case_id == case.id))
        session.execute(insert(CaseTaskRow), task_values(case))


def case_values(case: Case) -> dict[str, Any]:
    """Every column of the row but its id."""
    return {
        "number": case.number, "state": case.state.value, "stage": int(case.stage), "held_by": case.held_by,
        "tier": case.tier, "department": case.department, "supervisor": case.supervisor, "street_code": case.street,
        "segment_code": case.segment, "areas": list(case.areas), "departments": list(case.departments),
        "scheme": case.scheme, "kind": case.kind, "code": case.code, "condition": case.condition,
        "registry_version": case.registry_version, "opened_at": case.opened_at,
        "due_at": _due(case.clock), "due_step": case.clock.step if case.clock else None,
        "due_provisional": case.clock is not None and case.clock.provisional,
        "answer_due_at": _due(case.answer), "whole_due_at": _due(case.whole),
        "whole_provisional": case.whole is not None and case.whole.provisional,
        "request": case.request.kind.value if case.request else None, "suspended_until": case.suspended_until,
        "extensions": case.extensions, "suspensions": case.suspensions, "reworks": case.reworks, "urged": case.urged,
        "open_tasks": len(open_tasks(case)), "parent_id": case.parent_id,
        "merged_into": case.merged_into, "is_forced": case.is_forced,
        "closed_at": case.closed_at, "version": case.version, "last_at": case.last_at, "last_hash": case.last_hash,
    }  # fmt: skip


def _due(clock: StepClock | None) -> datetime | None:
    return None if clock is None else clock.due_at


def task_values(case: Case) -> list[dict[str, Any]]:
    """The rows of a case's tasks."""
    kinds = {whistle.number: whistle.kind.value for whistle in case.whistles}
    return [
        {
            "case_id": case.id, "number": t.number, "whistle": t.whistle, "kind": kinds[t.whistle],
            "department": t.department, "caller": t.caller, "state": t.state.value, "is_open": is_open(t),
            "called_at": t.called_at, "arrive_due_at": t.arrive_due_at, "finish_due_at": t.finish_due_at,
            "arrived_at": t.arrived_at, "proof": t.proof, "distance_m": t.distance_m, "done_at": t.done_at,
            "returned_at": t.returned_at, "left_at": t.left_at, "has_left_early": t.has_left_early,
            "was_no_show": t.was_no_show, "score": t.score, "is_score_struck": t.is_score_struck,
        }
        for t in case.tasks
    ]  # fmt: skip


def next_case_id(session: Session) -> int:
    """The id of the next case."""
    return int(session.execute(text("select nextval('cases_id_seq')")).scalar_one())


def load_opening(session: Session, complaint: int, *, needs_check: bool = True) -> Opening | None:
    """What a complaint says to its case; None if there is no such complaint or it has a case."""
    row = session.execute(_OPENING, {"complaint": complaint}).mappings().one_or_none()
    if row is None:
        return None
    return Opening(**{name: row[name] for name in _OPENING_FIELDS}, areas=tuple(row["areas"]), needs_check=needs_check)


def ids_without_case(session: Session, run: int) -> list[int]:
    """The complaints of an intake run that have no case, in their order."""
    found = session.execute(
        text("select complaint from case_openings where run_id = :run order by complaint"), {"run": run}
    )
    return [int(complaint) for complaint in found.scalars()]


def classes_of(session: Session, complaints: Sequence[int]) -> list[tuple[str, str | None, str | None, str | None]]:
    """The different (scheme, kind, code, condition) of complaints."""
    statement = text(
        "select distinct scheme, kind, code, condition from case_openings where complaint = any (:complaints)"
    )
    return [tuple(row) for row in session.execute(statement, {"complaints": list(complaints)}).all()]


def open_ids(session: Session, *, street: str | None = None, tier: int | None = None) -> list[int]:
    """Cases that have not ended, of a street and tier where they are given; locked, in the order of ids."""
    row = CaseRow
    query = select(row.id).where(row.closed_at.is_(None)).order_by(row.id).with_for_update()
    if street is not None:
        query = query.where(row.street_code == street)
    if tier is not None:
        query = query.where(row.tier == tier)
    return list(session.scalars(query))


def subjects(session: Session, case_ids: Collection[int]) -> list[tuple[int, Subject]]:
    """(id, what scopes ask of it) of these cases."""
    row = CaseRow
    query = select(row.id, row.street_code, row.areas, row.departments).where(row.id.in_(case_ids))
    return [
        (i, Subject(street, frozenset(areas), frozenset(named))) for i, street, areas, named in session.execute(query)
    ]


def first_broken(session: Session) -> tuple[int, int] | None:
    """The first case, by id, whose chain does not hold, and the first wrong seq in it; None if all hold."""
    row = session.execute(text("select case_id, seq from broken_cases() order by case_id limit 1")).one_or_none()
    return None if row is None else (int(row.case_id), int(row.seq))
