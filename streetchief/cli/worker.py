"""``streetchief worker``: sends notices and minds the timers until SIGTERM or Ctrl-C."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from streetchief.casework.notice_hours import Hours, RetryPlan
from streetchief.city import City
from streetchief.cli.ground import city_database, the_city
from streetchief.pipeline import worker as program
from streetchief.pipeline.caseflow import CaseFlow
from streetchief.pipeline.casetimers import case_timers
from streetchief.pipeline.channels.mail import MailServer
from streetchief.pipeline.channels.post import Gate
from streetchief.pipeline.deliver import Desk, open_channels
from streetchief.pipeline.patrols import timers_of
from streetchief.pipeline.timers import Timer
from streetchief.settings import Settings
from streetchief.words import both

app = typer.Typer(add_completion=False)
TIMERS: tuple[Timer, ...] = ()  # what other rooms plug in, beside the timers of cases


@app.command(help=both("cli.worker"))
def worker(
    city: Annotated[Path | None, typer.Option(help=both("cli.city"))] = None,
    heartbeat: Annotated[float, typer.Option(min=0.2, max=60, help=both("cli.worker_heartbeat"))] = 10.0,
    concurrency: Annotated[int, typer.Option(min=1, max=32, help=both("cli.worker_concurrency"))] = 4,
    once: Annotated[bool, typer.Option("--once", help=both("cli.worker_once"))] = False,
) -> None:
    """Say on stderr what is done; never an address, a secret or a person."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("streetchief").setLevel(logging.INFO)
    town = the_city(city)
    with city_database(town) as engine:
        plan = program.Plan(heartbeat_s=heartbeat, concurrency=concurrency, is_once=once)
        flow = CaseFlow.of(engine, town)
        timers = (*case_timers(flow), *timers_of(flow), *TIMERS)
        program.run(engine, the_desk(engine, town), timers, plan, clock=lambda: datetime.now(UTC))


def the_desk(engine: Engine, town: City) -> Desk:
    """Hours, channels and waits as the settings say.  Raises BadInput for a setting that cannot be understood."""
    settings = Settings.from_environment()
    mail = MailServer.parse(settings.smtp_url) if settings.smtp_url else None
    return Desk(
        hours=Hours.parse(town.zone, settings.quiet_hours, settings.digest_at),
        channels=open_channels(engine, Gate.parse(settings.notice_hosts), mail),
        retry=RetryPlan.parse(settings.notice_retry),
        base_url=settings.public_url.rstrip("/"),
    )
