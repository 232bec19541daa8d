"""A model from known rows: what it learns, what it refuses, and that no place counts twice."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from streetchief.errors import BadInput
from streetchief.matching.calibrate import LEAST_ROWS, Calibration, calibrate, fit_coefficients
from streetchief.matching.labels import true_streets
from streetchief.matching.model import Coefficients, PlacingModel
from streetchief.matching.scan import scan
from tests.town.avenues import avenue_town, known_rows

INDEX = avenue_town()


def default(xy: np.ndarray) -> PlacingModel:
    return scan(INDEX, xy, PlacingModel.shipped())


def calibrated(xy: np.ndarray, names: list[str]) -> Calibration:
    return calibrate(INDEX, xy, true_streets(INDEX, names), default(xy))


@pytest.fixture(scope="module")
def learnt() -> Calibration:
    return calibrated(*known_rows(2000))


def test_it_learns_what_the_town_is_like(learnt: Calibration) -> None:
    """On rows at places that were not looked at more is right, much more is sure, and what is sure is so."""
    assert learnt.beats_default
    assert learnt.fitted.best_right > learnt.default.best_right
    assert learnt.fitted.coverage > learnt.default.coverage + 0.1
    assert learnt.fitted.matched_right >= 0.94
    assert learnt.fitted.log_loss == pytest.approx(learnt.default.log_loss - learnt.gain)
    assert learnt.fitted.calibration_error < min(learnt.default.calibration_error, 0.02)
    assert abs(learnt.model.curve.off_mean_m - 18) < 1
    assert (learnt.rows, learnt.places) == (2000, 1992)  # two in the same square metre are one place


def test_what_is_not_learnt_is_kept(learnt: Calibration) -> None:
    xy, names = known_rows(2000)
    there = default(xy).with_(reach_m=45.0, threshold=0.9).with_default_points(xy[:1])
    model = calibrate(INDEX, xy, true_streets(INDEX, names), there).model
    assert (model.reach_m, model.threshold, model.default_points) == (45.0, 0.9, there.default_points)
    assert learnt.model.version != default(xy).version


def test_a_model_of_the_town_is_not_beaten_by_another(learnt: Calibration) -> None:
    """Other rows of the same town have nothing to add to what is known of it but luck."""
    xy, names = known_rows(2000, seed=8)
    assert not calibrate(INDEX, xy, true_streets(INDEX, names), learnt.model).beats_default


def test_the_crowd_at_a_place_counts_once(learnt: Calibration) -> None:
    xy, names = known_rows(2000)
    crowd = np.concatenate([np.arange(2000), np.repeat(np.arange(50), 100)])
    again = calibrated(xy[crowd], [names[row] for row in crowd])
    assert again.places == learnt.places
    assert np.allclose(astuple(again.model.coefficients), astuple(learnt.model.coefficients), atol=2e-4)
    assert np.allclose(astuple(again.model.curve), astuple(learnt.model.curve), atol=2e-4)


def test_row_order_has_no_say(learnt: Calibration) -> None:
    xy, names = known_rows(2000)
    order = np.random.default_rng(3).permutation(2000)
    again = calibrated(xy[order], [names[row] for row in order])
    assert np.allclose(astuple(again.model.coefficients), astuple(learnt.model.coefficients), atol=2e-4)
    assert again.gain == pytest.approx(learnt.gain, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "copies", "why"),
    [
        (LEAST_ROWS - 1, 1, "too few rows"),
        (100, 5, "rows enough, but at too few places"),
        (0, 1, "none at all"),
    ],
)
def test_too_little_is_refused(rows: int, copies: int, why: str) -> None:
    xy, names = known_rows(rows)
    with pytest.raises(BadInput) as refused:
        calibrated(np.repeat(xy, copies, axis=0), [name for name in names for _ in range(copies)])
    assert refused.value.code == "too_few_labels", why


def test_rows_without_place_or_street_do_not_count() -> None:
    xy, names = known_rows(400)
    xy[:20] = np.nan
    found = calibrated(xy, [*names[:-30], *[""] * 30])
    assert found.rows == 350


def test_no_evidence_keeps_the_coefficients() -> None:
    columns, none = np.zeros((1, 7)), np.zeros(1, dtype=bool)
    columns[:, 0] = 1.0
    kept = fit_coefficients(columns, none, np.array([1e-12]), Coefficients())
    assert kept == Coefficients()
