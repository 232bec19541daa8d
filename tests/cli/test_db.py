"""``streetchief db`` as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from streetchief.storage.engine import make_engine

RUN = "from streetchief.cli.main import run; run()"


def db(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One ``streetchief db …`` in a process of its own."""
    env = {**os.environ, **environment}
    command = [sys.executable, "-c", RUN, "db", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_the_life_of_the_private_database(cluster_home: Path) -> None:
    place = {"STREETCHIEF_DATA_DIR": str(cluster_home / "command" / "pg")}
    before = db("status", **place)
    assert (before.returncode, "还没有建立" in before.stdout) == (1, True), before
    assert "running" in db("up", **place).stdout
    assert db("status", **place).returncode == 0
    assert "brought up to date" in db("migrate", **place).stdout
    assert "up to date already" in db("migrate", **place).stdout
    engine = make_engine(db("url", **place).stdout.strip())
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from complaints")).scalar() == 0
    engine.dispose()
    assert "stopped" in db("down", **place).stdout
    assert db("status", **place).returncode == 1


def test_another_database_is_never_started_or_stopped(database_url: str) -> None:
    for word in ("up", "down", "status"):
        done = db(word, STREETCHIEF_DATABASE_URL="postgresql://me:secret@db.invalid/town")
        assert (done.returncode, "neither starts nor stops" in done.stdout) == (0, True), done
        assert "secret" not in done.stdout
    assert "up to date already" in db("migrate", STREETCHIEF_DATABASE_URL=database_url).stdout


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"STREETCHIEF_DATABASE_URL": "mysql://me:secret@db/town"}, 2, "cannot be read"),
        ({"STREETCHIEF_DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/town"}, 6, "cannot be reached"),
        ({"STREETCHIEF_DATA_DIR": "/proc/pg"}, 6, "no data directory can be made"),
        ({"STREETCHIEF_DATA_DIR": "/proc/pg", "STREETCHIEF_POSTGRES_BIN": "/nowhere"}, 6, "STREETCHIEF_POSTGRES_BIN"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_in_each_language(
    environment: dict[str, str], code: int, said: str
) -> None:
    done = db("migrate", **environment)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr
    assert "secret" not in done.stderr


def test_help_is_in_both_languages() -> None:
    said = db("--help").stdout
    for words in ("停止自带的数据库", "stop the program's own", "migrate", "url"):
        assert words in said
