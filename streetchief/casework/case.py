"""A case as one frozen value: the fold of its events (`streetchief.casework.fold`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from streetchief.actors import Subject
from streetchief.casework.actions import Proof, WhistleKind
from streetchief.casework.states import STAGE_OF, Stage, State


class Holder(StrEnum):
    """Who has it to deal with."""

    CHIEF = "chief"
    DEPARTMENT = "department"


class RequestKind(StrEnum):
    """What a department asks a director for."""

    EXTENSION = "extend"
    SUSPENSION = "suspend"
    APPEAL = "appeal"


class TaskState(StrEnum):
    """Where a called department stands."""

    CALLED = "called"
    ARRIVED = "arrived"
    DONE = "done"
    RETURNED = "returned"
    CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True)
class StepClock:
    """A limit that runs.

    step        ``deadlines.Step``; tier  of an ``answer``
    due_at      None while it is paused
    pauses      (from, until); only the last may be open
    extensions  granted on this clock
    """

    step: str
    started_at: datetime
    due_at: datetime | None
    provisional: bool = False
    calendar_version: str = ""
    tier: int | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    extensions: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request that waits for a director's answer."""

    kind: RequestKind
    department: str | None
    asked_by: str
    asked_at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What one called department owes; see `streetchief.casework.whistle` for what is read from it.

    number          1, 2 … in the case; whistle  the one that called it
    arrive_due_at, finish_due_at   None = no limit is configured
    claimed_at      it says that it came, and a chief has not confirmed it yet
    distance_m      of a geofenced check-in to the segment; the place itself is never kept
    was_no_show     called off, or recalled, after the arrival was due and nobody had come
    has_left_early  left before the caller had settled the matter; a later return does not undo it
    score           1 … 5 by the caller; `is_score_struck` after an appeal
    """

    number: int
    whistle: int
    department: str
    caller: str
    state: TaskState
    called_at: datetime
    arrive_due_at: datetime | None = None
    finish_due_at: datetime | None = None
    claimed_at: datetime | None = None
    arrived_at: datetime | None = None
    proof: Proof | None = None
    distance_m: float | None = None
    done_at: datetime | None = None
    returned_at: datetime | None = None
    is_return_accepted: bool = False
    left_at: datetime | None = None
    has_left_early: bool = False
    was_no_show: bool = False
    score: int | None = None
    is_score_struck: bool = False


@dataclass(frozen=True, slots=True)
class Whistle:
    """One call: who called whom, and when the caller said that the matter is settled."""

    number: int
    kind: WhistleKind
    caller: str
    called_at: datetime
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """What the complainant of one complaint said last; None = not asked because nobody answered."""

    complaint: int
    answered: bool
    solved: bool | None
    satisfied: bool | None

    @property
    def is_bad(self) -> bool:
        """Whether it is a reason to begin anew."""
        return self.solved is False or self.satisfied is False


@dataclass(frozen=True, slots=True)
class Case:
    """A case after its events so far.

    number        public number (案卷号)
    complaints    ids of the complaints that it carries, the first one opened it; none once it was merged
    call_backs    the last answer of each complainant since it was last handled, the newest last
    merged_into   the case that carries its complaints on
    areas         code of its area and of every area above it
    department    that holds it, or that the rules name while nobody does
    held_by       None until somebody has it
    tier          of the chief who answers, 1 is the highest; None until one was asked
    is_checked    what the check of the report (核实) found; None = not checked
    clock         limit of the present step; `answer` that of the tier; `whole` end to end
    handlers      accounts that had a hand in it: none of them may verify it
    is_passed     what the verification (核查) found; None = not verified since it was last finished
    is_at_top     escalated above the highest tier: the director was urged
    version       number of events
    """

    id: int
    number: str
    complaints: tuple[int, ...]
    state: State
    opened_at: datetime
    scheme: str
    kind: str | None
    code: str | None
    condition: str | None
    registry_version: int
    segment: str | None
    street: str | None
    areas: tuple[str, ...]
    department: str | None
    supervisor: str | None
    needs_check: bool
    version: int
    last_at: datetime
    last_hash: str
    is_checked: bool | None = None
    held_by: Holder | None = None
    tier: int | None = None
    is_at_top: bool = False
    clock: StepClock | None = None
    answer: StepClock | None = None
    whole: StepClock | None = None
    request: Request | None = None
    extensions: int = 0
    suspensions: int = 0
    suspended_until: datetime | None = None
    reworks: int = 0
    urged: int = 0
    handlers: frozenset[str] = frozenset()
    is_passed: bool | None = None
    call_backs: tuple[CallBack, ...] = ()
    whistles: tuple[Whistle, ...] = ()
    tasks: tuple[Task, ...] = ()
    parent_id: int | None = None
    merged_into: int | None = None
    recurrences: int = 0
    is_forced: bool = False
    closed_at: datetime | None = None

    @property
    def stage(self) -> Stage:
        """Which of the seven stages it is in."""
        return STAGE_OF[self.state]

    @property
    def call_back(self) -> CallBack | None:
        """The newest answer of a complainant."""
        return self.call_backs[-1] if self.call_backs else None

    @property
    def departments(self) -> tuple[str, ...]:
        """All that have to do with it: handler, supervisor, called; sorted."""
        named = {self.department, self.supervisor, *(task.department for task in self.tasks)}
        return tuple(sorted(code for code in named if code is not None))

    @property
    def subject(self) -> Subject:
        """The case as far as scopes go."""
        return Subject(self.street, frozenset(self.areas), frozenset(self.departments))
