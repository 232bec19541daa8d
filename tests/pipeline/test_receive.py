"""Intake into a real PostGIS: sums hold, nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from streetchief.errors import BadInput, Conflict, NotFound
from streetchief.intake import store
from streetchief.intake.tables import ComplaintPrivateRow, ComplaintRow, DeadLetterRow, IntakeRunRow
from streetchief.pipeline.deadletters import mend, replay
from streetchief.pipeline.explain import explain
from streetchief.pipeline.export import write_complaints
from streetchief.pipeline.heat import heatmap_page
from streetchief.pipeline.receive import receive_file
from streetchief.registry import service
from streetchief.storage.engine import transaction
from tests.pipeline.squares import CITY, FEED, REGISTRY, row, write_feed

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def engine(database_engine: Engine) -> Engine:
    service.publish(database_engine, CITY, REGISTRY, "squared paper")
    return database_engine


def take(engine: Engine, path: Path, rows: int = 100) -> dict[str, Any]:
    return receive_file(engine, CITY, FEED, path, clock=lambda: NOW, progress=lambda n: None, rows=rows)


def dump(engine: Engine) -> list[Any]:
    """Everything that an intake may change, without the run's own line."""
    with transaction(engine) as session:
        names = (t.__tablename__ for t in (ComplaintRow, ComplaintPrivateRow, DeadLetterRow))
        return [list(session.scalars(text(f"select t::text from {name} t order by 1"))) for name in names]


ROWS = [
    row("a", -150, 8, text="电话13800000000", who="示例甲", phone="13800000000"),
    row("a", -150, 8, text="电话13800000000", who="示例甲", phone="13800000000"),  # redelivered in one file
    row("a", -150, 9),  # same id, other content
    row("b", 150, 8, code="ZZ"),  # triage
    row("c", -140, 8, at="2026-03-01 20:00:00"),  # repeats a: 10 m, 12 hours later
    row("d", -140, 8, at="2026-03-03 20:00:00"),  # too late to repeat
    row("e", 150, 250),  # too far
    row("f", 1, 1, lon="NaN"),
    row("", 1, 1),  # no id
    row("g", 1, 1, lon="=1+1"),
]


def test_the_sums_hold_and_everything_is_somewhere(engine: Engine, tmp_path: Path) -> None:
    summary = take(engine, write_feed(tmp_path / "f.csv", ROWS))
    assert (summary["received"], summary["redelivered"], summary["rejected"]) == (10, 1, 4)
    assert summary["by_verdict"] == {"matched": 4, "ambiguous": 0, "too_far": 1, "suspect": 0}
    assert summary["by_reason"] == {"id_conflict": 1, "missing_id": 1, "nan_coordinate": 1, "not_a_number": 1}
    assert (summary["by_department"], summary["triage"], summary["repeats"]) == ({"waste": 4}, 1, 1)
    with transaction(engine) as session:
        stored = store.complaint(session, FEED.id, "a")
        assert stored is not None and stored.text == "电话[电话]" and stored.segment_code == "E-1"
        assert "13800000000" in store.raw_of(session, stored.id)
        repeat = store.complaint(session, FEED.id, "c")
        assert repeat is not None and repeat.repeat_of == stored.id
        assert session.scalars(select(IntakeRunRow.summary)).one() == summary


def test_a_second_delivery_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    path = write_feed(tmp_path / "f.csv", ROWS)
    take(engine, path)
    before = dump(engine)
    again = take(engine, path)
    assert (again["received"], again["redelivered"], again["rejected"]) == (10, 10, 0)
    assert dump(engine) == before


@pytest.mark.parametrize(
    "ids", [("b", "d"), ("a", "b"), ("d", "e"), ("e", "f"), ("A", "b"), ("京", "b"), ("c", "c2"), ()]
)
def test_what_is_known_is_found_wherever_its_id_stands_among_those_stored(
    engine: Engine, tmp_path: Path, ids: tuple[str, ...]
) -> None:
    """The look between lowest and highest id never hides what is stored."""
    good = {"lon": str(ROWS[0]["lon"]), "lat": str(ROWS[0]["lat"])}
    first = [ROWS[0] | good | {"id": name} for name in ("b", "d")]
    take(engine, write_feed(tmp_path / "first.csv", first))
    summary = take(engine, write_feed(tmp_path / "second.csv", [ROWS[0] | good | {"id": name} for name in ids]))
    known = len({"b", "d"} & set(ids))
    assert (summary["received"], summary["redelivered"]) == (len(ids), known)
    assert sum(summary["by_verdict"].values()) == len(ids) - known


def without_ids(engine: Engine) -> list[Any]:
    """Complaints by their feed's id, repeats by the id that they repeat."""
    query = text(
        "select c.external_id, c.verdict, c.segment_code, c.confidence, c.department, c.triage_reason, c.content_hash, "
        "r.external_id from complaints c left join complaints r on r.id = c.repeat_of order by 1"
    )
    with transaction(engine) as session:
        letters = session.execute(
            select(DeadLetterRow.content_hash, DeadLetterRow.reason).order_by(DeadLetterRow.content_hash)
        )
        return [*map(tuple, session.execute(query)), *map(tuple, letters)]


@pytest.mark.parametrize("rows", [1, 3])
def test_batch_size_changes_nothing(engine: Engine, fresh_engine: Engine, tmp_path: Path, rows: int) -> None:
    service.publish(fresh_engine, CITY, REGISTRY, "squared paper")
    path = write_feed(tmp_path / "f.csv", ROWS)
    assert _counts(take(engine, path)) == _counts(take(fresh_engine, path, rows))
    assert without_ids(engine) == without_ids(fresh_engine)


def _counts(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if not name.endswith("_at")}


def test_repeats_do_not_depend_on_the_order_of_arrival(engine: Engine, fresh_engine: Engine, tmp_path: Path) -> None:
    service.publish(fresh_engine, CITY, REGISTRY, "squared paper")
    several = [
        row(f"r{hour:02d}", -150 + hour, 8, at=f"2026-03-0{1 + hour // 24} {hour % 24:02d}:00:00")
        for hour in range(0, 60, 7)
    ]
    take(engine, write_feed(tmp_path / "f.csv", several))
    take(fresh_engine, write_feed(tmp_path / "r.csv", reversed(several)), rows=2)
    assert without_ids(engine) == without_ids(fresh_engine)


def test_what_the_feed_sends_right_later_is_taken_and_its_dead_letter_closed(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_feed(tmp_path / "f.csv", [row("f", 1, 1, lon="NaN")]))
    summary = take(engine, write_feed(tmp_path / "g.csv", [row("f", -150, 8)]))
    assert summary["by_verdict"]["matched"] == 1
    with transaction(engine) as session:
        assert [letter.status for letter in store.dead_letters(session, status=None)] == ["superseded"]


def test_a_dead_letter_is_mended_and_replayed_once(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_feed(tmp_path / "f.csv", [row("f", -150, 8, lon="=1+1"), row("b", -150, 8)]))
    with transaction(engine) as session:
        (letter,) = [x.id for x in store.dead_letters(session)]
    assert replay(engine, CITY, None, NOW) == {}, "nothing was mended yet"
    mend(engine, letter, {"lon": "abc"})
    assert replay(engine, CITY, None, NOW) == {letter: "not_a_number"}
    mend(engine, letter, {"lon": row("", -150, 8)["lon"], "id": "b"})
    assert replay(engine, CITY, None, NOW) == {letter: "id_conflict"}
    mend(engine, letter, {"id": "f"})
    assert replay(engine, CITY, [letter], NOW) == {letter: "replayed"}
    before = dump(engine)
    assert replay(engine, CITY, None, NOW) == {}
    assert dump(engine) == before
    with pytest.raises(Conflict):
        mend(engine, letter, {"lon": "1"})
    with pytest.raises(BadInput):
        mend(engine, letter, {"verdict": "matched"})
    with pytest.raises(NotFound):
        mend(engine, 10**9, {"lon": "1"})
    with transaction(engine) as session:
        assert session.scalars(select(func.count()).select_from(ComplaintRow)).one() == 2


class PulledPlug(BaseException):
    """The power went off."""


def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(
    engine: Engine, fresh_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.publish(fresh_engine, CITY, REGISTRY, "squared paper")
    path = write_feed(tmp_path / "f.csv", ROWS)
    take(fresh_engine, path)
    whole = store.add_dead_letters
    calls: Iterator[int] = iter(range(100))

    def unplugged(*arguments: Any) -> None:
        whole(*arguments)
        if next(calls) == 2:
            raise PulledPlug

    monkeypatch.setattr(store, "add_dead_letters", unplugged)
    with pytest.raises(PulledPlug):
        take(engine, path, rows=2)
    monkeypatch.setattr(store, "add_dead_letters", whole)
    summary = take(engine, path, rows=2)
    assert summary["received"] == 10 and summary["redelivered"] >= 4
    assert without_ids(engine) == without_ids(fresh_engine)


def test_why_repeats_the_verdict_that_is_stored(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_feed(tmp_path / "f.csv", ROWS))
    explanation = explain(engine, CITY, FEED.id, "a")
    assert explanation.chiefs == ((1, "王*"),)
    for language in ("zh", "en"):
        paragraph = explanation.paragraph(language)
        assert "东街" in paragraph and "王五" not in paragraph and "13800000000" not in paragraph
    assert explanation.complaint["verdict"] == explanation.placing.as_dict()["verdict"]
    json.dumps(explanation.as_dict())
    with pytest.raises(NotFound):
        explain(engine, CITY, FEED.id, "nobody")


def test_the_export_shows_no_private_name(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_feed(tmp_path / "f.csv", ROWS))
    assert write_complaints(engine, CITY, tmp_path / "out" / "c.geojson") == 5
    written = (tmp_path / "out" / "c.geojson").read_text("utf-8")
    features = {f["properties"]["id"]: f for f in json.loads(written)["features"]}
    assert features["a"]["properties"]["chiefs"] == [{"tier": 1, "name": "王*"}]
    assert features["c"]["properties"]["repeat_of"] == {"feed": "village", "id": "a"}
    assert features["a"]["properties"]["reported_at"] == "2026-03-01T08:00:00+08:00"
    for private in ("王五", "示例甲", "13800000000"):
        assert private not in written


def test_the_heatmap_of_an_empty_and_a_full_city(engine: Engine, tmp_path: Path) -> None:
    assert "<html" in heatmap_page(engine, CITY)
    take(engine, write_feed(tmp_path / "f.csv", ROWS))
    page = heatmap_page(engine, CITY)
    assert "litter" in page and "东街" in page and "13800000000" not in page


def test_other_feeds_may_use_the_same_ids(engine: Engine, tmp_path: Path) -> None:
    path = write_feed(tmp_path / "f.csv", ROWS[:1])
    take(engine, path)
    other = replace(FEED, id="other")
    summary = receive_file(engine, CITY, other, path, clock=lambda: NOW, progress=lambda n: None)
    assert (summary["redelivered"], summary["by_verdict"]["matched"]) == (0, 1)
    with transaction(engine) as session:
        repeats = session.execute(select(ComplaintRow.feed, ComplaintRow.repeat_of.is_not(None)).order_by("feed")).all()
    assert list(map(tuple, repeats)) == [("other", False), ("village", True)], "at one instant the feed's name decides"
