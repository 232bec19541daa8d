"""Laws of the matcher: nothing but the record and the context may change an answer."""

from __future__ import annotations

import pickle
from dataclasses import fields
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetchief.matching.index import StreetIndex
from streetchief.matching.match import match_points
from streetchief.matching.model import PlacingModel, SetBack
from streetchief.matching.result import Evidence, MatchBatch, Verdict
from streetchief.registry.model import Registry, Segment, Span, Street
from tests.matching.test_candidates import drawings, drawn, index_of, metres, place
from tests.town.town import paper, town

MODEL = PlacingModel.shipped()
records = st.lists(
    st.tuples(place, st.sampled_from([None, "street 1", "street 2 no 5", "nothing"])), min_size=1, max_size=20
)
FAR = [(0, [(9000.0, 9000.0), (9100.0, 9000.0)]), (7, [(-9000.0, 0.0), (-9000.0, 50.0)])]


def answers(index: StreetIndex, batch: MatchBatch) -> list[tuple[object, ...]]:
    """Rows with names for positions, floats as their bytes."""
    streets, segments = [*index.street_codes, None], [*index.segment_codes, None]
    named = {"street": streets, "runner_up": streets, "segment": segments}
    rows = []
    for row in range(len(batch)):
        values = {f.name: getattr(batch, f.name)[row] for f in fields(MatchBatch)}
        rows.append(
            tuple(
                named[name][value] if name in named else value.tobytes() if isinstance(value, np.generic) else value
                for name, value in values.items()
            )
        )
    return rows


def split(recs: list[tuple[tuple[float, float], str | None]]) -> tuple[np.ndarray, list[str | None]]:
    return metres([place for place, _ in recs]), [text for _, text in recs]


@settings(max_examples=80, deadline=None)
@given(drawings, records, st.randoms(use_true_random=False))
def test_order_batches_and_far_streets_change_no_byte(drawing, recs, random) -> None:  # type: ignore[no-untyped-def]
    segments = drawn(drawing)
    index = index_of(segments)
    xy, texts = split(recs)
    whole = answers(index, match_points(index, xy, MODEL, evidence=texts))

    one_by_one = [
        answers(index, match_points(index, xy[i : i + 1], MODEL, evidence=texts[i : i + 1]))[0] for i in range(len(xy))
    ]
    assert one_by_one == whole

    turned = answers(index, match_points(index, xy[::-1], MODEL, evidence=texts[::-1]))
    assert turned[::-1] == whole

    shuffled = list(segments)
    random.shuffle(shuffled)
    assert index_of(shuffled).fingerprint == index.fingerprint
    assert answers(index_of(shuffled), match_points(index_of(shuffled), xy, MODEL, evidence=texts)) == whole

    far = [Segment(f"zz{n}", "street far away", s.geometry) for n, s in enumerate(drawn(FAR))]
    larger = index_of([*segments, *far])
    assert answers(larger, match_points(larger, xy, MODEL, evidence=texts)) == whole


@settings(max_examples=60, deadline=None)
@given(drawings, records)
def test_what_holds_for_every_answer(drawing, recs) -> None:  # type: ignore[no-untyped-def]
    index = index_of(drawn(drawing))
    xy, texts = split(recs)
    batch = match_points(index, xy, MODEL, evidence=texts)
    placed = batch.street >= 0
    assert (placed == (batch.segment >= 0)).all()
    assert (placed == (batch.verdict != Verdict.TOO_FAR)).all()
    assert (index.segment_street[batch.segment[placed]] == batch.street[placed]).all()
    assert (batch.distance_m[placed] <= MODEL.reach_m).all()
    assert ((batch.confidence[placed] >= 0) & (batch.confidence[placed] <= 1)).all()
    assert np.isnan(batch.confidence[~placed]).all()
    assert (batch.runner_up[placed] != batch.street[placed]).all()
    assert ((batch.verdict == Verdict.MATCHED) == (batch.reason == "")).all()
    assert (batch.confidence[batch.verdict == Verdict.MATCHED] >= MODEL.threshold).all()


def test_an_index_travels_small_and_answers_the_same() -> None:
    index = town()
    xy = metres([(10.0 * x, 7.0) for x in range(-10, 40)])
    before = answers(index, match_points(index, xy, MODEL, evidence=["大街"] * len(xy)))
    sent = pickle.dumps(index)
    other = pickle.loads(sent)
    assert len(sent) < 10_000
    assert answers(other, match_points(other, xy, MODEL, evidence=["大街"] * len(xy))) == before


def test_only_segments_in_force_are_indexed() -> None:
    from_2020, ended = Span(from_on=date(2020, 1, 1)), Span(to_on=date(2020, 1, 1))
    a, b = drawn([(0, [(0, 0), (10, 0)]), (0, [(0, 5), (10, 5)])])
    registry = Registry(
        streets=(Street("street 0", "street 0"),),
        segments=(
            Segment(a.code, a.street, a.geometry, on=ended),
            Segment(b.code, b.street, b.geometry, on=from_2020),
        ),
    )
    codes = {
        on: StreetIndex.from_registry(registry, 32650, on).segment_codes
        for on in (None, date(2019, 6, 1), date(2021, 6, 1))
    }
    assert codes == {None: (b.code,), date(2019, 6, 1): (a.code,), date(2021, 6, 1): (b.code,)}


def test_a_lower_threshold_matches_more_and_changes_nothing_else() -> None:
    index = town()
    xy = metres([(x, y) for x in range(-100, 420, 37) for y in range(-50, 240, 23)])
    strict = match_points(index, xy, MODEL.with_(threshold=0.95))
    loose = match_points(index, xy, MODEL.with_(threshold=0.5))
    assert (strict.verdict == Verdict.MATCHED).sum() < (loose.verdict == Verdict.MATCHED).sum()
    np.testing.assert_array_equal(strict.street, loose.street)
    np.testing.assert_array_equal(strict.confidence, loose.confidence)


@pytest.mark.parametrize(("text", "least"), [("大街3号", 0.995), ("12 Hihg Street", 0.985)])
def test_a_text_that_agrees_never_makes_less_sure(text: str, least: float) -> None:
    """Where the place alone is surer than an agreeing text is worth, it keeps its word."""
    index, model = town(), MODEL.with_(curve=SetBack(0.98, 1.0, 0.01, 18.0, 6.0))
    xy = paper(*((x, y) for x in (300, 100, -100) for y in (0.2, 8, 20)))
    alone, told = match_points(index, xy, model), match_points(index, xy, model, evidence=[text] * len(xy))
    assert (told.evidence == Evidence.BOTH).all()
    assert told.confidence.tolist() == [max(sure, least) for sure in alone.confidence]
    assert (alone.confidence > 0.995).tolist() == [True, False, False] * 3
