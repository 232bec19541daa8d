"""The import contracts of pyproject.toml hold, and a wrong import in any direction is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """lint-imports on the package in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package's code."""
    ignored = shutil.ignore_patterns("__pycache__", "vendor")
    shutil.copytree(ROOT / "streetchief", tmp_path / "streetchief", ignore=ignored)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("registry/model.py", "import streetchief.matching.result", "imports point down only"),  # up
        ("matching/result.py", "import streetchief.intake.reject", "imports point down only"),  # sideways
        ("intake/reject.py", "import streetchief.matching.result", "imports point down only"),  # sideways, back
        ("geo/datum.py", "import streetchief.registry.model", "imports point down only"),
        ("storage/engine.py", "import streetchief.registry.model", "imports point down only"),  # no domain words
        ("maps/caption.py", "import streetchief.pipeline.heat", "imports point down only"),
        ("errors.py", "import streetchief.words", "imports point down only"),
        ("pipeline/heat.py", "import streetchief.cli.main", "imports point down only"),
        ("matching/result.py", "import sqlalchemy", "the pure core"),
        ("matching/result.py", "import folium", "the pure core"),
        ("geo/datum.py", "import geoalchemy2", "the pure core"),
        ("registry/model.py", "import streetchief.registry.tables", "the pure core"),  # by way of another module
        ("pipeline/process.py", "import streetchief.pipeline.receive", "the pure core"),  # by way of another module
        ("matching/result.py", "import streetchief.settings", "only the edges read the settings"),
        ("storage/engine.py", "import streetchief.settings", "only the edges read the settings"),
        ("pipeline/heat.py", "import fastapi", "web libraries stay at the edges"),
    ],
)
def test_a_planted_import_is_caught(copy: Path, module: str, planted: str, contract: str) -> None:
    path = copy / "streetchief" / module
    path.write_text(f"{path.read_text('utf-8')}\n{planted}\n", "utf-8")
    done = lint(copy)
    assert done.returncode == 1, done.stderr
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), done.stdout


def test_a_new_room_without_a_rank_is_caught(copy: Path) -> None:
    (copy / "streetchief" / "helpers").mkdir()
    (copy / "streetchief" / "helpers" / "__init__.py").write_text("")
    assert lint(copy).returncode == 1
