"""The private cluster under all that was seen to break it (see the trap list of the store's study)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from streetchief.errors import Unavailable
from streetchief.storage.local import LocalCluster
from streetchief.storage.serverconfig import SOCKET_NAME

_numbers = count(1)
UP_ELSEWHERE = """
import sys
from pathlib import Path
from streetchief.storage.local import LocalCluster
cluster = LocalCluster(Path(sys.argv[1]), volatile=True)
cluster.up()
print(cluster.status().pid)
"""


@pytest.fixture
def home(cluster_home: Path) -> Path:
    """A fresh folder that the cluster's user can enter."""
    folder = cluster_home / f"home-{next(_numbers)}"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


@pytest.fixture
def fresh(home: Path) -> Iterator[LocalCluster]:
    """A cluster that was never started; stopped at the end."""
    cluster = LocalCluster(home / "pg", volatile=True)
    yield cluster
    if (cluster.data_dir / "PG_VERSION").exists():
        cluster.down()


def connect(cluster: LocalCluster, database: str = "town") -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(cluster.url(database).replace("+psycopg", ""), autocommit=True)


def up_elsewhere(cluster: LocalCluster) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", UP_ELSEWHERE, str(cluster.data_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def kill_hard(cluster: LocalCluster) -> None:
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_up_and_down_and_up_again(fresh: LocalCluster) -> None:
    assert (fresh.status().major, fresh.status().running) == (None, False)
    fresh.down()  # nothing there: nothing happens
    fresh.up()
    first = fresh.status()
    assert first.running and first.pid is not None and first.major is not None
    fresh.up()
    assert fresh.status() == first
    fresh.down()
    assert (fresh.status().running, fresh.status().major) == (False, first.major)
    assert not first.socket_dir.exists()
    fresh.up()
    assert fresh.status().running


def test_root_hands_the_cluster_down_to_an_unprivileged_user(fresh: LocalCluster) -> None:
    fresh.up()
    owner = fresh.data_dir.stat().st_uid
    assert owner != 0
    assert os.geteuid() in (0, owner)
    assert fresh.data_dir.stat().st_mode & 0o777 == 0o700
    assert fresh.status().socket_dir.stat().st_mode & 0o777 == 0o700


def test_no_network_port_is_opened(fresh: LocalCluster) -> None:
    fresh.up()
    fresh.ensure_database("town")
    with connect(fresh) as db:
        assert db.execute("show listen_addresses").fetchone() == ("",)


def test_three_starts_at_once_give_one_cluster(fresh: LocalCluster) -> None:
    started = [up_elsewhere(fresh) for _ in range(3)]
    said = [process.communicate(timeout=120) for process in started]
    assert {out.strip() for out, _ in said} == {str(fresh.status().pid)}, said


def test_committed_rows_survive_kill_9_of_the_server(home: Path) -> None:
    cluster = LocalCluster(home / "pg")  # the durable kind
    cluster.up()
    cluster.ensure_database("town")
    with connect(cluster) as db:
        db.execute("create table kept (n int)")
        db.execute("insert into kept select generate_series(1, 1000)")
    for _ in range(3):
        before = cluster.status().pid
        kill_hard(cluster)
        cluster.up()
        assert cluster.status().pid != before
        with connect(cluster) as db:
            assert db.execute("select count(*) from kept").fetchone() == (1000,)
    cluster.down()


def test_up_after_kill_9_while_a_worker_is_still_busy(fresh: LocalCluster) -> None:
    """The leftover worker holds the old shared memory for a moment; a start in that moment is refused by PostgreSQL."""
    fresh.up()
    fresh.ensure_database("town")
    busy = connect(fresh)
    busy.execute("set statement_timeout = '6s'")
    pid = busy.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    kill_hard(fresh)
    starting = up_elsewhere(fresh)
    time.sleep(2)
    os.kill(pid, signal.SIGCONT)
    out, err = starting.communicate(timeout=90)
    assert out.strip() == str(fresh.status().pid), err
    busy.close()


def stranger(_cluster: LocalCluster, _other: LocalCluster) -> int:
    """A living process that is not PostgreSQL: the number was given out again."""
    return os.getpid()


def another_postmaster(_cluster: LocalCluster, other: LocalCluster) -> int:
    """A living PostgreSQL of another data directory: after a restart of a container numbers meet again easily."""
    pid = other.status().pid
    assert pid is not None
    return pid


def nobody(_cluster: LocalCluster, _other: LocalCluster) -> int:
    """No process has the number."""
    return int(Path("/proc/sys/kernel/pid_max").read_text()) - 1


@pytest.mark.parametrize("whose", [stranger, another_postmaster, nobody])
def test_a_stale_pid_file_is_cleared(
    fresh: LocalCluster, cluster: LocalCluster, whose: Callable[[LocalCluster, LocalCluster], int]
) -> None:
    fresh.up()
    pid_file = fresh.data_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    socket_dir = fresh.status().socket_dir
    fresh.down()
    number = str(whose(fresh, cluster))
    pid_file.write_text("\n".join([number, *lines[1:]]) + "\n")
    socket_dir.mkdir(mode=0o700)
    os.chown(socket_dir, fresh.data_dir.stat().st_uid, fresh.data_dir.stat().st_gid)
    (socket_dir / f"{SOCKET_NAME}.lock").write_text(f"{number}\n{fresh.data_dir}\n")
    (socket_dir / SOCKET_NAME).touch()
    assert not fresh.status().running
    fresh.up()
    assert fresh.status().running
    assert cluster.status().running


def test_a_killed_initdb_leaves_nothing_in_the_way(fresh: LocalCluster) -> None:
    for pause in (0.3, 0.6, 0.9, 1.2):
        if fresh.status().major is not None:
            break
        process = up_elsewhere(fresh)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    leftover = fresh.data_dir.with_name("pg.init-1")
    leftover.mkdir()
    (leftover / "PG_VERSION").write_text("15\n")
    had_data = fresh.status().major is not None
    fresh.up()
    assert fresh.status().running
    assert had_data or [p.name for p in fresh.data_dir.parent.glob("*.init-*")] == []


def test_two_data_directories_side_by_side(home: Path) -> None:
    clusters = [LocalCluster(home / name / "pg", volatile=True) for name in ("one", "two")]
    for number, cluster in enumerate(clusters):
        cluster.up()
        cluster.ensure_database("town")
        with connect(cluster) as db:
            db.execute("create table who as select %s::int as n", [number])
    for number, cluster in enumerate(clusters):
        with connect(cluster) as db:
            assert db.execute("select n from who").fetchone() == (number,)
        cluster.down()


def test_a_path_longer_than_a_socket_may_be(home: Path) -> None:
    deep = home / ("很长的目录名" * 8) / ("x" * 100)
    cluster = LocalCluster(deep / "pg", volatile=True)
    cluster.up()
    cluster.ensure_database("town")
    connect(cluster).close()
    cluster.down()


def test_a_cluster_that_was_moved_with_its_checkout(home: Path) -> None:
    cluster = LocalCluster(home / "old" / "pg", volatile=True)
    cluster.up()
    (home / "old").rename(home / "new")
    moved = LocalCluster(home / "new" / "pg", volatile=True)
    assert moved.status().running  # the same server, at its old socket
    moved.up()
    moved.ensure_database("town")
    connect(moved).close()
    moved.down()
    moved.up()
    connect(moved).close()
    moved.down()


def test_a_socket_that_a_cleaner_of_tmp_took_away(fresh: LocalCluster) -> None:
    fresh.up()
    (fresh.status().socket_dir / SOCKET_NAME).unlink()
    assert not fresh.status().running
    fresh.up()
    assert fresh.status().running


def test_the_callers_libpq_variables_and_umask_do_not_matter(
    fresh: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGDATA": "/nowhere", "PGHOST": "elsewhere", "PGPORT": "6000", "PGUSER": "me"}.items():
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        deep = LocalCluster(fresh.data_dir.parent / "a" / "b" / "pg", volatile=True)
        deep.up()
        deep.ensure_database("town")
        connect(deep).close()
        deep.down()
    finally:
        os.umask(before)


def test_a_database_is_made_once_with_postgis(cluster: LocalCluster) -> None:
    cluster.ensure_database("made_once")
    cluster.ensure_database("made_once")
    with connect(cluster, "made_once") as db:
        row = db.execute("select postgis_lib_version(), current_setting('server_encoding')").fetchone()
        assert row is not None and row[1] == "UTF8"


def test_a_refused_row_does_not_reach_the_log(fresh: LocalCluster) -> None:
    fresh.up()
    fresh.ensure_database("town")
    with connect(fresh) as db:
        db.execute("create table persons (phone text check (length(phone) < 3))")
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute("insert into persons values ('13900001111')")
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute("insert into persons values (%s)", ["13900001111"])
    log = (fresh.data_dir / "postgres.log").read_text("utf-8")
    assert "persons_phone_check" in log
    assert "13900001111" not in log


def test_another_major_is_refused_and_not_touched(fresh: LocalCluster) -> None:
    fresh.up()
    fresh.down()
    (fresh.data_dir / "PG_VERSION").write_text("9\n")
    before = sorted(p.name for p in fresh.data_dir.iterdir())
    with pytest.raises(Unavailable, match="postgres_other_major"):
        LocalCluster(fresh.data_dir).up()
    assert sorted(p.name for p in fresh.data_dir.iterdir()) == before


def test_a_folder_with_something_else_is_refused_and_not_touched(home: Path) -> None:
    (home / "pg").mkdir()
    (home / "pg" / "letter.txt").write_text("dear")
    with pytest.raises(Unavailable, match="not_a_cluster"):
        LocalCluster(home / "pg").up()
    assert (home / "pg" / "letter.txt").read_text() == "dear"


def test_a_socket_folder_of_somebody_else_is_refused(fresh: LocalCluster, home: Path) -> None:
    (home / "trap").mkdir()
    fresh.status().socket_dir.symlink_to(home / "trap")
    try:
        with pytest.raises(Unavailable, match="socket_dir_taken"):
            fresh.up()
    finally:
        fresh.status().socket_dir.unlink()


def test_a_place_that_cannot_be_written_is_named(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(Unavailable, match="data_dir_unusable"):
        LocalCluster(home / "file" / "pg").up()


def test_a_folder_that_the_databases_user_cannot_enter_is_named(tmp_path: Path) -> None:
    """pytest's folders are closed to others: root must hand down to somebody who cannot enter; a plain user may stay."""
    cluster = LocalCluster(tmp_path / "pg", volatile=True)
    if os.geteuid() == 0:
        with pytest.raises(Unavailable, match="data_dir_unreachable"):
            cluster.up()
        return
    cluster.up()
    cluster.down()
