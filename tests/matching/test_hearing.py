"""What a text says about the streets near a point, where it is only half read: verdicts on the toy town."""

from __future__ import annotations

import pytest

from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel
from streetchief.matching.result import Evidence, Verdict
from tests.town.town import paper, town

INDEX = town()
MODEL = PlacingModel.shipped()
CORNER, FAR = (212, 12), (2200, 12)


@pytest.mark.parametrize(
    ("place", "text", "verdict", "evidence", "why"),
    [
        (CORNER, "High Street & Church Street", "matched", "both", "both as in the network"),
        (CORNER, "High Street & Chuurch Street", "matched", "both", "one misspelt: both count"),
        (CORNER, "Far Road & Chuurch Street", "matched", "address", "the known one is out of reach, the misspelt one here"),
        (CORNER, "Chuurch Street & Far Road", "matched", "address", "in any order"),
        (CORNER, "Far Road near Chuurch Street", "suspect", "conflict", "no crossing: it lies on Far Road"),
        (CORNER, "Far Road", "suspect", "conflict", "another place altogether"),
        (FAR, "12 Church", "suspect", "conflict", "the suffix is left out, and no Church Street is here"),
        (FAR, "INTERSECTION Church & High", "suspect", "conflict", "two of them"),
        (FAR, "12 CHURCH", "suspect", "conflict", "in capitals"),
        (FAR, "12 church", "suspect", "conflict", "in small letters"),
        (CORNER, "12 Church", "matched", "address", "here it is"),
        (FAR, "12 Chruch", "ambiguous", "conflict", "a house number and a name: an address of some other street"),
        (FAR, "INTERSECTION Hgih Street & Broadway", "ambiguous", "conflict", "a crossing of streets that nobody knows"),
        (FAR, "3 bags of waste", "matched", "geometry", "a number, but no name"),
        (FAR, "the church bell rings", "matched", "geometry", "no house number"),
    ],
)  # fmt: skip
def test_half_read_texts(place: tuple[float, float], text: str, verdict: str, evidence: str, why: str) -> None:
    batch = match_points(INDEX, paper(place), MODEL, evidence=[text])
    assert (Verdict(batch.verdict[0]).word, Evidence(batch.evidence[0]).word) == (verdict, evidence), why
