from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streetchief.errors import Unavailable
from streetchief.maps.manifest import MANIFEST_FILE, VENDOR, manifest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPTS / "fetch_assets.py"))


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "scripts/fetch_assets.py")], cwd=folder, capture_output=True, text=True,
        env=os.environ | environment, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the script needs of a checkout, in a place where it may do harm."""
    source = MANIFEST_FILE.parents[1]
    (tmp_path / "streetchief/maps").mkdir(parents=True)
    for name in (
        "__init__.py",
        "errors.py",
        "words.py",
        "words.toml",
        "maps/__init__.py",
        "maps/manifest.py",
        "maps/assets.json",
    ):
        shutil.copy(source / name, tmp_path / "streetchief" / name)
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(VENDOR, tmp_path / "streetchief/maps/vendor")
    return tmp_path


UNREACHABLE = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}


def test_no_network_is_needed_when_all_is_there(checkout: Path) -> None:
    done = run(checkout, PYTHONPATH=str(checkout), PATH="/nonexistent", **UNREACHABLE)
    assert done.returncode == 0, done.stderr
    assert str(len(manifest().sums)) in done.stdout


def test_foliums_own_files_come_from_its_wheel(checkout: Path) -> None:
    shutil.rmtree(checkout / "streetchief/maps/vendor/folium")
    done = run(checkout, PYTHONPATH=str(checkout), PATH="/nonexistent", **UNREACHABLE)
    assert done.returncode == 0, done.stderr
    assert (checkout / "streetchief/maps/vendor/folium/leaflet_heat.min.js").is_file()


def test_without_a_registry_one_sentence_says_the_way_out(checkout: Path, tmp_path: Path) -> None:
    (checkout / "streetchief/maps/vendor/leaflet/dist/leaflet.js").unlink()
    done = run(checkout, PYTHONPATH=str(checkout), npm_config_cache=str(tmp_path / "cache"), **UNREACHABLE)
    assert done.returncode == 6
    zh, en = done.stderr.strip().splitlines()
    assert "取不到地图前端文件" in zh
    assert "npm" in en
    assert "Traceback" not in done.stderr


def test_a_changed_file_is_never_placed(script: dict[str, Any], tmp_path: Path) -> None:
    wrong = tmp_path / "leaflet.js"
    wrong.write_text("alert(1)")
    with pytest.raises(Unavailable) as refused:
        script["place"]("leaflet/dist/leaflet.js", wrong)
    assert refused.value.code == "map_asset_changed"


def test_npm_is_found_without_a_node_on_the_path(script: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (program,) = script["npm_programs"]()
    assert program[0] == sys.executable


def test_versions_are_exact_and_no_address_is_written_down() -> None:
    package = json.loads((SCRIPTS / "package.json").read_text())
    lock = (SCRIPTS / "package-lock.json").read_text()
    assert all(version[0].isdigit() for version in package["dependencies"].values())
    assert '"resolved"' not in lock
    locked = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in locked.items() if name)
    for name, version in package["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version
