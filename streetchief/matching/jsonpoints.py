"""Features of a GeoJSON file of points, one by one where the file as a whole is broken."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streetchief.errors import BadInput
from streetchief.matching.csvpoints import BAD_ENCODING, MALFORMED, STRAY
from streetchief.registry.mapsafety import check_collection

_LIST = re.compile(r'"features"\s*:\s*\[')
_NEXT = re.compile(r'[,\[]\s*(?=\{\s*(?:"type"\s*:\s*"Feature"|"geometry"\s*:|"properties"\s*:))')
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_STRAY_BYTES = "\udcff"


@dataclass(frozen=True, slots=True)
class BrokenFeature:
    """A feature at fault: its reason code, and its value where it could be taken apart nevertheless."""

    fault: str
    value: Any = None


def read_features(path: Path) -> list[Any]:
    """The members of ``features`` in order; what cannot be taken apart, or has stray bytes, is a `BrokenFeature`.

    After a broken feature the next one that begins as features do is read on; the end of a half-written file is one
    broken feature.  Raises BadInput for a file that cannot be read, has no list of features, none of them whole, or
    holds what `mapsafety.check_collection` refuses.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    except (EOFError, OSError, zlib.error) as fault:
        raise BadInput("unreadable_points", file=path.name, detail=str(fault)) from fault
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as fault:
        found = list(_one_by_one(content.decode(json.detect_encoding(content), STRAY)))
        if all(isinstance(feature, BrokenFeature) and feature.value is None for feature in found):
            raise BadInput("unreadable_points", file=path.name, detail=str(fault)) from fault
        return found
    check_collection(path.name, body)
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(features, list):
        raise BadInput("unreadable_points", file=path.name, detail="no FeatureCollection")
    return features


def _one_by_one(text: str) -> Iterator[Any]:
    start = _LIST.search(text)
    decoder = json.JSONDecoder()
    position = start.end() if start else len(text)
    while start:
        position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
        if text[position : position + 1] == "]":
            return
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield BrokenFeature(MALFORMED)
            following = _NEXT.search(text, position + 1)
            if following is None:
                return
            position = following.end()
            continue
        yield BrokenFeature(BAD_ENCODING, value) if text.find(_STRAY_BYTES, position, end) >= 0 else value
        position = end
