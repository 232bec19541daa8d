"""A record as received, and the batches that carry it through the house."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from streetchief.city import FEED_FIELDS, FeedSpec
from streetchief.intake.reject import BAD_ENCODING

BATCH_ROWS = 65_536
RAW_SCHEMA = pa.schema(
    [("line", pa.int64()), ("raw", pa.string()), ("content_hash", pa.string()), ("fault", pa.string())]
    + [(name, pa.string()) for name in FEED_FIELDS]
)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as the feed sent it.

    line    1-based line, row or feature number in the file
    values  the feed's own names → values; {"": text} when it could not be taken apart
    fault   reason code when the reader could not take it apart, "" otherwise
    """

    line: int
    values: Mapping[str, Any]
    fault: str = ""


def batches(records: Iterable[RawRecord], feed: FeedSpec, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Records as batches of at most `rows`, with the feed's declared fields picked out as text.

    `raw` keeps the whole record as JSON; `content_hash` is the SHA-256 of it, so a redelivery is recognised by
    content.  A field that the record lacks is null.
    """
    stream = iter(records)
    while chunk := list(islice(stream, rows)):
        columns: dict[str, list[Any]] = {name: [] for name in RAW_SCHEMA.names}
        for record in chunk:
            raw, fault = as_json(record)
            columns["line"].append(record.line)
            columns["raw"].append(raw)
            columns["content_hash"].append(hashlib.sha256(raw.encode()).hexdigest())
            columns["fault"].append(fault)
            for name in FEED_FIELDS:
                path = None if fault else feed.fields.get(name)
                columns[name].append(None if path is None else as_text(pick(record.values, path)))
        yield pa.RecordBatch.from_pydict(columns, schema=RAW_SCHEMA)


def as_json(record: RawRecord) -> tuple[str, str]:
    """The whole record as canonical JSON, and its fault.

    Text that no database can hold (a NUL, half a surrogate pair) makes it a record with a fault; it is kept escaped.
    """
    raw = json.dumps(record.values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        raw.encode()
    except UnicodeEncodeError:
        return json.dumps(record.values, sort_keys=True), record.fault or BAD_ENCODING
    return raw, record.fault or (BAD_ENCODING if "\\u0000" in raw else "")


def pick(values: Mapping[str, Any], path: str) -> Any:
    """A value by its name, or by a dotted path into nested objects; None if it is not there."""
    if path in values:
        return values[path]
    node: Any = values
    for part in path.split("."):
        if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, Mapping) and part in node:
            node = node[part]
        else:
            return None
    return node


def as_text(value: Any) -> str | None:
    """A value as stripped text; None and blank are None."""
    if value is None or isinstance(value, (dict, list)):
        return None
    text = (repr(value) if isinstance(value, float) else str(value)).strip()
    return text or None
