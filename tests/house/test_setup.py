"""The set-up refuses in one sentence a language, before it changes anything; `make` alone explains itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but the set-up and what it reads."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-test.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_a_browser_that_is_not_there_is_named_before_anything_is_installed(checkout: Path) -> None:
    done = run(checkout, "scripts/setup.sh", "test", CHROMIUM="/nowhere/chrome")
    assert done.returncode == 1
    chinese, english = done.stderr.splitlines()
    assert "/nowhere/chrome 不能运行" in chinese
    assert "/nowhere/chrome, which cannot be run" in english
    assert not (checkout / ".venv").exists()


def test_an_unknown_kind_is_refused(checkout: Path) -> None:
    done = run(checkout, "scripts/setup.sh", "everything")
    assert (done.returncode, "usage" in done.stderr) == (2, True)


def test_make_alone_lists_the_commands(checkout: Path) -> None:
    said = run(checkout, "make").stdout
    for target in ("demo", "test", "serve", "bench", "bare", "test-real", "assets", "lock"):
        assert f"  make {target} " in said
    assert not (checkout / ".venv").exists()


def test_real_data_that_is_not_there_is_named(checkout: Path) -> None:
    """`make -n` would not run it: the line itself is asked."""
    recipe = (checkout / "Makefile").read_text("utf-8")
    line = next(text for text in recipe.splitlines() if text.startswith('\t@test -d "$$STREETCHIEF_REALDATA"'))
    done = run(
        checkout, "bash", "-c", line.strip().removeprefix("@").replace("$$", "$"), STREETCHIEF_REALDATA="/nowhere"
    )
    assert done.returncode == 2
    assert "STREETCHIEF_REALDATA" in done.stderr


@pytest.mark.parametrize("script", ["setup.sh", "setup_apt.sh", "bare.sh", "lock.sh"])
def test_the_scripts_are_whole(script: str) -> None:
    assert subprocess.run(["bash", "-n", str(ROOT / "scripts" / script)], check=False).returncode == 0
