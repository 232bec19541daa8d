"""When the buckets of running limits change, kept in ``case_marks`` so that SQL can find and list what is due.

A mark is computed once for every due instant, by Python, from the clock of the case; it is void as soon as the case
has another due instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case as case_when
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from streetchief.casework import store
from streetchief.casework.buckets import Marks, marks
from streetchief.casework.case import Case, StepClock
from streetchief.casework.flow_tables import CaseMarkRow
from streetchief.casework.fold import fold
from streetchief.pipeline.caseflow import CaseFlow

MOST_AT_ONCE = 500  # notices of one look
MOST_MARKED = 2_000
_UNMARKED = text("""
    select c.id from cases c
    left join case_marks s on s.case_id = c.id and s.clock = 'step'
    left join case_marks w on w.case_id = c.id and w.clock = 'whole'
    where c.closed_at is null
        and (c.due_at is not null and s.due_at is distinct from c.due_at
            or c.whole_due_at is not null and w.due_at is distinct from c.whole_due_at)
    order by least(c.due_at, c.whole_due_at), c.id limit :most
""")


def unmarked(session: Session, most: int = MOST_MARKED) -> list[int]:
    """Open cases with a limit that has no mark, the most urgent first."""
    return list(session.scalars(_UNMARKED, {"most": most}))


def mark(session: Session, flow: CaseFlow, ids: Iterable[int]) -> None:
    """Compute the marks of cases and keep them; a told mark stays told while its due instant is the same."""
    rows: list[dict[str, Any]] = []
    for case_id in ids:
        case = fold(store.load_events(session, case_id))
        rows += [_row(flow, case, name, clock) for name, clock in running(case)]
    if not rows:
        return
    new = insert(CaseMarkRow)
    is_same = CaseMarkRow.due_at == new.excluded.due_at
    changed: dict[str, Any] = {name: new.excluded[name] for name in ("due_at", "soon_at", "severe_at", "calendar")}
    for told in (CaseMarkRow.soon_told_at, CaseMarkRow.overdue_told_at):
        changed[told.key] = case_when((is_same, told), else_=None)
    session.execute(new.on_conflict_do_update(index_elements=["case_id", "clock"], set_=changed), rows)


def running(case: Case) -> Sequence[tuple[str, StepClock]]:
    """The limits of a case that run now, by the names of their marks."""
    named = (("step", case.clock), ("whole", case.whole))
    return [(name, clock) for name, clock in named if clock is not None and clock.due_at is not None]


def _row(flow: CaseFlow, case: Case, name: str, clock: StepClock) -> dict[str, Any]:
    found = marks_of(flow, case, clock)
    return {
        "case_id": case.id, "clock": name, "due_at": clock.due_at, "calendar": clock.calendar_version,
        "soon_at": found.soon_at if found else None, "severe_at": found.severe_at if found else None,
        "soon_told_at": None, "overdue_told_at": None,
    }  # fmt: skip


def marks_of(flow: CaseFlow, case: Case, clock: StepClock) -> Marks | None:
    """The marks of one clock by the limits and the calendar of today; None while it is paused, and without a limit."""
    times = flow.times_of((case.scheme, case.kind, case.code, case.condition))
    limit = times.clock(clock.step, clock.started_at, pauses=clock.pauses, extensions=clock.extensions)
    if limit is None or flow.times.calendar is None:
        return None
    return marks(limit, flow.times.calendar, flow.city.buckets)
