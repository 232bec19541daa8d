"""Redelivery: same content is a no-op, other content under the same id is for a person."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streetchief.intake.dedup import Delivery, Known, sort_out

NOTHING = Known({}, frozenset())
N, R, C = Delivery.NEW, Delivery.REDELIVERED, Delivery.ID_CONFLICT


def test_a_table_of_cases() -> None:
    records = [
        ("1", "a", True),  # new
        ("1", "a", True),  # the same again in one file
        ("1", "b", True),  # other content under the id
        ("1", "b", True),  # that conflict again
        ("2", "x", False),  # refused for its place
        ("2", "y", True),  # sent right later: taken
        (None, "z", False),  # no id
        (None, "z", False),  # no id, same content
    ]
    assert sort_out(records, NOTHING) == [N, R, C, R, N, N, N, R]


def test_what_is_stored_counts_as_delivered() -> None:
    known = Known({"1": "a"}, frozenset({"bad"}))
    records = [("1", "a", True), ("1", "b", True), ("9", "bad", False), ("9", "bad", True)]
    assert sort_out(records, known) == [R, C, R, R]


records = st.lists(st.tuples(st.sampled_from([None, "1", "2"]), st.sampled_from("abc"), st.booleans()), max_size=12)


@given(records, st.integers(0, 12))
def test_batching_changes_nothing(rows: list[tuple[str | None, str, bool]], cut: int) -> None:
    rows = [(i, h, usable and i is not None) for i, h, usable in rows]
    whole = sort_out(rows, NOTHING)
    first = sort_out(rows[:cut], NOTHING)
    stored = {str(i): h for (i, h, _), d in zip(rows, first, strict=False) if d == N and _}
    refused = frozenset(h for (_, h, usable), d in zip(rows, first, strict=False) if d == C or (d == N and not usable))
    assert first + sort_out(rows[cut:], Known(stored, refused)) == whole
