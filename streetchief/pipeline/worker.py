"""The worker: takes deliveries and timers as jobs of procrastinate until it is told to stop.

The library leaves the jobs of a killed worker in ``doing`` for ever, so a sweep hands back those whose worker shows
no heartbeat; every task here may run twice.  Jobs hold ids only: what is true of a delivery stands in the outbox, and
a job that is done is removed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import procrastinate
from procrastinate import exceptions, jobs, retry
from sqlalchemy import Engine

from streetchief.pipeline.deliver import Desk, Outcome, deliver, fail, find_forgotten, join_digests
from streetchief.pipeline.timers import Timer, run_timer

SCHEMA = "procrastinate"
DELIVERIES, TIMERS = "notices", "timers"
STALLED_BEATS = 3
POLL_S = 1.0
FINISH_S = 60.0

log = logging.getLogger("streetchief.worker")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one worker works.

    heartbeat_s   it shows that it lives that often; after three missed beats its jobs are handed back
    concurrency   deliveries at once
    is_once       end when nothing is due, instead of waiting for more
    """

    heartbeat_s: float = 10.0
    concurrency: int = 4
    is_once: bool = False


class Later(Exception):
    """The job is to be taken up again at that instant."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        super().__init__(at.isoformat())


class _AtThatInstant(retry.BaseRetryStrategy):
    """The same job again, so that it keeps its place in its lane; anything but `Later` ends the job."""

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> retry.RetryDecision | None:
        return retry.RetryDecision(retry_at=exception.at) if isinstance(exception, Later) else None


def run(engine: Engine, desk: Desk, timers: Sequence[Timer], plan: Plan, *, clock: Callable[[], datetime]) -> None:
    """Work until SIGTERM or SIGINT (the jobs at hand are finished first), or once if the plan says so.

    timers   what the caller plugs in, beside our own: digests and forgotten deliveries
    clock    the present instant, aware UTC
    """
    every = (*own_timers(), *timers)
    if plan.is_once:
        for timer in every:
            now = clock()
            run_timer(engine, timer, tick=now, now=now)
    app = make_app(engine, desk, every, plan, clock)
    log.info("worker starts: channels %s, timers %s", ", ".join(desk.channels), ", ".join(t.name for t in every))
    asyncio.run(_work(app, plan))
    log.info("worker ended")


def own_timers() -> tuple[Timer, ...]:
    """The timers of the outbox itself."""
    return (Timer("digests", join_digests), Timer("forgotten", find_forgotten))


async def _work(app: procrastinate.App, plan: Plan) -> None:
    async with app.open_async():
        await app.run_worker_async(
            wait=not plan.is_once,
            concurrency=plan.concurrency,
            fetch_job_polling_interval=POLL_S,
            update_heartbeat_interval=plan.heartbeat_s,
            stalled_worker_timeout=plan.heartbeat_s * STALLED_BEATS,
            shutdown_graceful_timeout=FINISH_S,
            delete_jobs="always",
        )


def make_app(
    engine: Engine, desk: Desk, timers: Sequence[Timer], plan: Plan, clock: Callable[[], datetime]
) -> procrastinate.App:
    """The library's application with our tasks; its tables are found by the search path of its own connections."""
    app = procrastinate.App(connector=_connector(engine, plan))

    @app.task(name="deliver", queue=DELIVERIES, retry=_AtThatInstant())
    async def take_delivery(delivery: int) -> None:
        outcome = await asyncio.to_thread(_deliver, engine, desk, delivery, clock)
        if outcome.later is not None:
            raise Later(outcome.later)

    for timer in timers:
        _add_timer(app, engine, timer, clock)
    _add_sweep(app, plan)
    return app


def _connector(engine: Engine, plan: Plan) -> procrastinate.PsycopgConnector:
    _, arguments = engine.dialect.create_connect_args(engine.url)
    options = f"{arguments.get('options', '')} -c search_path={SCHEMA},pg_temp".strip()
    return procrastinate.PsycopgConnector(
        kwargs={**arguments, "options": options, "application_name": "streetchief worker"},
        min_size=2,
        max_size=plan.concurrency + 3,
    )


def _deliver(engine: Engine, desk: Desk, delivery: int, clock: Callable[[], datetime]) -> Outcome:
    try:
        outcome = deliver(engine, desk, delivery, now=clock())
    except Exception as raised:
        log.exception("delivery %s failed by a fault of ours", delivery)
        outcome = fail(engine, desk, delivery, type(raised).__name__, now=clock())
    until = f" until {outcome.later.isoformat()}" if outcome.later is not None else ""
    log.info("delivery %s %s: %s%s %s", delivery, outcome.channel, outcome.what, until, outcome.fault)
    return outcome


def _add_timer(app: procrastinate.App, engine: Engine, timer: Timer, clock: Callable[[], datetime]) -> None:
    # no `lock`: the job of a killed worker would hold it until the sweep; `run_timer` has a lock that ends with it
    @app.periodic(cron=timer.cron, periodic_id=timer.name)
    @app.task(name=f"timer {timer.name}", queue=TIMERS, queueing_lock=f"timer {timer.name}", priority=10)
    async def run_tick(timestamp: int) -> None:
        tick = datetime.fromtimestamp(timestamp, UTC)
        did = await asyncio.to_thread(run_timer, engine, timer, tick=tick, now=clock())
        if did:
            log.info("timer %s: %s", timer.name, did)


def _add_sweep(app: procrastinate.App, plan: Plan) -> None:
    stalled_s = plan.heartbeat_s * STALLED_BEATS
    every_s = min(59, max(1, round(plan.heartbeat_s)))

    @app.periodic(cron=f"* * * * * */{every_s}", periodic_id="sweep")
    @app.task(name="sweep", queue=TIMERS, queueing_lock="sweep", priority=20)
    async def sweep(timestamp: int) -> None:
        await hand_back(app, stalled_s)


async def hand_back(app: procrastinate.App, stalled_s: float) -> int:
    """Put the jobs of workers without a heartbeat back into the queue; returns how many."""
    handed = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_s):
        try:
            await app.job_manager.retry_job(job)
        except exceptions.ConnectorException:  # another sweep was quicker
            continue
        handed += 1
        log.warning("job %s (%s) of a worker that is gone was handed back", job.id, job.task_name)
    return handed
