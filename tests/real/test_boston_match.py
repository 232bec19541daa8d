"""Six months of Boston through ``streetchief match``, with and without the address."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests.real.boston import COLUMNS, complaint_files, streetchief, streets_file
from tests.real.scoring import HEADER, Boston, Score

PLACE_ALONE, WITH_ADDRESS = "place alone", "with the address"


@pytest.fixture(scope="module")
def realdata() -> Path:
    return Path(os.environ["STREETCHIEF_REALDATA"]).resolve()


@pytest.fixture(scope="module")
def boston(realdata: Path) -> Boston:
    return Boston.read(realdata)


@pytest.fixture(scope="module")
def answers(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    found = {}
    for label, options in ((PLACE_ALONE, []), (WITH_ADDRESS, ["--address", "LOCATION_STREET_NAME"])):
        out = tmp_path_factory.mktemp("boston") / "answers.csv"
        files, streets = complaint_files(realdata), streets_file(realdata)
        streetchief("match", *files, "--streets", streets, "-o", out, *COLUMNS, *options)
        with out.open(encoding="utf-8", newline="") as file:
            found[label] = list(csv.DictReader(file))
    return found


@pytest.fixture(scope="module")
def scores(boston: Boston, answers: dict[str, list[dict[str, str]]]) -> dict[tuple[str, str], Score]:
    spans = {"January to June": boston.month > 0, "May and June": boston.month >= 5}
    table = {}
    print("\n" + HEADER)
    for label, rows in answers.items():
        by_id = {row["id"]: row for row in rows}
        for span, mask in spans.items():
            table[label, span] = Score.of(boston, by_id, mask)
            print(table[label, span].line(f"{label}, {span[:3]}–Jun"))
    return table


def test_every_row_is_answered_in_order(realdata: Path, answers: dict[str, list[dict[str, str]]]) -> None:
    assert {label: len(rows) for label, rows in answers.items()} == {PLACE_ALONE: 58_119, WITH_ADDRESS: 58_119}
    assert [row["id"] for row in answers[PLACE_ALONE]] == [row["id"] for row in answers[WITH_ADDRESS]]


def test_the_most_probable_street_beats_the_nearest_line(scores: dict[tuple[str, str], Score]) -> None:
    for span in ("January to June", "May and June"):
        score = scores[PLACE_ALONE, span]
        assert score.best > score.nearest + 0.02
        assert score.best >= 0.79


def test_what_is_called_matched_is_right(scores: dict[tuple[str, str], Score]) -> None:
    score = scores[PLACE_ALONE, "January to June"]
    assert score.matched_right >= 0.93
    assert score.coverage >= 0.60
    assert score.calibration_error <= 0.03


def test_the_address_decides_where_its_street_is_near(scores: dict[tuple[str, str], Score]) -> None:
    assert scores[WITH_ADDRESS, "January to June"].near_right >= 0.99


def test_nothing_on_the_default_point_is_called_matched(answers: dict[str, list[dict[str, str]]]) -> None:
    for rows in answers.values():
        pile = [row for row in rows if row["lon"] == "-71.0587" and row["lat"] == "42.3594"]
        assert len(pile) > 8_000
        assert {(row["verdict"], row["reason"]) for row in pile} == {("suspect", "default_point")}
        assert all(row["street_name"] for row in pile)
