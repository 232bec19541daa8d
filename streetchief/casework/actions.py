"""What somebody does to a case, and what is given with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """The verbs.  `OPEN` is the first event of every case and never a step of an open one."""

    OPEN = "open"
    CHECK_REPORT = "check_report"
    REGISTER = "register"
    DECLINE = "decline"
    PLACE = "place"
    HAND_TO_CHIEF = "hand_to_chief"
    FIX_ON_SPOT = "fix_on_spot"
    HAND_OVER = "hand_over"
    ESCALATE = "escalate"
    DISPATCH = "dispatch"
    ACKNOWLEDGE = "acknowledge"
    SEND_BACK = "send_back"
    START = "start"
    FINISH = "finish"
    EXTEND_REQUEST = "extend_request"
    EXTEND_GRANT = "extend_grant"
    EXTEND_REFUSE = "extend_refuse"
    SUSPEND_REQUEST = "suspend_request"
    SUSPEND_GRANT = "suspend_grant"
    SUSPEND_REFUSE = "suspend_refuse"
    RESUME = "resume"
    WHISTLE = "whistle"
    REPORT_IN = "report_in"
    CONFIRM_ARRIVAL = "confirm_arrival"
    LEAVE = "leave"
    TASK_FINISH = "task_finish"
    TASK_RETURN = "task_return"
    TASK_ACCEPT = "task_accept"
    TASK_RECALL = "task_recall"
    TASK_CALL_OFF = "task_call_off"
    SETTLE = "settle"
    RATE = "rate"
    VERIFY = "verify"
    REWORK = "rework"
    CLOSE = "close"
    FORCE_CLOSE = "force_close"
    VOID = "void"
    APPEAL = "appeal"
    APPEAL_UPHOLD = "appeal_uphold"
    APPEAL_DISMISS = "appeal_dismiss"
    URGE = "urge"
    CALL_BACK = "call_back"
    REOPEN = "reopen"
    ATTACH_COMPLAINT = "attach_complaint"
    MERGE = "merge"
    ABSORB = "absorb"
    SET_PARENT = "set_parent"
    RECUR = "recur"
    HAND_OVER_CHIEF = "hand_over_chief"
    RECOMPUTE_DEADLINE = "recompute_deadline"


class Need(StrEnum):
    """What an action asks for; the value is the name of the field of `Given`."""

    RESULT = "result"
    OPINION = "opinion"
    PHOTO = "photo"
    REASON = "reason"
    DEPARTMENT = "department"
    DEPARTMENTS = "departments"
    KIND = "kind"
    SEGMENT = "segment"
    UNTIL = "until"
    SCORE = "score"
    PROOF = "proof"
    PASSED = "passed"
    ANSWERED = "answered"
    SOLVED = "solved"
    SATISFIED = "satisfied"
    COMPLAINT = "complaint"
    PARENT = "parent"
    OTHER = "other"
    LEAVER = "leaver"
    SUCCESSOR = "successor"


class Who(StrEnum):
    """Whom an edge asks for beyond the permission."""

    ANYONE = "anyone"
    HOLDER = "holder"  # the department that holds the case, or a chief (with ANSWER) where chiefs hold it
    CHIEF = "chief"  # a chief of any tier whose street or area it is
    CALLER = "caller"  # who whistled
    CALLED = "called"  # a department that was called
    PARTY = "party"  # a department that has to do with the case
    VERIFIER = "verifier"  # nobody who handled it, nor any of their department
    SYSTEM = "system"  # our own programs


class Audience(StrEnum):
    """Who is told of a step; the topic of the notice is ``<action>.<audience>``."""

    CHIEF = "chief"
    DEPARTMENT = "department"
    CALLED = "called"
    CALLER = "caller"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    DIRECTOR = "director"
    COMPLAINANT = "complainant"
    FEED = "feed"


class WhistleKind(StrEnum):
    """The three kinds of whistle (DOMAIN §2)."""

    RESIDENT_MATTER = "resident_matter"
    JOINT_ENFORCEMENT = "joint_enforcement"
    EMERGENCY = "emergency"


class Proof(StrEnum):
    """How a department shows that it came."""

    PLAQUE = "plaque"  # the code of the segment's plaque, signed
    GEOFENCE = "geofence"  # a check-in near the segment; only the distance is kept
    CHIEF = "chief"  # a chief confirms


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an action; None = not given.

    result             of the check of a report: whether it is true
    photo              reference of a stored picture, never the picture or a path
    department         to whom, or whose task is meant
    departments        called by a whistle
    tier               with `hand_to_chief`: the tier to begin with instead of the lowest
    until              aware; a suspension ends then at the latest
    score              1 (bad) to 5 (good)
    plaque, distance_m the proof of an arrival; the distance is to the segment, metres
    passed             of a verification
    complaint          to be attached; of a call-back: whose complainant it was
    parent             id of the parent case
    other              id of the other case: of a merge, or the one that shows that a cause came back
    leaver, successor  accounts of the chief who leaves and of the one who follows
    """

    result: bool | None = None
    opinion: str | None = None
    photo: str | None = None
    reason: str | None = None
    department: str | None = None
    departments: tuple[str, ...] | None = None
    kind: WhistleKind | None = None
    tier: int | None = None
    segment: str | None = None
    until: datetime | None = None
    score: int | None = None
    proof: Proof | None = None
    plaque: str | None = None
    distance_m: float | None = None
    passed: bool | None = None
    answered: bool | None = None
    solved: bool | None = None
    satisfied: bool | None = None
    complaint: int | None = None
    parent: int | None = None
    other: int | None = None
    leaver: str | None = None
    successor: str | None = None


NOTHING = Given()
