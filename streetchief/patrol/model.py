"""The four beats of a street's watch as frozen values: 日巡, 周查, 月评, 季通报.

A patrol says which street and segments were walked and when, never along which line: no value here can hold a place
in degrees or metres, and free text that reads like one is blanked (`streetchief.patrol.rules.without_places`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Answer(StrEnum):
    """What a chief says to one item of the check list."""

    GOOD = "good"
    PROBLEM = "problem"
    NOT_SEEN = "not_seen"


class Handled(StrEnum):
    """What was done with a finding."""

    FIXED_ON_SPOT = "fixed_on_spot"  # 立行立改
    HANDED_OVER = "handed_over"  # 移交


class RecordKind(StrEnum):
    """The two records that are made of a period."""

    MONTHLY_REVIEW = "monthly_review"
    QUARTERLY_BULLETIN = "quarterly_bulletin"


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as the chief enters it.

    item     code of the check list; `segment` one of those that are walked
    opinion  what was found, and done; scrubbed before it is kept
    photo    reference to a photo kept elsewhere; a fix on the spot needs one
    kind, code   category, where the chief knows it; None = a person says later
    """

    item: str
    segment: str
    handled: Handled
    opinion: str
    photo: str | None = None
    kind: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a patrol found; `complaint` and `case` of one handed over, once the flow opened them."""

    id: int
    patrol: int
    draft: Draft
    found_at: datetime
    complaint: int | None = None
    case: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Where something lies: a street, some of its segments, their areas and all above, by a registry version."""

    street: str
    segments: tuple[str, ...]
    areas: tuple[str, ...]
    registry_version: int


@dataclass(frozen=True, slots=True)
class Patrol:
    """One walk of one chief over one street.

    walked_on  city day on which it began; `ended_at` None while it goes on
    answers    item → answer, complete once it ended
    """

    id: int
    chief: str
    tier: int
    ground: Ground
    walked_on: date
    started_at: datetime
    ended_at: datetime | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Beat:
    """What one appointed chief answers for on a street on a day: the unit that owes patrols.

    Whoever holds the post walks it, so it is named by its ground, not by a person.

    walks  ended patrols of the tier on that day that saw at least one of its segments
    """

    tier: int
    ground: Ground
    walks: int = 0

    @property
    def name(self) -> str:
        """Its first segment: with street and tier it names the beat of a day."""
        return self.ground.segments[0]


@dataclass(frozen=True, slots=True)
class Round:
    """A beat's account of one working day: patrols owed and done (no more than owed)."""

    beat: Beat
    due: int
    done: int

    @property
    def missed(self) -> int:
        """Patrols that were owed and not walked."""
        return self.due - self.done


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """What the working calendar says of a city day; `is_known` False = its year is not published, provisional."""

    is_working: bool
    is_known: bool
    calendar_version: str


@dataclass(frozen=True, slots=True)
class Check:
    """One patrol of a week's sample, and what the tier above says of it; `agrees` None = not looked at yet."""

    week_on: date
    tier: int
    patrol: int
    agrees: bool | None = None
    reason: str | None = None
    checker: str | None = None
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of a period, each of them a count that can be added up."""

    patrols: int = 0
    due: int = 0
    done: int = 0
    missed: int = 0
    findings: int = 0
    fixed_on_spot: int = 0
    handed_over: int = 0
    sampled: int = 0
    checked: int = 0
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """The counts of one street, of one tier, of one tier on one street, or (both None) of all.

    areas  of the street, so that a scope can be asked; empty where there is no street
    """

    street: str | None
    tier: int | None
    counts: Counts
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What a record was computed from.

    days      city days of the period; `settled` of them were accounted for, `working` of those were working days and
              `provisional` of those in a year that was not published
    reviews   ids of the monthly reviews that a bulletin adds up
    """

    days: int
    settled: int
    working: int
    provisional: int
    registry_versions: tuple[int, ...]
    calendar_versions: tuple[str, ...]
    reviews: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A monthly review or quarterly bulletin, frozen.  A later computation is another revision.

    least        a rate over fewer than this is held out
    definitions  measure → language → what it is, as it was said then
    """

    id: int
    kind: RecordKind
    period_on: date
    revision: int
    least: int
    lines: tuple[Line, ...]
    sources: Sources
    definitions: Mapping[str, Mapping[str, str]]
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Numerator and denominator always; `value` None where there is nothing to divide by or too little to say."""

    measure: str
    numerator: int
    denominator: int
    value: float | None
    is_held_out: bool
