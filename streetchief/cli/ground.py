"""What every command starts from: the settings, the city, its database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from streetchief.city import City, shipped_city_file
from streetchief.cityfile import read_city
from streetchief.errors import Unavailable
from streetchief.settings import Settings
from streetchief.storage.engine import open_engine


def the_city(path: Path | None) -> City:
    """The city of ``--city``, else of STREETCHIEF_CITY, else the shipped one."""
    return read_city(path or Settings.from_environment().city_file or shipped_city_file())


@contextmanager
def city_database(city: City) -> Iterator[Engine]:
    """The city's database, migrated, and let go at the end: the one that the settings name, else a private one."""
    settings = Settings.from_environment()
    engine = open_engine(
        database_url=settings.database_url,
        data_dir=settings.data_dir,
        postgres_bin=settings.postgres_bin,
        database=f"streetchief_{city.code}",
    )
    try:
        yield engine
    except OperationalError as fault:
        raise Unavailable("database_lost") from fault
    finally:
        engine.dispose()


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def plain(text: str) -> str:
    """Text of a feed without terminal control characters."""
    return "".join(c if c.isprintable() else "·" for c in text)
