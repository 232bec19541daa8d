"""Files of rows whose street is known, read against a network: what `calibrate` and `quality` stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streetchief.geo.crs import to_xy
from streetchief.geo.datum import Datum
from streetchief.matching.ground import Ground, usable_places
from streetchief.matching.labels import grade, true_streets
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.points import PointColumns, PointFile
from streetchief.matching.quality import Graded
from streetchief.matching.result import MatchBatch
from streetchief.matching.scan import scan

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """Rows whose label names a street of the network, in file order; the rest is counted and left out.

    xy      (n, 2) metres of the ground's index, NaN where a row has no usable place
    labels  as written; `truth` the positions of the streets that they name
    texts   the addresses, None where no column was named
    read    rows of the files
    """

    ground: Ground
    ids: list[str]
    xy: FloatArray
    labels: list[str]
    truth: list[frozenset[int]]
    texts: list[str | None] | None
    read: int

    def __len__(self) -> int:
        return len(self.ids)

    def default(self, model: PlacingModel) -> PlacingModel:
        """The model with the curve that these rows get without labels.

        Labels help only to tell default points: many rows of one street at one place are none.
        """
        return scan(self.ground.index, self.xy, model, evidence=self.labels)

    def placed(self, model: PlacingModel) -> tuple[MatchBatch, Graded]:
        """The rows placed, by their texts too if there are any, and graded."""
        batch = match_points(self.ground.index, self.xy, model, evidence=self.texts)
        return batch, grade(batch, self.truth)


def read_labelled(
    paths: Sequence[Path],
    ground: Ground,
    columns: PointColumns | None = None,
    *,
    datum: Datum = Datum.WGS84,
    encoding: str | None = None,
) -> Labelled:
    """Read files of points with a column that names the true street (``columns.label``; guessed if not given).

    Raises BadInput as `PointFile.of` does.
    """
    wanted = columns or PointColumns(label="")
    ids: list[str] = []
    places = [np.empty((0, 2))]
    labels: list[str | None] = []
    texts: list[str | None] = []
    for path in paths:
        for batch in PointFile.of(path, wanted, encoding).batches():
            ids.extend(batch.ids)
            places.append(usable_places(batch, ground.bounds, datum)[0])
            labels.extend(batch.labels or [])
            texts.extend(batch.texts or [])
    xy = to_xy(np.concatenate(places), ground.index.metric_srid)
    truth = true_streets(ground.index, labels)
    kept = [row for row, streets in enumerate(truth) if streets]
    return Labelled(
        ground=ground,
        ids=[ids[row] for row in kept],
        xy=xy[kept],
        labels=[labels[row] or "" for row in kept],
        truth=[truth[row] for row in kept],
        texts=[texts[row] for row in kept] if texts else None,
        read=len(ids),
    )
