"""What happened to a case, as appended facts in a chain of hashes.

The hash of an event is SHA-256 of these lines, UTF-8, joined by line feeds: hash of the event before (64 zeros for
the first), case id, seq, instant in microseconds since 1970, who, action, state after it, payload as canonical JSON
(keys sorted, no blanks, no escapes but those that JSON demands).  ``sql/060_case_chain.sql`` computes the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from streetchief.casework.actions import Action
from streetchief.casework.states import State

FIRST = "0" * 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One appended fact.

    seq      1, 2, 3 … without gaps in a case
    at       aware UTC
    by       account that acted; never a person's name
    state    the state after it
    payload  what was decided, JSON values only: instants as ISO 8601 text in UTC, no personal data
    """

    case_id: int
    seq: int
    at: datetime
    by: str
    action: Action
    state: State
    payload: Mapping[str, Any]
    prev_hash: str
    hash: str = ""

    @property
    def body(self) -> str:
        """The payload as canonical JSON: the text that is stored and hashed."""
        return canonical(self.payload)

    def digest(self) -> str:
        """The hash that the event should have."""
        microseconds = (self.at - _EPOCH) // timedelta(microseconds=1)
        lines = (
            self.prev_hash, str(self.case_id), str(self.seq), str(microseconds), self.by, self.action.value,
            self.state.value, self.body,
        )  # fmt: skip
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def sealed(self) -> CaseEvent:
        """The event with its hash."""
        return replace(self, hash=self.digest())


def canonical(payload: Mapping[str, Any]) -> str:
    """Canonical JSON.  Raises ValueError for NaN and infinity, TypeError for what JSON does not know."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def verify_chain(events: Sequence[CaseEvent]) -> int | None:
    """The first seq at which the chain of one case (in stored order) is broken; None if it is whole.

    Broken is a gap, an event of another case, a changed field or a changed hash.  A chain cut off at its end is whole:
    the row of the case, which carries the last hash, shows that.
    """
    before = FIRST
    for seq, event in enumerate(events, start=1):
        is_linked = event.seq == seq and event.case_id == events[0].case_id and event.prev_hash == before
        if not is_linked or event.hash != event.digest():
            return seq
        before = event.hash
    return None


def instant(at: datetime | None) -> str | None:
    """An aware instant as a payload carries it."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def read_instant(text: str | None) -> datetime | None:
    """The instant that a payload carries."""
    return None if text is None else datetime.fromisoformat(text)
