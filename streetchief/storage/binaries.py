"""Where the programs of PostgreSQL are: a major that also has PostGIS, never one without.

Order: the folder that was named, Debian and Ubuntu, PGDG RPM, Homebrew, Postgres.app, PATH; the highest major first.
Seen running: Debian 12 and 13.  The other places follow their packagers' documentation.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streetchief.errors import Unavailable

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
CONTROL = "postgis.control"
UNPACKED_CONTROL = "postgis-3.control"


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation: its folder of programs, its major version, and what its programs need in the environment."""

    folder: Path
    major: int
    environment: Mapping[str, str]

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


def find_binaries(postgres_bin: Path | None, data_major: int | None) -> Binaries:
    """The installation to use.

    postgres_bin   the folder that the user named; then no other place is looked at
    data_major     the major version of the data that exists already; only that major may open it

    Raises `Unavailable` with what to install when there is none, none with PostGIS, or none of the data's major.
    """
    found = [read for folder in _folders(postgres_bin) if (read := read_folder(folder)) is not None]
    if not found:
        if postgres_bin is not None:
            raise Unavailable("postgres_bin_wrong", path=postgres_bin)
        raise Unavailable("postgres_missing")
    fit = [binaries for binaries in found if has_postgis(binaries)]
    if not fit:
        raise Unavailable("postgis_missing", path=found[0].folder, major=found[0].major)
    if data_major is None:
        return fit[0]
    for binaries in fit:
        if binaries.major == data_major:
            return binaries
    raise Unavailable("postgres_other_major", data=data_major, installed=", ".join(str(b.major) for b in fit))


def read_folder(folder: Path) -> Binaries | None:
    """What one folder holds; None when it has no working ``initdb`` beside a ``postgres``."""
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        return None
    environment = unpacked_environment(folder)
    try:
        said = subprocess.run(
            [str(folder / "initdb"), "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, **environment},
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"(\d+)(?:\.|devel|beta|rc|\s|$)", said)
    return Binaries(folder, int(version.group(1)), environment) if version else None


def has_postgis(binaries: Binaries) -> bool:
    """Whether PostGIS can be created in this installation.

    In a tree that was only unpacked (``dpkg -x``) the file ``postgis.control`` is missing, because a Debian postinst
    makes it: it is copied from ``postgis-3.control`` where that is allowed.
    """
    for folder in _extension_folders(binaries):
        if (folder / CONTROL).is_file():
            return True
        if (folder / UNPACKED_CONTROL).is_file() and os.access(folder, os.W_OK):
            shutil.copyfile(folder / UNPACKED_CONTROL, folder / CONTROL)
            return True
    return False


def unpacked_environment(folder: Path) -> dict[str, str]:
    """What programs below an unpacked Debian tree need to find its libraries and PROJ's data; empty for `/usr`.

    A tree is recognised by its shape, ``<root>/usr/lib/postgresql/<major>/bin`` with a root that is not ``/``.
    """
    if len(folder.parents) < 6 or folder.parents[1].name != "postgresql" or folder.parents[3] == Path("/usr"):
        return {}
    usr = folder.parents[3]
    libraries = [
        str(place)
        for triplet in sorted((usr / "lib").glob("*-linux-*"))
        for place in (triplet, triplet / "blas", triplet / "lapack")
        if place.is_dir()
    ]
    before = os.environ.get("LD_LIBRARY_PATH")
    return {
        "LD_LIBRARY_PATH": ":".join([*libraries, *([before] if before else [])]),
        "PROJ_DATA": str(usr / "share" / "proj"),
    }


def _extension_folders(binaries: Binaries) -> Iterator[Path]:
    prefix = binaries.folder.parent
    major = str(binaries.major)
    if prefix.parent.name == "postgresql" and len(prefix.parents) > 2:
        yield prefix.parents[2] / "share" / "postgresql" / major / "extension"
    for share in ("share", "share/postgresql", f"share/postgresql@{major}"):
        yield prefix / share / "extension"


def _folders(postgres_bin: Path | None) -> Iterator[Path]:
    if postgres_bin is not None:
        yield postgres_bin.absolute()
        return
    for pattern in PLACES:
        yield from _highest_first(Path("/").glob(pattern.lstrip("/")))
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent


def _highest_first(folders: Iterable[Path]) -> list[Path]:
    def major(folder: Path) -> int:
        digits = re.search(r"\d+", folder.parent.name)
        return int(digits.group()) if digits else -1

    return sorted(folders, key=major, reverse=True)
