"""House rules that a program can read: sizes, empty package files, forbidden names and places."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "streetchief"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "vendor" not in path.parts)
MODULE_LINES = 300
FUNCTION_LINES = 40
# A migration is one long list of columns; splitting it would hide, not help.
LONG_BY_NATURE = PACKAGE / "migrations" / "versions"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= MODULE_LINES
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and path.parent != LONG_BY_NATURE
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert long == []


def test_package_files_import_nothing() -> None:
    """Importing a package must cost nothing: a docstring and a version at most."""
    allowed = (ast.Expr, ast.Assign)
    full = [
        name_of(p)
        for p in MODULES
        if p.name == "__init__.py" and not all(isinstance(n, allowed) for n in ast.parse(p.read_text("utf-8")).body)
    ]
    assert full == []


def test_no_drawer_for_odds_and_ends() -> None:
    assert [name_of(p) for p in MODULES if p.stem in ("utils", "util", "helpers", "common", "misc")] == []


def test_no_test_is_skipped_and_none_may_fail() -> None:
    marks = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b|unittest\.mock|MagicMock")
    found = [name_of(p) for p in sorted((ROOT / "tests").rglob("*.py")) if marks.search(p.read_text("utf-8"))]
    assert [name for name in found if name != "tests/house/test_sizes.py"] == []


def test_tracked_files_name_no_machine_path_and_no_lock_an_address() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    paths = [ROOT / name for name in tracked if name and (ROOT / name).is_file()]
    home = re.compile(rb"/(work|home)/[a-z]+/|/root/\.")
    texts = {
        p: p.read_bytes() for p in paths if p.suffix in (".py", ".toml", ".lock", ".sh", ".md", ".sql", ".json", "")
    }
    assert [name_of(p) for p, text in texts.items() if home.search(text)] == []
    assert [name_of(p) for p, text in texts.items() if p.suffix == ".lock" and b"://" in text] == []
