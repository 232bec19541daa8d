"""Which chiefs answer on a segment on a day, stand-ins and empty tiers included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from streetchief.registry.model import Registry

# How a post says that its holder stands in for somebody: 社区街长（代）, 代理街长, acting chief.
STAND_IN = re.compile(r"代理|暂代|代行|[（(]代[)）]|\b(?:acting|stand-?in)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """One tier of the chain; `is_filled` = somebody is appointed to it on the day."""

    tier: int
    is_filled: bool
    is_stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers: the tier, whether by a stand-in, and the empty tiers below it that were passed over."""

    tier: int
    is_stand_in: bool
    empty: tuple[int, ...]


def chain_on(registry: Registry, segment: str, on: date) -> tuple[Link, ...]:
    """The chain of a segment on a city day, lowest tier first; one link for every tier that the city has."""
    chiefs = {chief.tier: chief for chief in registry.chiefs_on(segment, on)}
    tiers = sorted({*registry.tiers, *chiefs}, reverse=True)
    return tuple(Link(t, t in chiefs, t in chiefs and bool(STAND_IN.search(chiefs[t].post))) for t in tiers)


def answering(chain: Sequence[Link], tier: int | None = None) -> Answering | None:
    """The first filled tier from `tier` (None = the lowest) upwards; None when nobody is appointed there."""
    asked = [link for link in chain if tier is None or link.tier <= tier]
    for number, link in enumerate(asked):
        if link.is_filled:
            return Answering(link.tier, link.is_stand_in, tuple(empty.tier for empty in asked[:number]))
    return None


def above(chain: Sequence[Link], tier: int | None) -> Answering | None:
    """The tier to which a case goes up from `tier` (None = no chief has it); None from the highest filled one."""
    return answering(chain, None if tier is None else tier - 1)
