"""Answers to files, a batch at a time: CSV (also .gz), GeoJSON, Parquet; a file appears whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from streetchief.errors import BadInput
from streetchief.matching.frames import COLUMNS

FORMATS = ".csv .csv.gz .geojson .parquet"
WRITTEN = (*COLUMNS, "lon", "lat")
"""All columns of an answer file; lon and lat are WGS-84, None for a rejected row."""
_NUMBERS = {
    "confidence": pa.float64(), "distance_m": pa.float64(), "margin_m": pa.float64(), "offset_m": pa.float64(),
    "side": pa.int8(), "lon": pa.float64(), "lat": pa.float64(),
}  # fmt: skip
SCHEMA = pa.schema([(name, _NUMBERS.get(name, pa.string())) for name in WRITTEN])
_LIVE = ("=", "+", "-", "@", "\t", "\r")
_SIGNED_NUMBER = re.compile(r"[+-]\d+(?:\.\d*)?", re.ASCII)


def open_answers(path: Path) -> AnswerFile:
    """A writer by the ending of the name.  Raises BadInput for another ending."""
    name = path.name.lower()
    for ending, writer in _WRITERS.items():
        if name.endswith(ending):
            return writer(path)
    raise BadInput("unknown_answer_format", file=path.name, known=FORMATS)


class AnswerFile(ABC):
    """Writes beside the goal and renames at the end; after an exception nothing is left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)

    @abstractmethod
    def open(self) -> None:
        """Start the file at `part`."""

    @abstractmethod
    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows: values by column of `WRITTEN`, all equally long."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file at `part`."""


class CsvAnswers(AnswerFile):
    """UTF-8, comma, one header line; text that a spreadsheet would run begins with an apostrophe."""

    def open(self) -> None:
        """Start with the header."""
        raw = self.part.open("wb")
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if self.path.suffix.lower() == ".gz" else None
        self._streams = [io.TextIOWrapper(packed or raw, "utf-8", newline=""), raw]
        self._writer = csv.writer(self._streams[0], lineterminator="\n")
        self._writer.writerow(WRITTEN)

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows, inert."""
        cells = [columns[name] if name in _NUMBERS else [inert(text) for text in columns[name]] for name in WRITTEN]
        self._writer.writerows(zip(*cells, strict=True))

    def close(self) -> None:
        """Finish both streams."""
        for stream in self._streams:
            stream.close()


class GeoJsonAnswers(AnswerFile):
    """A FeatureCollection of WGS-84 points, one feature a line; a rejected row has no geometry."""

    def open(self) -> None:
        """Start the collection."""
        self._stream = self.part.open("w", encoding="utf-8")
        self._stream.write('{"type": "FeatureCollection", "features": [')
        self._between = "\n"

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append features."""
        for row in zip(*(columns[name] for name in WRITTEN), strict=True):
            values = dict(zip(WRITTEN, row, strict=True))
            lon, lat = values.pop("lon"), values.pop("lat")
            geometry = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
            feature = {"type": "Feature", "properties": values, "geometry": geometry}
            self._stream.write(self._between + json.dumps(feature, ensure_ascii=False, allow_nan=False))
            self._between = ",\n"

    def close(self) -> None:
        """End the collection."""
        self._stream.write("\n]}\n")
        self._stream.close()


class ParquetAnswers(AnswerFile):
    """Parquet with the schema `SCHEMA`."""

    def open(self) -> None:
        """Start with the schema."""
        self._writer = pq.ParquetWriter(self.part, SCHEMA)

    def write(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append one row group."""
        self._writer.write_table(pa.Table.from_pydict({name: columns[name] for name in WRITTEN}, schema=SCHEMA))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


_WRITERS: dict[str, type[AnswerFile]] = {
    ".csv": CsvAnswers,
    ".csv.gz": CsvAnswers,
    ".geojson": GeoJsonAnswers,
    ".parquet": ParquetAnswers,
}


def inert(text: Any) -> Any:
    """A text that no spreadsheet takes for a formula; numbers stay as they are."""
    if not isinstance(text, str) or not text.startswith(_LIVE):
        return text
    return text if _SIGNED_NUMBER.fullmatch(text) else "'" + text
