"""Cases with everything around them: the registry of the day, the city's limits, the notices that a step brings.

The one way in for the web, the command line and the timers.  Who only wants the rules of a case asks `casework`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief.actors import Actor, Permission, Subject, allowed
from streetchief.casework import outbox_store, service, store
from streetchief.casework.actions import NOTHING, Action, Given
from streetchief.casework.case import Case
from streetchief.casework.events import CaseEvent
from streetchief.casework.facts import Facts
from streetchief.casework.plaques import is_signed, plaque_code
from streetchief.casework.service import Class, Office
from streetchief.city import City
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound
from streetchief.pipeline.caseground import CaseGround
from streetchief.pipeline.caselookup import CaselessComplaints, ancestors, lock_complaint, plaque_key
from streetchief.pipeline.casenotices import notices_of
from streetchief.pipeline.casetimes import CityTimes, ClassTimes
from streetchief.registry import store as registry_store
from streetchief.scrub import scrub
from streetchief.storage.engine import transaction


@dataclass(frozen=True)
class CaseFlow:
    """The cases of one city; keeps the current registry, so it is made once and used by any number of threads."""

    engine: Engine
    city: City
    times: CityTimes
    _kept: dict[int, CaseGround] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, engine: Engine, city: City) -> CaseFlow:
        """The flow of a city.  Raises BadInput for faults in its limits or its calendar."""
        return cls(engine, city, CityTimes.of(city))

    @property
    def office(self) -> Office:
        """Whose cases they are."""
        return Office(self.city.code, self.city.zone)

    def times_of(self, wanted: Class) -> ClassTimes:
        """The limits of one class (scheme, kind, code, condition)."""
        return self.times.of_class(wanted)

    def ground(self, session: Session) -> CaseGround:
        """The current registry.  Raises NotFound if none is published, Conflict if it is another city's."""
        newest = registry_store.newest(session)
        if newest is None:
            raise NotFound("no_registry")
        if newest.city != self.city.code:
            raise Conflict("other_city", stored=newest.city, given=self.city.code)
        kept = self._kept.get(newest.version)
        if kept is None:
            registry = registry_store.load_version(session, newest.version)
            assert registry is not None, "the newest version is there"
            kept = CaseGround(self.city, registry, newest.version)
            self._kept.clear()
            self._kept[newest.version] = kept
        return kept

    def facts_of(self, session: Session, case: Case, now: datetime, by: Actor | None = None) -> Facts:
        """The facts of one decision about a case.

        by  whose sight limits the parents that can be named; None = one of our own programs
        """
        ground = self.ground(session)
        return Facts(
            times=self.times_of((case.scheme, case.kind, case.code, case.condition)),
            chain=partial(ground.chain, now=now),
            place=partial(ground.place, case=case, now=now),
            departments=ground.departments,
            complaints=CaselessComplaints(session),
            ancestors=partial(ancestors, session, by=by),
            is_plaque_signed=lambda segment, code: is_signed(plaque_key(session), segment, code),
            geofence_m=self.city.geofence_m,
            scrub=scrub,
        )

    def act(
        self, case_id: int, action: Action, *, by: Actor, now: datetime, version: int, key: str | None = None,
        given: Given = NOTHING,
    ) -> Case:  # fmt: skip
        """Take one step of a case, with its notices in the same transaction; see `casework.service.act`."""
        return service.act(
            self.engine, case_id, action, by=by, now=now, version=version, key=key, given=given,
            facts_of=partial(self.facts_of, by=by), tell=self.tell,
        )  # fmt: skip

    def hand_over(self, *, street: str, tier: int, leaver: str, successor: str, by: Actor, now: datetime) -> int:
        """Hand a chief's open cases to the successor, in one act; see `casework.service.hand_over_cases`."""
        return service.hand_over_cases(
            self.engine, street=street, tier=tier, leaver=leaver, successor=successor, by=by, now=now,
            facts_of=partial(self.facts_of, by=by), tell=self.tell,
        )  # fmt: skip

    def tell(self, session: Session, before: Case, events: Sequence[CaseEvent], after: Case) -> None:
        """Write the notices of a step, in its transaction."""
        ground = self.ground(session)
        for event in events:
            told = notices_of(session, ground, before, event, after)
            outbox_store.enqueue_all(session, told, now=event.at)

    def open_case(self, complaint: int, *, by: Actor, now: datetime, needs_check: bool = True) -> Case:
        """Open a case for a stored complaint.

        Raises NotFound for a complaint that is not there or out of the actor's sight, Forbidden for who may not
        register, Conflict where it has a case.
        """
        with transaction(self.engine) as session:
            store.share_openings(session)  # before the complaint's row: a rematch takes them in this order
            found = lock_complaint(session, complaint)
            opening = store.load_opening(session, complaint) if found else None
            if opening is not None:
                named = frozenset(code for code in (opening.department, opening.supervisor) if code is not None)
                subject = Subject(opening.street, frozenset(opening.areas), named)
                if not allowed(by, Permission.READ_CASE, subject):
                    raise NotFound("no_complaint", complaint=complaint)
                _permit(by, subject)
            elif not found or not any(Permission.REGISTER in grant.permissions for grant in by.grants):
                raise NotFound("no_complaint", complaint=complaint)
            return service.open_case(
                session, complaint, office=self.office, by=by, now=now, times_of=self.times_of, needs_check=needs_check
            )

    def open_run(self, run: int | None, *, by: Actor, now: datetime, needs_check: bool = True) -> int:
        """Open a case for every complaint of an intake run (None = of all runs) that has none; returns how many.

        Raises Forbidden for who may not register everywhere.
        """
        _permit(by, Subject())
        if now.tzinfo is None:
            raise BadInput("step_naive_time")
        with transaction(self.engine) as session:
            ids = tuple(CaselessComplaints(session)) if run is None else None
            return service.open_cases(
                session, run=run, complaints=ids, office=self.office, by=by, now=now, times_of=self.times_of,
                needs_check=needs_check,
            )  # fmt: skip

    def plaque(self, segment: str) -> str:
        """The signed code for the plaque of a segment.  Raises NotFound for a segment that is not there."""
        with transaction(self.engine) as session:
            if segment not in self.ground(session).registry.segment_by_code:
                raise NotFound("no_segment", segment=segment)
            return plaque_code(plaque_key(session), segment)


def _permit(by: Actor, subject: Subject) -> None:
    if not allowed(by, Permission.REGISTER, subject):
        raise Forbidden()
