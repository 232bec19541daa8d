"""One look over a feed: the curve comes back without labels, and only true default points are found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel, SetBack
from streetchief.matching.scan import scan
from streetchief.matching.setback import PRIOR
from tests.town.town import paper, town

INDEX = town()
MODEL = PlacingModel.shipped()


def along_far_road(offsets_m: np.ndarray) -> np.ndarray:
    """A point an offset, spread along Far Road where nothing else is near."""
    x = np.linspace(2010, 2390, len(offsets_m))
    return paper(*zip(x, offsets_m, strict=True))


def drawn_offsets(on_share: float, on_sigma_m: float, mean_m: float, sigma_m: float, rows: int) -> np.ndarray:
    lot = np.random.default_rng(7)
    is_on = lot.random(rows) < on_share
    offset = np.where(is_on, np.abs(lot.normal(0, on_sigma_m, rows)), lot.normal(mean_m, sigma_m, rows))
    return offset * np.where(lot.random(rows) < 0.5, -1, 1)


@pytest.mark.parametrize(
    ("on_share", "on_sigma_m", "mean_m", "sigma_m"),
    [
        (0.9, 1.2, 18.0, 6.0),  # GPS on the carriageway
        (0.05, 3.0, 21.0, 5.0),  # centres of parcels
        (0.5, 4.0, 30.0, 4.0),  # half and half, wide streets
    ],
)
def test_the_curve_is_found_again_without_labels(
    on_share: float, on_sigma_m: float, mean_m: float, sigma_m: float
) -> None:
    curve = scan(INDEX, along_far_road(drawn_offsets(on_share, on_sigma_m, mean_m, sigma_m, 1500)), MODEL).curve
    assert abs(curve.on_share - on_share) < 0.08
    assert abs(curve.on_share + curve.off_share - 1) < 0.1
    if on_share >= 0.5:
        assert abs(curve.on_sigma_m - on_sigma_m) < 0.4
    if on_share <= 0.5:
        assert abs(curve.off_mean_m - mean_m) < 1.0
        assert abs(curve.off_sigma_m - sigma_m) < 1.0


def test_a_handful_of_rows_keeps_close_to_the_prior() -> None:
    curve = scan(INDEX, along_far_road(np.array([2.0, 2.0, 2.0])), MODEL).curve
    assert abs(curve.off_mean_m - PRIOR.off_mean_m) < 1
    assert abs(curve.on_share - PRIOR.on_share) < 0.15


def test_nothing_in_sight_keeps_the_model() -> None:
    for xy in (np.empty((0, 2)), np.full((3, 2), np.nan), paper((0, 5000))):
        assert scan(INDEX, xy, MODEL) == MODEL
    assert SetBack() == PRIOR


def test_the_order_of_rows_has_no_say() -> None:
    xy = np.vstack([along_far_road(drawn_offsets(0.4, 2.0, 19.0, 5.0, 3000)), np.repeat(paper((300, 8)), 30, axis=0)])
    texts = [None] * 3000 + [f"{i}" for i in range(30)]
    order = np.random.default_rng(3).permutation(len(xy))
    there = scan(INDEX, xy, MODEL, evidence=texts, default_point_rows=20)
    back = scan(INDEX, xy[order], MODEL, evidence=[texts[i] for i in order], default_point_rows=20)
    assert there.version == back.version
    assert len(there.default_points) == 1


# 100 rows on one coordinate, 8 m north of High Street and far from everything else; 50 unrelated rows make a default point
PILES: list[tuple[Sequence[str | None], bool, str]] = [
    ([None] * 100, True, "no text: the count decides"),
    (["大街100号"] * 100, False, "one house with a hundred complaints"),
    (["人民医院"] * 100, False, "one hospital, though its street is not named"),
    (["大街100号"] * 60 + [None] * 40, False, "one house, some rows without a text, too few unrelated"),
    (["大街100号"] * 30 + [None] * 70, False, "one house is one place, however many rows keep silent"),
    ([f"大街{i}号" for i in range(100)], False, "many doors of the one street that is here"),
    (["大街1号", "短弄2号"] * 50, False, "two streets that meet here: only 100 m off, but only two places"),
    (["大街1号", "远路3号", "教堂街5号", "磨坊路7号"] * 25, True, "four streets, three of them elsewhere"),
    ([None] * 70 + ["远路3号", "教堂街5号", "磨坊路7号"] * 10, True, "mostly silent, the others name streets elsewhere"),
    ([f"第{i}栋楼下" for i in range(100)], True, "a hundred texts that name no street: the count decides"),
    ([None] * 49, False, "too few"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "is_default", "why"), PILES)
def test_only_unrelated_rows_make_a_default_point(texts: Sequence[str | None], is_default: bool, why: str) -> None:
    xy = np.vstack([np.repeat(paper((300, 8)), len(texts), axis=0), paper((100, 8), (2100, 5))])
    model = scan(INDEX, xy, MODEL, evidence=[*texts, None, "远路"], default_point_rows=50)
    assert (len(model.default_points) == 1) == is_default, why
    assert not is_default or np.allclose(model.default_points, paper((300, 8)), atol=0.01)


STRAYS = ("教堂街1号", "远路3号", "磨坊路7号", "短弄2号", "后巷9号")
# rows on one coordinate 8 m north of High Street, in a file of 150; 200 unrelated rows make a default point
SMALL_PILES: list[tuple[Sequence[str | None], bool, str]] = [
    (STRAYS * 4, True, "twenty rows of five streets, all of them elsewhere"),
    ([*STRAYS * 4, *[None] * 40], True, "rows without a text say nothing against it"),
    ([*STRAYS * 4, *["大街100号"] * 20], True, "half of them name a street that is here: rows that are rightly there"),
    ([*STRAYS * 4, *["大街100号"] * 21], False, "most of them name the street that is here"),
    (STRAYS * 3, False, "fifteen rows: too few"),
    (["远路3号"] * 60, False, "one repeated address, though it lies elsewhere: a hot spot whose point is off"),
    ([f"远路{i}号" for i in range(60)], False, "many doors of one street: a feed in another datum"),
    (["远路3号", "磨坊路7号", "短弄2号", "后巷9号"] * 15, False, "four streets: each is a quarter of them"),
    ([None] * 60, False, "no text: nothing tells it from a hot spot"),
    ([f"第{i}栋楼下" for i in range(60)], False, "texts that name no street neither"),
]


@pytest.mark.parametrize(("texts", "is_default", "why"), SMALL_PILES)
def test_in_a_small_file_texts_that_disagree_make_a_default_point(
    texts: Sequence[str | None], is_default: bool, why: str
) -> None:
    rest = along_far_road(drawn_offsets(0.5, 3.0, 18.0, 5.0, 150 - len(texts)))
    xy = np.vstack([np.repeat(paper((300, 8)), len(texts), axis=0), rest])
    model = scan(INDEX, xy, MODEL, evidence=[*texts, *["远路"] * len(rest)])
    assert (len(model.default_points) == 1) == is_default, why
    assert scan(INDEX, xy, MODEL).default_points == (), "without texts the count decides"


def test_a_small_pile_in_a_great_file_is_none() -> None:
    xy = np.vstack([np.repeat(paper((300, 8)), 20, axis=0), along_far_road(np.full(1001, 20.0))])
    assert scan(INDEX, xy, MODEL, evidence=[*STRAYS * 4, *[None] * 1001]).default_points == ()
    assert len(scan(INDEX, xy[:1000], MODEL, evidence=[*STRAYS * 4, *[None] * 980]).default_points) == 1


def test_a_known_default_point_stays_known_and_does_not_bend_the_curve() -> None:
    known = MODEL.with_default_points(paper((300, 8)))
    xy = np.vstack([np.repeat(paper((300, 8)), 500, axis=0), along_far_road(np.full(300, 20.0))])
    model = scan(INDEX, xy, known, default_point_rows=10_000)
    assert model.default_points == known.default_points
    assert match_points(INDEX, paper((300, 8)), model).reason.tolist() == ["default_point"]
    assert abs(model.curve.off_mean_m - 20) < 0.5
