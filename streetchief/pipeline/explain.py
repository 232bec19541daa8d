"""Why a stored complaint stands where it stands: the same lines again, with the versions that placed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from geoalchemy2.shape import to_shape
from sqlalchemy import Engine

from streetchief.city import City
from streetchief.errors import NotFound
from streetchief.geo.crs import to_xy
from streetchief.intake import store
from streetchief.intake.tables import ComplaintRow
from streetchief.maps.casemap import draw_case
from streetchief.matching.result import Verdict
from streetchief.matching.why import Explanation as Placing
from streetchief.matching.why import explain as explain_placing
from streetchief.pipeline.context import Context
from streetchief.pipeline.receive import feed_context
from streetchief.registry.exports import shown_chief
from streetchief.storage.engine import transaction
from streetchief.words import LANGUAGES, say

JOINT = {"zh": "", "en": " "}
"""Between two sentences."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A placing and a routing in words.

    complaint  what is stored: verdict, street, departments, rule, versions
    placing    the matcher's own explanation, computed again with those versions
    chiefs     (tier, shown name) nearest to the residents first; private names are masked
    map_svg    the place with its candidates, see `maps.casemap`
    """

    complaint: dict[str, Any]
    placing: Placing
    routing: dict[str, str]
    chiefs: tuple[tuple[int, str], ...]
    map_svg: str

    def paragraph(self, language: str = "zh") -> str:
        """One readable paragraph."""
        return JOINT[language].join([self.placing.paragraph(language), self.routing[language]])

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {
            "complaint": self.complaint,
            "placing": self.placing.as_dict(),
            "chiefs": [{"tier": tier, "name": name} for tier, name in self.chiefs],
            "map_svg": self.map_svg,
            "paragraph": {language: self.paragraph(language) for language in ("zh", "en")},
        }


def explain(engine: Engine, city: City, feed_id: str, external_id: str) -> Explanation:
    """The explanation of one stored complaint.  Raises NotFound if there is no such complaint."""
    with transaction(engine) as session:
        row = store.complaint(session, feed_id, external_id)
        if row is None:
            raise NotFound(what=f"{feed_id} {external_id}")
        session.expunge(row)
    context = feed_context(engine, city, city.feed(feed_id), registry=row.registry_version, model=row.model_version)
    if context is None:
        raise NotFound(what=f"placing model {row.model_version}")
    return explain_row(context, row)


def explain_row(context: Context, row: ComplaintRow) -> Explanation:
    """The explanation of a complaint under the context that placed it.

    The address was scrubbed of telephone numbers when it was stored; street names are not touched by that.
    """
    lonlat = np.array([[to_shape(row.geom).x, to_shape(row.geom).y]])
    xy = to_xy(lonlat, context.city.metric_srid)[0]
    placing = explain_placing(context.index, xy, context.model, evidence=row.address or row.text)
    on = row.reported_at.astimezone(context.city.zone).date()
    segment = row.segment_code if row.verdict == Verdict.MATCHED.word else None
    chiefs = context.registry.chiefs_on(segment, on) if segment else ()
    shown = tuple((chief.tier, shown_chief(chief)) for chief in chiefs)
    return Explanation(
        _stored(row), placing, _routing(row, context, shown), shown, draw_case(context.index, xy, placing)
    )


def _stored(row: ComplaintRow) -> dict[str, Any]:
    names = (
        "feed external_id verdict reason confidence evidence segment_code street_name distance_m runner_up_street "
        "margin_m area_code department supervisor co_departments rule triage_reason registry_version model_version"
    )
    return {name: getattr(row, name) for name in names.split()}


def _routing(row: ComplaintRow, context: Context, chiefs: tuple[tuple[int, str], ...]) -> dict[str, str]:
    names = {d.code: {"zh": d.name_zh, "en": d.name_en} for d in context.registry.departments}
    rules = {rule.order: rule for rule in context.registry.rules}
    in_charge = said_chiefs(context.city, row.segment_code if row.verdict == Verdict.MATCHED.word else None, chiefs)
    said = {}
    for language in LANGUAGES:
        if row.department is None or row.rule is None:
            text = say("why.triage", language, reason=say(f"triage.{row.triage_reason}", language))
        else:
            text = say(
                "why.routed",
                language,
                rule=row.rule,
                basis=_in(language, rules[row.rule].basis),
                department=names[row.department][language],
                supervisor=names[row.supervisor or row.department][language],
            )
        said[language] = JOINT[language].join(filter(None, [text, in_charge[language]]))
    return said


def said_chiefs(city: City, segment: str | None, chiefs: Sequence[tuple[int, str]]) -> dict[str, str]:
    """The chiefs (tier, shown name) of a segment as a sentence in each language; "" where there is no segment."""
    if segment is None:
        return dict.fromkeys(LANGUAGES, "")
    if not chiefs:
        return {language: say("why.no_chief", language) for language in LANGUAGES}
    between = {"zh": "、", "en": ", "}
    return {
        language: say(
            "why.chiefs", language, names=between[language].join(_titled(city, *one, language) for one in chiefs)
        )
        for language in LANGUAGES
    }


def _titled(city: City, tier: int, name: str, language: str) -> str:
    titles = {t.tier: {"zh": t.title.zh, "en": t.title.en} for t in city.tiers}
    return f"{titles[tier][language]} {name}" if tier in titles else name


def _in(language: str, text: str) -> str:
    """One language of an office's own text, which may say both: Chinese, `` / ``, English."""
    parts = text.split(" / ")
    return (parts[LANGUAGES.index(language)] if len(parts) == len(LANGUAGES) else text) or "-"
