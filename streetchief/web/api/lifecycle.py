"""The life of a case as data: states, actions, and the one table of what leads from where to where."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from pydantic import BaseModel, Field

from streetchief.actors import Permission
from streetchief.casework.actions import Action, Audience, Need, Who
from streetchief.casework.states import EDGES, ENDED, STAGE_OF, Stage, State
from streetchief.web.schemas import Words
from streetchief.words import entry

router = APIRouter(prefix="/api/v1", tags=["lifecycle"])


class StateShown(BaseModel):
    """A state and the one of the seven stages to which it belongs."""

    state: State
    name: Words
    stage: int = Field(ge=1, le=7)
    stage_name: Words
    is_ended: bool


class ActionNamed(BaseModel):
    """An action."""

    action: Action
    name: Words


class NeedNamed(BaseModel):
    """A field of `given`."""

    need: Need
    name: Words


class EdgeShown(BaseModel):
    """One step of the table: from a state by an action to one of these states."""

    state: State
    action: Action
    to: list[State]
    permission: Permission
    who: Who = Field(description="whom it asks for beyond the permission")
    needs: list[Need]
    tells: list[Audience]
    starts: str | None = Field(description="step whose limit begins to run")
    by_timer: bool
    reason: str = Field(description="why an odd edge is there; empty for a plain one")


class Lifecycle(BaseModel):
    """The whole table."""

    states: list[StateShown]
    actions: list[ActionNamed]
    needs: list[NeedNamed]
    edges: list[EdgeShown]


@router.get("/lifecycle")
def lifecycle() -> Lifecycle:
    """States, actions and edges; the same for every case, so nobody need sign in."""
    return _table()


@cache
def _table() -> Lifecycle:
    return Lifecycle(
        states=[_state(state) for state in State],
        actions=[ActionNamed(action=a, name=Words(**entry(f"case.action.{a}"))) for a in Action],
        needs=[NeedNamed(need=n, name=Words(**entry(f"case.need.{n}"))) for n in Need],
        edges=[
            EdgeShown(
                state=state, action=action, to=sorted(edge.ends()), permission=edge.permission, who=edge.who,
                needs=list(edge.needs), tells=list(edge.emits), starts=edge.starts, by_timer=edge.is_by_timer,
                reason=edge.reason,
            )
            for (state, action), edge in EDGES.items()
        ],
    )  # fmt: skip


def _state(state: State) -> StateShown:
    stage = Stage(STAGE_OF[state])
    return StateShown(
        state=state, name=Words(**entry(f"case.state.{state}")), stage=stage,
        stage_name=Words(**entry(f"case.stage.{stage.name.lower()}")), is_ended=state in ENDED,
    )  # fmt: skip
