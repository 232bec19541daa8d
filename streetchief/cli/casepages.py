"""A case as lines to read: where it stands, its clocks, its called departments, what happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from streetchief.casework import store
from streetchief.casework.buckets import Bucket, bucket_at
from streetchief.casework.case import Case, StepClock, Task
from streetchief.casework.events import CaseEvent
from streetchief.casework.fold import fold
from streetchief.casework.whistle import is_late, is_no_show
from streetchief.pipeline.casebook import complaint_lines
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.casemarks import marks_of
from streetchief.words import both

TEXTS = ("opinion", "reason", "photo", "department", "score")


def case_page(session: Session, flow: CaseFlow, case_id: int, *, now: datetime) -> Iterator[str]:
    """The lines of one case; the caller takes control characters out."""
    events = store.load_events(session, case_id)
    case = fold(events)
    ground = flow.ground(session)
    yield f"{case.number}  (id {case.id}, {both('cases.column_version')} {case.version})"
    yield f"  {both('cases.column_state')}: {both(f'case.state.{case.state}')}"
    where = " ".join(filter(None, (ground.street_name(case), case.street, case.segment)))
    for name, value in (
        ("street", where), ("category", ground.category_name(case) or case.code), ("department", case.department),
        ("supervisor", case.supervisor), ("tier", case.tier), ("parent", case.parent_id),
    ):  # fmt: skip
        if value:
            yield f"  {both(f'cases.column_{name}')}: {value}"
    for row in complaint_lines(session, case.complaints):
        yield f"  {both('cases.complaint')} {row.id} {row.feed} {row.external_id}: {row.text or row.address or ''}"
    for name, clock in (("step", case.clock), ("whole", case.whole)):
        if clock is not None:
            yield f"  {both(f'cases.clock_{name}')}: {_clock(flow, case, clock, now)}"
    for task in case.tasks:
        yield f"  {both('cases.task')} {task.number} {task.department}: {_task(task, now)}"
    yield both("cases.history")
    for event in events:
        yield _event(flow, event)


def _clock(flow: CaseFlow, case: Case, clock: StepClock, now: datetime) -> str:
    if clock.due_at is None:
        return both(f"bucket.{Bucket.PAUSED}")
    found = marks_of(flow, case, clock)
    plain = Bucket.OVERDUE if now > clock.due_at else Bucket.NORMAL  # of a limit that the table no longer has
    bucket = plain if found is None else bucket_at(found, now)
    due = f"{clock.due_at.astimezone(flow.city.zone):%Y-%m-%d %H:%M}"
    return f"{due} {both(f'bucket.{bucket}')}{' ' + both('deadline.provisional') if clock.provisional else ''}"


def _task(task: Task, now: datetime) -> str:
    seen = {
        "no_show": is_no_show(task, now), "late": is_late(task, now), "left_early": task.has_left_early,
    }  # fmt: skip
    said = [both(f"case.task.{task.state}"), *(both(f"cases.{name}") for name, is_so in seen.items() if is_so)]
    said += [f"{both('case.need.score')} {task.score}"] if task.score is not None else []
    return "；".join(said)


def _event(flow: CaseFlow, event: CaseEvent) -> str:
    at = f"{event.at.astimezone(flow.city.zone):%Y-%m-%d %H:%M:%S}"
    said = " ".join(str(event.payload[name]) for name in TEXTS if event.payload.get(name) is not None)
    state = both(f"case.state.{event.state}")
    return f"  {event.seq:>3} {at} {event.by} {both(f'case.action.{event.action}')} → {state}  {said}".rstrip()
