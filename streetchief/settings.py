"""What differs from machine to machine: read from the environment, by the edges only.

What belongs to a city (name, zone, projection, feeds) is in its city file instead: see `streetchief.city`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streetchief.errors import BadInput

SESSION_HOURS, SESSION_IDLE_MINUTES = 12.0, 60.0
LONGEST = 100_000.0


@dataclass(frozen=True, slots=True)
class Settings:
    """The switches of one process.

    database_url      STREETCHIEF_DATABASE_URL   a PostGIS that exists already; None = the private cluster
    data_dir          STREETCHIEF_DATA_DIR       where the private cluster lives; None = beside the checkout
    city_file         STREETCHIEF_CITY           the city file; None = the one that ships (青江街道)
    postgres_bin      STREETCHIEF_POSTGRES_BIN   folder with initdb and postgres; None = look in the usual places
    session_hours     STREETCHIEF_SESSION_HOURS  a session ends so long after signing in
    session_idle_minutes  STREETCHIEF_SESSION_IDLE_MINUTES  and so long after its last request
    """

    database_url: str | None = None
    data_dir: Path | None = None
    city_file: Path | None = None
    postgres_bin: Path | None = None
    session_hours: float = SESSION_HOURS
    session_idle_minutes: float = SESSION_IDLE_MINUTES

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty variable counts as unset.  Raises BadInput for a number that is none."""

        def path(name: str) -> Path | None:
            return Path(environ[name]) if environ.get(name) else None

        def number(name: str, otherwise: float) -> float:
            try:
                value = float(environ.get(name) or otherwise)
            except ValueError:
                value = math.nan
            if not 0 < value < LONGEST:
                raise BadInput("bad_setting", name=name)
            return value

        return cls(
            database_url=environ.get("STREETCHIEF_DATABASE_URL") or None,
            data_dir=path("STREETCHIEF_DATA_DIR"),
            city_file=path("STREETCHIEF_CITY"),
            postgres_bin=path("STREETCHIEF_POSTGRES_BIN"),
            session_hours=number("STREETCHIEF_SESSION_HOURS", SESSION_HOURS),
            session_idle_minutes=number("STREETCHIEF_SESSION_IDLE_MINUTES", SESSION_IDLE_MINUTES),
        )
