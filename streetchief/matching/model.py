"""What the matcher has learnt, as one frozen value with a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from math import isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from streetchief.errors import BadInput

FloatArray = NDArray[np.float64]

FORM = 2
"""Of the JSON; raised when the meaning of a field changes."""
_BEFORE_LONGER = 1
"""The form that did not know `Coefficients.longer`: it weighed nothing."""
SAME_PLACE_M = 0.5
"""Points nearer than this in x and in y are the same default point: feeds round to far less than a house."""


@dataclass(frozen=True, slots=True)
class SetBack:
    """How far from their street the complaints of a feed lie: a mixture of three densities over metres.

    f(d) = on_share · half-normal(on_sigma_m) + off_share · normal(off_mean_m, off_sigma_m) + rest · exponential(20 m).
    Points on the street's line make the first, centres of parcels beside it the second, all else the third.
    Source: BASELINES.md "Matching quality", step 3, but for the tail (`confidence.TAIL_M`).
    """

    on_share: float = 0.45
    on_sigma_m: float = 3.0
    off_share: float = 0.45
    off_mean_m: float = 18.0
    off_sigma_m: float = 6.0


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Of the log-odds that a candidate street is the right one; see `confidence.traits_of` for what each one weighs.

    These are for every feed whose city has not been calibrated.  Fitted as `calibrate` does it on Boston, January to
    June 2015, geometry alone, every place once, without labels for the curve; `longer` held at half of what Boston
    alone gives (0.65): in a city where long streets have no more addresses at their corners than short ones, the half
    costs little, and in Boston it keeps most of the gain.
    """

    constant: float = -1.94
    likelihood: float = 0.668
    nearer_10m: float = 0.647
    corner: float = 4.21
    parallel: float = 1.57
    to_end_30m: float = 0.470
    longer: float = 0.3


@dataclass(frozen=True)
class PlacingModel:
    """Everything besides the streets that an answer depends on.

    reach_m         farthest accepted distance
    threshold       least confidence that is called matched
    curve           of this feed
    coefficients    of the log-odds
    default_points  ((x, y), …) metres, sorted: where the feed's geocoder puts what it cannot place
    """

    reach_m: float = 60.0
    threshold: float = 0.80
    curve: SetBack = SetBack()
    coefficients: Coefficients = Coefficients()
    default_points: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        numbers = [self.reach_m, self.threshold, *asdict(self.curve).values(), *asdict(self.coefficients).values()]
        numbers += [value for point in self.default_points for value in point]
        curve = self.curve
        positive = self.reach_m > 0 and min(curve.on_sigma_m, curve.off_sigma_m) > 0
        shares = min(curve.on_share, curve.off_share) >= 0 and curve.on_share + curve.off_share <= 1
        if not (all(isfinite(n) for n in numbers) and positive and shares and 0 <= self.threshold <= 1):
            raise BadInput("bad_placing_model")

    @classmethod
    def shipped(cls, reach_m: float = 60.0, threshold: float = 0.80) -> PlacingModel:
        """The model that ships: published coefficients, a curve between the cities that were looked at."""
        return cls(reach_m=float(reach_m), threshold=float(threshold))

    def with_(self, **changes: Any) -> PlacingModel:
        """A copy with some fields changed; it has a version of its own."""
        return replace(self, **changes)

    def with_default_points(self, xy: FloatArray) -> PlacingModel:
        """A copy that knows these default points, (k, 2) metres, besides its own; rows not finite are ignored."""
        given = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        given = np.round(given[np.isfinite(given).all(axis=1)], 3)
        points = {*self.default_points, *((float(x), float(y)) for x, y in given)}
        return replace(self, default_points=tuple(sorted(points)))

    @cached_property
    def version(self) -> str:
        """A fingerprint of the content: equal models have equal versions."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON; `from_json` gives back an equal model."""
        return {
            "form": FORM,
            "reach_m": self.reach_m,
            "threshold": self.threshold,
            "curve": asdict(self.curve),
            "coefficients": asdict(self.coefficients),
            "default_points": [list(point) for point in self.default_points],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """From the values of `to_json`.  Raises BadInput for anything else."""
        try:
            weights = body["coefficients"]
            if body["form"] == _BEFORE_LONGER and "longer" not in weights:
                weights = {**weights, "longer": 0.0}
            elif body["form"] != FORM:
                raise BadInput("bad_placing_model")
            return cls(
                reach_m=float(body["reach_m"]),
                threshold=float(body["threshold"]),
                curve=SetBack(**_numbers(SetBack, body["curve"])),
                coefficients=Coefficients(**_numbers(Coefficients, weights)),
                default_points=tuple(sorted((float(x), float(y)) for x, y in body["default_points"])),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise BadInput("bad_placing_model") from fault


def _numbers(kind: type[SetBack] | type[Coefficients], body: Mapping[str, Any]) -> dict[str, float]:
    """Exactly the fields of `kind`: a missing one must not silently take its default."""
    names = [field.name for field in fields(kind)]
    if sorted(body) != sorted(names):
        raise KeyError(*body)
    return {name: float(body[name]) for name in names}
