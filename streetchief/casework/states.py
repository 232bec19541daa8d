"""The states of a case and the one table of what leads from where to where.

The table is data: a button, a call of the API and a message of a feed are the same (state, action); what is not in it
is refused.  Where an edge is odd, its reason stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType

from streetchief.actors import Permission
from streetchief.casework.actions import Action, Audience, Need, Who


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    DECLINED = "declined"
    REGISTERED = "registered"
    WITH_CHIEF = "with_chief"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    SENT_BACK = "sent_back"
    IN_HAND = "in_hand"
    SUSPENDED = "suspended"
    FINISHED = "finished"
    VERIFIED = "verified"
    CLOSED = "closed"
    VOID = "void"
    MERGED = "merged"


class Stage(IntEnum):
    """The seven stages of the national lifecycle (DOMAIN §2)."""

    COLLECTION = 1
    FILING = 2
    DISPATCH = 3
    HANDLING = 4
    FEEDBACK = 5
    VERIFICATION = 6
    EVALUATION = 7


STAGE_OF: Mapping[State, Stage] = MappingProxyType(
    {
        State.RECEIVED: Stage.COLLECTION,
        **dict.fromkeys((State.DECLINED, State.REGISTERED), Stage.FILING),  # that nothing is filed is decided there
        **dict.fromkeys((State.VOID, State.MERGED), Stage.FILING),  # a file that should not have been opened
        **dict.fromkeys((State.WITH_CHIEF, State.DISPATCHED, State.SENT_BACK), Stage.DISPATCH),
        **dict.fromkeys((State.ACKNOWLEDGED, State.IN_HAND, State.SUSPENDED), Stage.HANDLING),
        State.FINISHED: Stage.FEEDBACK,
        State.VERIFIED: Stage.VERIFICATION,
        State.CLOSED: Stage.EVALUATION,
    }
)

ENDED = frozenset({State.DECLINED, State.CLOSED, State.VOID, State.MERGED})
OPEN = tuple(state for state in State if state not in ENDED)
MERGEABLE = frozenset(OPEN) - {State.SUSPENDED, State.FINISHED, State.VERIFIED}
WITH_DEPARTMENT = (State.DISPATCHED, State.ACKNOWLEDGED, State.IN_HAND)
CALLED_IN = (State.WITH_CHIEF, *WITH_DEPARTMENT, State.SENT_BACK)  # where called departments may be at work


@dataclass(frozen=True, slots=True)
class Fork:
    """Another end of an edge: which answer leads there, and the clock that starts then."""

    on: str
    to: State
    starts: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One step.

    to             the state after it
    permission     without it nobody may; `or_permission` may as well, whatever `who` asks
    needs          what must be given
    starts         step whose limit begins to run (``deadlines.Step``); None = the clock is left alone
    forks          other ends, chosen by what is given
    emits          who is told
    is_by_timer    our own programs may do it with ESCALATE
    needs_no_task  refused while a called department is at work: 事不完、人不撤
    reason         why an odd edge is there
    """

    to: State
    permission: Permission
    needs: tuple[Need, ...] = ()
    who: Who = Who.ANYONE
    emits: tuple[Audience, ...] = ()
    starts: str | None = None
    forks: tuple[Fork, ...] = ()
    or_permission: Permission | None = None
    is_by_timer: bool = False
    needs_no_task: bool = False
    reason: str = ""

    def ends(self) -> frozenset[State]:
        """Every state to which the step may lead."""
        return frozenset({self.to, *(fork.to for fork in self.forks)})


_N, _A, _P = Need, Audience, Permission
_CHIEF_ANSWERS = Edge(State.WITH_CHIEF, _P.DISPATCH, starts="answer", emits=(_A.CHIEF,))
_DISPATCH = Edge(State.DISPATCHED, _P.DISPATCH, (_N.DEPARTMENT,), starts="handle", emits=(_A.DEPARTMENT,))
_HAND_OVER = Edge(
    State.DISPATCHED, _P.ANSWER, (_N.OPINION,), Who.CHIEF, (_A.DEPARTMENT, _A.CHIEF), "handle",
    (Fork("next_tier", State.WITH_CHIEF, "answer"),),
    reason="without a department it goes to the next tier; a chief dispatches by himself: 社区呼叫",
)  # fmt: skip
_SEND_BACK = Edge(
    State.SENT_BACK, _P.HANDLE, (_N.REASON,), Who.HOLDER, (_A.DISPATCHER,), "dispatch",
    reason="that it is another's is at times seen only on site, so it may come back until it is finished",
)  # fmt: skip
_MERGE = Edge(
    State.MERGED, _P.REGISTER, (_N.OTHER,), emits=(_A.COMPLAINANT, _A.FEED, _A.DEPARTMENT, _A.CHIEF),
    needs_no_task=True, reason="a repeat: the other case carries its complaints on; what is done already is verified",
)  # fmt: skip
_REWORK = Edge(State.IN_HAND, _P.DISPATCH, (_N.REASON,), emits=(_A.DEPARTMENT, _A.CHIEF), starts="handle")


def _anywhere_open(state: State) -> dict[Action, Edge]:
    """Steps of every case that has not ended; all but one leave it where it is."""
    return {
        Action.PLACE: Edge(state, _P.PLACE, (_N.SEGMENT,), reason="an ended case keeps the street of its day"),
        Action.ATTACH_COMPLAINT: Edge(state, _P.REGISTER, (_N.COMPLAINT,), emits=(_A.COMPLAINANT,)),
        Action.ABSORB: Edge(
            state, _P.REGISTER, (_N.OTHER,), emits=(_A.DEPARTMENT, _A.CHIEF),
            reason="one half of a merge; its complainants are told of the end like the first one",
        ),
        Action.SET_PARENT: Edge(
            state, _P.REGISTER, (_N.PARENT,), is_by_timer=True, reason="by a person, or when the cause came back",
        ),
        Action.URGE: Edge(state, _P.URGE, (_N.OPINION,), emits=(_A.DEPARTMENT, _A.CHIEF)),
        Action.HAND_OVER_CHIEF: Edge(state, _P.DISPATCH, (_N.LEAVER, _N.SUCCESSOR), emits=(_A.CHIEF,)),
        Action.RECOMPUTE_DEADLINE: Edge(state, _P.ESCALATE, who=Who.SYSTEM, emits=(_A.DEPARTMENT,)),
        Action.VOID: Edge(
            State.VOID, _P.APPROVE, (_N.REASON,), emits=(_A.COMPLAINANT, _A.FEED, _A.CALLED),
            reason="allowed while departments are at work: a false alarm calls them off",
        ),
    }  # fmt: skip


def _after_called(state: State) -> dict[Action, Edge]:
    """Steps about departments that were called, as long as anyone may look back on them."""
    return {
        Action.LEAVE: Edge(
            state, _P.REPORT_IN, who=Who.CALLED, emits=(_A.CALLER,),
            reason="never refused, for who leaves, leaves; before the caller settled it, it is seen as left early",
        ),
        Action.RATE: Edge(state, _P.RATE, (_N.DEPARTMENT, _N.SCORE), Who.CALLER, (_A.CALLED,)),
    }  # fmt: skip


def _while_called(state: State) -> dict[Action, Edge]:
    """Steps of called departments at work, and of their caller."""
    caller = Edge(state, _P.WHISTLE, (_N.DEPARTMENT,), Who.CALLER, (_A.CALLED,))
    return {
        **_after_called(state),
        Action.REPORT_IN: Edge(state, _P.REPORT_IN, (_N.PROOF,), Who.CALLED, (_A.CALLER,)),
        Action.CONFIRM_ARRIVAL: Edge(state, _P.CONFIRM_ARRIVAL, (_N.DEPARTMENT,), Who.CHIEF, (_A.CALLED,)),
        Action.TASK_FINISH: Edge(state, _P.REPORT_IN, (_N.OPINION, _N.PHOTO), Who.CALLED, (_A.CALLER,)),
        Action.TASK_RETURN: Edge(state, _P.REPORT_IN, (_N.REASON,), Who.CALLED, (_A.CALLER,)),
        Action.TASK_ACCEPT: caller,
        Action.TASK_RECALL: replace(caller, needs=(_N.DEPARTMENT, _N.REASON)),
        Action.TASK_CALL_OFF: replace(
            caller, needs=(_N.DEPARTMENT, _N.REASON), or_permission=_P.APPROVE,
            reason="for one that never came; the no-show stays on record; a director may where the caller is gone",
        ),
        Action.SETTLE: Edge(state, _P.WHISTLE, who=Who.CALLER, emits=(_A.CALLED,)),
    }  # fmt: skip


def _with_department(state: State) -> dict[Action, Edge]:
    """Steps while a department has it, from dispatch to the finish."""
    ask = Edge(state, _P.HANDLE, (_N.REASON,), Who.HOLDER, (_A.DIRECTOR,))
    answer = Edge(state, _P.APPROVE, emits=(_A.DEPARTMENT,))
    return {
        Action.EXTEND_REQUEST: ask,
        Action.EXTEND_GRANT: answer,
        Action.EXTEND_REFUSE: replace(answer, needs=(_N.REASON,)),
        Action.SUSPEND_REQUEST: replace(ask, needs=(_N.REASON, _N.UNTIL)),
        Action.SUSPEND_GRANT: replace(answer, to=State.SUSPENDED, needs_no_task=True),
        Action.SUSPEND_REFUSE: replace(answer, needs=(_N.REASON,)),
        Action.APPEAL: ask,
        Action.APPEAL_UPHOLD: replace(
            answer, to=State.SENT_BACK, needs=(_N.OPINION,), starts="dispatch", emits=(_A.DEPARTMENT, _A.DISPATCHER),
            reason="upheld before the finish it says that the case is not theirs: the dispatcher decides anew",
        ),
        Action.APPEAL_DISMISS: replace(answer, needs=(_N.REASON,)),
        Action.ESCALATE: _escalate(state),
        Action.WHISTLE: _whistle(state),
        Action.SEND_BACK: _SEND_BACK,
    }  # fmt: skip


def _escalate(state: State) -> Edge:
    """From the highest tier nothing is above but the director: then the event is an urge and no tier changes."""
    return Edge(
        state, _P.ESCALATE, emits=(_A.CHIEF,), is_by_timer=True,
        reason="by a person or when a tier's time is up; from the highest tier it becomes an urge, once",
    )  # fmt: skip


def _whistle(state: State, starts: str | None = None) -> Edge:
    return Edge(state, _P.WHISTLE, (_N.KIND, _N.DEPARTMENTS), Who.CHIEF, (_A.CALLED, _A.DISPATCHER), starts)


_FORCE_CLOSE = Edge(
    State.CLOSED, _P.APPROVE, (_N.REASON,), emits=(_A.COMPLAINANT, _A.FEED, _A.DEPARTMENT), needs_no_task=True,
    reason="强制结案: a director answers for it; called departments come first all the same",
)  # fmt: skip


_STEPS: Mapping[State, dict[Action, Edge]] = {
    State.RECEIVED: {
        Action.CHECK_REPORT: Edge(State.RECEIVED, _P.CHECK_REPORT, (_N.RESULT, _N.OPINION), emits=(_A.DISPATCHER,)),
        Action.REGISTER: Edge(State.REGISTERED, _P.REGISTER, emits=(_A.COMPLAINANT, _A.FEED), starts="dispatch"),
        Action.DECLINE: Edge(State.DECLINED, _P.REGISTER, (_N.REASON,), emits=(_A.COMPLAINANT, _A.FEED)),
    },
    State.DECLINED: {
        Action.REOPEN: Edge(State.RECEIVED, _P.REGISTER, (_N.REASON,), emits=(_A.COMPLAINANT, _A.FEED),
                            starts="register", reason="declined by mistake: the complaint is looked at again"),
    },
    State.REGISTERED: {
        Action.HAND_TO_CHIEF: _CHIEF_ANSWERS,
        Action.DISPATCH: _DISPATCH,
        Action.WHISTLE: replace(_whistle(State.IN_HAND, "handle"), reason="a chief on the spot need not be asked"),
    },
    State.WITH_CHIEF: {
        Action.FIX_ON_SPOT: Edge(State.FINISHED, _P.ANSWER, (_N.OPINION, _N.PHOTO), Who.CHIEF,
                                 (_A.SUPERVISOR, _A.COMPLAINANT), "verify", needs_no_task=True),
        Action.HAND_OVER: _HAND_OVER,
        Action.WHISTLE: _whistle(State.IN_HAND, "handle"),
        Action.ESCALATE: replace(_escalate(State.WITH_CHIEF), starts="answer"),
        Action.DISPATCH: replace(_DISPATCH, reason="the dispatcher need not wait for a chief who does not answer"),
    },
    State.DISPATCHED: {
        Action.ACKNOWLEDGE: Edge(State.ACKNOWLEDGED, _P.HANDLE, who=Who.HOLDER),
        Action.DISPATCH: replace(_DISPATCH, reason="sent to the wrong department and seen before it was acknowledged"),
    },
    State.ACKNOWLEDGED: {Action.START: Edge(State.IN_HAND, _P.HANDLE, who=Who.HOLDER)},
    State.SENT_BACK: {Action.DISPATCH: _DISPATCH, Action.HAND_TO_CHIEF: _CHIEF_ANSWERS},
    State.IN_HAND: {
        Action.FINISH: Edge(State.FINISHED, _P.HANDLE, (_N.OPINION, _N.PHOTO), Who.HOLDER,
                            (_A.SUPERVISOR, _A.COMPLAINANT), "verify", needs_no_task=True),
        Action.HAND_OVER: replace(_HAND_OVER, reason="a chief who called departments may still give the rest away"),
    },
    State.SUSPENDED: {
        Action.RESUME: Edge(State.IN_HAND, _P.HANDLE, who=Who.HOLDER, emits=(_A.DEPARTMENT,),
                            or_permission=_P.APPROVE, is_by_timer=True),
    },
    State.FINISHED: {
        Action.VERIFY: Edge(State.VERIFIED, _P.VERIFY, (_N.PASSED, _N.OPINION, _N.PHOTO), Who.VERIFIER,
                            (_A.DISPATCHER,), "close", (Fork("failed", State.FINISHED),), needs_no_task=True,
                            reason="failed, it stays finished until the dispatcher orders the rework"),
        Action.REWORK: _REWORK,
    },
    State.VERIFIED: {
        Action.CLOSE: Edge(State.CLOSED, _P.CLOSE, emits=(_A.COMPLAINANT, _A.FEED), needs_no_task=True),
        Action.REWORK: replace(_REWORK, reason="verified, but the complainant says that it is not solved"),
        Action.CALL_BACK: Edge(State.VERIFIED, _P.CALL_BACK, (_N.ANSWERED,), emits=(_A.DISPATCHER,)),
    },
    State.CLOSED: {
        Action.CALL_BACK: Edge(State.CLOSED, _P.CALL_BACK, (_N.ANSWERED,), emits=(_A.DISPATCHER,)),
        Action.REOPEN: Edge(State.REGISTERED, _P.REGISTER, (_N.REASON,), emits=(_A.COMPLAINANT, _A.FEED, _A.DEPARTMENT),
                            starts="dispatch"),
        Action.RECUR: Edge(State.REGISTERED, _P.ESCALATE, (_N.OTHER,), Who.SYSTEM, (_A.DISPATCHER, _A.DEPARTMENT),
                           "dispatch", reason="复发: the cause that it was closed for came back in time"),
        Action.APPEAL: Edge(State.CLOSED, _P.HANDLE, (_N.REASON,), Who.PARTY, (_A.DIRECTOR,),
                            reason="after closing a department appeals against the score that it was given"),
        Action.APPEAL_UPHOLD: Edge(State.CLOSED, _P.APPROVE, (_N.OPINION,), emits=(_A.CALLED, _A.CALLER)),
        Action.APPEAL_DISMISS: Edge(State.CLOSED, _P.APPROVE, (_N.REASON,), emits=(_A.CALLED,)),
    },
}  # fmt: skip


def _steps_of(state: State) -> dict[Action, Edge]:
    steps = _anywhere_open(state) if state in OPEN else {}
    if state in OPEN and state not in (State.RECEIVED, State.VERIFIED):
        steps[Action.FORCE_CLOSE] = _FORCE_CLOSE
    steps |= {Action.MERGE: _MERGE} if state in MERGEABLE else {}
    steps |= _with_department(state) if state in WITH_DEPARTMENT else {}
    steps |= _while_called(state) if state in CALLED_IN else {}
    steps |= _after_called(state) if state in (State.FINISHED, State.VERIFIED, State.CLOSED) else {}
    if state == State.SUSPENDED:
        del steps[Action.RECOMPUTE_DEADLINE]  # its clocks stand still; they are computed afresh when it resumes
    return steps | _STEPS.get(state, {})


EDGES: Mapping[tuple[State, Action], Edge] = MappingProxyType(
    {(state, action): edge for state in State for action, edge in _steps_of(state).items()}
)
