"""Whose number stands in the pid file: a living server of this data, a zombie, a stranger, nobody."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from streetchief.storage.postmaster import read_postmaster, serves


@pytest.fixture
def lookalike(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process named ``postgres`` that works in ``<tmp_path>/pg``, as a postmaster does."""
    program = tmp_path / "postgres"
    shutil.copy("/bin/sleep", program)
    (tmp_path / "pg").mkdir()
    process = subprocess.Popen([str(program), "60"], cwd=tmp_path / "pg")
    yield process
    process.kill()
    process.wait()


def test_a_living_server_counts_only_for_its_own_data(lookalike: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert serves(lookalike.pid, tmp_path / "pg")
    assert not serves(lookalike.pid, tmp_path / "other")


def test_a_zombie_is_dead(lookalike: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """``kill -9`` with nobody to reap: the number still exists, and ``pg_ctl status`` says that it runs."""
    lookalike.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, lookalike.pid, os.WEXITED | os.WNOWAIT)
    os.kill(lookalike.pid, 0)
    assert not serves(lookalike.pid, tmp_path / "pg")


def test_a_stranger_is_dead(tmp_path: Path) -> None:
    assert not serves(os.getpid(), Path.cwd())


@pytest.mark.parametrize(
    ("text", "pid", "socket_dir"),
    [
        ("4194303\n/data\n1700000000\n5432\n/tmp/s\n\n", 4194303, "/tmp/s"),
        ("4194303\n/data\n1700000000\n", 4194303, None),  # a server that has just begun
        ("", None, None),  # a full disk
        ("\x00\x00\n", None, None),  # a crash of the machine
    ],
)
def test_odd_pid_files(tmp_path: Path, text: str, pid: int | None, socket_dir: str | None) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    found = read_postmaster(tmp_path)
    assert (found.pid if found else None) == pid
    if found is not None:
        assert (str(found.socket_dir) if found.socket_dir else None) == socket_dir
        assert not found.alive


def test_no_pid_file(tmp_path: Path) -> None:
    assert read_postmaster(tmp_path) is None
