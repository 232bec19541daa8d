"""The one small interface of all channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from streetchief.casework.notices import DIGEST, Facts, sentence_of, spoken, title_of
from streetchief.words import say


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said: one thing, or the things of a digest.

    items     (topic, facts) of each
    base_url  put before every link; empty = links stay paths
    """

    topic: str
    items: Sequence[tuple[str, Facts]]
    at: datetime
    zone: ZoneInfo
    base_url: str = ""

    def title(self, language: str) -> str:
        """One line; of ``both`` languages beside each other."""
        return " / ".join(title_of(self.topic, [facts for _, facts in self.items], one) for one in spoken(language))

    def text(self, language: str, most_bytes: int | None = None) -> str:
        """The whole, a line an item and language; cut to whole lines within ``most_bytes`` of UTF-8, saying so."""
        lines = [
            sentence_of(topic, facts, one, self.zone, self.base_url)
            for topic, facts in self.items
            for one in spoken(language)
        ]
        if self.topic.startswith(DIGEST):
            lines.insert(0, self.title(language))
        whole = "\n".join(lines)
        if most_bytes is None or len(whole.encode()) <= most_bytes:
            return whole
        more = " / ".join(say("notice.more", one) for one in spoken(language))
        while len(lines) > 1 and len("\n".join([*lines, more]).encode()) > most_bytes:
            lines.pop()
        return "\n".join([*lines, more]).encode()[:most_bytes].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told, and where by this channel; ``address`` is empty on our own pages."""

    id: str
    address: str = ""
    secret: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side has it.  ``detail`` is what it said, in a few words."""

    detail: str = ""


class Retry(Exception):
    """It may go well later.  ``fault`` is a code of ours, ``after_s`` what the other side asked us to wait."""

    def __init__(self, fault: str, detail: str = "", after_s: float = 0.0) -> None:
        self.fault, self.detail, self.after_s = fault, detail, after_s
        super().__init__(f"{fault} {detail}".strip())


class Refused(Exception):
    """It will never go well: sent again, it would be refused again."""

    def __init__(self, fault: str, detail: str = "") -> None:
        self.fault, self.detail = fault, detail
        super().__init__(f"{fault} {detail}".strip())


class Channel(Protocol):
    """A way to tell somebody.  Sending twice under one key must be harmless, or be seen by the receiver as twice."""

    def send(self, notice: Message, recipient: Recipient, *, key: str) -> Receipt:
        """Send; raises Retry or Refused."""
        ...
