"""The limits of a city as casework asks for them.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streetchief.casework.calendar import WorkCalendar
from streetchief.casework.clock import Clock
from streetchief.casework.deadlines import Due, Step
from streetchief.casework.facts import Pauses
from streetchief.casework.limits import LimitTable
from streetchief.casework.seeds import calendar_from_city, limits_from_city
from streetchief.casework.service import Class
from streetchief.city import City
from streetchief.errors import BadInput
from streetchief.words import both

ANY_CODE = "*"


@dataclass(frozen=True)
class CityTimes:
    """All limits and the working calendar of a city.

    Their source today are the seed files that the city file names: a changed file holds from the next start on, and
    no table of the database knows them.

    calendar  None where the city declares none: then no limit runs at all
    """

    limits: LimitTable
    calendar: WorkCalendar | None

    @classmethod
    def of(cls, city: City) -> CityTimes:
        """Read the seeds.  Raises BadInput with the first fault: no deadline rests on half a table."""
        limits, faults = limits_from_city(city)
        calendar = None
        if city.calendar is not None:
            calendar, more = calendar_from_city(city)
            faults = (*faults, *more)
        for fault in faults:
            where = f"{fault.where}: {both(f'fault.{fault.code}')} {fault.detail}"
            raise BadInput("deadline_seeds", detail=where.strip())
        return cls(limits, calendar)

    def of_class(self, wanted: Class) -> ClassTimes:
        """The limits of one class of case."""
        return ClassTimes(self, *wanted)


@dataclass(frozen=True, slots=True)
class ClassTimes:
    """`streetchief.casework.facts.Times` of one class.

    Without a code only the default of the scheme and kind holds; without a kind none.  A tier has no limit of its own
    in the table: each tier gets the limit of ``answer`` afresh.
    """

    city: CityTimes
    scheme: str
    kind: str | None
    code: str | None
    condition: str | None

    def clock(self, step: str, start: datetime, *, pauses: Pauses = (), extensions: int = 0) -> Clock | None:
        """The clock of a step; None = no limit is configured."""
        if self.kind is None:
            return None
        level = self.city.limits.find(self.scheme, self.kind, self.code or ANY_CODE, self.condition, Step(step))
        return None if level is None else Clock(start, level, pauses, extensions)

    def due(
        self, step: str, start: datetime, *, tier: int | None = None, pauses: Pauses = (), extensions: int = 0
    ) -> Due | None:
        """See `Times.due`."""
        clock = self.clock(step, start, pauses=pauses, extensions=extensions)
        return None if clock is None or self.city.calendar is None else clock.due(self.city.calendar)
