"""What a notice is: who is told of what, how urgent it is, and the words.  No personal data has a place in it.

A topic is ``<action>.<audience>``: the step of a case (or the clock that ran out) and in which capacity the recipient
is told.  `RULES` says for each step how urgent it is and whether the notices of one case must arrive in order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from streetchief.errors import BadInput
from streetchief.words import LANGUAGES, entry, say

DIGEST = "digest"
BOTH = "both"
MACHINES = ("feed", "complainant")  # a program reads these: the city platform, which tells the complainant
MOST_CHARACTERS = 120
_KEY = re.compile(r"[A-Za-z0-9._:/@#-]{1,200}")
_TOPIC = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")
_LINK = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


class Urgency(StrEnum):
    """How long a notice may wait."""

    EMERGENCY = "emergency"  # at once, at any hour
    MACHINE = "machine"  # at once: nobody is woken
    NORMAL = "normal"  # waits while the hours are quiet
    LOW = "low"  # joined with others of the same recipient, once a day


@dataclass(frozen=True, slots=True)
class Rule:
    """How the notices of one step are treated."""

    urgency: Urgency = Urgency.NORMAL
    is_ordered: bool = True


_LOW, _ALONE = Rule(Urgency.LOW), Rule(is_ordered=False)
RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        (
            "open", "check_report", "register", "decline", "place", "hand_to_chief", "fix_on_spot", "hand_over",
            "escalate", "dispatch", "acknowledge", "send_back", "start", "finish",
            "extend_request", "extend_grant", "extend_refuse", "suspend_request", "suspend_grant", "suspend_refuse",
            "resume", "whistle", "report_in", "confirm_arrival", "leave", "task_finish", "task_return", "task_accept",
            "task_recall", "task_call_off", "settle", "verify", "rework", "force_close", "void",
            "appeal", "appeal_uphold", "appeal_dismiss", "urge", "reopen", "recur", "merge", "hand_over_chief",
        ),
        Rule(),
    ),
    # a clock speaks for itself: it need not wait for what came before
    **dict.fromkeys(("due_soon", "overdue"), _ALONE),
    # good to know, nothing to do
    **dict.fromkeys(
        (
            "close", "rate", "call_back", "attach_complaint", "absorb", "set_parent", "recompute_deadline",
            "missed_patrol",
        ),
        _LOW,
    ),
    DIGEST: _ALONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a notice may say.  There is no field for free text, so nobody's name or number slips in.

    case       number of the case, as people write it
    street     name of the street; None while it has none
    category   name of the category
    due_at     aware UTC; None = no clock runs
    link       path on our own pages, no host, no query
    reference  number of the complaint at the feed that sent it, for write-backs
    """

    case: str
    street: str | None = None
    category: str | None = None
    due_at: datetime | None = None
    link: str = ""
    reference: str | None = None

    def __post_init__(self) -> None:
        for name in ("case", "street", "category", "reference"):
            value = getattr(self, name)
            if value is not None and (len(value) > MOST_CHARACTERS or not value.isprintable()):
                raise BadInput("bad_notice", field=name)
        if _LINK.fullmatch(self.link) is None:
            raise BadInput("bad_notice", field="link")
        if self.due_at is not None and self.due_at.tzinfo is None:
            raise BadInput("bad_notice", field="due_at")

    def as_dict(self) -> dict[str, str | None]:
        """For JSON; instants in ISO 8601, UTC."""
        return {
            "case": self.case,
            "street": self.street,
            "category": self.category,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "link": self.link,
            "reference": self.reference,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, str | None]) -> Facts:
        """What `as_dict` wrote."""
        due_at = values.get("due_at")
        return cls(
            case=values["case"] or "",
            street=values.get("street"),
            category=values.get("category"),
            due_at=datetime.fromisoformat(due_at) if due_at else None,
            link=values.get("link") or "",
            reference=values.get("reference"),
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """One recipient is told of one thing.

    key        names the thing for ever, e.g. ``case/2026-000017#5``: the same key again is the same notice
    topic      ``<action>.<audience>``
    recipient  ``user:<login>``, ``department:<code>``, ``feed:<id>``
    urgency    None = what the step's rule says
    """

    key: str
    topic: str
    recipient: str
    facts: Facts
    urgency: Urgency | None = None

    def __post_init__(self) -> None:
        if _KEY.fullmatch(self.key) is None:
            raise BadInput("bad_notice", field="key")
        if _TOPIC.fullmatch(self.topic) is None or action_of(self.topic) not in RULES:
            raise BadInput("bad_notice", field="topic")
        check_recipient(self.recipient)

    @property
    def weight(self) -> Urgency:
        """The urgency that holds: what the caller says, else machine for a machine, else the rule of the step."""
        if self.urgency is not None:
            return self.urgency
        return Urgency.MACHINE if self.topic.endswith(MACHINES) else RULES[action_of(self.topic)].urgency

    def lane(self, channel: str) -> str | None:
        """Notices in one lane arrive in the order of writing: one case, one recipient, one channel; None = any order.

        An emergency waits for nothing; what may be joined or held back would only stop the lane.
        """
        is_ordered = RULES[action_of(self.topic)].is_ordered and self.weight in (Urgency.NORMAL, Urgency.MACHINE)
        return f"{self.facts.case}|{self.recipient}|{channel}" if is_ordered else None


def check_recipient(recipient: str) -> None:
    """Raise BadInput unless it reads ``kind:name``, printable and at most 120 characters."""
    kind, sign, name = recipient.partition(":")
    if not (kind.isalpha() and sign and name) or len(recipient) > MOST_CHARACTERS or not recipient.isprintable():
        raise BadInput("bad_recipient", recipient=recipient)


def action_of(topic: str) -> str:
    """The step of a topic."""
    return topic.partition(".")[0]


def delivery_key(notice_key: str, topic: str, recipient: str, channel: str) -> str:
    """The one stable key of a delivery: 40 hex digits; receivers that count distinct keys count each once."""
    return hashlib.sha256("\0".join((notice_key, topic, recipient, channel)).encode()).hexdigest()[:40]


def sentence_of(topic: str, facts: Facts, language: str, zone: ZoneInfo, base_url: str = "") -> str:
    """One line about one case in one language; times in the city's zone.  Raises KeyError for an unknown topic."""
    parts = [say("notice.line", language, case=facts.case, what=say(f"notice.what.{action_of(topic)}", language))]
    parts += [part for part in (facts.street, facts.category) if part]
    if facts.due_at is not None:
        local = facts.due_at.astimezone(zone)
        parts.append(say("notice.due", language, due=f"{local:%Y-%m-%d %H:%M}"))
    if facts.link:
        parts.append(f"{base_url}{facts.link}")
    return entry("notice.between")[language].join(parts)


def title_of(topic: str, facts: Sequence[Facts], language: str) -> str:
    """The subject of a mail, the head of a digest: ``facts`` are those of the cases told of."""
    if topic.startswith(DIGEST):
        return say("notice.digest", language, count=len(facts))
    return say("notice.line", language, case=facts[0].case, what=say(f"notice.what.{action_of(topic)}", language))


def spoken(language: str) -> tuple[str, ...]:
    """The languages in which a recipient reads: ``zh``, ``en`` or ``both``."""
    return LANGUAGES if language == BOTH else (language,)
