"""The placing model: what goes in comes out, and what is no model is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from streetchief.errors import BadInput
from streetchief.matching.model import PlacingModel, SetBack

MODEL = (
    PlacingModel.shipped(45, 0.9)
    .with_(curve=SetBack(0.2, 2.5, 0.6, 19.25, 5.0))
    .with_default_points(np.array([[1.5, 2.0]]))
)


def test_a_model_goes_through_json_unchanged() -> None:
    again = PlacingModel.from_json(json.loads(json.dumps(MODEL.to_json())))
    assert again == MODEL
    assert again.version == MODEL.version


def test_every_change_makes_another_version() -> None:
    changed = [
        MODEL.with_(reach_m=46.0),
        MODEL.with_(threshold=0.8),
        MODEL.with_(curve=SetBack()),
        MODEL.with_default_points(np.array([[3.0, 4.0]])),
        PlacingModel.shipped(45, 0.9),
    ]
    assert len({model.version for model in [MODEL, *changed]}) == 6
    assert MODEL.with_(reach_m=45.0).version == MODEL.version


def test_default_points_are_a_set() -> None:
    points = np.array([[5.0, 1.0], [1.5, 2.0], [5.0, 1.0], [np.nan, 1.0], [np.inf, 0.0]])
    model = MODEL.with_default_points(points)
    assert model.default_points == ((1.5, 2.0), (5.0, 1.0))
    assert MODEL.with_default_points(points[::-1]).version == model.version


@pytest.mark.parametrize(
    "changes",
    [
        {"form": 99},  # a later form
        {"form": 1},  # an earlier one, with a coefficient that it did not have
        {"reach_m": "far"},
        {"reach_m": -1},
        {"reach_m": float("nan")},
        {"threshold": 1.5},
        {"curve": {"on_share": 0.5}},  # an incomplete curve would silently take defaults for the rest …
        {"curve": {**MODEL.to_json()["curve"], "off_sigma_m": 0}},  # divides by nothing
        {"curve": {**MODEL.to_json()["curve"], "on_share": 0.9, "off_share": 0.9}},  # more than all
        {"curve": {**MODEL.to_json()["curve"], "extra": 1}},
        {"coefficients": None},
        {"default_points": [[1]]},
        {"default_points": 5},
    ],
)
def test_what_is_no_model_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        PlacingModel.from_json(MODEL.to_json() | changes)
    assert refused.value.code == "bad_placing_model"


@pytest.mark.parametrize("body", [[], "text", None, {}])
def test_other_json_is_refused(body: object) -> None:
    with pytest.raises(BadInput):
        PlacingModel.from_json(body)  # type: ignore[arg-type]


def test_a_stored_model_of_the_first_form_is_read_as_it_was() -> None:
    """What an earlier release stored had no weight for how far a street runs on."""
    body = MODEL.to_json() | {"form": 1}
    body["coefficients"] = {name: value for name, value in body["coefficients"].items() if name != "longer"}
    assert PlacingModel.from_json(body).coefficients.longer == 0.0
    assert PlacingModel.from_json(body).curve == MODEL.curve
