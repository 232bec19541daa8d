"""Patrols as answers show them, and what a chief sends."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from streetchief.patrol.model import Answer, Check, Finding, Handled, Patrol, Record, RecordKind, Round
from streetchief.web.api.steps import FIRST_YEAR, LAST_YEAR, Photo, Said
from streetchief.web.schemas import Code, Strict

MOST_PATROLS = 200


def in_our_time(on: date) -> date:
    """A day that the calendars can reckon with; raises ValueError else."""
    if not FIRST_YEAR <= on.year < LAST_YEAR:
        raise ValueError("out of range")
    return on


Day = Annotated[date, AfterValidator(in_our_time)]


class SpanQuery(Strict):
    """City days, the last one not included; left out = the last thirty."""

    from_on: Day | None = None
    to_on: Day | None = None


class PatrolQuery(SpanQuery):
    """Which patrols."""

    street: Code | None = None
    chief: Code | None = Field(None, description="login")
    limit: int = Field(100, ge=1, le=MOST_PATROLS)


class PatrolBegun(Strict):
    """A walk of a street; left out = all its segments in the chief's scope, the tier nearest to the residents."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"street": "QJ-001"}]})
    street: Code
    segments: list[Code] | None = Field(None, min_length=1, max_length=500)
    tier: int | None = Field(None, ge=1, le=9)


class FindingIn(Strict):
    """What was found, and done with it; a fix on the spot needs a photo."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"item": "litter", "segment": "QJ-001-02", "handled": "handed_over", "opinion": "垃圾未清"}]
        }
    )
    item: Code
    segment: Code
    handled: Handled
    opinion: Said
    photo: Photo | None = None
    kind: Literal["component", "event"] | None = None
    code: Code | None = None


class PatrolEnded(Strict):
    """The check list; what is left out was not seen."""

    answers: dict[Code, Answer] = Field(default_factory=dict, max_length=200)


class Judgement(Strict):
    """Whether a drawn patrol is as it says; a disagreement needs its reason."""

    agrees: bool
    reason: Said | None = None


class FindingShown(BaseModel):
    """A finding; `case` of one that was handed over."""

    id: int
    patrol: int
    item: str
    segment: str
    handled: Handled
    opinion: str
    photo: str | None
    kind: str | None
    code: str | None
    found_at: datetime
    complaint: int | None
    case: int | None


class PatrolShown(BaseModel):
    """One walk: street and segments, never a track."""

    id: int
    chief: str
    tier: int
    street: str
    segments: list[str]
    areas: list[str]
    registry_version: int
    walked_on: date
    started_at: datetime
    ended_at: datetime | None
    answers: dict[str, Answer]
    findings: list[FindingShown]


class Patrols(BaseModel):
    """Newest first."""

    patrols: list[PatrolShown]


class MissedShown(BaseModel):
    """What a beat owed on a day and did not walk."""

    on: date
    tier: int
    street: str
    segments: list[str]
    due: int
    done: int


class Missed(BaseModel):
    """Newest first."""

    missed: list[MissedShown]


class CheckShown(BaseModel):
    """One patrol of a week's sample; `agrees` is null until the tier above looked."""

    week_on: date
    tier: int
    patrol: int
    agrees: bool | None
    reason: str | None
    checker: str | None
    checked_at: datetime | None


class Sample(BaseModel):
    """The sample of a week."""

    checks: list[CheckShown]


class RecordShown(BaseModel):
    """A monthly review or quarterly bulletin, frozen."""

    id: int
    kind: RecordKind
    period_on: date
    revision: int
    least: int
    lines: list[dict[str, Any]]
    sources: dict[str, Any]
    definitions: dict[str, dict[str, str]]
    made_at: datetime
    made_by: str


class Records(BaseModel):
    """Newest first."""

    records: list[RecordShown]


def finding_shown(found: Finding) -> FindingShown:
    """A finding as it is shown."""
    return FindingShown.model_validate(_fields(found.draft) | _fields(found))


def patrol_shown(patrol: Patrol) -> PatrolShown:
    """A patrol as it is shown."""
    return PatrolShown.model_validate(
        _fields(patrol.ground) | _fields(patrol) | {"findings": [finding_shown(one) for one in patrol.findings]}
    )


def missed_shown(on: date, one: Round) -> MissedShown:
    """A missed patrol as it is shown."""
    ground = one.beat.ground
    return MissedShown(
        on=on, tier=one.beat.tier, street=ground.street, segments=list(ground.segments), due=one.due, done=one.done
    )  # fmt: skip


def check_shown(check: Check) -> CheckShown:
    """A check as it is shown."""
    return CheckShown.model_validate(_fields(check))


def record_shown(record: Record) -> RecordShown:
    """A record as it is shown."""
    lines = [_fields(line) | {"counts": _fields(line.counts)} for line in record.lines]
    return RecordShown.model_validate(_fields(record) | {"lines": lines, "sources": _fields(record.sources)})


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).__slots__}
