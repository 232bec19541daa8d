"""When a notice may go: quiet hours, the hour of the digest, and how long to wait after a failure.  All pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from streetchief.casework.notices import Urgency
from streetchief.errors import BadInput

OFF = "off"
AT_ONCE = (Urgency.EMERGENCY, Urgency.MACHINE)


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Waits of ``first_s``, doubled each time up to ``longest_s``; after ``attempts`` it is a dead letter.

    Without jitter: the same history always waits as long.  The default gives up after about five hours.
    """

    first_s: float = 5.0
    longest_s: float = 3600.0
    attempts: int = 14

    def wait_s(self, failures: int) -> float | None:
        """Seconds to wait after so many failures (≥ 1); None = no more."""
        if failures >= self.attempts:
            return None
        return float(min(self.first_s * 2.0 ** min(failures - 1, 60), self.longest_s))

    @classmethod
    def parse(cls, text: str) -> RetryPlan:
        """``first,longest,attempts``: seconds, seconds, a number.  Raises BadInput."""
        try:
            first, longest, attempts = text.split(",")
            plan = cls(float(first), float(longest), int(attempts))
        except ValueError as fault:
            raise BadInput("bad_notice_setting", name="STREETCHIEF_NOTICE_RETRY", value=text) from fault
        if not (0 < plan.first_s <= plan.longest_s <= 86_400 and 1 <= plan.attempts <= 1000):
            raise BadInput("bad_notice_setting", name="STREETCHIEF_NOTICE_RETRY", value=text)
        return plan


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one city's notices.

    quiet_from, quiet_until   city time; equal = never quiet; it may span midnight
    digest_at                 city time at which notices of low urgency go, joined
    """

    zone: ZoneInfo
    quiet_from: time = time(22)
    quiet_until: time = time(7)
    digest_at: time = time(8, 30)

    @classmethod
    def parse(cls, zone: ZoneInfo, quiet: str, digest: str) -> Hours:
        """``HH:MM-HH:MM`` or ``off``, and ``HH:MM``.  Raises BadInput."""
        begin, end = (time(0), time(0)) if quiet == OFF else _span(quiet)
        return cls(zone, begin, end, _clock_time(digest, "STREETCHIEF_DIGEST_AT"))

    def is_quiet(self, now: datetime) -> bool:
        """Whether people are left alone at that instant (its beginning included, its end not)."""
        clock = now.astimezone(self.zone).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until

    def next_at(self, clock: time, now: datetime) -> datetime:
        """The first instant after ``now`` at which the city's clocks show that time; aware UTC.

        On the day on which clocks skip it, the instant at which they would have shown it.
        """
        local = now.astimezone(self.zone)
        for days in range(3):
            day = (local + timedelta(days=days)).date()
            for fold in (0, 1):
                found = datetime.combine(day, clock.replace(fold=fold), self.zone).astimezone(now.tzinfo)
                if found > now:
                    return found
        raise AssertionError("no clock stands still for two days")

    def not_before(self, urgency: Urgency, now: datetime) -> datetime:
        """The earliest instant at which a notice of that urgency may disturb a person: ``now``, or later."""
        if urgency in AT_ONCE:
            return now
        if urgency is Urgency.LOW:
            return self.next_at(self.digest_at, now)
        return self.next_at(self.quiet_until, now) if self.is_quiet(now) else now


def _span(text: str) -> tuple[time, time]:
    begin, _, end = text.partition("-")
    return _clock_time(begin, "STREETCHIEF_QUIET_HOURS"), _clock_time(end, "STREETCHIEF_QUIET_HOURS")


def _clock_time(text: str, name: str) -> time:
    if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is None:
        raise BadInput("bad_notice_setting", name=name, value=text)
    return time.fromisoformat(text)
