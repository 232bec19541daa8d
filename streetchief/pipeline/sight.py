"""What one look over a feed keeps: every place as two numbers; of the texts only those of places with many rows.

The texts wait in an unnamed file until the places are counted, so memory does not grow with what people wrote.
"""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import IO, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_TEXTS = pa.schema([("text", pa.string())])
_CM = 100.0
_SCATTER = 1_000_003


class Sight:
    """The usable rows of a feed, collected batch by batch; a context manager that forgets the texts at its end."""

    def __init__(self) -> None:
        self._xy: list[FloatArray] = []
        self._file: IO[bytes] = TemporaryFile()
        self._texts = pa.ipc.new_stream(self._file, _TEXTS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self._file.close()

    def add(self, xy: FloatArray, texts: pa.Array) -> None:
        """More rows: (n, 2) metres and a string array of a text each."""
        self._xy.append(xy)
        self._texts.write_batch(pa.record_batch([texts], schema=_TEXTS))

    def xy(self) -> FloatArray:
        """All places, (n, 2) metres, in the order given."""
        return np.concatenate(self._xy) if self._xy else np.empty((0, 2))

    def texts(self, xy: FloatArray, least_rows: float) -> list[str | None]:
        """A text for each row of `xy`, equal ones once; None where fewer than `least_rows` share its centimetre."""
        self._texts.close()
        self._file.seek(0)
        cm = np.rint(xy * _CM).astype(np.int64)
        _, of, count = np.unique(cm[:, 0] * _SCATTER + cm[:, 1], return_inverse=True, return_counts=True)
        many = count[of] >= least_rows
        found: list[str | None] = [None] * len(xy)
        once: dict[str | None, str | None] = {}
        first = 0
        for batch in pa.ipc.open_stream(self._file):
            rows = np.flatnonzero(many[first : first + batch.num_rows])
            for row, text in zip(rows.tolist(), batch.column(0).take(pa.array(rows)).to_pylist(), strict=True):
                found[first + row] = once.setdefault(text, text)
            first += batch.num_rows
        return found
