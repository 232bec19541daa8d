"""Which streets a label means."""

from __future__ import annotations

import pytest

from streetchief.matching.labels import true_streets
from tests.town.town import town

INDEX = town()


@pytest.mark.parametrize(
    ("label", "codes", "why"),
    [
        ("大街", {"high"}, "the name"),
        ("High St", {"high"}, "an alias, abbreviated"),
        ("church", {"church"}, "the code"),
        ("12 Church Street", {"church"}, "an address"),
        ("High Street & Church Street", {"high", "church"}, "a crossing: both are true"),
        ("大街8号", {"high"}, "a Chinese address"),
        ("Elm Street", set(), "not in the network"),
        ("", set(), "nothing"),
        (None, set(), "nothing"),
    ],
)
def test_labels(label: str | None, codes: set[str], why: str) -> None:
    (found,) = true_streets(INDEX, [label])
    assert {INDEX.street_codes[position] for position in found} == codes, why
