"""The pure middle: every record comes out once, placed and routed or refused, whatever the batches."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from shapely import LineString

from streetchief.intake.feeds.read import read_file
from streetchief.pipeline.context import Context, context_of, scanned
from streetchief.pipeline.process import process
from streetchief.registry.model import Segment, Street
from tests.pipeline.squares import CITY, FEED, REGISTRY, lonlat, on_paper, row, write_feed

ROWS = [
    row("a", -150, 8),  # on East Street, first half
    row("b", 150, 8, code="R1"),  # a hole on East Street: the street's own rule
    row("c", 8, 150, code="R1"),  # a hole on North Street: no rule there
    row("d", 150, 250),  # far from every street
    row("e", -150, 8, address="远街7号"),  # the text says a street 500 m away
    row("f", -150, 8, lon="NaN"),
    row("g", 150, 8, code="ZZ"),
    row("h", 150, 8, text="电话13800000000", who="示例甲", phone="13800000000"),
]


@pytest.fixture(scope="module")
def context() -> Context:
    return context_of(CITY, FEED, REGISTRY)


def placed(context: Context, path: Path, rows: int = 100) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for batch in read_file(path, context.feed, rows):
        processed = process(batch, context)
        assert batch.num_rows == processed.complaints.num_rows + processed.rejections.num_rows
        for record in processed.complaints.to_pylist() + processed.rejections.to_pylist():
            assert found.setdefault(record["external_id"], record) is record
    return found


def test_each_record_ends_where_it_should(context: Context, tmp_path: Path) -> None:
    found = placed(context, write_feed(tmp_path / "f.csv", ROWS))
    verdicts = {
        i: (r.get("verdict"), r.get("segment_code"), r.get("department"), r.get("triage_reason"))
        for i, r in found.items()
    }
    assert verdicts == {
        "a": ("matched", "E-1", "waste", None),
        "b": ("matched", "E-2", "roads", None),
        "c": ("matched", "N-1", None, "no_rule"),
        "d": ("too_far", None, "waste", None),
        "e": ("suspect", "E-1", "waste", None),
        "f": (None, None, None, None),
        "g": ("matched", "E-2", None, "unknown_code"),
        "h": ("matched", "E-2", "waste", None),
    }
    assert found["f"]["reason"] == "nan_coordinate"
    assert found["e"]["evidence"] == "conflict"
    assert (found["a"]["area_code"], found["d"]["area_code"], found["e"]["area_code"]) == ("A", "A", None)
    assert found["h"]["text"] == "电话[电话]"


def test_batches_and_order_change_nothing(context: Context, tmp_path: Path) -> None:
    whole = placed(context, write_feed(tmp_path / "f.csv", ROWS))
    again = placed(context, write_feed(tmp_path / "r.csv", reversed(ROWS)), rows=3)
    for record in (*whole.values(), *again.values()):
        del record["line"]
    assert whole == again


def test_a_context_travels_between_processes(context: Context, tmp_path: Path) -> None:
    path = write_feed(tmp_path / "f.csv", ROWS)
    assert placed(pickle.loads(pickle.dumps(context)), path) == placed(context, path)


def test_an_empty_batch_comes_out_empty(context: Context, tmp_path: Path) -> None:
    (batch,) = read_file(write_feed(tmp_path / "f.csv", ROWS[:1]), FEED)
    processed = process(batch.slice(0, 0), context)
    assert (processed.complaints.num_rows, processed.rejections.num_rows) == (0, 0)
    assert isinstance(processed.complaints, pa.RecordBatch)


def test_a_scan_finds_the_default_point_of_the_feed(context: Context, tmp_path: Path) -> None:
    heap = [row(f"p{i}", 40, 5, address=name) for i, name in enumerate(["东街1号", "北街2号", "远街3号"] * 5)]
    path = write_feed(tmp_path / "f.csv", [*heap, *ROWS])
    seen = scanned(context, read_file(path, FEED))
    found = placed(seen, path)
    assert {found[f"p{i}"]["verdict"] for i in range(15)} == {"suspect"}
    assert found["a"]["verdict"] == "matched"
    assert seen.model.version != context.model.version
    assert scanned(context, read_file(path, FEED, rows=4)).model.version == seen.model.version


def test_a_small_file_whose_texts_disagree_has_a_default_point_too(tmp_path: Path) -> None:
    """The texts of small piles reach the scan as well: with 200 rows asked for, 20 that name five streets elsewhere."""
    names = ("甲街", "乙街", "丙街", "丁街", "戊街")
    far = [on_paper(LineString([(-300, 300 + 40 * n), (-100, 300 + 40 * n)])) for n in range(5)]
    registry = replace(
        REGISTRY,
        streets=(*REGISTRY.streets, *(Street(f"S{n}", name) for n, name in enumerate(names))),
        segments=(*REGISTRY.segments, *(Segment(f"S{n}-1", f"S{n}", line) for n, line in enumerate(far))),
    )
    feed = replace(FEED, default_point_rows=200)
    context = context_of(CITY, feed, registry)
    heap = [row(f"p{i}", 40, 5, address=f"{names[i % 5]}{i}号") for i in range(20)]
    path = write_feed(tmp_path / "f.csv", [*heap, *ROWS])
    assert len(scanned(context, read_file(path, feed)).model.default_points) == 1
    path = write_feed(tmp_path / "f.csv", [*heap[:19], *ROWS])
    assert scanned(context, read_file(path, feed)).model.default_points == ()


def test_a_declared_default_point_needs_no_scan_to_count(context: Context, tmp_path: Path) -> None:
    feed = FEED.__class__(
        **{name: getattr(FEED, name) for name in FEED.__dataclass_fields__} | {"default_points": (lonlat(40, 5),)}
    )
    known = scanned(context_of(CITY, feed, REGISTRY), [])
    found = placed(known, write_feed(tmp_path / "f.csv", [row("p", 40, 5), row("a", -150, 8)]))
    assert (found["p"]["verdict"], found["a"]["verdict"]) == ("suspect", "matched")
