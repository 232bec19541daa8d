"""From a file to batches of raw records, by the feed's declared format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from streetchief.city import FeedSpec
from streetchief.errors import BadInput, NotFound
from streetchief.intake.feeds.csvfile import BROKEN_ARCHIVE, read_csv
from streetchief.intake.feeds.excel import read_excel
from streetchief.intake.feeds.jsonfile import read_geojson, read_jsonl
from streetchief.intake.feeds.records import BATCH_ROWS, RawRecord, batches
from streetchief.intake.reject import MALFORMED

NEEDED = ("id", "lon", "lat", "reported_at")  # a file whose header lacks one of these is refused whole


def read_file(path: Path, feed: FeedSpec, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Batches of at most `rows` raw records (`RAW_SCHEMA`), in file order.

    Raises NotFound if there is no such file, BadInput if it is not what the feed declares.
    """
    if not path.is_file():
        raise NotFound(what=str(path))
    return batches(_to_the_break(read_records(path, feed), path), feed, rows)


def _to_the_break(records: Iterator[RawRecord], path: Path) -> Iterator[RawRecord]:
    """The records of a file; where its archive breaks off, one last record says so."""
    line = 0
    try:
        for record in records:
            line = record.line
            yield record
    except BROKEN_ARCHIVE as fault:
        yield RawRecord(line + 1, {"": f"{path.name}: {type(fault).__name__}: {fault}"}, MALFORMED)


def read_records(path: Path, feed: FeedSpec) -> Iterator[RawRecord]:
    """The records of a file one by one."""
    needed = {feed.fields[name] for name in NEEDED}
    if feed.format == "csv":
        return read_csv(path, feed.encoding, needed)
    if feed.format == "excel":
        return read_excel(path, needed)
    if feed.format == "geojson":
        return read_geojson(path, feed.encoding)
    if feed.format == "jsonl":
        return read_jsonl(path, feed.encoding)
    raise BadInput(detail=feed.format)
