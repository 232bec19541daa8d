"""What a decision looks at and what it gives; shared by the modules that decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from streetchief.actors import Actor
from streetchief.casework.actions import Action, Given
from streetchief.casework.case import Case
from streetchief.casework.facts import Facts
from streetchief.casework.states import Edge
from streetchief.errors import BadInput, Conflict


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that one decision looks at; permission and needs are settled already."""

    case: Case
    action: Action
    edge: Edge
    given: Given
    by: Actor
    now: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes on record.

    fork    name of the edge's fork that was taken; None = its plain end
    action  another action than was asked for; only an escalation from the highest tier, which is an urge
    """

    payload: dict[str, Any] = field(default_factory=dict)
    fork: str | None = None
    action: Action | None = None


Decision = Callable[[Ask], Outcome | None]


def plain(_ask: Ask) -> Outcome:
    """Nothing but the texts that came with it."""
    return Outcome()


def refuse(code: str, **values: object) -> NoReturn:
    """Refuse a step that the case's own history forbids."""
    raise Conflict(code, **values)


def known_department(ask: Ask, code: str | None) -> str:
    """The department that is meant.  Raises BadInput for one that the registry does not have."""
    if code is None or code not in ask.facts.departments:
        raise BadInput("unknown_department", department=code)
    return code
