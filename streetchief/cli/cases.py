"""``streetchief cases``: look at cases, open them, take a step of one as an account.

Whoever can run this owns the database and sees every case; a step is judged by what the account of ``--as`` may do.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streetchief.accounts.policy import WORKER
from streetchief.accounts.service import actor_of_login
from streetchief.casework.actions import Action, Given, Proof, WhistleKind
from streetchief.casework.buckets import Bucket
from streetchief.casework.service import load_case
from streetchief.casework.states import State
from streetchief.cli.casepages import case_page
from streetchief.cli.casesteps import Step, stands, take
from streetchief.cli.ground import city_database, plain, the_city
from streetchief.errors import BadInput
from streetchief.pipeline.casebook import Wanted, case_id_of, listed, number_of
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.casejoins import find_repeats, merge
from streetchief.storage.engine import transaction
from streetchief.words import LANGUAGES, both, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.cases"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
CaseName = Annotated[str, typer.Argument(metavar="CASE", help=both("cli.cases_case"))]
As = Annotated[str, typer.Option("--as", metavar="LOGIN", help=both("cli.cases_as"))]
Version = Annotated[int | None, typer.Option(min=1, help=both("cli.cases_version"))]
Opinion = Annotated[str | None, typer.Option(help=both("case.need.opinion"))]
Photo = Annotated[str | None, typer.Option(help=both("cli.cases_photo"))]
Department = Annotated[str | None, typer.Option(help=both("cli.cases_department"))]
COLUMNS = ("number", "state", "bucket", "due", "street", "segment", "department", "version")
WIDE = 200


@app.command("list", help=both("cli.cases_list"))
def list_cases(
    state: Annotated[State | None, typer.Option(help=both("cli.cases_state"))] = None,
    department: Department = None,
    street: Annotated[str | None, typer.Option(help=both("cli.cases_street"))] = None,
    segment: Annotated[str | None, typer.Option(help=both("cli.cases_segment"))] = None,
    bucket: Annotated[Bucket | None, typer.Option(help=both("cli.cases_bucket"))] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help=both("cli.cases_most"))] = 50,
    numbers: Annotated[bool, typer.Option("--numbers", help=both("cli.cases_numbers"))] = False,
    city: CityOption = None,
) -> None:
    """A table, newest first; or numbers alone, one a line."""
    town = the_city(city)
    wanted = Wanted(state, department, street, segment, bucket)
    with city_database(town) as engine, transaction(engine) as session:
        found = listed(session, wanted, now=datetime.now(UTC), most=most)
    if numbers:
        typer.echo("\n".join(row.number for row in found), nl=bool(found))
        return
    table = Table(*("\n".join(say(f"cases.column_{name}", language) for language in LANGUAGES) for name in COLUMNS))
    for row in found:
        due = f"{row.due_at.astimezone(town.zone):%Y-%m-%d %H:%M}" if row.due_at else ""
        cells = (
            row.number, both(f"case.state.{row.state}"), both(f"bucket.{row.bucket}") if row.bucket else "", due,
            row.street_code or "", row.segment_code or "", row.department or "", str(row.version),
        )  # fmt: skip
        table.add_row(*(escape(plain(cell)) for cell in cells))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


@app.command("show", help=both("cli.cases_show"))
def show(case: CaseName, city: CityOption = None) -> None:
    """Where it stands, its clocks, its called departments and its history, in both languages."""
    town = the_city(city)
    with city_database(town) as engine:
        flow = CaseFlow.of(engine, town)
        with transaction(engine) as session:
            page = list(case_page(session, flow, case_id_of(session, case), now=datetime.now(UTC)))
    typer.echo("\n".join(plain(line) for line in page))


@app.command("open", help=both("cli.cases_open"))
def open_cases(
    complaint: Annotated[int | None, typer.Option(help=both("cli.cases_complaint"))] = None,
    run: Annotated[int | None, typer.Option(help=both("cli.cases_run"))] = None,
    everything: Annotated[bool, typer.Option("--all", help=both("cli.cases_all"))] = False,
    city: CityOption = None,
) -> None:
    """For one complaint, for those of an intake run, or for all that have no case."""
    if (complaint is not None) + (run is not None) + everything != 1:
        raise BadInput("which_to_open")
    town, now = the_city(city), datetime.now(UTC)
    with city_database(town) as engine:
        flow = CaseFlow.of(engine, town)
        if complaint is not None:
            typer.echo(flow.open_case(complaint, by=WORKER, now=now).number)
            return
        count = flow.open_run(run, by=WORKER, now=now)
    typer.echo(both("cases.opened", count=count))


@app.command("act", help=both("cli.cases_act"))
def act(
    case: CaseName,
    action: Annotated[Action, typer.Argument(help=both("cli.cases_action"))],
    login: As,
    opinion: Opinion = None,
    reason: Annotated[str | None, typer.Option(help=both("case.need.reason"))] = None,
    photo: Photo = None,
    result: Annotated[bool | None, typer.Option("--true/--false", help=both("case.need.result"))] = None,
    department: Department = None,
    segment: Annotated[str | None, typer.Option(help=both("case.need.segment"))] = None,
    tier: Annotated[int | None, typer.Option(help=both("cli.cases_tier"))] = None,
    until: Annotated[datetime | None, typer.Option(help=both("case.need.until"))] = None,
    score: Annotated[int | None, typer.Option(help=both("case.need.score"))] = None,
    complaint: Annotated[int | None, typer.Option(help=both("case.need.complaint"))] = None,
    parent: Annotated[int | None, typer.Option(help=both("case.need.parent"))] = None,
    leaver: Annotated[str | None, typer.Option(help=both("case.need.leaver"))] = None,
    successor: Annotated[str | None, typer.Option(help=both("case.need.successor"))] = None,
    version: Version = None,
    key: Annotated[str | None, typer.Option(help=both("cli.cases_key"))] = None,
    city: CityOption = None,
) -> None:
    """Any step of the table; what it needs is said when it is missing."""
    town = the_city(city)
    given = Given(
        opinion=opinion, reason=reason, photo=photo, result=result, department=department, segment=segment, tier=tier,
        until=None if until is None else until.replace(tzinfo=town.zone), score=score, complaint=complaint,
        parent=parent, leaver=leaver, successor=successor,
    )  # fmt: skip
    take(town, Step(case, action, login, given, version, key))


@app.command("whistle", help=both("cli.cases_whistle"))
def whistle(
    case: CaseName,
    departments: Annotated[list[str], typer.Argument(help=both("cli.cases_called"))],
    login: As,
    kind: Annotated[WhistleKind, typer.Option(help=both("case.need.kind"))] = WhistleKind.RESIDENT_MATTER,
    version: Version = None,
    city: CityOption = None,
) -> None:
    """Call departments together; each gets a task with a clock of its own."""
    given = Given(kind=kind, departments=tuple(departments))
    take(the_city(city), Step(case, Action.WHISTLE, login, given, version))


@app.command("report-in", help=both("cli.cases_report_in"))
def report_in(
    case: CaseName,
    login: As,
    plaque: Annotated[str | None, typer.Option(help=both("cli.cases_plaque"))] = None,
    metres: Annotated[float | None, typer.Option(help=both("cli.cases_metres"))] = None,
    department: Department = None,
    version: Version = None,
    city: CityOption = None,
) -> None:
    """By the plaque's code, by the distance to the segment, else for a chief to confirm."""
    if plaque is not None and metres is not None:
        raise BadInput("one_proof")
    proof = Proof.PLAQUE if plaque is not None else Proof.GEOFENCE if metres is not None else Proof.CHIEF
    given = Given(proof=proof, plaque=plaque, distance_m=metres, department=department)
    take(the_city(city), Step(case, Action.REPORT_IN, login, given, version))


@app.command("verify", help=both("cli.cases_verify"))
def verify(
    case: CaseName,
    login: As,
    passed: Annotated[bool, typer.Option("--passed/--failed", help=both("case.need.passed"))],
    opinion: Opinion = None,
    photo: Photo = None,
    version: Version = None,
    city: CityOption = None,
) -> None:
    """核查: by somebody who did not handle it."""
    given = Given(passed=passed, opinion=opinion, photo=photo)
    take(the_city(city), Step(case, Action.VERIFY, login, given, version))


@app.command("close", help=both("cli.cases_close"))
def close(case: CaseName, login: As, version: Version = None, city: CityOption = None) -> None:
    """结案."""
    take(the_city(city), Step(case, Action.CLOSE, login, Given(), version))


@app.command("evaluate", help=both("cli.cases_evaluate"))
def evaluate(
    case: CaseName,
    login: As,
    answered: Annotated[bool, typer.Option("--answered/--no-answer", help=both("case.need.answered"))] = True,
    solved: Annotated[bool | None, typer.Option("--solved/--unsolved", help=both("case.need.solved"))] = None,
    satisfied: Annotated[
        bool | None, typer.Option("--satisfied/--unsatisfied", help=both("case.need.satisfied"))
    ] = None,
    complaint: Annotated[int | None, typer.Option(help=both("cli.cases_whose"))] = None,
    version: Version = None,
    city: CityOption = None,
) -> None:
    """回访: what the complainant says."""
    given = Given(answered=answered, solved=solved, satisfied=satisfied, complaint=complaint)
    take(the_city(city), Step(case, Action.CALL_BACK, login, given, version))


@app.command("repeats", help=both("cli.cases_repeats"))
def repeats(login: As, city: CityOption = None) -> None:
    """Which open cases likely are one matter: case, older case, metres, time between their reports."""
    town = the_city(city)
    with city_database(town) as engine:
        flow = CaseFlow.of(engine, town)
        for pair in find_repeats(flow, by=actor_of_login(engine, login)):
            with transaction(engine) as session:
                names = [number_of(session, case_id) for case_id in (pair.case, pair.other)]
            typer.echo(f"{names[0]} {names[1]} {pair.distance_m:.0f} m {pair.apart}")


@app.command("merge", help=both("cli.cases_merge"))
def merge_cases(
    case: CaseName,
    into: Annotated[str, typer.Argument(help=both("cli.cases_into"))],
    login: As,
    city: CityOption = None,
) -> None:
    """The emptied case ends; the other carries its complaints on."""
    town, now = the_city(city), datetime.now(UTC)
    with city_database(town) as engine:
        flow, actor = CaseFlow.of(engine, town), actor_of_login(engine, login)
        with transaction(engine) as session:
            one, other = (load_case(session, case_id_of(session, said), by=actor) for said in (case, into))
        ended, carrier = merge(
            flow, one.id, into=other.id, by=actor, now=now, version=one.version, into_version=other.version
        )  # fmt: skip
    for after, before in ((ended, one), (carrier, other)):
        typer.echo(stands(after, before.version))


@app.command("hand-over", help=both("cli.cases_hand_over"))
def hand_over(
    street: Annotated[str, typer.Option(help=both("cli.cases_street"))],
    tier: Annotated[int, typer.Option(min=1, help=both("cli.cases_handed_tier"))],
    leaver: Annotated[str, typer.Option(help=both("case.need.leaver"))],
    successor: Annotated[str, typer.Option(help=both("case.need.successor"))],
    login: As,
    city: CityOption = None,
) -> None:
    """A chief is replaced: the open cases of the street that are with the tier, in one act."""
    town, now = the_city(city), datetime.now(UTC)
    with city_database(town) as engine:
        actor = actor_of_login(engine, login)
        count = CaseFlow.of(engine, town).hand_over(
            street=street, tier=tier, leaver=leaver, successor=successor, by=actor, now=now
        )  # fmt: skip
    typer.echo(both("cases.handed_over", count=count))
