"""A result of ``match`` with a column of true streets: graded as it stands, without the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streetchief.errors import BadInput
from streetchief.matching.address import StreetNames, normalise_name
from streetchief.matching.csvpoints import csv_header, csv_rows, find_codec
from streetchief.matching.points import LABEL_NAMES, feature_properties
from streetchief.matching.quality import Graded
from streetchief.matching.result import Verdict

ANSWERED = ("verdict", "confidence", "street_name", "runner_up_street")
"""Columns that are read of what ``match`` wrote."""
_NO_LABELS = ("street_name",)
"""Usual names of a label that are answers here."""


def read_placed(path: Path, label: str | None = None, encoding: str | None = None) -> Graded:
    """Grade a CSV, GeoJSON or Parquet file of placings; every row with a label counts.

    A label is a street's name, or an address that holds one.  Which streets the network has is not known here, so
    rows whose street is missing from it count as wrong.  Raises BadInput where the file is no result of ``match``
    (``not_placed``), has no label column, or no row has a label.
    """
    names, records = _open(path, encoding)
    for column in ANSWERED:
        if column not in names:
            raise BadInput("not_placed", file=path.name, column=column)
    named = _label_column(path, names, label)
    rows = [row for row in records if str(row.get(named) or "").strip()]
    if not rows:
        raise BadInput("nothing_labelled")
    answers = sorted({str(row[c]) for row in rows for c in ANSWERED[2:] if row[c]})
    reader = StreetNames.of(answers)
    right = [_is_right(row, str(row[named]), answers, reader) for row in rows]
    return Graded(
        confidence=np.array([float(row["confidence"] or 0.0) for row in rows]),
        right=np.array(right, dtype=np.bool_),
        matched=np.array([row["verdict"] == Verdict.MATCHED.word for row in rows], dtype=np.bool_),
        barred=np.array([row["verdict"] == Verdict.SUSPECT.word for row in rows], dtype=np.bool_),
    )


def _is_right(row: Mapping[str, Any], label: str, answers: Sequence[str], reader: StreetNames) -> bool:
    street = str(row["street_name"] or "")
    if not street:
        return False
    if normalise_name(label) == normalise_name(street):
        return True
    return any(answers[position] == street for position in reader.read(label).exact)


def _label_column(path: Path, names: Sequence[str], label: str | None) -> str:
    wanted = (label,) if label else tuple(name for name in LABEL_NAMES if name not in _NO_LABELS)
    folded = {name.strip().casefold(): name for name in reversed(names)}
    found = next((folded[name.casefold()] for name in wanted if name.casefold() in folded), None)
    if found is None:
        raise BadInput("no_label_column", file=path.name, known=", ".join(names) or "-")
    return found


def _open(path: Path, encoding: str | None) -> tuple[list[str], Iterator[Mapping[str, Any]]]:
    """The column names, and the rows as mappings of plain values."""
    if not path.is_file():
        raise BadInput("no_such_file", path=path)
    if path.suffix.lower() == ".parquet":
        try:
            table = pq.read_table(path)
        except (pa.ArrowException, OSError) as fault:
            raise BadInput("unreadable_points", file=path.name, detail=str(fault)) from fault
        return list(table.column_names), iter(table.to_pylist())
    if path.name.lower().endswith((".geojson", ".geojson.gz", ".json")):
        features = feature_properties(path)
        return list(dict.fromkeys(chain.from_iterable(features))), iter(_complete(features))
    codec = find_codec(path, encoding)
    header = csv_header(path, codec)
    rows = (dict(zip(header, row, strict=False)) for row, fault in csv_rows(path, codec, len(header)) if not fault)
    return header, rows


def _complete(features: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    blank = dict.fromkeys(ANSWERED)
    return ({**blank, **properties} for properties in features)
