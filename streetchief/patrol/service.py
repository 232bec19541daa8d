"""Walking: a patrol begins, finds, ends.  One call, one transaction.

What lies out of the actor's scope does not exist for him: NotFound.  Texts are cleaned before they are kept: no
telephone or identity number, no coordinate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.city import PatrolPlan
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.patrol import rules, store
from streetchief.patrol.model import Answer, Draft, Finding, Ground, Patrol
from streetchief.registry.store import newest
from streetchief.scrub import scrub
from streetchief.storage.acting import acting
from streetchief.storage.engine import transaction

READERS = (Permission.PATROL, Permission.CHECK_PATROL, Permission.REVIEW_PATROL)


def start(
    engine: Engine, *, street: str, segments: Sequence[str] | None = None, tier: int | None = None, zone: ZoneInfo,
    by: Actor, now: datetime, key: str | None = None,
) -> Patrol:  # fmt: skip
    """Begin a patrol of a street, by a chief: all its segments in his scope, unless some are named.

    tier  as which he walks, where he holds several here; None = the nearest to the residents

    The same key again gives the patrol that it began.  Raises NotFound for a street or segment that is not there or
    out of scope, Forbidden for one who walks none, Conflict while he has an open patrol.
    """
    walked_on = rules.city_day(now, zone)
    with transaction(engine) as session:
        before = None if key is None else store.keyed_patrol(session, by.id, key)
        if before is not None:
            return _one(session, before)
        if not any(Permission.PATROL in grant.permissions for grant in by.grants):
            raise Forbidden()
        ground = _ground(session, street, segments, by, walked_on)
        walked_as = rules.tier_of(by, Subject(ground.street, frozenset(ground.areas)), tier)
        new = store.add_patrol(session, by.id, walked_as, ground, walked_on, now, key)
        if new is None:
            return _begun_meanwhile(session, by, key)
        return _one(session, new)


def _ground(session: Session, street: str, segments: Sequence[str] | None, by: Actor, on: date) -> Ground:
    """The segments that were named, else those of the street in the actor's scope."""
    current = newest(session)
    version = 0 if current is None else int(current.version)
    areas = store.segments_of(session, version, street, on)
    mine = [s for s, of in areas.items() if allowed(by, Permission.PATROL, Subject(street, frozenset(of)))]
    wanted = mine if segments is None else sorted(set(segments))
    if not wanted or not set(wanted) <= set(mine):
        raise NotFound("no_patrol_ground", street=street)
    return Ground(street, tuple(wanted), tuple(sorted({area for s in wanted for area in areas[s]})), version)


def _begun_meanwhile(session: Session, by: Actor, key: str | None) -> Patrol:
    """The same request came twice at once, or the chief has a patrol open."""
    same = None if key is None else store.keyed_patrol(session, by.id, key)
    if same is None:
        raise Conflict("patrol_open", patrol=store.open_patrol(session, by.id))
    return _one(session, same)


def find(
    engine: Engine, patrol_id: int, draft: Draft, *, plan: PatrolPlan, by: Actor, now: datetime,
    key: str | None = None,
) -> Finding:  # fmt: skip
    """Note a finding of one's own open patrol.  The same key again gives the finding that it brought.

    Raises NotFound for a patrol out of sight, Forbidden for another's, Conflict for one that ended, BadInput as
    `rules.check_draft` does.
    """
    with transaction(engine) as session:
        patrol = _own(session, patrol_id, by)
        before = None if key is None else store.keyed_finding(session, patrol_id, key)
        if before is not None:
            return before
        _check_open(patrol, now)
        rules.check_draft(draft, patrol, [item.code for item in plan.items])
        return store.add_finding(session, patrol_id, replace(draft, opinion=clean(draft.opinion)), now, key)


def end(
    engine: Engine, patrol_id: int, answers: Mapping[str, Answer], *, plan: PatrolPlan, by: Actor, now: datetime,
    key: str | None = None,
) -> Patrol:  # fmt: skip
    """End one's own patrol with the check list.  An item that nobody spoke of is ``not_seen``, one with a finding a
    ``problem``.

    The same key again gives the patrol as it ended.  Raises as `find` does.
    """
    with transaction(engine) as session:
        patrol = _own(session, patrol_id, by)
        if patrol.ended_at is not None and key is not None and store.end_key(session, patrol_id) == key:
            return patrol
        _check_open(patrol, now)
        found = {finding.draft.item for finding in patrol.findings}
        store.end_patrol(session, patrol_id, rules.all_answers(plan.items, answers, found), now, key)
        return _one(session, patrol_id)


def clean(words: str) -> str:
    """Free text as it may be kept: no telephone, no identity number, no place."""
    return rules.without_places(scrub(words.strip()))


def load(engine: Engine, patrol_id: int, *, by: Actor) -> Patrol:
    """A patrol in the actor's scope, else NotFound."""
    with transaction(engine) as session:
        return visible(store.patrols(session, [patrol_id]), patrol_id, by)


def listed(
    engine: Engine, *, from_on: date, to_on: date, street: str | None = None, chief: str | None = None, by: Actor,
    most: int = 200,
) -> list[Patrol]:  # fmt: skip
    """The patrols of a span of city days that the actor may see, newest first; read behind the second wall."""
    with acting(engine, by, reader(by)) as session:
        found = store.patrols_between(session, from_on, to_on, street=street, chief=chief, most=most)
    return [patrol for patrol in found if may_see(by, patrol)]


def reader(by: Actor) -> Permission:
    """The permission by which an actor reads patrols.  Raises Forbidden where he has none of them."""
    held = {permission for grant in by.grants for permission in grant.permissions}
    found = next((permission for permission in READERS if permission in held), None)
    if found is None:
        raise Forbidden()
    return found


def may_see(by: Actor, patrol: Patrol) -> bool:
    """Whether a patrol lies in a scope in which the actor walks, checks or reviews."""
    return any(allowed(by, permission, rules.subject_of(patrol)) for permission in READERS)


def visible(found: Sequence[Patrol], patrol_id: int, by: Actor) -> Patrol:
    """The one patrol that was looked for.  Raises NotFound where there is none, or none in the actor's sight."""
    if not found or not may_see(by, found[0]):
        raise NotFound("no_patrol", patrol=patrol_id)
    return found[0]


def _own(session: Session, patrol_id: int, by: Actor) -> Patrol:
    locked = store.lock_patrol(session, patrol_id)
    patrol = visible([] if locked is None else [locked], patrol_id, by)
    if patrol.chief != by.id or not allowed(by, Permission.PATROL, rules.subject_of(patrol)):
        raise Forbidden("not_your_patrol", patrol=patrol_id)
    return patrol


def _check_open(patrol: Patrol, now: datetime) -> None:
    if now.tzinfo is None or now < patrol.started_at:
        raise BadInput("step_naive_time" if now.tzinfo is None else "before_patrol")
    if patrol.ended_at is not None:
        raise Conflict("patrol_ended", patrol=patrol.id)


def _one(session: Session, patrol_id: int) -> Patrol:
    (patrol,) = store.patrols(session, [patrol_id])
    return patrol
