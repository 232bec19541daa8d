"""Cases that are one matter: proposed by the city's own figures, merged with their notices; causes that come back."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from streetchief.accounts.policy import WORKER
from streetchief.actors import Actor
from streetchief.casework import joining
from streetchief.casework.case import Case
from streetchief.casework.repeats import Pair
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.storage.engine import transaction


def find_repeats(flow: CaseFlow, *, by: Actor) -> tuple[Pair, ...]:
    """The merges to propose in the actor's sight; none where the city says nothing about repeats."""
    rule = flow.city.repeats
    if rule is None:
        return ()
    with transaction(flow.engine) as session:
        return joining.find_repeats(session, within_m=rule.within_m, within=rule.within, by=by)


def merge(
    flow: CaseFlow, case_id: int, *, into: int, by: Actor, now: datetime, version: int, into_version: int,
    key: str | None = None,
) -> tuple[Case, Case]:  # fmt: skip
    """Merge a case into another, with the notices of both halves; see `casework.joining.merge`."""
    return joining.merge(
        flow.engine, case_id, into=into, by=by, now=now, version=version, into_version=into_version, key=key,
        facts_of=partial(flow.facts_of, by=by), tell=flow.tell,
    )  # fmt: skip


def reopen_causes(flow: CaseFlow, engine: Engine, now: datetime) -> int:
    """Timer: reopen the parent cases whose cause came back; 0 where the city says nothing about repeats."""
    rule = flow.city.repeats
    if rule is None:
        return 0
    return joining.reopen_causes(
        engine, within=rule.recurs_within, by=WORKER, now=now, facts_of=flow.facts_of, tell=flow.tell
    )
