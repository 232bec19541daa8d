"""周查, the weekly check: the tier above looks at a sample of last week's patrols.  One call, one transaction."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from streetchief.actors import Actor, Permission
from streetchief.city import PatrolPlan
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.patrol import rules, store
from streetchief.patrol.model import Check
from streetchief.patrol.service import clean, may_see, reader, visible
from streetchief.storage import audit
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction

WEEK = timedelta(days=7)


def draw_week(
    engine: Engine, week_on: date, *, plan: PatrolPlan, zone: ZoneInfo, by: Actor, now: datetime
) -> tuple[int, ...]:
    """Draw the samples of a week, once: a sample for each tier of which the city wants one; the tiers drawn now.

    Whoever asks, the sample is the same, so nobody gains by asking.  Raises Forbidden for one who may check nothing,
    BadInput for a day that is no Monday and for a week that is not over.
    """
    if not any(Permission.CHECK_PATROL in grant.permissions for grant in by.grants):
        raise Forbidden()
    if week_on != rules.week_of(week_on):
        raise BadInput("not_a_monday", day=week_on.isoformat())
    rules.check_over(week_on + WEEK, now, zone)
    drawn = []
    with transaction(engine) as session:
        for asked in plan.tiers:
            if not asked.sample:
                continue
            ended = store.ended_in_week(session, week_on, week_on + WEEK, asked.tier)
            if store.add_draw(session, week_on, asked.tier, len(ended), asked.sample, now, by.id):
                store.add_sample(session, week_on, asked.tier, rules.draw(week_on, asked.tier, ended, asked.sample))
                drawn.append(asked.tier)
    return tuple(drawn)


def sample(engine: Engine, week_on: date, *, by: Actor) -> list[Check]:
    """The sample of a week as far as it lies in the actor's scope, by tier and in the order of drawing."""
    with acting(engine, by, reader(by)) as session:
        found = store.checks(session, week_on)
        seen = {patrol.id for patrol in store.patrols(session, [c.patrol for c in found]) if may_see(by, patrol)}
    return [check for check in found if check.patrol in seen]


def check(
    engine: Engine, patrol_id: int, agrees: bool, reason: str | None, *, by: Actor, now: datetime,
    key: str | None = None,
) -> Check:  # fmt: skip
    """Say of a drawn patrol whether what it says is so; a disagreement needs its reason.  Written to the audit log.

    The same key again gives the judgement that it brought.  Raises NotFound for a patrol out of sight, Forbidden as
    `rules.check_checker` does, Conflict for one that was not drawn or was judged already.
    """
    rules.city_day(now, ZoneInfo("UTC"))
    words = clean(reason) if reason and reason.strip() else None
    if words is None and not agrees:
        raise BadInput("check_needs_reason")
    if words is not None and len(words) > rules.MOST_CHARACTERS:
        raise BadInput("check_needs_reason")
    with transaction(engine) as session:
        patrol = visible(store.patrols(session, [patrol_id]), patrol_id, by)
        rules.check_checker(by, patrol)
        locked = store.lock_check(session, patrol_id)
        if locked is None:
            raise Conflict("patrol_not_drawn", patrol=patrol_id)
        before, used = locked
        if before.agrees is not None:
            if key is not None and (used, before.checker) == (key, by.id):
                return before
            raise Conflict("patrol_checked", patrol=patrol_id)
        store.judge(session, patrol_id, agrees, words, by.id, now, key)
        after = store.lock_check(session, patrol_id)
        if after is None:
            raise NotFound("no_patrol", patrol=patrol_id)
        detail: dict[str, audit.Plain] = {"agrees": agrees, "chief": patrol.chief}
        audit.record(session, at=now, actor=by.id, action="patrol.check", subject=f"patrol:{patrol_id}", detail=detail)
    return after[0]
