from __future__ import annotations

from streetchief.maps.caption import caption_lines, review_line
from tests.maps.toymap import toy_caption


def said(language: str, merged: dict[str, object] | None = None, **changes: object) -> str:
    return "\n".join(line[language] for line in caption_lines(toy_caption(2000, **changes), merged or {}))


def test_review_number_is_never_empty() -> None:
    assert review_line(toy_caption(0))["zh"] == "内部工作用图，未经审核不得公开"
    assert review_line(toy_caption(0, review_number="川S(2026)1号"))["zh"] == "审图号：川S(2026)1号"


def test_dates_source_and_counts() -> None:
    zh, en = said("zh"), said("en")
    assert "2026-08-01 至 2026-11-23" in zh
    assert "示意线形" in zh
    assert "图上 2,000 件，未上图 37 件（位置可疑 30、离街道太远 7）" in zh
    assert "2,000 complaints drawn, 37 left out (place in doubt 30, too far from any street 7)" in en
    assert "示意图" in zh
    assert "相对疏密" in zh


def test_what_is_not_so_is_not_said() -> None:
    zh = said("zh", schematic=False, left_out=0, left_out_reasons={}, data_from=None)
    assert "示意图" not in zh
    assert "没有未上图的" in zh
    assert "数据日期：未知" in zh


def test_a_reason_of_the_callers_own_and_no_reason() -> None:
    assert "未上图 37 件（市政厅默认点 37）" in said("zh", left_out_reasons={"市政厅默认点": 37})
    assert "市政厅默认点 37" in said("en", left_out_reasons={"市政厅默认点": 37})
    assert "默认点" in said("zh", left_out_reasons={})


def test_what_was_merged_is_said() -> None:
    zh = said("zh", {"cells": 16, "quarters": 3, "categories": 12})
    assert "16 级" in zh
    assert "季度" in zh
    assert "12 个较少的类别" in zh


def test_braces_in_texts_stay_as_they_are() -> None:
    assert "{n} {0} {drawn}" in said("zh", geometry_source="{n} {0} {drawn}")
