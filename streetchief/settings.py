"""What differs from machine to machine: read from the environment, by the edges only.

What belongs to a city (name, zone, projection, feeds) is in its city file instead: see `streetchief.city`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The switches of one process.

    database_url      STREETCHIEF_DATABASE_URL   a PostGIS that exists already; None = the private cluster
    data_dir          STREETCHIEF_DATA_DIR       where the private cluster lives; None = beside the checkout
    city_file         STREETCHIEF_CITY           the city file; None = the one that ships (青江街道)
    postgres_bin      STREETCHIEF_POSTGRES_BIN   folder with initdb and postgres; None = look in the usual places
    """

    database_url: str | None = None
    data_dir: Path | None = None
    city_file: Path | None = None
    postgres_bin: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty variable counts as unset."""

        def path(name: str) -> Path | None:
            return Path(environ[name]) if environ.get(name) else None

        return cls(
            database_url=environ.get("STREETCHIEF_DATABASE_URL") or None,
            data_dir=path("STREETCHIEF_DATA_DIR"),
            city_file=path("STREETCHIEF_CITY"),
            postgres_bin=path("STREETCHIEF_POSTGRES_BIN"),
        )
