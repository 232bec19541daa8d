"""As whom the cluster runs and where it lives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streetchief.errors import Unavailable
from streetchief.storage.account import SYSTEM_HOME, account_for, default_data_dir

AS_ROOT = os.geteuid() == 0
NAMELESS = """
import os, sys
from pathlib import Path
from streetchief.errors import Unavailable
from streetchief.storage import local
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(70000), os.setuid(70000)
    wanted = "nameless_user"
else:
    wanted = "data_of_another_user"
try:
    local.account_for(Path("/"))
except Unavailable as error:
    sys.exit(error.code != wanted)
"""


def test_never_root() -> None:
    account = account_for(None)
    assert account.uid != 0
    assert account.dropped == AS_ROOT
    said = account.run(["/usr/bin/id", "-u"]).stdout.strip()
    assert said == str(account.uid)


def test_a_user_without_a_name_and_data_of_another_user_are_refused() -> None:
    """PostgreSQL refuses a bare number (``docker run -u 70000``); a plain user meets data of root (here ``/``)."""
    done = subprocess.run([sys.executable, "-c", NAMELESS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_checkout_that_can_be_entered_keeps_the_data_beside_it(cluster_home: Path) -> None:
    assert default_data_dir(cluster_home) == cluster_home / ".streetchief" / "pg"


def test_a_closed_checkout_moves_the_data_only_for_root(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    found = default_data_dir(closed)
    assert (SYSTEM_HOME in found.parents) == AS_ROOT
    assert found != default_data_dir(tmp_path)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match="postgres_failed"):
        account_for(None).run(["/nowhere/initdb"])


def test_the_callers_postgres_variables_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    assert "PGDATA" not in account_for(None).run(["/usr/bin/env"]).stdout
