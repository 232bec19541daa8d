"""A webhook: signed JSON to an address of the recipient's; write-backs to a feed go this way too."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

from streetchief.pipeline.channels.channel import Message, Receipt, Recipient, Refused
from streetchief.pipeline.channels.post import Gate, post


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs ``{"key", "topic", "at", "items": [{"topic", "case", …}], "text": {"zh", "en"}}``.

    Headers: ``Idempotency-Key`` (the key), ``X-Streetchief-Timestamp`` (Unix seconds of the notice's attempt) and
    ``X-Streetchief-Signature``: ``sha256=`` + hex HMAC-SHA256 of ``<timestamp>.<body>`` under the recipient's secret.
    """

    gate: Gate

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        """See `Channel`."""
        if not recipient.secret:
            raise Refused("no_secret")
        body = json.dumps(payload(notice, key), ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(notice.at.timestamp()))
        post(
            self.gate,
            recipient.address,
            body,
            {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "streetchief",
                "Idempotency-Key": key,
                "X-Streetchief-Timestamp": stamp,
                "X-Streetchief-Signature": f"sha256={signature(recipient.secret, stamp, body)}",
            },
        )
        return Receipt()


def payload(notice: Message, key: str) -> dict[str, object]:
    """The body, as plain values."""
    return {
        "key": key,
        "topic": notice.topic,
        "at": notice.at.isoformat(),
        "items": [{"topic": topic, **facts.as_dict()} for topic, facts in notice.items],
        "text": {language: notice.text(language) for language in ("zh", "en")},
    }


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 of ``<stamp>.<body>``."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
