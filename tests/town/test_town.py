"""The right answers of the toy town, each with the reason that a reader can see on the drawing."""

from __future__ import annotations

import numpy as np
import pytest

from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.result import Evidence, Verdict
from tests.town.town import paper, town

INDEX = town()
MODEL = PlacingModel.shipped()
# x, y, text, verdict, reason, street, segment, why it is so
CASES = [
    (-100, 15, None, "matched", "", "大街", "high-1", "a door on High Street, nothing else but Back Lane 51 m off"),
    (300, 8, None, "matched", "", "大街", "high-2", "alone on the other half of High Street"),
    (195, 100, None, "matched", "", "教堂街", "church-1", "half way up Church Street"),
    (-100, -18, None, "ambiguous", "parallel_streets", "大街", "high-1", "half way between two parallel streets: the longer one is likelier"),
    (-100, -18, "大街12号", "matched", "", "大街", "high-1", "… unless the text says which"),
    (-100, -18, "12 Back Lane", "matched", "", "后巷", "back-1", "… in either language"),
    (218, 182, None, "ambiguous", "near_junction", "磨坊路", "mill-1", "a corner lot: either street may be meant; Mill Road runs on farther"),
    (400, 95, None, "ambiguous", "past_end", "短弄", "short-1", "35 m beyond the end of the dead end"),
    (450, 50, None, "ambiguous", "far_from_street", "大街", "high-2", "50 m from both Short Close and High Street"),
    (600, 100, None, "too_far", "no_street_in_reach", None, None, "100 m from anything"),
    (600, 100, "大街", "too_far", "no_street_in_reach", None, None, "a name brings no street nearer"),
    (-100, 15, "远路3号", "suspect", "address_elsewhere", "大街", "high-1", "the text names a street 2 km away"),
    (-100, 15, "Far Road 3", "suspect", "address_elsewhere", "大街", "high-1", "… in either language"),
    (218, 30, "教堂街与大街交叉口", "matched", "", "教堂街", "church-1", "a crossing: the likelier of its two streets"),
    (-100, 15, "远路与大街交叉口", "matched", "", "大街", "high-1", "of a crossing the street that is here"),
    (-100, 15, "花园路3号", "ambiguous", "street_unknown", "大街", "high-1", "the text names a street that the map does not have"),
    (-100, 15, "12 Garden Road", "ambiguous", "street_unknown", "大街", "high-1", "… in either language"),
    (-100, 15, "三轮车卖水果堵路", "matched", "", "大街", "high-1", "a sentence that ends in 路 names no street"),
    (195, 100, "花园路与教堂街交叉口", "matched", "", "教堂街", "church-1", "… but of a crossing the known one is enough"),
    (-100, 15, "小区门口垃圾没人收", "matched", "", "大街", "high-1", "a text that names no street says nothing"),
    (-100, 15, "", "matched", "", "大街", "high-1", "no text says nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("x", "y", "text", "verdict", "reason", "street", "segment", "why"), CASES)
def test_the_drawing_shows_the_answer(
    x: float, y: float, text: str | None, verdict: str, reason: str, street: str | None, segment: str | None, why: str
) -> None:
    batch = match_points(INDEX, paper((x, y)), MODEL, evidence=[text])
    names, codes = [*INDEX.street_names, None], [*INDEX.segment_codes, None]
    found = (Verdict(batch.verdict[0]).word, batch.reason[0], names[batch.street[0]], codes[batch.segment[0]])
    assert found == (verdict, reason, street, segment), why


def test_what_the_choice_rests_on() -> None:
    places = [(-100, 15), (-100, 15), (-100, -24), (-100, 15), (-100, 15)]
    texts = [None, "大街1号", "后巷1号", "后巷1号", "远路1号"]
    batch = match_points(INDEX, paper(*places), MODEL, evidence=texts)
    words = [Evidence(value).word for value in batch.evidence]
    assert words == ["geometry", "both", "both", "address", "conflict"]


def test_where_along_the_segment_and_on_which_side() -> None:
    # high-2 is drawn from x = 600 to x = 0: north of it is its right hand
    batch = match_points(INDEX, paper((300, 10), (300, -10), (300, 0), (300, 10)), MODEL)
    np.testing.assert_allclose(batch.offset_m, 300, atol=0.01)
    np.testing.assert_allclose(batch.distance_m, [10, 10, 0, 10], atol=0.002)
    assert batch.side.tolist() == [1, -1, 0, 1]


def test_the_runner_up_and_its_margin() -> None:
    batch = match_points(INDEX, paper((-100, -10), (-100, 60), (300, 10)), MODEL)
    assert [INDEX.street_names[s] for s in batch.runner_up[:1]] == ["后巷"]
    np.testing.assert_allclose(batch.margin_m[0], 16, atol=0.002)
    assert batch.runner_up[2] == -1, "Short Close is 100 m away"
    assert np.isnan(batch.margin_m[2])


def test_a_default_point_is_never_matched() -> None:
    here = paper((300, 8))
    model = MODEL.with_default_points(here)
    batch = match_points(INDEX, np.vstack([here, here, paper((310, 8))]), model, evidence=[None, "大街8号", None])
    assert [Verdict(v).word for v in batch.verdict] == ["suspect", "suspect", "matched"]
    assert batch.reason.tolist() == ["default_point", "default_point", ""]
    assert INDEX.street_names[batch.street[0]] == "大街", "the best candidate is still named"


@pytest.mark.parametrize("bad", [(np.nan, 0.0), (0.0, np.nan), (np.inf, 0.0), (0.0, -np.inf)])
def test_a_point_that_is_nowhere_is_rejected_and_the_batch_goes_on(bad: tuple[float, float]) -> None:
    batch = match_points(INDEX, np.vstack([[bad], paper((300, 8))]), MODEL)
    assert [Verdict(v).word for v in batch.verdict] == ["rejected", "matched"]
    assert batch.reason[0] == "nan_coordinate"
    assert batch.street[0] == -1
    assert np.isnan(batch.confidence[0])


def test_the_reach_is_kept_to_the_millimetre() -> None:
    here = paper((300, 20))
    distance = float(match_points(INDEX, here, MODEL).distance_m[0])
    assert match_points(INDEX, here, MODEL.with_(reach_m=distance)).verdict[0] != Verdict.TOO_FAR
    assert match_points(INDEX, here, MODEL.with_(reach_m=distance - 0.001)).verdict[0] == Verdict.TOO_FAR
    far = match_points(INDEX, paper((600, 100)), MODEL.with_(reach_m=150.0))
    assert far.verdict[0] == Verdict.AMBIGUOUS, "a longer reach finds streets farther out than 80 m"


def test_no_points_and_no_streets() -> None:
    assert len(match_points(INDEX, np.empty((0, 2)), MODEL)) == 0
    empty = type(INDEX).from_segments((), (), INDEX.metric_srid)
    assert match_points(empty, paper((0, 0)), MODEL, evidence=["大街"]).verdict.tolist() == [Verdict.TOO_FAR]


def test_wrong_shapes_are_refused() -> None:
    for xy in (np.zeros(2), np.zeros((2, 3))):
        with pytest.raises(ValueError, match="xy must be"):
            match_points(INDEX, xy, MODEL)
    with pytest.raises(ValueError, match="1 texts for 2 points"):
        match_points(INDEX, np.zeros((2, 2)), MODEL, evidence=["x"])
