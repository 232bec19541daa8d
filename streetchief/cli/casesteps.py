"""Taking a step of a case on the command line: as an account, with the version that was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from sqlalchemy import Engine

from streetchief.accounts.service import actor_of_login
from streetchief.casework.actions import Action, Given
from streetchief.casework.case import Case
from streetchief.casework.service import load_case
from streetchief.city import City
from streetchief.cli.ground import city_database
from streetchief.errors import Forbidden, NotFound
from streetchief.pipeline.casebook import case_id_of
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from streetchief.words import both


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done.

    case     id or public number
    version  that must still hold; None = the one just read
    """

    case: str
    action: Action
    login: str
    given: Given
    version: int | None = None
    key: str | None = None


def take(town: City, step: Step) -> None:
    """Take the step and say where the case stands; a refusal is written down before it is raised."""
    with city_database(town) as engine:
        flow, actor, now = CaseFlow.of(engine, town), actor_of_login(engine, step.login), datetime.now(UTC)
        try:
            with transaction(engine) as session:
                before = load_case(session, case_id_of(session, step.case), by=actor)
            version = before.version if step.version is None else step.version
            after = flow.act(
                before.id, step.action, by=actor, now=now, version=version, key=step.key, given=step.given
            )  # fmt: skip
        except (Forbidden, NotFound) as refused:
            _write_down(engine, step, refused.code, now)
            raise
    typer.echo(stands(after, version))


def stands(after: Case, before: int) -> str:
    """One line: where a case stands after a step, and its versions."""
    state = both(f"case.state.{after.state}")
    return both("cases.stands", number=after.number, state=state, before=before, version=after.version)


def _write_down(engine: Engine, step: Step, code: str, now: datetime) -> None:
    with transaction(engine) as session:
        audit.record(
            session, at=now, actor=step.login, action=f"case.{step.action}", subject=f"case:{step.case}",
            result=audit.REFUSED, detail={"code": code},
        )  # fmt: skip
