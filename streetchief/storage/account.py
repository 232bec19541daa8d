"""As whom the private cluster runs, and where it may live.  PostgreSQL refuses root: root hands it to another user."""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streetchief.errors import Unavailable

CANDIDATES = ("postgres", "_postgres", "nobody")
SYSTEM_HOME = Path("/var/lib/streetchief")


@dataclass(frozen=True, slots=True)
class Account:
    """The user of the cluster's processes; `dropped` says that we are root and hand the work down to it."""

    name: str
    uid: int
    gid: int
    dropped: bool

    def run(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, seconds: float = 180
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, from ``/``, and give what it said.

        The libpq variables (``PG…``) of the caller are not passed on.  Raises `Unavailable` when it cannot be run at
        all or does not end in time; the exit code is the caller's to judge.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        env = {**inherited, **(environment or {}), "LC_ALL": "C"}
        try:
            if self.dropped:
                return subprocess.run(
                    command, cwd="/", env=env, capture_output=True, text=True, errors="replace", timeout=seconds,
                    check=False, user=self.uid, group=self.gid, extra_groups=[],
                )  # fmt: skip
            return subprocess.run(
                command, cwd="/", env=env, capture_output=True, text=True, errors="replace", timeout=seconds,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as fault:
            raise Unavailable("postgres_failed", program=Path(command[0]).name, detail=str(fault)) from fault

    def own(self, path: Path) -> None:
        """Make a file or folder belong to this user, when we are root."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Whether this user may enter the folder: asked by entering, so that access lists count too."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0


def account_for(data_dir: Path | None) -> Account:
    """The user for a data directory: its owner where it exists, else us, else (for root) a known unprivileged user.

    Raises `Unavailable` when the data belongs to somebody else, when our number has no name in passwd (PostgreSQL
    then refuses to start), and when root finds nobody to hand the work to.
    """
    owner = data_dir.stat().st_uid if data_dir is not None and data_dir.is_dir() else None
    if os.geteuid() == 0:
        return _unprivileged(owner)
    try:
        us = pwd.getpwuid(os.geteuid())
    except KeyError as fault:
        raise Unavailable("nameless_user", uid=os.geteuid()) from fault
    if owner is not None and owner != us.pw_uid:
        raise Unavailable("data_of_another_user", path=data_dir, owner=_name_of(owner))
    return Account(us.pw_name, us.pw_uid, us.pw_gid, dropped=False)


def _unprivileged(owner: int | None) -> Account:
    if owner:
        try:
            entry = pwd.getpwuid(owner)
        except KeyError as fault:
            raise Unavailable("nameless_user", uid=owner) from fault
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, dropped=True)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, dropped=True)
    raise Unavailable("no_unprivileged_user", names=", ".join(CANDIDATES))


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def home_of_work() -> Path:
    """The checkout that this code runs from, else the working directory."""
    beside = Path(__file__).resolve().parents[2]
    return beside if (beside / "pyproject.toml").is_file() else Path.cwd()


def default_data_dir(home: Path) -> Path:
    """``.streetchief/pg`` below `home`; a folder of its own below ``/var/lib/streetchief`` when root works in a place
    that the unprivileged user cannot enter (a checkout below ``/root``)."""
    near = home / ".streetchief" / "pg"
    if os.geteuid() != 0 or account_for(near).reaches(home):
        return near
    return SYSTEM_HOME / short_hash(home) / "pg"


def short_hash(path: Path) -> str:
    """Twelve hexadecimal digits that name a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
