"""The likest of some streets by the spelling of a text."""

from __future__ import annotations

from collections.abc import Iterable

from streetchief.matching.address import StreetNames


def nearly(names: StreetNames, text: str, among: Iterable[int]) -> frozenset[int]:
    rank = names.likeness(text)
    ranks = {street: found for street in among if (found := rank(street)) is not None}
    return frozenset(street for street, found in ranks.items() if found == min(ranks.values()))
