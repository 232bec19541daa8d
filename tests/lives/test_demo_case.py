"""The life of a case as the README shows it: its very commands, after the demo, on a database of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from streetchief.storage.engine import make_engine
from streetchief.storage.local import LocalCluster

ROOT = Path(__file__).parents[2]
SECTIONS = {"README.md": "### A case, from whistle to evaluation", "README.zh.md": "### 一个案件：从吹哨到评价"}
STEPS = [
    "open", "check_report", "register", "hand_to_chief", "whistle", "report_in", "report_in", "report_in",
    "confirm_arrival", "task_finish", "task_finish", "task_finish", "settle", "rate", "finish", "verify", "close",
    "call_back",
]  # fmt: skip


def shown(readme: str) -> str:
    """The commands of the section, as they stand."""
    section = (ROOT / readme).read_text("utf-8").split(SECTIONS[readme])[1]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return block[1]


def bare(script: str) -> list[str]:
    return [line.split("#")[0].rstrip() for line in script.splitlines() if line.split("#")[0].strip()]


def test_both_readmes_show_the_same_commands() -> None:
    assert bare(shown("README.md")) == bare(shown("README.zh.md"))


@pytest.fixture
def home(cluster_home: Path, tmp_path: Path) -> Path:
    """A folder that looks like a checkout: the program where the README says, a private cluster of its own."""
    home = cluster_home / tmp_path.name
    program = home / ".venv/bin/streetchief"
    program.parent.mkdir(parents=True)
    home.chmod(0o755)
    started = f'exec {sys.executable} -c "from streetchief.cli.main import run; run()" "$@"'
    program.write_text(f"#!/bin/sh\n{started}\n", "utf-8")
    program.chmod(0o755)
    return home


def run(home: Path, script: str) -> subprocess.CompletedProcess[str]:
    environment = {n: v for n, v in os.environ.items() if not n.startswith("STREETCHIEF_")}
    environment |= {"STREETCHIEF_DATA_DIR": str(home / "pg"), "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=home,
        env=environment,
        text=True,
        capture_output=True,
        timeout=300,
    )


def test_the_commands_that_the_readme_shows_take_a_case_through_its_life(home: Path) -> None:
    demo = run(home, ".venv/bin/streetchief demo")
    assert demo.returncode == 0, demo.stderr
    summary = json.loads((home / "out/summary.json").read_text("utf-8"))
    life = run(home, shown("README.md"))
    assert life.returncode == 0, life.stdout[-2000:] + life.stderr
    engine = make_engine(LocalCluster(home / "pg").url("streetchief_qingjiang"))
    with engine.connect() as connection:
        opened = connection.execute(text("select count(*) from cases")).scalar_one()
        ended = connection.execute(text("select id, number, state from cases where version > 1")).one()
        steps = connection.execute(
            text("select action from case_events where case_id = :id order by seq"), {"id": ended.id}
        )
        tasks = connection.execute(text("select proof, state from case_tasks order by number")).all()
        told = connection.execute(text("select count(*) from outbox")).scalar_one()
        assert list(steps.scalars()) == STEPS
    engine.dispose()
    assert opened == sum(summary["by_verdict"].values()), "a case for every complaint"
    assert ended.state == "closed"
    assert [tuple(task) for task in tasks] == [("plaque", "done"), ("geofence", "done"), ("chief", "done")]
    assert told > len(STEPS)
    assert ended.number in life.stdout
    assert "结案 / closed" in life.stdout
    again = run(home, ".venv/bin/streetchief demo")
    assert "cases opened: 0" in again.stdout, again.stdout + again.stderr
