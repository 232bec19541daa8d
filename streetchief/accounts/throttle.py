"""How long somebody who failed to sign in has to wait: nothing at first, then twice as long each time.

An attempt is counted *before* the password is looked at and given back when it was right, so a hundred attempts at
once are no way round.  A login is slowed down from wherever the attempts come, a source whatever logins it tries.  The
wait has a ceiling: a stranger can slow the owner of a login down, never lock him out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is slowed down."""

    LOGIN = "login"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures cost nothing; then `first_s`, doubled at each further one, `most_s` at most."""

    free: int
    first_s: float
    most_s: float

    def wait(self, failures: int) -> timedelta:
        """How long to wait after so many failures."""
        if failures < self.free:
            return timedelta()
        return timedelta(seconds=min(self.first_s * 2.0 ** min(failures - self.free, 60), self.most_s))


LIMITS = {Kind.LOGIN: Limit(5, 2.0, 300.0), Kind.SOURCE: Limit(50, 1.0, 60.0)}  # many people share one address
FORGET = timedelta(hours=1)
"""After so long without an attempt the count starts again."""
