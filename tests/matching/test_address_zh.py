"""Odd Chinese addresses, a row each with its reason."""

from __future__ import annotations

import pytest

from streetchief.matching.address import StreetNames, normalise_name
from tests.matching.nearly import nearly

YAAN = (
    "和平南路", "和平西路", "和兴路", "先锋路", "汉阙路", "宁雅路", "明珠路", "平南路", "青江路", "东大街", "汉碑街",
    "熊猫大道", "顺兴路", "康藏路", "正黄美食风情街",
)  # fmt: skip
CHENGDU = (
    "人民南路", "人民南路四段", "科华北路", "玉林三巷", "玉林街", "玉林南路", "玉林北路", "玉林东街", "一环路南三段",
    "十七街", "胜利村", "新南路", "高新大道永丰路", "永丰路", "倪家桥路", "玉林南街", "武侯祠大街", "东街",
)  # fmt: skip
SHANGHAI = ("南京东路", "中山路", "延安中路", "静安里", "号子胡同", "建国道", "B1路")

EXACT = [
    (YAAN, "和平南路12号", {"和平南路"}, "平南路 stands inside it and is not claimed"),
    (YAAN, "平南路12号", {"平南路"}, "but alone it is"),
    (YAAN, "太平南路12号", set(), "one odd character more is another street"),
    (YAAN, "和兴路3号", {"和兴路"}, "和 belongs to the name"),
    (YAAN, "和平西路和和兴路交叉口", {"和平西路", "和兴路"}, "and, then a name that starts with 和"),
    (YAAN, "先锋路和平南路口", {"先锋路", "和平南路"}, "和 is read as part of the longer name"),
    (YAAN, "先锋路与和平西路交叉口", {"先锋路", "和平西路"}, "与"),
    (YAAN, "先锋路、明珠路", {"先锋路", "明珠路"}, "an enumeration comma"),
    (YAAN, "先锋路/明珠路", {"先锋路", "明珠路"}, "a stroke"),
    (YAAN, "先锋路明珠路交汇处", {"先锋路", "明珠路"}, "nothing between the two"),
    (YAAN, "先锋路近明珠路", {"先锋路"}, "near: the place lies on the first"),
    (YAAN, "先锋路（靠近明珠路）", {"先锋路"}, "the same in brackets"),
    (YAAN, "四川省雅安市雨城区东大街5号", {"东大街"}, "a short name after province, city and district"),
    (YAAN, "雅安东大街5号", set(), "a short name after a bare town might be a longer name"),
    (YAAN, "雅安明珠路5号", {"明珠路"}, "a name of its own after a bare town"),
    (YAAN, "投诉宁雅路占道经营", {"宁雅路"}, "a sentence"),
    (YAAN, "市民反映汉阙路附近有人乱停车", {"汉阙路"}, "a longer sentence"),
    (YAAN, "明珠路对面", {"明珠路"}, "opposite"),
    (YAAN, "明珠路东段", {"明珠路"}, "a stretch of it"),
    (YAAN, "明珠路南侧18号", {"明珠路"}, "a side of it"),
    (YAAN, "青江路社区", set(), "a community named after the street is not the street"),
    (YAAN, "青江路社区明珠路3号", {"明珠路"}, "community, then street"),
    (YAAN, "青江街道办事处", set(), "the office is no street"),
    (YAAN, "明珠路小学门口", set(), "a school named after the street may lie elsewhere"),
    (YAAN, "明珠路派出所", set(), "and so may a police station"),
    (YAAN, "明珠路一巷", set(), "a lane off it has its own name"),
    (YAAN, "明珠路１２号", {"明珠路"}, "full-width figures"),
    (YAAN, "漢闕路", set(), "a character outside the small table is left alone"),
    (YAAN, "漢碑街12號", {"汉碑街"}, "traditional characters of the table"),
    (YAAN, "明 珠 路 3 号", {"明珠路"}, "spaces between the characters"),
    (YAAN, "熊猫大道与汉碑街", {"熊猫大道", "汉碑街"}, "大道 and 街"),
    (YAAN, "正黄美食风情街内", {"正黄美食风情街"}, "a long name"),
    (YAAN, "十字路口", set(), "any crossing"),
    (YAAN, "", set(), "nothing"),
    (CHENGDU, "人民南路四段27号", {"人民南路四段"}, "the section is in the network"),
    (CHENGDU, "人民南路4段27号", {"人民南路四段"}, "its number in figures"),
    (CHENGDU, "人民南路一段27号", {"人民南路"}, "the section is not: the street is"),
    (CHENGDU, "成都市武侯区人民南路", {"人民南路"}, "no section"),
    (CHENGDU, "玉林3巷2号", {"玉林三巷"}, "a lane's number in figures"),
    (CHENGDU, "１７街", {"十七街"}, "full-width, a name of figures only"),
    (CHENGDU, "一环路南3段", {"一环路南三段"}, "a ring road's section"),
    (CHENGDU, "1环路南三段", {"一环路南三段"}, "a ring road's number"),
    (CHENGDU, "玉林街道玉林南路", {"玉林南路"}, "街道 is no street, what follows is"),
    (CHENGDU, "玉林西街", set(), "东街 is not inside, and 玉林西街 is not there"),
    (CHENGDU, "老玉林东街口", set(), "one odd character before a name"),
    (CHENGDU, "新南路", {"新南路"}, "starts like another word"),
    (CHENGDU, "科华北路近新南路", {"科华北路"}, "near"),
    (CHENGDU, "高新大道永丰路5号", {"高新大道永丰路"}, "two street words in one name"),
    (CHENGDU, "永丰路5号", {"永丰路"}, "and its tail alone"),
    (CHENGDU, "胜利村5号", {"胜利村"}, "a name without a street word, before a number"),
    (CHENGDU, "胜利村村民投诉", set(), "in a sentence it is the village"),
    (CHENGDU, "倪家桥路口", {"倪家桥路"}, "the mouth of the street"),
    (CHENGDU, "玉林南路玉林北路口", {"玉林南路", "玉林北路"}, "two names, no joint"),
    (SHANGHAI, "中山路1234弄5号", {"中山路"}, "a lane number is an address on the street"),
    (SHANGHAI, "延安中路B座", {"延安中路"}, "a letter behind"),
    (SHANGHAI, "静安里3号", {"静安里"}, "里 before a number"),
    (SHANGHAI, "号子胡同", {"号子胡同"}, "胡同"),
    (SHANGHAI, "建国道120号", {"建国道"}, "道 as a street word"),
    (SHANGHAI, "ｂ1路与中山路", {"B1路", "中山路"}, "letters in a name"),
    (SHANGHAI, "南京東路", {"南京东路"}, "traditional east"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "text", "streets", "why"), EXACT, ids=[row[1] or "-" for row in EXACT])
def test_streets_named_in_full(network, text, streets, why):
    reading = StreetNames.of(network).read(text)
    assert {network[i] for i in reading.exact} == streets, why


FUZZY = [
    (YAAN, "河平南路3号", {"和平南路"}, "a wrong character"),
    (YAAN, "和平平南路3号", {"和平南路"}, "a doubled character"),
    (YAAN, "雅宁路3号", {"宁雅路"}, "two characters changed places"),
    (YAAN, "明朱路3号", set(), "three characters are too short for a wrong one"),
    (YAAN, "和平东路3号", set(), "another direction is another street"),
    (YAAN, "和平路3号", {"和平南路", "和平西路"}, "the direction is missing: both may be"),
    (YAAN, "明珠北路3号", {"明珠路"}, "a direction too many"),
    (YAAN, "和平南街3号", set(), "another suffix is another street"),
    (YAAN, "和平南3号", {"和平南路"}, "the suffix is missing"),
    (YAAN, "先锋与明珠交叉口", {"先锋路", "明珠路"}, "both suffixes are missing"),
    (YAAN, "平南路3号", set(), "named in full: nothing is left to guess"),
    (YAAN, "明珠路小学门口", {"明珠路"}, "a school named after the street: only if the street is near"),
    (YAAN, "明珠路社区", set(), "a community is no place on the street"),
    (YAAN, "先锋路明珠路小学门口", set(), "another street is named in full"),
    (CHENGDU, "玉林路3号", {"玉林南路", "玉林北路"}, "no direction: both may be"),
    (CHENGDU, "玉林四巷", set(), "a figure is never a typo"),
    (("电信后街", "玉林横街"), "电信前街3号", set(), "nor is front for back"),
    (("电信后街", "玉林横街"), "玉林正街5号", set(), "nor is main for cross"),
    (CHENGDU, "一环路南四段", set(), "another section is another street"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "text", "streets", "why"), FUZZY, ids=[row[1] for row in FUZZY])
def test_streets_nearly_named(network, text, streets, why):
    found = nearly(StreetNames.of(network), text, range(len(network)))
    assert {network[i] for i in found} == streets, why


def test_a_section_left_out_is_a_guess_among_the_near_ones():
    names = StreetNames.of(["人民南路三段", "人民南路四段"])
    assert names.read("人民南路12号").exact == frozenset()
    assert nearly(names, "人民南路12号", [1]) == {1}
    assert nearly(names, "人民南路二段", [0, 1]) == frozenset()


@pytest.mark.parametrize(
    ("text", "crossing"),
    [
        ("先锋路与明珠路交叉口", True),
        ("先锋路和明珠路", True),
        ("先锋路明珠路路口", True),
        ("先锋路与未知路交汇处", True),  # the other street is not in the network
        ("先锋路12号", False),
        ("先锋路路口", False),  # the mouth of one street
        ("先锋路近明珠路", False),
        ("和兴路", False),  # 和 is part of the name
    ],
)
def test_crossings(text, crossing):
    assert StreetNames.of(YAAN).read(text).crossing is crossing


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("雨城区玉兰路3号", "玉兰路"),
        ("太平南路12号", "太平南路"),
        ("明珠路东一巷", "明珠路东一巷"),
        ("先锋路与玉兰路交叉口", "玉兰路"),
        ("和平南路12号", ""),
        ("十字路口", ""),
        ("这里路边堆着建材", ""),
        ("这里垃圾袋堆在路边", ""),
        ("青江路社区", ""),
    ],
)
def test_a_street_that_the_network_does_not_have_is_said(text, unknown):
    assert StreetNames.of(YAAN).read(text).unknown == unknown


@pytest.mark.parametrize(
    ("one", "other"),
    [("人民南路4段", "人民南路四段"), ("玉林東路", "玉林东路"), ("１７街", "十七街"), ("玉 林 街", "玉林街")],
)
def test_names_are_normalised_to_one_form(one, other):
    assert normalise_name(one) == normalise_name(other) == other
