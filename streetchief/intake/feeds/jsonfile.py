"""GeoJSON and JSON-lines feeds."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from streetchief.errors import BadInput
from streetchief.intake.feeds.csvfile import BROKEN_ARCHIVE, open_bytes
from streetchief.intake.feeds.records import RawRecord
from streetchief.intake.reject import BAD_ENCODING, MALFORMED

NEXT_FEATURE = re.compile(r'\{\s*"type"\s*:\s*"Feature"')


def read_jsonl(path: Path, encoding: str) -> Iterator[RawRecord]:
    """One JSON object a line; blank lines are passed over, a line that is no object becomes a fault."""
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, start=1):
            plain = line.removeprefix(BOM_UTF8) if number == 1 else line
            try:
                text = plain.decode(encoding).strip()
            except UnicodeDecodeError:
                yield RawRecord(number, {"": plain.decode(encoding, "backslashreplace").strip()}, BAD_ENCODING)
                continue
            if text:
                yield _object(number, text)


def _object(number: int, text: str) -> RawRecord:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return RawRecord(number, {"": text}, MALFORMED)
    return RawRecord(number, value) if isinstance(value, dict) else RawRecord(number, {"": text}, MALFORMED)


def read_geojson(path: Path, encoding: str) -> Iterator[RawRecord]:
    """The features of a FeatureCollection as their properties, with ``@lon`` and ``@lat`` of a point geometry.

    What cannot be taken apart becomes one fault with its text, and reading goes on at the next feature; so a
    half-written file gives its whole features and one fault.  Raises BadInput if the file is not a FeatureCollection.
    """
    text = _whole_text(path, encoding)
    found = re.search(r'"features"\s*:\s*\[', text)
    if found is None:
        raise BadInput("not_a_feature_collection", file=path.name)
    decoder = json.JSONDecoder()
    position, number = found.end(), 0
    while True:
        position = _skip(text, position)
        number += 1
        if text[position : position + 1] == "]":
            return
        try:
            feature, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            following = NEXT_FEATURE.search(text, position + 1)
            end = following.start() if following else len(text)
            yield RawRecord(number, {"": text[position:end].rstrip(", \t\r\n")}, MALFORMED)
            if following is None:
                return
            position = end
            continue
        yield _feature(number, feature)


def _whole_text(path: Path, encoding: str) -> str:
    """The text of a file; undecodable bytes stay visible as surrogates, a broken archive gives what it held."""
    parts: list[bytes] = []
    with open_bytes(path) as stream:
        with suppress(*BROKEN_ARCHIVE):  # then the text ends in the middle, and its last feature is a fault
            while part := stream.read1():
                parts.append(part)
    return b"".join(parts).decode(encoding, "surrogateescape")


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
