"""The private cluster: a PostgreSQL + PostGIS of our own, in a folder of our own, reached by a socket of our own.

No system service, no port, no password: the socket's folder lets in only the user that runs the cluster (and root).
Every step is safe to repeat and safe to be interrupted; a lock beside the data lets only one process change anything.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from streetchief.errors import BadInput, Unavailable
from streetchief.storage.account import Account, account_for, default_data_dir, home_of_work, short_hash
from streetchief.storage.binaries import Binaries, find_binaries
from streetchief.storage.postmaster import Postmaster, read_postmaster
from streetchief.storage.serverconfig import PORT, SOCKET_NAME, settings_text

SUPERUSER = "postgres"
PATIENCE_S = 60.0
LOG_BYTES = 5_000_000
ENSURE_LOCK = 0x5C0001


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What the private cluster is doing; `major` is None before it was created, `pid` None when it does not run."""

    data_dir: Path
    running: bool
    pid: int | None
    major: int | None
    account: str
    socket_dir: Path


class LocalCluster:
    """One private cluster.

    data_dir       where its files live; None = ``.streetchief/pg`` below the checkout (see `default_data_dir`)
    postgres_bin   folder with ``initdb``; None = the usual places
    volatile       for tests: as fast as possible, not safe against a crash of the machine
    """

    def __init__(self, data_dir: Path | None, *, postgres_bin: Path | None = None, volatile: bool = False) -> None:
        self.data_dir = (data_dir or default_data_dir(home_of_work())).resolve()
        self._postgres_bin = postgres_bin
        self._volatile = volatile

    @property
    def _account(self) -> Account:
        return account_for(self.data_dir)

    @cached_property
    def _binaries(self) -> Binaries:
        return find_binaries(self._postgres_bin, self._major())

    def up(self) -> None:
        """Create the cluster if there is none and start it if it does not answer; returns when it answers.

        Raises `Unavailable` with a sentence for the person: nothing installed, wrong major, folder not usable, …
        """
        binaries = self._binaries  # first: nothing is made on disk when nothing is installed
        server = read_postmaster(self.data_dir) if self._major() is not None else None
        if server is not None and server.alive and self._answers(server):
            return
        with self._locked():
            if self._major() is None:
                self._create(binaries)
            if not self._wait_for_living():
                self._clear_remains()
                self._start()

    def down(self) -> None:
        """Stop the cluster; nothing happens when it does not run.  Open transactions are rolled back."""
        if self._major() is None:
            return
        with self._locked():
            folders = {self._socket_dir, self._socket_of(read_postmaster(self.data_dir))}
            self._stop()
            self._clear_remains()
            for folder in folders:  # ours by name; two when the data was moved while the server ran
                shutil.rmtree(folder, ignore_errors=True)

    def status(self) -> ClusterStatus:
        """What is there now; never starts or changes anything."""
        server = read_postmaster(self.data_dir) if self._major() is not None else None
        running = server is not None and server.alive and self._answers(server)
        return ClusterStatus(
            data_dir=self.data_dir,
            running=running,
            pid=server.pid if server is not None and running else None,
            major=self._major(),
            account=self._account.name,
            socket_dir=self._socket_of(server),
        )

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of its databases, over the unix socket."""
        folder = self._socket_of(read_postmaster(self.data_dir) if self._major() is not None else None)
        return f"postgresql+psycopg://{SUPERUSER}@/{_checked(database)}?host={quote(str(folder), safe='')}&port={PORT}"

    def ensure_database(self, name: str) -> None:
        """Create the database and its PostGIS unless they are there; two processes may ask at once."""
        _checked(name)
        host = str(self._socket_of(read_postmaster(self.data_dir)))
        with psycopg.connect(host=host, port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True) as server:
            server.execute("select pg_advisory_lock(%s)", [ENSURE_LOCK])
            if server.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
                server.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
            with psycopg.connect(host=host, port=PORT, user=SUPERUSER, dbname=name, autocommit=True) as database:
                if database.execute("select 1 from pg_extension where extname = 'postgis'").fetchone() is None:
                    database.execute("create extension postgis")

    def _major(self) -> int | None:
        """Major version of the data; None when there is no data yet.  Raises `Unavailable` for a damaged folder."""
        try:
            version = (self.data_dir / "PG_VERSION").read_text("ascii").strip()
            if (self.data_dir / "global" / "pg_control").exists():
                return int(version)
        except (FileNotFoundError, NotADirectoryError):
            if not self.data_dir.exists() or not any(self.data_dir.iterdir()):
                return None
        except PermissionError as fault:
            raise Unavailable("data_dir_unreadable", path=self.data_dir) from fault
        raise Unavailable("not_a_cluster", path=self.data_dir)

    @property
    def _socket_dir(self) -> Path:
        """Always below /tmp: a socket path may have 107 bytes, and $XDG_RUNTIME_DIR goes away with the login."""
        return Path("/tmp") / f"scpg-{self._account.uid}-{short_hash(self.data_dir)}"

    def _socket_of(self, server: Postmaster | None) -> Path:
        if server is not None and server.alive and server.socket_dir is not None:
            return server.socket_dir
        return self._socket_dir

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock beside the data directory; the kernel gives it back if we die."""
        lock = self.data_dir.with_name(self.data_dir.name + ".lock")
        try:
            _make_home(lock.parent)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise Unavailable("data_dir_unusable", path=self.data_dir, detail=fault.strerror) from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _create(self, binaries: Binaries) -> None:
        """initdb into a folder beside, then rename: a killed initdb leaves nothing that looks like a cluster."""
        account = self._account
        for leftover in self.data_dir.parent.glob(f"{self.data_dir.name}.init-*"):
            shutil.rmtree(leftover)
        if not account.reaches(self.data_dir.parent):
            raise Unavailable("data_dir_unreachable", path=self.data_dir, user=account.name)
        half = self.data_dir.with_name(f"{self.data_dir.name}.init-{os.getpid()}")
        half.mkdir(mode=0o700)
        account.own(half)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        words = [
            binaries.program("initdb"), "--pgdata", str(half), "--username", SUPERUSER, "--encoding=UTF8",
            f"--locale={locale}", "--lc-collate=C", "--auth-local=trust", "--auth-host=reject", "--data-checksums",
            *(["--no-sync"] if self._volatile else []),
        ]  # fmt: skip
        self._run(words)
        with (half / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write("\ninclude = 'streetchief.conf'\n")
        half.rename(self.data_dir)

    def _start(self) -> None:
        """Start the server and wait until it answers.  Leftover workers of a killed server may need a moment to go."""
        account = self._account
        self._make_socket_dir(account)
        config = self.data_dir / "streetchief.conf"
        config.write_text(settings_text(self._socket_dir, volatile=self._volatile), "utf-8")
        account.own(config)
        log = self.data_dir / "postgres.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        deadline = time.monotonic() + PATIENCE_S
        while True:
            size = log.stat().st_size if log.exists() else 0
            command = [self._binaries.program("pg_ctl"), "start", "--pgdata", str(self.data_dir), "--log", str(log)]
            done = account.run([*command, "--wait", "--timeout=150"], environment=self._binaries.environment)
            if done.returncode == 0:
                return
            said = log.read_bytes()[size:].decode("utf-8", "replace") if log.exists() else done.stderr
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise Unavailable("postgres_failed", program="pg_ctl start", detail=_last_words(said or done.stderr))
            time.sleep(0.5)

    def _stop(self) -> None:
        server = read_postmaster(self.data_dir)
        if server is None or not server.alive:
            return
        stop = [self._binaries.program("pg_ctl"), "stop", "--pgdata", str(self.data_dir), "--wait"]
        if self._account.run([*stop, "--mode=fast", "--timeout=60"]).returncode != 0:
            self._run([*stop, "--mode=immediate", "--timeout=60"])

    def _wait_for_living(self) -> bool:
        """Whether a living server answers, if need be after a wait (recovery); one that never does is stopped."""
        deadline = time.monotonic() + PATIENCE_S
        while (server := read_postmaster(self.data_dir)) is not None and server.alive:
            if self._answers(server):
                return True
            gone = server.socket_dir is not None and not (server.socket_dir / SOCKET_NAME).exists()
            if time.monotonic() > deadline or (gone and time.monotonic() > deadline - PATIENCE_S + 5):
                self._stop()
                return False
            time.sleep(0.2)
        return False

    def _answers(self, server: Postmaster) -> bool:
        if server.socket_dir is None:
            return False
        command = [self._binaries.program("pg_isready"), "--quiet", "--timeout=5"]
        command += ["--host", str(server.socket_dir), "--port", str(PORT)]
        return self._account.run(command, environment=self._binaries.environment).returncode == 0

    def _clear_remains(self) -> None:
        """Remove what a dead server left: its pid file, its socket and the socket's lock.  Not while one lives."""
        server = read_postmaster(self.data_dir)
        if server is not None and server.alive:
            raise Unavailable("postgres_failed", program="pg_ctl stop", detail=f"pid {server.pid}")
        remains = [self.data_dir / "postmaster.pid"]
        for folder in {self._socket_dir, self._socket_of(server)}:
            remains += [folder / SOCKET_NAME, folder / f"{SOCKET_NAME}.lock"]
        for path in remains:
            path.unlink(missing_ok=True)

    def _make_socket_dir(self, account: Account) -> None:
        folder = self._socket_dir
        try:
            folder.mkdir(mode=0o700)
            account.own(folder)
        except FileExistsError:
            pass
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise Unavailable("socket_dir_taken", path=folder)
        folder.chmod(0o700)

    def _run(self, command: list[str]) -> None:
        done = self._account.run(command, environment=self._binaries.environment)
        if done.returncode != 0:
            detail = _last_words(done.stderr or done.stdout)
            raise Unavailable("postgres_failed", program=Path(command[0]).name, detail=detail)


def _make_home(folder: Path) -> None:
    """Make the missing folders above the data, open to the user of the cluster whatever the umask is."""
    if not folder.is_dir():
        _make_home(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)


def _checked(database: str) -> str:
    """A database name that needs no quoting anywhere.  Raises `BadInput` for any other."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", database):
        raise BadInput("bad_input", detail=database)
    return database


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(lines[-3:]) or "-"
