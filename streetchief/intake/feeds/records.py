"""A record as received, and the batches that carry it through the house."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import compress, islice
from json.encoder import encode_basestring as _quoted
from operator import not_
from typing import Any

import numpy as np
import pyarrow as pa

from streetchief.city import FEED_FIELDS, FeedSpec
from streetchief.intake.reject import BAD_ENCODING

BATCH_ROWS = 65_536
RAW_SCHEMA = pa.schema(
    [("line", pa.int64()), ("raw", pa.string()), ("content_hash", pa.string()), ("fault", pa.string())]
    + [(name, pa.string()) for name in FEED_FIELDS]
)
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


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
        yield _batch(chunk, feed)


def _batch(chunk: list[RawRecord], feed: FeedSpec) -> pa.RecordBatch:
    """Records of one shape with nothing but text in them go by columns, the others one by one; the order stays."""
    names = next((record.values.keys() for record in chunk if not record.fault), None)
    even = [not r.fault and r.values.keys() == names and set(map(type, r.values.values())) == {str} for r in chunk]
    if all(even):
        return _even_batch(chunk, feed)
    parts = [_even_batch([*compress(chunk, even)], feed), _odd_batch([*compress(chunk, map(not_, even))], feed)]
    order = np.empty(len(chunk), dtype=np.int64)
    order[np.argsort(~np.array(even), kind="stable")] = np.arange(len(chunk))
    return pa.concat_batches(parts).take(pa.array(order))


def _odd_batch(chunk: list[RawRecord], feed: FeedSpec) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([row_of(record, feed) for record in chunk], schema=RAW_SCHEMA)


def row_of(record: RawRecord, feed: FeedSpec) -> dict[str, Any]:
    """One record as a row of `RAW_SCHEMA`: the row that `batches` makes of it."""
    raw, fault = as_json(record)
    row = {"line": record.line, "raw": raw, "content_hash": hash_of(raw), "fault": fault}
    for name in FEED_FIELDS:
        path = None if fault else feed.fields.get(name)
        row[name] = None if path is None else as_text(pick(record.values, path))
    return row


def _even_batch(chunk: list[RawRecord], feed: FeedSpec) -> pa.RecordBatch:
    """As `_odd_batch`, for records that have the same names and only text; a record that turns out odd goes there."""
    if not chunk:
        return pa.RecordBatch.from_pylist([], schema=RAW_SCHEMA)
    values = {name: [record.values[name] for record in chunk] for name in sorted(chunk[0].values)}
    raw = _json_of(values)
    try:
        "".join(raw).encode()
    except UnicodeEncodeError:
        return _odd_batch(chunk, feed)
    if any("\\u0000" in text for text in raw):
        return _odd_batch(chunk, feed)
    columns: dict[str, list[Any]] = {name: [None] * len(chunk) for name in FEED_FIELDS}
    for name, path in feed.fields.items():
        if path in values:
            columns[name] = [text.strip() or None for text in values[path]]
        elif name in columns:
            columns[name] = [as_text(pick(record.values, path)) for record in chunk]
    columns |= {"line": [r.line for r in chunk], "raw": raw, "content_hash": [*map(hash_of, raw)]}
    return pa.RecordBatch.from_pydict({**columns, "fault": [""] * len(chunk)}, schema=RAW_SCHEMA)


def _json_of(values: Mapping[str, list[str]]) -> list[str]:
    """What `as_json` makes of each row of these columns of text, which are in the order of their names."""
    pairs = (_quoted(name).replace("%", "%%") + ":%s" for name in values)
    form = "{" + ",".join(pairs) + "}"
    return [form % row for row in zip(*(map(_quoted, column) for column in values.values()), strict=True)]


def hash_of(raw: str) -> str:
    """The content hash of a record: SHA-256 of its canonical JSON."""
    return hashlib.sha256(raw.encode()).hexdigest()


def as_json(record: RawRecord) -> tuple[str, str]:
    """The whole record as canonical JSON, and its fault.

    Text that no database can hold (a NUL, half a surrogate pair) makes it a record with a fault; it is kept escaped.
    """
    raw = _canonical(record.values)
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
