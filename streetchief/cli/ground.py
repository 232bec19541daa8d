"""What every command starts from: the settings, the city, its database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from streetchief.city import City, read_city, shipped_city_file
from streetchief.settings import Settings
from streetchief.storage.engine import open_engine


def the_city(path: Path | None) -> City:
    """The city of ``--city``, else of STREETCHIEF_CITY, else the shipped one."""
    return read_city(path or Settings.from_environment().city_file or shipped_city_file())


def open_city_database(city: City) -> Engine:
    """The city's database, migrated: the one that the settings name, else one in the private cluster."""
    settings = Settings.from_environment()
    return open_engine(
        database_url=settings.database_url,
        data_dir=settings.data_dir,
        postgres_bin=settings.postgres_bin,
        database=f"streetchief_{city.code}",
    )
