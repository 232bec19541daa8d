"""Which PostgreSQL is taken: of several majors, of one without PostGIS, of an unpacked tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetchief.errors import Unavailable
from streetchief.storage.binaries import find_binaries, has_postgis, read_folder, unpacked_environment


def install(root: Path, major: int, *, postgis: str | None, said: str | None = None) -> Path:
    """A tree in Debian's shape whose programs only say their version."""
    folder = root / "usr" / "lib" / "postgresql" / str(major) / "bin"
    folder.mkdir(parents=True)
    said = said or f"initdb (PostgreSQL) {major}.3 (Debian {major}.3-1)"
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (folder / name).chmod(0o755)
    extensions = root / "usr" / "share" / "postgresql" / str(major) / "extension"
    extensions.mkdir(parents=True)
    if postgis is not None:
        (extensions / postgis).write_text("default_version = '3.3.2'\n")
    return folder


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ("initdb (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", 15),
        ("initdb (PostgreSQL) 17.12", 17),
        ("initdb (PostgreSQL) 18beta1", 18),  # a preview has no point
        ("initdb (PostgreSQL) 19devel", 19),
        ("cannot load library libicu.so", None),  # does not run: as if it were not there
    ],
)
def test_the_version_is_read_from_the_program(tmp_path: Path, said: str, major: int | None) -> None:
    found = read_folder(install(tmp_path, 15, postgis="postgis.control", said=said))
    assert (found.major if found else None) == major


def test_a_major_without_postgis_does_not_count(tmp_path: Path) -> None:
    folder = install(tmp_path, 15, postgis=None)
    with pytest.raises(Unavailable, match="postgis_missing"):
        find_binaries(folder, None)


def test_a_folder_without_programs_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="postgres_bin_wrong"):
        find_binaries(tmp_path, None)


def test_data_of_another_major_is_refused(tmp_path: Path) -> None:
    folder = install(tmp_path, 17, postgis="postgis.control")
    assert find_binaries(folder, 17).major == 17
    with pytest.raises(Unavailable, match="postgres_other_major"):
        find_binaries(folder, 15)


def test_an_unpacked_tree_gets_its_control_file_and_its_libraries(tmp_path: Path) -> None:
    folder = install(tmp_path, 15, postgis="postgis-3.control")
    libraries = tmp_path / "usr" / "lib" / "x86_64-linux-gnu"
    (libraries / "blas").mkdir(parents=True)
    found = find_binaries(folder, None)
    assert has_postgis(found)
    assert (tmp_path / "usr/share/postgresql/15/extension/postgis.control").is_file()
    assert found.environment["LD_LIBRARY_PATH"].split(":")[:2] == [str(libraries), str(libraries / "blas")]
    assert found.environment["PROJ_DATA"] == str(tmp_path / "usr" / "share" / "proj")


def test_an_installed_tree_needs_no_environment() -> None:
    assert unpacked_environment(Path("/usr/lib/postgresql/15/bin")) == {}
    assert unpacked_environment(Path("/opt/homebrew/opt/postgresql@17/bin")) == {}
