"""Our own pages: a row that the recipient reads after signing in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from streetchief.casework import outbox_store
from streetchief.pipeline.channels.channel import Message, Receipt, Recipient
from streetchief.storage.engine import transaction


@dataclass(frozen=True, slots=True)
class InApp:
    """Lays the notice into the inbox; the same key again changes nothing, so here it is exactly once."""

    engine: Engine

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        """See `Channel`."""
        items = [{"topic": topic, **facts.as_dict()} for topic, facts in notice.items]
        with transaction(self.engine) as session:
            outbox_store.put_in_inbox(session, key, recipient.id, items, notice.at)
        return Receipt()
