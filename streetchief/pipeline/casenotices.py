"""Who is told of a step of a case: the audiences of its edge, turned into accounts, departments and feeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from streetchief.casework.actions import Action, Audience, WhistleKind
from streetchief.casework.case import Case
from streetchief.casework.events import CaseEvent
from streetchief.casework.notices import MOST_CHARACTERS, Facts, Notice, Urgency
from streetchief.casework.states import EDGES
from streetchief.casework.whistle import open_tasks
from streetchief.pipeline.caseground import CaseGround

_HOLDERS = text(
    "select distinct u.login from user_grants g join users u on u.id = g.user_id "
    "where u.disabled_at is null and g.role = :role and (cast(:tier as integer) is null or g.tier = :tier) "
    "and (g.street is null or g.street = :street) and (g.area is null or g.area = any (:areas)) order by u.login"
)
_ORIGINS = text("select id, feed, external_id from complaints where id = any (:ids) order by id")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: how the case stood, what happened, how it stands."""

    before: Case
    event: CaseEvent
    after: Case


def notices_of(session: Session, ground: CaseGround, before: Case, event: CaseEvent, after: Case) -> list[Notice]:
    """The notices of a step, keyed ``case/<number>#<seq>``; nobody is told of what they did themselves.

    A complainant is told through the feed that brought the complaint, under a key of its own for each complaint.
    """
    step = Step(before, event, after)
    key = f"case/{after.number}#{event.seq}"
    facts, urgency = facts_of(ground, after), _urgency(event)
    edge = EDGES[before.state, event.action]
    at_top = after.is_at_top and not before.is_at_top
    notices: list[Notice] = []
    for audience in (*edge.emits, *([Audience.DIRECTOR] if at_top else [])):
        topic = f"{event.action}.{audience}"
        if audience in (Audience.COMPLAINANT, Audience.FEED):
            notices += _to_feeds(session, step, key, topic, facts)
        else:
            found = RECIPIENTS[audience](session, step)
            notices += [Notice(key, topic, r, facts, urgency) for r in dict.fromkeys(found) if r != f"user:{event.by}"]
    return notices


def facts_of(ground: CaseGround, case: Case) -> Facts:
    """What a notice says of a case; names of the registry cut to what a notice holds."""
    return Facts(
        case=case.number,
        street=_short(ground.street_name(case)),
        category=_short(ground.category_name(case)),
        due_at=None if case.clock is None else case.clock.due_at,
        link=f"/cases/{case.id}",
    )


def holders(session: Session, case: Case, role: str, tier: int | None = None) -> list[str]:
    """``user:<login>`` of every account that holds the role where the case is, by login; a chief also of that tier."""
    asked = {"role": role, "tier": tier, "street": case.street, "areas": list(case.areas)}
    return [f"user:{login}" for login in session.scalars(_HOLDERS, asked)]


def chiefs(session: Session, case: Case) -> list[str]:
    """The chiefs of the tier that answers; nobody while no chief was asked."""
    return [] if case.tier is None else holders(session, case, "chief", case.tier)


def departments(codes: Iterable[str | None]) -> list[str]:
    """``department:<code>`` of those that are named."""
    return [f"department:{code}" for code in codes if code is not None]


def _urgency(event: CaseEvent) -> Urgency | None:
    is_emergency = event.action == Action.WHISTLE and event.payload["kind"] == WhistleKind.EMERGENCY
    return Urgency.EMERGENCY if is_emergency else None


def _short(name: str | None) -> str | None:
    if name is None:
        return None
    return "".join(c for c in name if c.isprintable())[:MOST_CHARACTERS] or None


def _to_feeds(session: Session, step: Step, key: str, topic: str, facts: Facts) -> Iterator[Notice]:
    attached = step.event.payload.get("complaint") if step.event.action == Action.ATTACH_COMPLAINT else None
    ids = step.before.complaints if step.event.action == Action.MERGE else step.after.complaints  # told where they go
    ids = ids if attached is None else (attached,)
    for row in session.execute(_ORIGINS, {"ids": list(ids)}):
        fits = len(row.external_id) <= MOST_CHARACTERS and row.external_id.isprintable()
        reference = row.external_id if fits else None
        told = Facts(facts.case, facts.street, facts.category, facts.due_at, facts.link, reference)
        yield Notice(f"{key}/{row.id}", topic, f"feed:{row.feed}", told)


def _chiefs(session: Session, step: Step) -> list[str]:
    if step.event.action == Action.HAND_OVER_CHIEF:
        return [f"user:{step.event.payload['successor']}"]
    return chiefs(session, step.after)


def _department(_session: Session, step: Step) -> list[str]:
    """That holds it now; where the step took it away, that held it."""
    return departments([step.after.department or step.before.department])


def _called(_session: Session, step: Step) -> list[str]:
    p = step.event.payload
    if step.event.action == Action.WHISTLE:
        return departments(called["department"] for called in p["called"])
    if step.event.action == Action.VOID:
        return departments(task.department for task in open_tasks(step.before))
    if "department" in p:
        return departments([p["department"]])
    settled = p.get("whistles")
    return departments(t.department for t in step.before.tasks if settled is None or t.whistle in settled)


def _callers(_session: Session, step: Step) -> list[str]:
    meant = step.event.payload.get("task")
    return [f"user:{task.caller}" for task in step.before.tasks if meant is None or task.number == meant]


def _role(role: str) -> Callable[[Session, Step], list[str]]:
    return lambda session, step: holders(session, step.after, role)


RECIPIENTS: Mapping[Audience, Callable[[Session, Step], list[str]]] = {
    Audience.CHIEF: _chiefs,
    Audience.DEPARTMENT: _department,
    Audience.CALLED: _called,
    Audience.CALLER: _callers,
    Audience.DISPATCHER: _role("dispatcher"),
    Audience.SUPERVISOR: _role("supervisor"),
    Audience.DIRECTOR: _role("director"),
}
