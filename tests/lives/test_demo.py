"""The program as a newcomer runs it: the whole way, twice, side by side, and with the power cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from streetchief.city import shipped_city_file, shipped_data_dir
from streetchief.storage.engine import make_engine
from streetchief.storage.local import LocalCluster

PROGRAM = [sys.executable, "-c", "from streetchief.cli.main import run; run()"]


def program(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """``streetchief`` as another process, with a private cluster of its own."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("STREETCHIEF_")}
    environment |= {"STREETCHIEF_DATA_DIR": str(home / "pg"), "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [*PROGRAM, *arguments], cwd=home, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What a process printed; it must have succeeded."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.fixture
def homes(cluster_home: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Two checkouts' worth of ground; `cluster_home` stops what runs in them."""
    made = cluster_home / tmp_path.name / "one", cluster_home / tmp_path.name / "two"
    for home in made:
        home.mkdir(parents=True)
        for folder in (home, home.parent):
            folder.chmod(0o755)
    return made


def check_sums(summary: dict[str, Any]) -> None:
    placed = sum(summary["by_verdict"].values())
    assert summary["received"] == summary["redelivered"] + summary["rejected"] + placed
    assert summary["rejected"] == sum(summary["by_reason"].values())
    assert placed == sum(summary["by_department"].values()) + summary["triage"]


def test_two_demos_side_by_side_agree_and_a_second_run_only_redelivers(homes: tuple[Path, Path]) -> None:
    for running in [program(home, "demo") for home in homes]:
        ended(running)
    one, two = (json.loads((home / "out/summary.json").read_text()) for home in homes)
    check_sums(one)
    times = ("started_at", "finished_at")
    assert {n: v for n, v in one.items() if n not in times} == {n: v for n, v in two.items() if n not in times}
    assert one["received"] > 2_000
    assert all(one["by_verdict"].values()), "the sample shows every verdict"
    written = (homes[0] / "out/complaints.geojson").read_bytes()
    assert len(json.loads(written)["features"]) == sum(one["by_verdict"].values())
    assert "合成样例" in (homes[0] / "out/heatmap.html").read_text("utf-8")
    ended(program(homes[0], "demo"))
    again = json.loads((homes[0] / "out/summary.json").read_text())
    check_sums(again)
    assert again["redelivered"] == again["received"] == one["received"]
    assert (homes[0] / "out/complaints.geojson").read_bytes() == written


def test_the_database_killed_in_the_middle_of_an_intake(homes: tuple[Path, Path]) -> None:
    feed = str(shipped_data_dir() / "sample_feed.csv")
    intake = ("intake", feed, "--city", str(shipped_city_file()), "--batch-rows", "100")
    whole = json.loads(ended(program(homes[1], *intake)))
    ended(program(homes[0], "db", "migrate"))
    running = program(homes[0], *intake)
    kill_database_after(homes[0], complaints=300)
    assert running.wait(timeout=60) != 0
    running.communicate()
    rest = json.loads(ended(program(homes[0], *intake)))
    check_sums(rest)
    assert rest["redelivered"] > whole["redelivered"], "what was stored before the crash is not stored again"
    assert contents(homes[0]) == contents(homes[1])


def engine_of(home: Path) -> Any:
    return make_engine(LocalCluster(home / "pg").url("streetchief_qingjiang"))


def kill_database_after(home: Path, complaints: int) -> None:
    engine = engine_of(home)
    deadline = time.monotonic() + 60
    with engine.connect() as connection:
        while connection.exec_driver_sql("select count(*) from complaints").scalar_one() < complaints:
            connection.rollback()
            assert time.monotonic() < deadline, "the intake never started"
            time.sleep(0.005)
    os.kill(int((home / "pg/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    engine.dispose()


def contents(home: Path) -> list[Any]:
    """Complaints and dead letters by the feed's own names."""
    complaints = (
        "select c.external_id, c.content_hash, c.verdict, c.segment_code, c.department, r.external_id "
        "from complaints c left join complaints r on r.id = c.repeat_of order by 1"
    )
    letters = "select content_hash, reason, status from dead_letters order by 1"
    LocalCluster(home / "pg").up()
    engine = engine_of(home)
    with engine.connect() as connection:
        found = [list(map(tuple, connection.exec_driver_sql(query))) for query in (complaints, letters)]
    engine.dispose()
    return found
