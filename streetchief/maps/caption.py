"""What a map says about itself: of when, from where, how sure, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from streetchief.words import entry, group


@dataclass(frozen=True, slots=True)
class Caption:
    """The caption of one map.  Texts are plain text; nothing in them can become markup.

    title             Chinese first, e.g. "青江街道投诉热力图"; title_en stands beside it
    data_from, _to    first and last city date of the data; None = unknown
    geometry_source   where the streets come from; attribution: what its licence asks us to print
    review_number     审图号; empty = 内部工作用图，未经审核不得公开
    synthetic         the complaints are made up: a banner says so
    schematic         the streets are drawn, not surveyed: 示意图
    drawn             complaints on the map; must equal the table's sum
    left_out          complaints not on the map; left_out_reasons: how many of them why (a verdict or any text → count)
    """

    title: str
    data_from: date | None
    data_to: date | None
    geometry_source: str
    attribution: str = ""
    review_number: str = ""
    synthetic: bool = False
    schematic: bool = False
    drawn: int = 0
    left_out: int = 0
    left_out_reasons: Mapping[str, int] = field(default_factory=dict)
    title_en: str = ""


def _filled(key: str, **values: object) -> dict[str, str]:
    return {language: text.format(**values) for language, text in entry(key).items()}


def review_line(caption: Caption) -> dict[str, str]:
    """The 审图号 slot, never empty."""
    if caption.review_number:
        return _filled("map.caption.review_number", number=caption.review_number)
    return entry("map.caption.internal")


def _dates(caption: Caption) -> dict[str, str]:
    if caption.data_from is None or caption.data_to is None:
        return entry("map.caption.dates_unknown")
    return _filled("map.caption.dates", first=caption.data_from.isoformat(), last=caption.data_to.isoformat())


def _left_out(caption: Caption) -> dict[str, str]:
    known = group("map.left_out")
    reasons = {
        language: comma.join(
            f"{known[why][language] if why in known else why} {n:,}" for why, n in caption.left_out_reasons.items()
        )
        for language, comma in (("zh", "、"), ("en", ", "))
    }
    if caption.left_out and not caption.left_out_reasons:
        reasons = entry("map.caption.left_out_default")
    if not caption.left_out:
        return _filled("map.caption.all_drawn", drawn=f"{caption.drawn:,}")
    return {
        language: text.format(drawn=f"{caption.drawn:,}", left_out=f"{caption.left_out:,}", why=reasons[language])
        for language, text in entry("map.caption.left_out").items()
    }


def caption_lines(caption: Caption, merged: Mapping[str, object]) -> list[dict[str, str]]:
    """The lines under the map, both languages.

    merged: what had to be made coarser, as the blanks of ``map.merged.<step>``; only the steps that happened.
    """
    lines = [_dates(caption), _left_out(caption)]
    for step, value in merged.items():
        lines.append(_filled(f"map.merged.{step}", value=value))
    lines.append(_filled("map.caption.source", source=caption.geometry_source or "-"))
    if caption.schematic:
        lines.append(entry("map.caption.schematic"))
    lines.append(entry("map.caption.relative"))
    return lines
