"""Labels: which streets a row is known to belong to, and whether a placing names one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from streetchief.matching.address import normalise_name
from streetchief.matching.index import StreetIndex
from streetchief.matching.quality import Graded
from streetchief.matching.result import MatchBatch, Verdict


def true_streets(index: StreetIndex, labels: Sequence[str | None]) -> list[frozenset[int]]:
    """Positions of the streets that each label names; empty where the network has none of them.

    A label is the code of a street, its name or alias in any usual spelling, or an address or crossing that holds
    such names.  Of a name that several streets bear all are true.
    """
    codes = {code: frozenset([position]) for position, code in enumerate(index.street_codes)}
    named: dict[str, set[int]] = defaultdict(set)
    for position, name in enumerate(index.street_names):
        for written in (name, *index.street_aliases[position]):
            named[normalise_name(written)].add(position)
    named.pop("", None)
    read: dict[str | None, frozenset[int]] = {None: frozenset(), "": frozenset()}
    for label in dict.fromkeys(labels):
        if label:
            known = codes.get(label.strip()) or frozenset(named.get(normalise_name(label), ()))
            read[label] = known or index.names.read(label).exact
    return [read[label] for label in labels]


def grade(batch: MatchBatch, truth: Sequence[frozenset[int]]) -> Graded:
    """Placings against the true streets (positions in the index) of the same rows."""
    placed = batch.street >= 0
    right = [street in streets for street, streets in zip(batch.street.tolist(), truth, strict=True)]
    return Graded(
        confidence=np.where(placed, np.nan_to_num(batch.confidence), 0.0),
        right=placed & np.array(right, dtype=np.bool_),
        matched=batch.verdict == Verdict.MATCHED,
        barred=batch.verdict == Verdict.SUSPECT,
    )
