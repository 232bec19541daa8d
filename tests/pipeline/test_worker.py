"""The worker as a process: killed in the midst, ended in order, two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, text

from streetchief.casework import outbox_store as store
from streetchief.casework.notices import Facts, Notice
from streetchief.pipeline.timers import Timer, run_timer
from streetchief.storage.engine import transaction
from tests.chaos.notices import NOTICES, start_worker, storm, write_notices
from tests.pipeline.receivers import Receiver, receiving

TICK = datetime(2026, 7, 1, 8, tzinfo=UTC)

COUNT_TICKS = """
import sys, time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from sqlalchemy import text
from streetchief.casework.notice_hours import Hours
from streetchief.pipeline.deliver import Desk
from streetchief.pipeline.timers import Timer
from streetchief.pipeline.worker import Plan, run
from streetchief.storage.engine import make_engine, transaction

def count(engine, now):
    with transaction(engine) as session:
        session.execute(text("insert into ran values (:me, clock_timestamp())"), {"me": sys.argv[2]})
    time.sleep(0.3)
    with transaction(engine) as session:
        session.execute(text("insert into ended values (clock_timestamp())"))
    return 1

engine = make_engine(sys.argv[1])
run(engine, Desk(Hours(ZoneInfo("UTC")), {}), [Timer("count", count, "* * * * * */1")], Plan(heartbeat_s=1),
    clock=lambda: datetime.now(UTC))
"""


def test_five_kills_lose_nothing_and_every_key_counts_once(database_engine: Engine, database_url: str) -> None:
    toll = storm(database_engine, database_url, kills=5, seed=7)
    assert (toll.kills, toll.distinct, toll.lost, toll.wrong) == (5, NOTICES, 0, 0), toll
    assert toll.statuses == {"sent": NOTICES}
    assert toll.sent >= NOTICES + NOTICES // 29  # the receiver did fail: some it was sent twice under one key


def test_it_finishes_what_it_has_begun_when_told_to_end(
    database_engine: Engine, database_url: str, tmp_path: Path
) -> None:
    def slow(_: object, number: int) -> tuple[int, bytes]:
        time.sleep(1.0)
        return 200, b""

    log = tmp_path / "worker.log"
    with receiving(Receiver(answer=slow)) as receiver:
        write_notices(database_engine, receiver.url)
        worker = start_worker(database_url, receiver.host, "--concurrency", "2", log=log)
        try:
            until = time.monotonic() + 30
            while not receiver.seen and time.monotonic() < until:
                time.sleep(0.02)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=20) == 0, log.read_text()
        finally:
            worker.kill()
            worker.wait()
        with transaction(database_engine) as session:
            assert store.counted(session)["sent"] == len(receiver.seen)  # what was begun was noted
            doing = "select count(*) from procrastinate.procrastinate_jobs where status = 'doing'"
            assert session.execute(text(doing)).scalar() == 0
            assert session.execute(text("select count(*) from procrastinate.procrastinate_workers")).scalar() == 0
    said = log.read_text()
    assert "worker starts" in said and "webhook: sent" in said and "worker ended" in said
    assert "a secret" not in said and receiver.host not in said and "Traceback" not in said


def test_two_workers_never_run_one_timer_at_once_or_twice_for_a_tick(
    database_engine: Engine, database_url: str
) -> None:
    with transaction(database_engine) as session:
        session.execute(text("create table ran (worker text, at timestamptz)"))
        session.execute(text("create table ended (at timestamptz)"))
    command = [sys.executable, "-c", COUNT_TICKS, database_url]
    workers = [subprocess.Popen([*command, name], stderr=subprocess.DEVNULL) for name in ("one", "two")]
    time.sleep(7)
    for worker in workers:
        worker.terminate()
    assert [worker.wait(timeout=20) for worker in workers] == [0, 0]
    with transaction(database_engine) as session:
        begins = list(session.scalars(text("select at from ran order by at")))
        ends = list(session.scalars(text("select at from ended order by at")))
    assert len(begins) == len(ends) >= 3
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False)), "two at once"
    assert len(begins) <= (ends[-1] - begins[0]).total_seconds() + 2, "more runs than ticks"


def test_a_tick_runs_once_and_a_broken_timer_is_noted(database_engine: Engine) -> None:
    ran: list[datetime] = []

    def once(_: Engine, now: datetime) -> int:
        ran.append(now)
        return 1

    def broken(_: Engine, now: datetime) -> int:
        raise RuntimeError("no")

    timer = Timer("once", once)
    assert run_timer(database_engine, timer, tick=TICK, now=TICK) == 1
    assert run_timer(database_engine, timer, tick=TICK, now=TICK) is None  # handed back after a kill
    assert run_timer(database_engine, timer, tick=TICK - timedelta(minutes=1), now=TICK) is None  # an old one
    assert run_timer(database_engine, timer, tick=TICK + timedelta(minutes=1), now=TICK) == 1
    assert run_timer(database_engine, Timer("broken", broken), tick=TICK, now=TICK) == 0
    with transaction(database_engine) as session:
        assert session.execute(text("select name, fault from timers order by name")).all() == [
            ("broken", "RuntimeError"), ("once", None),
        ]  # fmt: skip
    assert len(ran) == 2


def test_once_does_what_is_due_and_ends(database_engine: Engine, database_url: str) -> None:
    with transaction(database_engine) as session:
        store.enqueue(
            session, Notice("k", "dispatch.department", "user:li", Facts("1")), now=datetime.now(UTC)
        )  # fmt: skip
    worker = start_worker(database_url, "", "--once")
    assert worker.wait(timeout=30) == 0
    with transaction(database_engine) as session:
        assert [row.topic for row in store.inbox(session, ["user:li"])] == ["dispatch.department"]


def test_a_setting_that_cannot_be_understood_is_named(database_url: str) -> None:
    environment = {**os.environ, "STREETCHIEF_DATABASE_URL": database_url, "STREETCHIEF_QUIET_HOURS": "at night"}
    command = [sys.executable, "-c", "from streetchief.cli.main import run; run()", "worker", "--once"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "STREETCHIEF_QUIET_HOURS" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("table", ["procrastinate_jobs", "procrastinate_workers"])
def test_the_library_keeps_its_tables_to_itself(database_engine: Engine, table: str) -> None:
    with transaction(database_engine) as session:
        assert session.execute(text("select to_regclass(:name)"), {"name": f"public.{table}"}).scalar() is None
        assert session.execute(text("select to_regclass(:name)"), {"name": f"procrastinate.{table}"}).scalar()


def test_the_library_s_tables_are_those_of_our_migration() -> None:
    """A release that changes them brings delta scripts: write a migration with them, then change the name here."""
    newest = max(path.name for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    assert newest == "03.04.00_50_post_add_retry_failed_job_procedure.sql"
