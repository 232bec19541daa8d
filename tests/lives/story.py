"""A life told as a list: who does what, with what, and where the case stands then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from streetchief.casework.actions import NOTHING, Action, Given
from streetchief.casework.case import Case
from streetchief.casework.service import FactsOf, act, open_case, verify_cases
from streetchief.casework.states import State
from streetchief.errors import StreetChiefError
from streetchief.storage.engine import transaction
from tests.casework.cast import CAST, MORNING
from tests.casework.ledger import OFFICE, add_complaints, facts_of, times_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story.

    then     the state after it, or the code with which it is refused
    minutes  after the line before
    """

    who: str
    action: Action
    then: State | str
    given: Given = NOTHING
    minutes: int = 5


def tell(engine: Engine, lines: Sequence[Line], watch: Callable[[Case], None] | None = None) -> Case:
    """Live through a story in a real database; the case at its end.  Every chain holds afterwards."""
    with transaction(engine) as session:
        (complaint,) = add_complaints(session, 1)
        opener = CAST["system:worker"]
        case = open_case(session, complaint, office=OFFICE, by=opener, now=MORNING, times_of=times_of)
    return live(engine, case, lines, watch)


def live(
    engine: Engine, case: Case, lines: Sequence[Line], watch: Callable[[Case], None] | None = None,
    facts_of: FactsOf = facts_of,
) -> Case:  # fmt: skip
    """Live on with a case, from its last event; the case at the end."""
    now = case.last_at
    for number, line in enumerate(lines, start=1):
        now += timedelta(minutes=line.minutes)
        try:
            case = act(
                engine, case.id, line.action, by=CAST[line.who], now=now, version=case.version,
                key=f"{case.version}-line-{number}", facts_of=facts_of, given=line.given,
            )  # fmt: skip
            got: State | str = case.state
        except StreetChiefError as refusal:
            got = refusal.code
        assert got == line.then, f"line {number}: {line.who} {line.action} → {got}"
        if watch is not None:
            watch(case)
    with transaction(engine) as session:
        assert verify_cases(session) is None
    return case
