"""What a text says about streets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says about streets.

    exact     positions of the streets that the text names in full; several for a crossing, or where several streets
              bear one name
    crossing  whether the text speaks of a crossing of two streets
    tokens    the pieces of the text that were recognised, as written, in their order
    unknown   a street-like name in the text that the network does not have, normalised; "" if there is none
    """

    exact: frozenset[int]
    crossing: bool
    tokens: tuple[str, ...]
    unknown: str


NOTHING = Reading(frozenset(), False, (), "")
"""The reading of an empty text."""
