"""``streetchief patrol``: 日巡、周查、月评、季通报.

Whoever can run this owns the database; ``--as`` says whose rights hold and whose name is written down.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streetchief.accounts.service import actor_of_login
from streetchief.actors import Actor
from streetchief.cli.ground import city_database, plain, the_city
from streetchief.cli.patrolpage import HELD_OUT, record_table
from streetchief.errors import BadInput
from streetchief.patrol import checks, records, rules, service
from streetchief.patrol.model import Answer, Check, Draft, Handled, Record
from streetchief.pipeline import patrols as flow_of_patrols
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.patrols import KEEPER, plan_of
from streetchief.words import both, group, say

app = typer.Typer(add_completion=False, no_args_is_help=True, help=both("cli.patrol"))
CityOption = Annotated[Path | None, typer.Option(help=both("cli.city"))]
As = Annotated[str, typer.Option("--as", metavar="LOGIN", help=both("cli.patrol_as"))]
Key = Annotated[str | None, typer.Option(help=both("cli.patrol_key"))]
Number = Annotated[int, typer.Argument(help=both("cli.patrol_number"))]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help=both("cli.patrol_from"))]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help=both("cli.patrol_to"))]
WIDE = 200


@app.command("start", help=both("cli.patrol_start"))
def start(
    street: Annotated[str, typer.Argument(help=both("cli.patrol_street"))],
    login: As,
    segment: Annotated[list[str] | None, typer.Option(help=both("cli.patrol_segment"))] = None,
    tier: Annotated[int | None, typer.Option(help=both("cli.patrol_tier"))] = None,
    key: Key = None,
    city: CityOption = None,
) -> None:
    """Begin a walk."""
    with opened(city) as flow:
        patrol = service.start(
            flow.engine, street=street, segments=segment, tier=tier, zone=flow.city.zone,
            by=actor_of_login(flow.engine, login), now=datetime.now(UTC), key=key,
        )  # fmt: skip
    segments = " ".join(patrol.ground.segments)
    typer.echo(both("patrol.started", patrol=patrol.id, street=street, segments=segments))


@app.command("finding", help=both("cli.patrol_finding"))
def finding(
    patrol: Number,
    item: Annotated[str, typer.Argument(help=both("cli.patrol_item"))],
    segment: Annotated[str, typer.Argument(help=both("cli.patrol_segment"))],
    handled: Annotated[Handled, typer.Argument(help=both("cli.patrol_handled"))],
    login: As,
    opinion: Annotated[str, typer.Option(help=both("cli.patrol_opinion"))],
    photo: Annotated[str | None, typer.Option(help=both("cli.patrol_photo"))] = None,
    kind: Annotated[str | None, typer.Option(help=both("cli.patrol_kind"))] = None,
    code: Annotated[str | None, typer.Option(help=both("cli.patrol_code"))] = None,
    key: Key = None,
    city: CityOption = None,
) -> None:
    """Note what was found; what is handed over becomes a case at once."""
    draft = Draft(item, segment, handled, opinion, photo, kind, code)
    with opened(city) as flow:
        by = actor_of_login(flow.engine, login)
        found = flow_of_patrols.report(flow, patrol, draft, by=by, now=datetime.now(UTC), key=key)
    typer.echo(both("patrol.found", finding=found.id, handled=both(f"patrol.handled.{handled}")))
    if found.case is not None:
        typer.echo(both("patrol.became", case=found.case))


@app.command("end", help=both("cli.patrol_end"))
def end(
    patrol: Number,
    login: As,
    answer: Annotated[list[str] | None, typer.Option(help=both("cli.patrol_answer"))] = None,
    key: Key = None,
    city: CityOption = None,
) -> None:
    """End a walk and show the whole check list."""
    answers = dict(answer_of(text) for text in answer or ())
    with opened(city) as flow:
        plan, by = plan_of(flow.city), actor_of_login(flow.engine, login)
        ended = service.end(flow.engine, patrol, answers, plan=plan, by=by, now=datetime.now(UTC), key=key)
    typer.echo(both("patrol.ended", patrol=patrol, findings=len(ended.findings)))
    for item in plan.items:
        said = both(f"patrol.answer.{ended.answers[item.code]}") if item.code in ended.answers else "-"
        typer.echo(f"  {item.code}  {item.name.zh} / {item.name.en}  {said}")


def answer_of(text: str) -> tuple[str, Answer]:
    """``item=answer``."""
    item, _, said = text.partition("=")
    if said not in tuple(Answer):
        raise BadInput("patrol_answer", answer=text)
    return item, Answer(said)


@app.command("missed", help=both("cli.patrol_missed"))
def missed(since: From = None, until: To = None, login: str = typer.Option("", "--as", metavar="LOGIN",
           help=both("cli.patrol_as")), city: CityOption = None) -> None:  # fmt: skip
    """What the worker's timer does, now; then the missed patrols of a span of days."""
    with opened(city) as flow:
        now = datetime.now(UTC)
        new = flow_of_patrols.settle(flow, flow.engine, now)
        from_on, to_on = span_of(since, until, rules.city_day(now, flow.city.zone))
        found = records.missed(flow.engine, from_on=from_on, to_on=to_on, by=reader(flow, login))
    table = headed("day", "tier", "street", "segments", "due", "done")
    for on, one in found:
        ground = one.beat.ground
        add(table, on, one.beat.tier, ground.street, " ".join(ground.segments), one.due, one.done)
    show(table)
    typer.echo(both("patrol.missed", new=new, count=sum(one.missed for _, one in found)))


@app.command("check", help=both("cli.patrol_check"))
def check(
    login: As,
    patrol: Annotated[int | None, typer.Argument(help=both("cli.patrol_number"))] = None,
    week: Annotated[str | None, typer.Option(metavar="DAY", help=both("cli.patrol_week"))] = None,
    agree: Annotated[bool, typer.Option("--agree/--disagree", help=both("cli.patrol_agree"))] = True,
    reason: Annotated[str | None, typer.Option(help=both("cli.patrol_reason"))] = None,
    key: Key = None,
    city: CityOption = None,
) -> None:
    """Without a number the sample of the week, drawn if need be; with one, its judgement."""
    now = datetime.now(UTC)
    with opened(city) as flow:
        zone, by = flow.city.zone, actor_of_login(flow.engine, login)
        if patrol is not None:
            judged = checks.check(flow.engine, patrol, agree, reason, by=by, now=now, key=key)
            typer.echo(both("patrol.judged", patrol=patrol, judgement=judgement(judged)))
            return
        last = rules.week_of(rules.city_day(now, zone)) - timedelta(days=7)
        week_on = last if week is None else day_of(week)
        checks.draw_week(flow.engine, week_on, plan=plan_of(flow.city), zone=zone, by=by, now=now)
        found = checks.sample(flow.engine, week_on, by=by)
    table = headed("tier", "number", "judgement", "reason")
    for one in found:
        add(table, one.tier, one.patrol, judgement(one), one.reason or "")
    show(table)
    typer.echo(both("patrol.drawn", count=len(found), checked=sum(c.agrees is not None for c in found)))


def judgement(check: Check) -> str:
    """What was said of a drawn patrol."""
    key = "waiting" if check.agrees is None else "agrees" if check.agrees else "disagrees"
    return both(f"patrol.{key}")


@app.command("review", help=both("cli.patrol_review"))
def review(
    month: Annotated[str, typer.Argument(help=both("cli.patrol_month"))], login: As, city: CityOption = None
) -> None:
    """Freeze a month."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", month)
    if found is None:
        raise BadInput("patrol_period", period=month)
    with opened(city) as flow:
        made = records.review(
            flow.engine, date(int(found[1]), int(found[2]), 1), plan=plan_of(flow.city), zone=flow.city.zone,
            definitions=group("patrol.measure"), by=actor_of_login(flow.engine, login), now=datetime.now(UTC),
        )  # fmt: skip
        print_record(flow, made, month)


@app.command("bulletin", help=both("cli.patrol_bulletin"))
def bulletin(
    quarter: Annotated[str, typer.Argument(help=both("cli.patrol_quarter"))], login: As, city: CityOption = None
) -> None:
    """Freeze a quarter."""
    found = re.fullmatch(r"(\d{4})-Q([1-4])", quarter)
    if found is None:
        raise BadInput("patrol_period", period=quarter)
    with opened(city) as flow:
        made = records.bulletin(
            flow.engine, date(int(found[1]), int(found[2]) * 3 - 2, 1), plan=plan_of(flow.city), zone=flow.city.zone,
            definitions=group("patrol.measure"), by=actor_of_login(flow.engine, login), now=datetime.now(UTC),
        )  # fmt: skip
        print_record(flow, made, quarter)


@app.command("list", help=both("cli.patrol_list"))
def list_patrols(
    since: From = None,
    until: To = None,
    street: Annotated[str | None, typer.Option(help=both("cli.patrol_street"))] = None,
    login: Annotated[str, typer.Option("--as", metavar="LOGIN", help=both("cli.patrol_as"))] = "",
    city: CityOption = None,
) -> None:
    """A table, newest first."""
    with opened(city) as flow:
        zone = flow.city.zone
        from_on, to_on = span_of(since, until, rules.city_day(datetime.now(UTC), zone))
        by = reader(flow, login)
        found = service.listed(flow.engine, from_on=from_on, to_on=to_on, street=street, by=by)
    table = headed("number", "day", "span", "chief", "tier", "street", "segments", "findings")
    for p in found:
        ended = "…" if p.ended_at is None else f"{p.ended_at.astimezone(zone):%H:%M}"
        span = f"{p.started_at.astimezone(zone):%H:%M}–{ended}"
        fixed = sum(f.draft.handled == Handled.FIXED_ON_SPOT for f in p.findings)
        findings = f"{len(p.findings)} ({say('patrol.handled.fixed_on_spot')} {fixed})"
        add(table, p.id, p.walked_on, span, p.chief, p.tier, p.ground.street, " ".join(p.ground.segments), findings)
    show(table)
    typer.echo(both("patrol.count", count=len(found)))


@contextmanager
def opened(city: Path | None) -> Iterator[CaseFlow]:
    """The cases of the city: patrols hand over to them."""
    town = the_city(city)
    with city_database(town) as engine:
        yield CaseFlow.of(engine, town)


def reader(flow: CaseFlow, login: str) -> Actor:
    """The account, or our own program where none is named."""
    return actor_of_login(flow.engine, login) if login else KEEPER


def span_of(since: str | None, until: str | None, today: date) -> tuple[date, date]:
    """The days asked for, else the last thirty."""
    from_on = today - timedelta(days=30) if since is None else day_of(since)
    return from_on, today + timedelta(days=1) if until is None else day_of(until)


def day_of(text: str) -> date:
    """A day of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise BadInput("patrol_period", period=text) from fault


def print_record(flow: CaseFlow, made: Record, period: str) -> None:
    """What it came from, then every line with its numbers."""
    sources, plan = made.sources, plan_of(flow.city)
    versions = {
        "registry": ", ".join(map(str, sources.registry_versions)) or "-",
        "calendar": ", ".join(sources.calendar_versions) or "-",
    }
    for language in ("zh", "en"):
        kind = say(f"patrol.kind.{made.kind}", language)
        counts = {name: getattr(sources, name) for name in ("days", "settled", "working", "provisional")}
        typer.echo(say("patrol.record", language, kind=kind, period=period, revision=made.revision, id=made.id,
                       **counts, **versions))  # fmt: skip
    if plan.inferred:
        typer.echo(both("patrol.inferred", basis=plan.basis))
    show(record_table(made))
    typer.echo(f"{HELD_OUT} {both('patrol.held_out', least=made.least)}")
    for measure, said in made.definitions.items():
        typer.echo(f"  {measure}  {said['zh']} / {said['en']}")


def headed(*names: str) -> Table:
    """An empty table with headings in both languages."""
    return Table(*(f"{say(f'patrol.column.{n}', 'zh')}\n{say(f'patrol.column.{n}', 'en')}" for n in names))


def add(table: Table, *cells: object) -> None:
    """A row, safe to show."""
    table.add_row(*(escape(plain(str(cell))) for cell in cells))


def show(table: Table) -> None:
    """To the terminal, or wide where it is read by a program."""
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)
