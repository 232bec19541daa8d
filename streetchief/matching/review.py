"""Where and why placings err, for analysts: frames over rows whose street is known.  Used as `notebook.review`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from streetchief.city import shipped_city_file, shipped_data_dir
from streetchief.cityfile import read_city
from streetchief.geo.datum import Datum
from streetchief.matching.calibrate import Calibration, calibrate
from streetchief.matching.ground import read_ground
from streetchief.matching.model import PlacingModel
from streetchief.matching.points import PointColumns
from streetchief.matching.quality import Graded, Quality
from streetchief.matching.quality_chart import quality_svg
from streetchief.matching.result import MatchBatch, Verdict
from streetchief.matching.trials import Labelled, read_labelled
from streetchief.words import both

SAMPLE = "sample_feed.csv"
LEAST_ROWS = 30
"""Known rows that a street needs before it is called bad: of five rows three may err by chance."""
DISTANCES_M = (0, 5, 10, 15, 20, 25, 30, 40, 60)
COUNT, RIGHT, MATCHED, MATCHED_RIGHT = (
    "件数 count",
    "第一候选正确 best right",
    "覆盖率 coverage",
    "matched 中正确 matched right",
)


@dataclass(frozen=True)
class Picture:
    """An SVG picture that a notebook shows."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True)
class Review:
    """Known rows, the model that placed them, and how it went; `mark` stands in the corner of every table."""

    rows: Labelled
    model: PlacingModel
    batch: MatchBatch
    graded: Graded
    mark: str | None

    @property
    def quality(self) -> Quality:
        """All figures."""
        return Quality.of(self.graded)

    @cached_property
    def calibration(self) -> Calibration:
        """What a model fitted to these rows is worth at places that it has not seen; BadInput if they are too few."""
        return calibrate(self.rows.ground.index, self.rows.xy, self.rows.truth, self.model)

    def picture(self) -> Picture:
        """The reliability diagram and the coverage curve."""
        return Picture(quality_svg(self.quality, self.model.threshold))

    def figures(self) -> pd.DataFrame:
        """How it went, in one line."""
        return self._frame([_line(self.quality)], ["默认 default"])

    def gain(self) -> pd.DataFrame:
        """The default against a model fitted to these rows, both at places not seen in the fit."""
        found = self.calibration
        return self._frame([_line(found.default), _line(found.fitted)], ["默认 default", "校准 calibrated"])

    def thresholds(self) -> pd.DataFrame:
        """What each threshold costs: rows from it on, and which share of these is right."""
        steps = self.quality.steps
        rows = [{MATCHED: step.coverage, MATCHED_RIGHT: step.right} for step in steps]
        return self._frame(rows, [f"{step.threshold:.2f}" for step in steps])

    def by_reason(self) -> pd.DataFrame:
        """Why rows are not matched, and how often the best street is right all the same; most errors first."""
        words = {code: both(f"reason.{code}") if code else "—" for code in set(self.batch.reason.tolist())}
        keys = [
            f"{Verdict(v).word} · {words[code]}" for v, code in zip(self.batch.verdict, self.batch.reason, strict=True)
        ]
        return self._grouped(keys)

    def by_distance(self) -> pd.DataFrame:
        """By metres to the chosen street: where points lie so that they err."""
        bands = np.searchsorted(DISTANCES_M, np.nan_to_num(self.batch.distance_m, nan=1e9), "right") - 1
        names = [f"{a}–{b} m" for a, b in pairwise(DISTANCES_M)] + ["无 none"]
        order = [name for number, name in enumerate(names) if (bands == number).any()]
        return self._grouped([names[band] for band in bands]).loc[order]

    def worst_streets(self, least_rows: int = LEAST_ROWS) -> pd.DataFrame:
        """True streets with at least so many known rows, the most often wrong first; ties by name.

        A row that names several streets (a crossing) counts for each.
        """
        names = self.rows.ground.index.street_names
        pairs = [(row, name) for row, streets in enumerate(self.rows.truth) for name in {names[s] for s in streets}]
        table = self._grouped([name for _, name in pairs], np.array([row for row, _ in pairs], dtype=np.int64))
        return table[table[COUNT] >= least_rows].sort_values(RIGHT, kind="stable")

    def _grouped(self, keys: Sequence[str], rows: np.ndarray | None = None) -> pd.DataFrame:
        graded = self.graded if rows is None else self.graded.only(rows)
        frame = pd.DataFrame({"key": keys, "right": graded.right, "matched": graded.matched})
        frame["sure"] = frame["right"].where(frame["matched"])
        groups = frame.groupby("key", sort=True)
        table = groups.agg(n=("right", "size"), r=("right", "mean"), m=("matched", "mean"), s=("sure", "mean"))
        table.columns = [COUNT, RIGHT, MATCHED, MATCHED_RIGHT]
        table["错误 wrong"] = groups.size() - groups["right"].sum()
        table = table.rename_axis(None).sort_values("错误 wrong", ascending=False, kind="stable")
        table.columns.name = self.mark
        return table.astype({MATCHED_RIGHT: float})

    def _frame(self, rows: list[dict[str, float | int | None]], names: list[str]) -> pd.DataFrame:
        table = pd.DataFrame(rows, names)
        table.columns.name = self.mark
        return table


def review(
    labels: str | Path | Sequence[str | Path] | None = None,
    streets: str | Path | None = None,
    *,
    label: str | None = None,
    lon: str | None = None,
    lat: str | None = None,
    address: str | None = None,
    datum: Datum = Datum.WGS84,
    model: PlacingModel | None = None,
) -> Review:
    """Place rows whose street is known, and grade them; without arguments the shipped sample, wholly synthetic.

    label, lon, lat   columns, guessed if not given; address: read as evidence only if given
    model             default: the shipped one with the curve of these rows

    Raises BadInput as `streetchief quality` does.
    """
    if labels is None:
        feed = read_city(shipped_city_file()).feeds[0]
        return _reviewed(
            [shipped_data_dir() / SAMPLE],
            shipped_data_dir() / "streets.geojson",
            PointColumns(None, "coordinate_x", "coordinate_y", address, "address"),
            Datum(feed.datum or Datum.WGS84),
            model,
            both("map.page.synthetic"),
        )
    files = [Path(labels)] if isinstance(labels, (str, Path)) else [Path(file) for file in labels]
    columns = PointColumns(None, lon, lat, address, label or "")
    return _reviewed(files, Path(streets or shipped_data_dir() / "streets.geojson"), columns, datum, model, None)


def _reviewed(
    files: Sequence[Path],
    streets: Path,
    columns: PointColumns,
    datum: Datum,
    model: PlacingModel | None,
    mark: str | None,
) -> Review:
    rows = read_labelled(files, read_ground(streets), columns, datum=datum)
    chosen = model or rows.default(PlacingModel.shipped())
    return Review(rows, chosen, *rows.placed(chosen), mark)


def _line(quality: Quality) -> dict[str, float | int | None]:
    return {
        COUNT: quality.rows,
        RIGHT: quality.best_right,
        MATCHED: quality.coverage,
        MATCHED_RIGHT: quality.matched_right,
        "对数损失 log loss": quality.log_loss,
        "校准误差 calibration error": quality.calibration_error,
    }
