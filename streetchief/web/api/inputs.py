"""What a caller may send: checked before anything else sees it."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Literal, NamedTuple

from pydantic import Field

from streetchief.errors import BadInput
from streetchief.web.schemas import BIGGEST_ID, Name, Strict

MOST_FEATURES = 500
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CURSOR = re.compile(r"([1-9]\d{0,18})-([0-9a-f]{16})", re.ASCII)


class Bbox(NamedTuple):
    """A box in WGS-84 degrees."""

    west: float
    south: float
    east: float
    north: float


class StreetQuery(Strict):
    """Parameters of ``/api/streets``."""

    bbox: str | None = Field(None, max_length=200, description="west,south,east,north; WGS-84")


class ComplaintQuery(Strict):
    """Parameters of ``/api/complaints``."""

    bbox: str | None = Field(None, max_length=200, description="west,south,east,north; WGS-84")
    cursor: str | None = Field(None, max_length=60, description="`next` of the page before, with the same filters")
    limit: int = Field(100, ge=1, le=MOST_FEATURES)
    verdict: Literal["matched", "ambiguous", "too_far", "suspect"] | None = None
    department: Name | None = None
    street: Name | None = Field(None, description="street code")

    def filters(self) -> tuple[object, ...]:
        """What a cursor belongs to."""
        return self.bbox, self.verdict, self.department, self.street


def parse_bbox(text: str | None) -> Bbox | None:
    """The box of ``west,south,east,north``.  Raises BadInput unless it is finite, in range and not empty."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 4 and all(_NUMBER.fullmatch(part) for part in parts):
        box = Bbox(*(float(part) for part in parts))
        finite = all(math.isfinite(value) for value in box)
        if finite and -180 <= box.west < box.east <= 180 and -90 <= box.south < box.north <= 90:
            return box
    raise BadInput("bad_bbox")


def make_cursor(last_id: int, filters: tuple[object, ...]) -> str:
    """The place after the complaint `last_id` in a list cut by these filters."""
    return f"{last_id}-{_seal(last_id, filters)}"


def parse_cursor(text: str | None, filters: tuple[object, ...]) -> int | None:
    """The id before which the page begins.  Raises BadInput for a cursor of other filters or a made-up one."""
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None or int(found[1]) > BIGGEST_ID or found[2] != _seal(int(found[1]), filters):
        raise BadInput("bad_cursor")
    return int(found[1])


def _seal(last_id: int, filters: tuple[object, ...]) -> str:
    """Keeps honest callers from mixing pages; it is no secret."""
    return hashlib.sha256(repr((last_id, filters)).encode()).hexdigest()[:16]
