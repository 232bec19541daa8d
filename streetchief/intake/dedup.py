"""Redelivery: the same (feed, id) again.  SQL finds what is known, this decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Delivery(StrEnum):
    """What one delivered record is."""

    NEW = "new"
    REDELIVERED = "redelivered"
    ID_CONFLICT = "id_conflict"


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds already for the ids and contents of a batch.

    hash_of     external id of stored complaints → content hash
    refused     content hashes in the dead-letter queue
    """

    hash_of: Mapping[str, str]
    refused: frozenset[str]


def sort_out(records: list[tuple[str | None, str, bool]], known: Known) -> list[Delivery]:
    """What each record (external id, content hash, usable) is, in order.

    The first content delivered under an id is the complaint; the same content again is a redelivery, other content
    under the same id is a conflict for a person.  A refused content that was refused before is a redelivery too.
    """
    hash_of = dict(known.hash_of)
    refused = set(known.refused)
    decided: list[Delivery] = []
    for external_id, content_hash, usable in records:
        if content_hash in refused or (external_id is not None and hash_of.get(external_id) == content_hash):
            decided.append(Delivery.REDELIVERED)
        elif not usable:
            refused.add(content_hash)
            decided.append(Delivery.NEW)
        elif external_id in hash_of:
            refused.add(content_hash)
            decided.append(Delivery.ID_CONFLICT)
        else:
            hash_of[str(external_id)] = content_hash
            decided.append(Delivery.NEW)
    return decided
