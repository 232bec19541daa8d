"""Boston's addresses spoilt by a seeded script: what is right where the named street passes within 60 m."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from streetchief.geo.crs import to_xy
from streetchief.matching.address import normalise_name
from streetchief.matching.ground import Ground, read_ground
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.result import MatchBatch, Verdict
from streetchief.matching.scan import scan
from tests.real import damage
from tests.real.boston import streets_file
from tests.real.scoring import Boston, names_elsewhere


@pytest.fixture(scope="module")
def realdata() -> Path:
    return Path(os.environ["STREETCHIEF_REALDATA"]).resolve()


@pytest.fixture(scope="module")
def boston(realdata: Path) -> Boston:
    found = Boston.read(realdata)
    print(f"\n{'Boston, with addresses':26}{'changed':>9}{'right':>9}{'matched':>9}{'matched right':>15}")
    return found


@pytest.fixture(scope="module")
def ground(realdata: Path) -> Ground:
    return read_ground(streets_file(realdata))


def placed(ground: Ground, boston: Boston, texts: list[str]) -> MatchBatch:
    xy = to_xy(boston.lonlat, ground.index.metric_srid)
    return match_points(ground.index, xy, scan(ground.index, xy, PlacingModel.shipped()), evidence=texts)


@pytest.mark.parametrize(
    ("label", "spoilt", "least"),
    [
        ("as given", None, 0.99),
        ("one typo", damage.typo, 0.985),
        ("suffix or quarter dropped", damage.dropped, 0.985),
        ("both", damage.both, 0.96),
    ],
)
def test_right_within_60_m(
    boston: Boston, ground: Ground, label: str, spoilt: damage.Damage | None, least: float
) -> None:
    texts = damage.spoil(boston.texts, spoilt) if spoilt else boston.texts
    batch = placed(ground, boston, texts)
    names = [normalise_name(name) for name in ground.index.street_names]
    right = np.array([s >= 0 and names[s] in some for s, some in zip(batch.street, boston.named, strict=True)])
    matched = (batch.verdict == Verdict.MATCHED) & boston.passes_near
    changed = np.mean([new != old for new, old in zip(texts, boston.texts, strict=True)])
    share = right[boston.passes_near].mean()
    print(
        f"{label:26}{changed:>9.1%}{share:>9.2%}{matched[boston.passes_near].mean():>9.1%}{right[matched].mean():>15.2%}"
    )
    assert share >= least
    assert changed > 0.8 or spoilt is None, "the damage must be real"


@pytest.mark.parametrize(
    ("label", "spoilt"),
    [("another row's", None), ("… with a typo", damage.typo), ("… with a part dropped", damage.dropped)],
)
def test_text_and_point_that_disagree_are_not_matched(
    realdata: Path, boston: Boston, ground: Ground, label: str, spoilt: damage.Damage | None
) -> None:
    mixed = damage.shuffled(boston.texts)
    elsewhere = names_elsewhere(realdata, boston, mixed)
    batch = placed(ground, boston, damage.spoil(mixed, spoilt) if spoilt else mixed)
    called = (batch.verdict[elsewhere] == Verdict.MATCHED).mean()
    print(f"{label:26}{elsewhere.sum():>9,} rows, {called:.2%} called matched")
    assert elsewhere.sum() > 40_000
    assert called <= 0.01
