"""Who holds a data directory: read from ``postmaster.pid`` and checked against the process itself.

``pg_ctl status`` only asks whether *some* process has the number.  After ``kill -9`` in a container whose first process
does not reap, that is a zombie; after a restart of the machine it is a stranger.  Both count as dead here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

NAMES = ("postgres", "postmaster")


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The server process that the pid file names; `alive` only if it really serves this data directory."""

    pid: int
    socket_dir: Path | None
    alive: bool


def read_postmaster(data_dir: Path) -> Postmaster | None:
    """What ``postmaster.pid`` says; None when there is no such file or it holds no number.

    Lines of that file: pid, data directory, start time, port, socket directory, listen address, …
    """
    try:
        lines = (data_dir / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    socket_dir = Path(lines[4]) if len(lines) > 4 and lines[4].startswith("/") else None
    return Postmaster(pid, socket_dir, serves(pid, data_dir))


def serves(pid: int, data_dir: Path) -> bool:
    """Whether the process is a living PostgreSQL server of this data directory."""
    if not Path("/proc/self/stat").exists():
        return _exists(pid)
    process = Path("/proc") / str(pid)
    try:
        before, _, after = (process / "stat").read_text("utf-8", "replace").rpartition(")")
        words = (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    if after.split()[0] in ("Z", "X") or before.partition("(")[2] not in NAMES:
        return False
    try:
        return Path(os.readlink(process / "cwd")) == data_dir
    except (FileNotFoundError, ProcessLookupError):
        return False
    except PermissionError:  # root without CAP_SYS_PTRACE, as in a plain container: the command line tells it too
        return os.fsencode(data_dir) in words


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
