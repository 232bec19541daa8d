"""The paragraph says what a reader needs, in both languages, and its verdict is the matcher's."""

from __future__ import annotations

import json

import numpy as np
import pytest

from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.result import Verdict
from streetchief.matching.why import explain
from tests.town.town import paper, town

INDEX = town()
MODEL = PlacingModel.shipped()
CASES = [
    # place, text, what the Chinese paragraph says, what the English one says
    (
        (-100, 15),
        "大街12号",
        ["大街", "15.0 米", "文字点名", "已归路", "文字和位置一致"],
        ["15.0 m", "named by the text", "matched"],
    ),
    (
        (-100, 15),
        "远路3号",
        ["远路", "位置可疑", "文字写的街道不在这个点附近", "因此降到"],
        ["suspect", "not near the point", "lowers it to"],
    ),
    ((-100, -18), None, ["后巷", "存疑", "平行", "没有附带文字"], ["ambiguous", "parallel", "No text"]),
    ((600, 500), None, ["离街道太远", "没有街道"], ["too far", "no street"]),
    ((300, -70), None, ["离街道太远", "最近的街道是 大街，远在 70.0 米之外"], ["nearest street is 大街, 70.0 m"]),
    ((340, 8), None, ["大街（8.0 米", "另有 1 条不到 1%"], ["one more below 1%"]),
    ((195, 100), "12 Chruch St", ["很像：教堂街", "已归路"], ["nearly names: 教堂街", "matched"]),
    ((300, 8), "不存在的花园路8号", ["花园路", "不在街道台账"], ["the network does not have"]),
    ((300, 8), "垃圾没人收", ["没有认出"], ["no street of the network"]),
]


@pytest.mark.parametrize(("place", "text", "chinese", "english"), CASES)
def test_the_paragraph_says_it(
    place: tuple[float, float], text: str | None, chinese: list[str], english: list[str]
) -> None:
    why = explain(INDEX, paper(place)[0], MODEL, evidence=text)
    for language, words in (("zh", chinese), ("en", english)):
        paragraph = why.paragraph(language)
        assert [word for word in words if word not in paragraph] == [], paragraph
        assert MODEL.version in paragraph
        assert INDEX.fingerprint in paragraph
        assert "\n" not in paragraph
    batch = match_points(INDEX, paper(place), MODEL, evidence=[text])
    assert (why.verdict, why.reason) == (Verdict(batch.verdict[0]).word, batch.reason[0])
    assert json.loads(json.dumps(why.as_dict(), ensure_ascii=False))["verdict"] == why.verdict


def test_a_default_point_is_explained() -> None:
    here = paper((300, 8))
    why = explain(INDEX, here[0], MODEL.with_default_points(here))
    assert (why.verdict, why.reason, why.street) == ("suspect", "default_point", "大街")
    assert "默认点" in why.paragraph("zh")


def test_a_point_that_is_nowhere_is_explained() -> None:
    why = explain(INDEX, np.array([np.nan, 1.0]), MODEL, evidence="大街")
    assert why.verdict == "rejected"
    assert "没有可用的坐标" in why.paragraph("zh")
    assert "no usable coordinate" in why.paragraph("en")


def test_what_a_text_says_besides_street_names_is_not_repeated() -> None:
    why = explain(INDEX, paper((300, 8))[0], MODEL, evidence="大街8号张三13800000000")
    assert "13800000000" not in json.dumps(why.as_dict(), ensure_ascii=False)
    assert "张三" not in json.dumps(why.as_dict(), ensure_ascii=False)


def test_words_that_only_end_like_a_road_are_not_repeated() -> None:
    why = explain(INDEX, paper((300, 8))[0], MODEL, evidence="老王的三轮车卖水果堵路")
    assert "没有认出" in why.paragraph("zh")
    assert "三轮车" not in json.dumps(why.as_dict(), ensure_ascii=False)
