"""``streetchief calibrate`` and ``quality`` from files to files, on a town made for it."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import geopandas
import numpy as np
import pytest

from streetchief.cli.main import run
from streetchief.geo.crs import to_lonlat
from streetchief.matching.model import PlacingModel
from tests.town.avenues import avenue_segments, known_rows
from tests.town.town import SRID


def call(*words: object, code: int = 0) -> tuple[str, str]:
    """The whole program in this process: what it says on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["streetchief", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            run()
    assert ended.value.code == code, err.getvalue()
    return out.getvalue(), err.getvalue()


def write_labels(path: Path, xy: np.ndarray, names: Sequence[str], column: str = "true_street") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "lon", "lat", column])
        rows = zip(to_lonlat(xy, SRID).tolist(), names, strict=True)
        writer.writerows([number, *place, name] for number, (place, name) in enumerate(rows))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("avenues")
    streets, segments = avenue_segments()
    names = {street.code: street.name for street in streets}
    lines = [{"name": names[s.street], "geometry": s.geometry} for s in segments]
    geopandas.GeoDataFrame(lines, crs=4326).to_file(found / "streets.geojson", driver="GeoJSON")
    write_labels(found / "labels.csv", *known_rows(2000))
    return found


@pytest.fixture(scope="module")
def model(folder: Path) -> Path:
    out = folder / "model.json"
    said, _ = call("calibrate", folder / "labels.csv", "--streets", folder / "streets.geojson", "-o", out)
    assert "2,000" in said and "log loss" in said and "对数损失" in said
    return out


def test_the_model_is_one_that_match_takes(folder: Path, model: Path) -> None:
    known = PlacingModel.from_json(json.loads(model.read_text("utf-8")))
    assert abs(known.curve.off_mean_m - 18) < 0.5
    said, _ = call(
        "match",
        folder / "labels.csv",
        "--streets",
        folder / "streets.geojson",
        "--model",
        model,
        "-o",
        folder / "a.csv",
    )
    assert known.version in said


def test_the_options_are_kept_in_the_model(folder: Path) -> None:
    out = folder / "options.json"
    call(
        "calibrate",
        folder / "labels.csv",
        "--streets",
        folder / "streets.geojson",
        "-o",
        out,
        "--reach-m",
        50,
        "--min-confidence",
        0.9,
    )
    known = PlacingModel.from_json(json.loads(out.read_text("utf-8")))
    assert (known.reach_m, known.threshold) == (50, 0.9)


def test_too_few_rows_are_refused(folder: Path) -> None:
    few = write_labels(folder / "few.csv", *known_rows(120))
    out = folder / "few.json"
    _, err = call("calibrate", few, "--streets", folder / "streets.geojson", "-o", out, code=2)
    assert "120" in err and "300" in err and "150" in err
    assert not out.exists()


def test_a_model_that_gains_nothing_is_kept_only_by_force(folder: Path) -> None:
    """Labels drawn with the default's own odds: it is right about them, and nothing but luck is left to learn."""
    streets, lot = folder / "streets.geojson", np.random.default_rng(4)
    call("match", folder / "labels.csv", "--streets", streets, "-o", folder / "odds.csv")
    with (folder / "odds.csv").open(encoding="utf-8", newline="") as file:
        sure = [(a, lot.random() < float(a["confidence"])) for a in csv.DictReader(file)]
    drawn = [a["street_name"] if luck else a["runner_up_street"] or "nowhere" for a, luck in sure]
    path, out = write_labels(folder / "drawn.csv", known_rows(2000)[0], drawn, column="所属街道"), folder / "drawn.json"
    _, err = call("calibrate", path, "--streets", streets, "-o", out, code=4)
    assert "--force" in err and not out.exists()
    call("calibrate", path, "--streets", streets, "-o", out, "--force")
    assert out.exists()


def test_no_label_column_is_refused(folder: Path) -> None:
    path = write_labels(folder / "plain.csv", *known_rows(10), column="remark")
    _, err = call("calibrate", path, "--streets", folder / "streets.geojson", "-o", folder / "no.json", code=2)
    assert "--label" in err and "remark" in err


def test_quality_places_first_where_streets_are_given(folder: Path, model: Path) -> None:
    figures = {}
    for name, options in (("default", ()), ("model", ("--model", model))):
        picture = folder / f"{name}.svg"
        said, _ = call(
            "quality", folder / "labels.csv", "--streets", folder / "streets.geojson", "-o", picture, *options
        )
        assert "labels.csv" in said
        assert picture.read_text("utf-8").startswith("<svg")
        figures[name] = json.loads(picture.with_name(f"{name}_figures.json").read_text("utf-8"))
    assert figures["model"]["coverage"] > figures["default"]["coverage"]
    assert figures["model"]["rows"] == 2000


def test_quality_of_a_placed_file_is_the_same(folder: Path, model: Path) -> None:
    streets = folder / "streets.geojson"
    call("match", folder / "labels.csv", "--streets", streets, "--model", model, "-o", folder / "answers.csv")
    with (folder / "answers.csv").open(encoding="utf-8", newline="") as file:
        answers = list(csv.DictReader(file))
    _, names = known_rows(2000)
    with (folder / "graded.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*answers[0], "label"])
        writer.writeheader()
        writer.writerows({**answer, "label": name} for answer, name in zip(answers, names, strict=True))
    call("quality", folder / "graded.csv", "-o", folder / "graded.svg")
    call("quality", folder / "labels.csv", "--streets", streets, "--model", model, "-o", folder / "placed.svg")
    first, second = (json.loads((folder / f"{n}_figures.json").read_text("utf-8")) for n in ("graded", "placed"))
    assert first == second
