"""``python -m tests.chaos.notices``: 500 notices, and the worker killed 50 times with ``kill -9`` in their midst.

Prints kills, sent, distinct, lost; ends with 1 when a notice was lost or two of one case arrived in the wrong order.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from streetchief.casework import outbox_store as store
from streetchief.casework.notices import Facts, Notice
from streetchief.storage.engine import make_engine, transaction
from streetchief.storage.local import LocalCluster
from streetchief.storage.migrate import migrate
from tests.pipeline.receivers import Counting, receiving

NOTICES, CASES = 500, 100
PROGRAM = [sys.executable, "-c", "from streetchief.cli.main import run; run()"]
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Toll:
    """What the storm left.

    sent       requests that the receiver took, repeats included
    distinct   keys among them
    wrong      notices whose first arrival was before that of an earlier one of the same case
    """

    kills: int
    sent: int
    distinct: int
    lost: int
    wrong: int
    statuses: dict[str, int]
    seconds: float


def write_notices(engine: Engine, hook: str) -> None:
    """Five steps of a hundred cases, in one transaction, for one machine that listens at `hook`."""
    now = datetime.now(UTC)
    with transaction(engine) as session:
        store.set_address(session, "feed:city", "webhook", hook, "a secret", "zh")
        steps = [(case, step) for step in range(NOTICES // CASES) for case in range(CASES)]
        notices = (
            Notice(f"case/{case}#{step}", "dispatch.feed", "feed:city", Facts(f"案{case:04}", reference=str(step)))
            for case, step in steps
        )
        assert store.enqueue_all(session, notices, now=now) == NOTICES


def start_worker(database_url: str, host: str, *more: str, log: Path | None = None) -> subprocess.Popen[bytes]:
    """The worker as the office starts it, with short waits."""
    environment = {
        **os.environ,
        "STREETCHIEF_DATABASE_URL": database_url,
        "STREETCHIEF_NOTICE_HOSTS": host,
        "STREETCHIEF_NOTICE_RETRY": "0.2,2,50",
        "STREETCHIEF_QUIET_HOURS": "off",
    }
    command = [*PROGRAM, "worker", "--heartbeat", "0.5", *more]
    if log is None:
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with log.open("ab") as out:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


def storm(engine: Engine, database_url: str, kills: int, seed: int, log: Path | None = None) -> Toll:
    """Send all notices while the worker is killed `kills` times, each time after a random share of the work."""
    chance, began = random.Random(seed), time.monotonic()
    marks = sorted(chance.sample(range(1, NOTICES - 20), kills))
    receiver = Counting()
    done = 0
    with receiving(receiver):
        write_notices(engine, f"{receiver.url}/hook")
        for mark in marks:
            worker = start_worker(database_url, receiver.host, log=log)
            try:
                wait_for(receiver, mark)
                time.sleep(chance.uniform(0.0, 0.05))
                assert worker.poll() is None, "the worker ended by itself"
                done += 1
            finally:
                worker.send_signal(signal.SIGKILL)
                worker.wait()
        worker = start_worker(database_url, receiver.host, log=log)
        try:
            wait_for(receiver, NOTICES)
            wait_until_noted(engine)
        finally:
            worker.terminate()
            worker.wait(timeout=30)
    with transaction(engine) as session:
        statuses = store.counted(session)
    return toll(receiver, done, statuses, time.monotonic() - began)


def wait_for(receiver: Counting, mark: int) -> None:
    """Until the receiver has that many distinct keys; ends early when nothing moves any more (then some are lost)."""
    seen, since = -1, time.monotonic()
    while (distinct := receiver.distinct()) < mark:
        if distinct != seen:
            seen, since = distinct, time.monotonic()
        if time.monotonic() - since > PATIENCE_S:
            return
        time.sleep(0.005)


def wait_until_noted(engine: Engine) -> None:
    """Until the outbox knows of all that the receiver has."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with transaction(engine) as session:
            if "waiting" not in store.counted(session):
                return
        time.sleep(0.1)


def toll(receiver: Counting, kills: int, statuses: dict[str, int], seconds: float) -> Toll:
    """Count."""
    first: dict[str, tuple[str, int]] = {}
    for key, body in receiver.taken:
        first.setdefault(key, (body["items"][0]["case"], int(body["items"][0]["reference"])))
    last: dict[str, int] = {}
    wrong = 0
    for case, step in first.values():
        wrong += step < last.get(case, -1)
        last[case] = max(step, last.get(case, -1))
    distinct = len(first)
    return Toll(kills, len(receiver.taken), distinct, NOTICES - distinct, wrong, statuses, seconds)


def main() -> int:
    """On a throw-away cluster of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20260701)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="streetchief-chaos-", dir="/tmp"))
    home.chmod(0o755)
    cluster = LocalCluster(home / "pg", volatile=True)
    try:
        cluster.up()
        cluster.ensure_database("streetchief_chaos")
        url = cluster.url("streetchief_chaos")
        engine = make_engine(url)
        migrate(engine)
        found = storm(engine, url, options.kills, options.seed)
        engine.dispose()
    finally:
        cluster.down()
        shutil.rmtree(home)
    print(
        f"kills {found.kills}  sent {found.sent}  distinct {found.distinct}  lost {found.lost}  "
        f"out of order {found.wrong}  outbox {found.statuses}  {found.seconds:.0f} s"
    )
    return 1 if found.lost or found.wrong or found.statuses != {"sent": NOTICES} else 0


if __name__ == "__main__":
    sys.exit(main())
