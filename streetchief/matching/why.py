"""Why a point was placed as it was: one readable paragraph, computed again by the matcher itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streetchief.geo.crs import to_lonlat
from streetchief.matching.address import Reading
from streetchief.matching.candidates import Candidates, candidates_near
from streetchief.matching.confidence import Judged, judge
from streetchief.matching.hearing import Heard, Hearing, hear
from streetchief.matching.index import StreetIndex
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel, SetBack
from streetchief.matching.result import Evidence, Verdict
from streetchief.words import say

FloatArray = NDArray[np.float64]

WORTH_SAYING = 0.01
"""Chance below which a street that is neither chosen nor named is only counted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A street that was weighed, and how likely geometry alone finds it; `named` = the text names it, in reach."""

    street: str
    segment: str
    distance_m: float
    likely: float
    past_end_m: float
    named: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """One placing with everything that it rests on.  `candidates` come nearest first, at most six, up to 80 m away."""

    lonlat: tuple[float, float]
    verdict: str
    reason: str
    street: str | None
    segment: str | None
    distance_m: float | None
    confidence: float | None
    evidence: str
    candidates: tuple[Candidate, ...]
    tokens: tuple[str, ...]
    unknown_name: str
    has_text: bool
    reach_m: float
    threshold: float
    curve: SetBack
    model_version: str
    streets_version: str

    def paragraph(self, language: str = "zh") -> str:
        """Where the point is, what was weighed, what the text says, the verdict and why, and which versions said so."""
        parts = (self._place(language), self._text(language), self._conclusion(language), self._versions(language))
        return ("" if language == "zh" else " ").join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return asdict(self) | {"paragraph": {language: self.paragraph(language) for language in ("zh", "en")}}

    def _place(self, language: str) -> str:
        lon, lat = self.lonlat
        if not (np.isfinite(lon) and np.isfinite(lat)):
            return say("why.no_point", language)
        if not self.candidates:
            return say("why.nothing_near", language, lon=lon, lat=lat, reach=self.reach_m)
        if self.street is None:
            first = self.candidates[0]
            return say(
                "why.all_out_of_reach",
                language,
                lon=lon,
                lat=lat,
                street=first.street,
                distance=first.distance_m,
                reach=self.reach_m,
            )
        shown = [c for c in self.candidates if c.named or c.likely >= WORTH_SAYING or c.street == self.street]
        listed = say("why.between", language).join(
            say(
                "why.candidate_named" if c.named else "why.candidate",
                language,
                street=c.street,
                distance=c.distance_m,
                likely=c.likely,
            )
            for c in shown
        )
        return say("why.point", language, lon=lon, lat=lat, listed=listed, rest=self._rest(language, len(shown)))

    def _rest(self, language: str, shown: int) -> str:
        streets = len(self.candidates) - shown
        return say("why.rest_one" if streets == 1 else "why.rest", language, streets=streets) if streets else ""

    def _text(self, language: str) -> str:
        if self.tokens:
            return say("why.text", language, tokens=say("why.between", language).join(self.tokens))
        nearly = [candidate.street for candidate in self.candidates if candidate.named]
        if nearly:
            return say("why.text_nearly", language, names=say("why.between", language).join(nearly))
        if self.unknown_name:
            return say("why.text_unknown", language, name=self.unknown_name)
        return say("why.text_silent" if self.has_text else "why.no_text", language)

    def _conclusion(self, language: str) -> str:
        verdict = say(f"verdict.{self.verdict}", language)
        if self.street is None:
            return say("why.unplaced", language, verdict=verdict, reason=say(f"reason.{self.reason}", language))
        said = say(
            "why.placed",
            language,
            verdict=verdict,
            best="" if self.verdict == Verdict.MATCHED.word else say(f"why.best_{self.verdict}", language),
            street=self.street,
            segment=self.segment,
            distance=self.distance_m,
            confidence=self.confidence,
            threshold=self.threshold,
            evidence=say(f"evidence.{self.evidence}", language),
        )
        if not self.reason:
            return said
        said += say("why.because", language, reason=say(f"reason.{self.reason}", language))
        alone = max((c.likely for c in self.candidates if c.segment == self.segment), default=0.0)
        if self.confidence is None or self.confidence >= alone:
            return said
        return said + say("why.lowered", language, alone=alone, confidence=self.confidence)

    def _versions(self, language: str) -> str:
        curve = self.curve
        return say(
            "why.versions",
            language,
            on=curve.on_share,
            on_m=curve.on_sigma_m,
            off=curve.off_share,
            off_m=curve.off_mean_m,
            off_spread_m=curve.off_sigma_m,
            model=self.model_version,
            streets=self.streets_version,
        )


def explain(index: StreetIndex, xy_row: FloatArray, model: PlacingModel, *, evidence: str | None = None) -> Explanation:
    """Explain the placing of one point, (2,) metres in ``index.metric_srid``, with the text that came with it.

    The verdict is that of `match_points`, called again; a point that is not finite is explained too.
    """
    xy = np.asarray(xy_row, dtype=np.float64).reshape(1, 2)
    batch = match_points(index, xy, model, evidence=[evidence])
    ((_, found),) = candidates_near(index, xy, model.reach_m)
    judged = judge(found, model.curve, model.coefficients)
    heard = hear(index.names, found, model.reach_m, [evidence])
    reading: Reading = index.names.read(evidence)
    street, segment = int(batch.street[0]), int(batch.segment[0])
    lon, lat = to_lonlat(xy, index.metric_srid)[0].tolist()
    return Explanation(
        lonlat=(round(lon, 6), round(lat, 6)),
        verdict=Verdict(batch.verdict[0]).word,
        reason=str(batch.reason[0]),
        street=index.street_names[street] if street >= 0 else None,
        segment=index.segment_codes[segment] if segment >= 0 else None,
        distance_m=float(batch.distance_m[0]) if street >= 0 else None,
        confidence=float(batch.confidence[0]) if street >= 0 else None,
        evidence=Evidence(batch.evidence[0]).word,
        candidates=_weighed(index, found, judged, heard),
        tokens=reading.tokens,
        unknown_name=reading.unknown if heard.said[0] == Heard.UNKNOWN else "",
        has_text=bool(evidence),
        reach_m=model.reach_m,
        threshold=model.threshold,
        curve=model.curve,
        model_version=model.version,
        streets_version=index.fingerprint,
    )


def _weighed(index: StreetIndex, found: Candidates, judged: Judged, heard: Hearing) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            street=index.street_names[found.street[k]],
            segment=index.segment_codes[found.segment[k]],
            distance_m=float(found.distance_m[k]),
            likely=float(judged.confidence[k]),
            past_end_m=round(float(found.past_end_m[k]), 1),
            named=bool(heard.named[k]),
        )
        for k in range(len(found))
    )
