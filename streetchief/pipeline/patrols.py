"""Where patrols meet the other rooms: a finding handed over becomes a case, a missed patrol becomes notices.

A finding takes the way of every complaint, from an internal feed ``patrol``: received, placed, routed, stored, opened.
Its point is the middle of the segment that the chief named, never where he stood; and as his choice outranks the
matcher, it is written into the case as a step of his.  Every part may be repeated: after a kill the rest is done.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from streetchief.accounts import store as accounts
from streetchief.actors import Actor, Grant, Permission, Subject
from streetchief.casework import outbox_store
from streetchief.casework.actions import Action, Given
from streetchief.casework.case import Case
from streetchief.casework.notices import Facts, Notice
from streetchief.casework.service import load_case
from streetchief.casework.tables import CaseComplaintRow
from streetchief.city import PATROL_FEED, City, PatrolPlan
from streetchief.errors import BadInput, Conflict, NotFound, StreetChiefError
from streetchief.intake import store as intake_store
from streetchief.intake.feeds.records import RawRecord
from streetchief.intake.tables import ComplaintRow
from streetchief.patrol import checks, records, rules, service, store
from streetchief.patrol.model import Draft, Finding, Handled, Patrol, Round, WorkingDay
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.context import Context, context_of
from streetchief.pipeline.receive_one import receive_one
from streetchief.pipeline.timers import Timer
from streetchief.registry.service import current_version
from streetchief.storage.engine import transaction

log = logging.getLogger("streetchief.worker")
P = Permission
KEEPER = Actor(
    "system:patrol", (Grant("worker", frozenset({P.READ_CASE, P.REGISTER, P.CHECK_PATROL, P.REVIEW_PATROL})),)
)
"""Our own program: accounts for the days, draws the samples, opens the cases of findings."""


def plan_of(city: City) -> PatrolPlan:
    """What the city asks of patrols.  Raises BadInput where its file says nothing."""
    if city.patrol is None:
        raise BadInput("no_patrol_plan", city=city.code)
    return city.patrol


def report(
    flow: CaseFlow, patrol_id: int, draft: Draft, *, by: Actor, now: datetime, key: str | None = None
) -> Finding:
    """Note a finding, and open its case if it is handed over.  Raises as `patrol.service.find` does."""
    found = service.find(flow.engine, patrol_id, draft, plan=plan_of(flow.city), by=by, now=now, key=key)
    if found.draft.handled != Handled.HANDED_OVER or found.case is not None:
        return found
    return hand_over(flow, found.id, now=now)


def hand_over_pending(flow: CaseFlow, now: datetime) -> int:
    """Open the cases of findings that were handed over and have none, after a kill for instance; returns how many.

    One that is refused (its segment left the register, say) is logged and holds up no other.
    """
    with transaction(flow.engine) as session:
        waiting = store.pending(session)
    done = 0
    for finding in waiting:
        try:
            hand_over(flow, finding, now=now)
        except StreetChiefError as refused:
            log.warning("finding %s has no case yet: %s", finding, refused.code)
        else:
            done += 1
    return done


def hand_over(flow: CaseFlow, finding_id: int, *, now: datetime) -> Finding:
    """Store the complaint of a finding, open its case and put it where the chief said; what is done stays done."""
    with transaction(flow.engine) as session:
        finding = store.load_finding(session, finding_id)
        walk = None if finding is None else store.patrols(session, [finding.patrol])
    if finding is None or not walk:
        raise NotFound("no_finding", finding=finding_id)
    complaint = _complaint(flow, finding, now)
    case = _case(flow, complaint, now)
    case = _placed(flow, case, finding, walk[0], now)
    with transaction(flow.engine) as session:
        store.note_case(session, finding_id, complaint, case.id)
        after = store.load_finding(session, finding_id)
    assert after is not None, "a finding is never removed"
    return after


def _complaint(flow: CaseFlow, finding: Finding, now: datetime) -> int:
    stored = _stored(flow.engine, finding.id)
    if stored is not None:
        return stored
    with transaction(flow.engine) as session:
        registry = flow.ground(session).registry
    context = context_of(flow.city, flow.city.feed(PATROL_FEED), registry)
    verdict = _receive(flow.engine, context, _record(context, finding), now)
    stored = _stored(flow.engine, finding.id)
    if stored is None:
        raise Conflict("finding_not_taken", finding=finding.id, reason=verdict)
    return stored


def _record(context: Context, finding: Finding) -> RawRecord:
    """The finding as a record: the middle of its segment as its place, the name of its street as its address."""
    draft = finding.draft
    segment = context.registry.segment_by_code.get(draft.segment)
    if segment is None:
        raise Conflict("segment_is_gone", segment=draft.segment)
    middle = segment.geometry.interpolate(0.5, normalized=True)
    values = {
        "id": f"finding-{finding.id}", "lon": middle.x, "lat": middle.y, "reported_at": finding.found_at.isoformat(),
        "kind": draft.kind, "code": draft.code, "text": draft.opinion,
        "address": context.registry.street_by_code[segment.street].name, "photo": draft.photo, "item": draft.item,
        "segment": draft.segment,
    }  # fmt: skip
    return RawRecord(1, values)


def _receive(engine: Engine, context: Context, record: RawRecord, now: datetime) -> str:
    with transaction(engine) as session:
        run = intake_store.start_run(session, PATROL_FEED, PATROL_FEED, {**context.versions}, now)
        model = context.model
        intake_store.save_model(session, PATROL_FEED, model.version, model.to_json(), now)
    with engine.connect() as connection:
        verdict = receive_one(connection, context, run, record, now)
    with transaction(engine) as session:
        intake_store.finish_run(session, run, {"received": 1, "verdict": verdict}, now)
    return verdict


def _stored(engine: Engine, finding: int) -> int | None:
    row = ComplaintRow
    query = select(row.id).where(row.feed == PATROL_FEED, row.external_id == f"finding-{finding}")
    with transaction(engine) as session:
        return session.scalar(query)


def _case(flow: CaseFlow, complaint: int, now: datetime) -> Case:
    """The case of a complaint, opened if need be.  The chief stood there, so nobody has to see whether it is true."""
    try:
        return flow.open_case(complaint, by=KEEPER, now=now, needs_check=False)
    except Conflict as refused:
        if refused.code != "complaint_has_case":
            raise
    with transaction(flow.engine) as session:
        case = session.get_one(CaseComplaintRow, complaint).case_id
        return load_case(session, case, by=KEEPER)


def _placed(flow: CaseFlow, case: Case, finding: Finding, patrol: Patrol, now: datetime) -> Case:
    """The chief's own choice of segment, as a step of his: it holds against the matcher now and on any rematch.

    A case that somebody ended meanwhile keeps the street of its day.
    """
    if case.closed_at is not None:
        return case
    chief = Actor(patrol.chief, (Grant("chief", frozenset({P.READ_CASE, P.PLACE})),))
    given = Given(segment=finding.draft.segment)
    key = f"finding-{finding.id}"
    return flow.act(case.id, Action.PLACE, by=chief, now=now, version=case.version, key=key, given=given)


def working_day(flow: CaseFlow, day: date) -> WorkingDay:
    """What the city's calendar says of a day; without a calendar no day is known to be worked, so nothing is due."""
    calendar = flow.times.calendar
    if calendar is None:
        return WorkingDay(is_working=False, is_known=False, calendar_version="")
    return WorkingDay(calendar.kind_of(day).is_working, calendar.is_known(day), calendar.version)


def settle(flow: CaseFlow, engine: Engine, now: datetime) -> int:
    """Account for the days that are over and tell of the missed patrols; returns how many were missed.  A timer."""

    def tell(session: Session, on: date, missed: Sequence[Round]) -> None:
        outbox_store.enqueue_all(session, _notices(session, flow, on, missed), now=now)

    return records.settle_days(
        engine, plan=plan_of(flow.city), zone=flow.city.zone, working=lambda day: working_day(flow, day), tell=tell,
        by=KEEPER, now=now,
    )  # fmt: skip


def draw_last_week(flow: CaseFlow, engine: Engine, now: datetime) -> int:
    """Draw the samples of the last week that is over; returns for how many tiers it drew one.  A timer."""
    zone = flow.city.zone
    last = rules.week_of(rules.city_day(now - rules.SETTLE_AFTER, zone)) - timedelta(days=7)
    return len(checks.draw_week(engine, last, plan=plan_of(flow.city), zone=zone, by=KEEPER, now=now))


def timers_of(flow: CaseFlow) -> tuple[Timer, ...]:
    """The timers of the room; none where the city asks nothing of patrols.  Before a registry they find nothing."""
    if flow.city.patrol is None:
        return ()

    def once_published(run: Callable[[Engine, datetime], int]) -> Callable[[Engine, datetime], int]:
        return lambda engine, now: 0 if current_version(engine) is None else run(engine, now)

    return (
        Timer("patrol_days", once_published(partial(settle, flow)), cron="*/10 * * * *"),
        Timer("patrol_samples", once_published(partial(draw_last_week, flow)), cron="5 * * * *"),
        Timer("patrol_findings", once_published(lambda _, now: hand_over_pending(flow, now)), cron="*/5 * * * *"),
    )


def _notices(session: Session, flow: CaseFlow, on: date, missed: Sequence[Round]) -> list[Notice]:
    """To each chief whose post missed a patrol, and to those of the next tier above who reach there."""
    registry = flow.ground(session).registry
    people = [account for account in accounts.accounts(session) if account.disabled_at is None]
    found = []
    for one in missed:
        ground = one.beat.ground
        subject = Subject(ground.street, frozenset(ground.areas))
        tiers = {"chief": one.beat.tier, "above": one.beat.tier - 1}
        beat = f"{on.isoformat()}|{one.beat.tier}|{ground.street}|{one.beat.name}"
        key = f"missed-patrol/{hashlib.sha256(beat.encode()).hexdigest()[:32]}"
        street = registry.street_by_code[ground.street].name
        facts = Facts(case=f"{on:%Y%m%d} {one.beat.name}"[:120], street=street[:120])
        for account in people:
            held = {h.grant.tier for h in account.held if P.PATROL in h.grant.permissions and h.grant.covers(subject)}
            found += [
                Notice(key, f"missed_patrol.{audience}", f"user:{account.login}", facts)
                for audience, tier in tiers.items()
                if tier in held
            ]
    return found
