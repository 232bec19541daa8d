"""The front-end files that we ship, each held to a SHA-256 sum.

``assets.json`` is the manifest: ``sums`` names every file of ``vendor/`` by its place in its package
(``leaflet/dist/leaflet.js``) and ``links`` says which of them stands for which address that folium 0.20 would ask
another host for.  ``vendor/`` is filled by ``scripts/fetch_assets.py`` and packed into the wheel.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from streetchief.errors import Unavailable

VENDOR = Path(__file__).parent / "vendor"
MANIFEST_FILE = Path(__file__).parent / "assets.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """sums: file → SHA-256 in hex · links: address → file (or a word in angle brackets: made by us)."""

    sums: dict[str, str]
    links: dict[str, str]


@cache
def manifest() -> Manifest:
    """The committed manifest."""
    raw = json.loads(MANIFEST_FILE.read_text("utf-8"))
    return Manifest(raw["sums"], raw["links"])


def sum_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unfit(vendor: Path = VENDOR) -> tuple[str, ...]:
    """The files of the manifest that are missing or changed, in its order; empty = all there."""
    sums = manifest().sums
    return tuple(name for name in sums if not (vendor / name).is_file() or sum_of(vendor / name) != sums[name])


def read_asset(name: str) -> bytes:
    """One shipped file.

    Raises `Unavailable` when it is missing or its sum is not the committed one: a page made from a changed library
    would be somebody else's program.
    """
    path = VENDOR / name
    if not path.is_file():
        raise Unavailable("map_asset_missing", name=name)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest().sums.get(name):
        raise Unavailable("map_asset_changed", name=name)
    return content
