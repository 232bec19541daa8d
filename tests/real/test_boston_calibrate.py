"""Boston split by time and by place: fitted on January to April, scored on May and June, geometry alone."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from tests.real.boston import COLUMNS, LABEL, complaint_files, streetchief, streets_file
from tests.real.scoring import HEADER, Boston, Score

FITTED, SHIPPED = "calibrated", "shipped"
LATER, NEW_PLACES = "May and June", "places not seen"


@pytest.fixture(scope="module")
def realdata() -> Path:
    return Path(os.environ["STREETCHIEF_REALDATA"]).resolve()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calibrated")


@pytest.fixture(scope="module")
def model(realdata: Path, folder: Path) -> Path:
    out = folder / "boston.json"
    early = complaint_files(realdata)[:4]
    said = streetchief("calibrate", *early, "--streets", streets_file(realdata), "-o", out, *COLUMNS, "--label", LABEL)
    print("\n" + said)
    return out


@pytest.fixture(scope="module")
def scores(realdata: Path, folder: Path, model: Path) -> dict[tuple[str, str], Score]:
    boston = Boston.read(realdata)
    late = complaint_files(realdata)[4:]
    table = {}
    print("\n" + HEADER)
    for label, options in ((FITTED, ("--model", model)), (SHIPPED, ())):
        out = folder / f"{label}.csv"
        streetchief("match", *late, "--streets", streets_file(realdata), "-o", out, *COLUMNS, *options)
        with out.open(encoding="utf-8", newline="") as file:
            answers = {row["id"]: row for row in csv.DictReader(file)}
        for span, mask in ((LATER, boston.month >= 5), (NEW_PLACES, boston.unseen_before(5))):
            table[label, span] = Score.of(boston, answers, mask)
            print(table[label, span].line(f"{label}, {span}"))
    return table


def test_the_later_months(scores: dict[tuple[str, str], Score]) -> None:
    score = scores[FITTED, LATER]
    assert score.best >= 0.79
    assert score.matched_right >= 0.93
    assert score.coverage >= 0.60
    assert score.calibration_error <= 0.03


def test_places_that_were_not_seen(scores: dict[tuple[str, str], Score]) -> None:
    score = scores[FITTED, NEW_PLACES]
    assert score.matched_right >= 0.94
    assert score.coverage >= 0.68
    assert score.calibration_error <= 0.03


def test_the_default_stands_on_its_own(scores: dict[tuple[str, str], Score]) -> None:
    assert scores[SHIPPED, LATER].matched_right >= 0.95
    assert scores[SHIPPED, NEW_PLACES].matched_right >= 0.95
    assert scores[SHIPPED, NEW_PLACES].coverage >= 0.68
    assert max(scores[SHIPPED, span].calibration_error for span in (LATER, NEW_PLACES)) <= 0.03


def test_calibration_gains_on_both(scores: dict[tuple[str, str], Score]) -> None:
    for span in (LATER, NEW_PLACES):
        fitted, shipped = scores[FITTED, span], scores[SHIPPED, span]
        assert fitted.coverage > shipped.coverage
        assert fitted.best >= shipped.best


def test_quality_draws_the_later_months(realdata: Path, folder: Path, model: Path) -> None:
    picture = folder / "june.svg"
    june = complaint_files(realdata)[5]
    said = streetchief(
        "quality", june, "--streets", streets_file(realdata), "--model", model, "--label", LABEL, "-o", picture
    )
    print("\n" + said)
    figures = json.loads(picture.with_name("june_figures.json").read_text("utf-8"))
    assert figures["calibration_error"] <= 0.03
    assert picture.read_text("utf-8").count("<circle") == 10 + len(figures["steps"])
