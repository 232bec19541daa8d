"""GeoJSON and JSON-lines feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streetchief.errors import BadInput
from streetchief.intake.feeds.csvfile import open_bytes
from streetchief.intake.feeds.records import RawRecord
from streetchief.intake.reject import BAD_ENCODING, MALFORMED


def read_jsonl(path: Path, encoding: str) -> Iterator[RawRecord]:
    """One JSON object a line; blank lines are passed over, a line that is no object becomes a fault."""
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                yield RawRecord(number, {"": line.decode(encoding, "backslashreplace").strip()}, BAD_ENCODING)
                continue
            if text.strip():
                yield _object(number, text.strip())


def _object(number: int, text: str) -> RawRecord:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return RawRecord(number, {"": text}, MALFORMED)
    return RawRecord(number, value) if isinstance(value, dict) else RawRecord(number, {"": text}, MALFORMED)


def read_geojson(path: Path, encoding: str) -> Iterator[RawRecord]:
    """The features of a FeatureCollection as their properties, with ``@lon`` and ``@lat`` of a point geometry.

    A half-written file gives its whole features and then one fault with the rest of the text.
    Raises BadInput if the file is not a FeatureCollection.
    """
    with open_bytes(path) as stream:
        text = stream.read().decode(encoding, "backslashreplace")
    start = text.find("[", text.find('"features"'))
    if '"features"' not in text or start < 0:
        raise BadInput("not_a_feature_collection", file=path.name)
    decoder = json.JSONDecoder()
    position, number = start + 1, 0
    while True:
        position = _skip(text, position)
        number += 1
        if text[position : position + 1] == "]":
            return
        try:
            feature, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            yield RawRecord(number, {"": text[position:]}, MALFORMED)
            return
        yield _feature(number, feature)


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def _feature(number: int, feature: Any) -> RawRecord:
    properties = feature.get("properties") or {} if isinstance(feature, dict) else None
    geometry = feature.get("geometry") or {} if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or not isinstance(geometry, dict):
        return RawRecord(number, {"": json.dumps(feature, ensure_ascii=False)}, MALFORMED)
    values = dict(properties)
    coordinates = geometry.get("coordinates") if geometry.get("type") == "Point" else None
    if isinstance(coordinates, list) and len(coordinates) >= 2:
        values["@lon"], values["@lat"] = coordinates[0], coordinates[1]
    if "id" in feature:
        values["@id"] = feature["id"]
    return RawRecord(number, values)
