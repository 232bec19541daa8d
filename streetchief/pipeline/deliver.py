"""Take one delivery of the outbox to its receiver: at least once under one key, never "exactly once".

The row stays locked while the channel speaks, so two workers never send one delivery at the same time; a killed
worker's lock ends with its connection.  Between "the receiver has it" and "we noted it" a kill leads to a second
sending under the same key: receivers count distinct keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from streetchief.casework import outbox_store
from streetchief.casework.notice_hours import Hours, RetryPlan
from streetchief.casework.notices import Facts, Urgency
from streetchief.casework.outbox_store import IN_APP
from streetchief.casework.outbox_tables import OutboxRow
from streetchief.pipeline.channels.channel import Channel, Message, Receipt, Recipient, Refused, Retry
from streetchief.pipeline.channels.in_app import InApp
from streetchief.pipeline.channels.mail import Mail, MailServer
from streetchief.pipeline.channels.post import Gate
from streetchief.pipeline.channels.robots import DingTalk, WeCom
from streetchief.pipeline.channels.webhook import Webhook
from streetchief.storage.engine import transaction

WEBHOOK, WECOM, DINGTALK, EMAIL = "webhook", "wecom", "dingtalk", "email"
CHANNELS = (IN_APP, WEBHOOK, WECOM, DINGTALK, EMAIL)
TAKEN_AGAIN = timedelta(seconds=30)
FORGOTTEN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Desk:
    """All that delivering needs to know.

    channels   by name; one that is not there is switched off
    base_url   put before links; empty = links stay paths
    """

    hours: Hours
    channels: Mapping[str, Channel]
    retry: RetryPlan = field(default_factory=RetryPlan)
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery just now.

    what    ``sent`` ``dead`` ``held`` ``later`` ``gone`` (nothing left to do)
    later   when to look again, for ``later``
    """

    what: str
    later: datetime | None = None
    key: str = ""
    channel: str = ""
    fault: str = ""


def open_channels(engine: Engine, gate: Gate, mail: MailServer | None) -> dict[str, Channel]:
    """The channels that can be used: those that call out need allowed hosts, e-mail needs a server."""
    channels: dict[str, Channel] = {IN_APP: InApp(engine)}
    if gate.hosts:
        channels |= {WEBHOOK: Webhook(gate), WECOM: WeCom(gate), DINGTALK: DingTalk(gate)}
    if mail is not None:
        channels[EMAIL] = Mail(mail)
    return channels


def deliver(engine: Engine, desk: Desk, delivery: int, *, now: datetime) -> Outcome:
    """Try once, in one transaction; what was sent, joined or given up before is left alone."""
    with transaction(engine) as session:
        row = outbox_store.take(session, delivery)
        if row is None:
            is_there = outbox_store.exists(session, delivery)
            return Outcome("later", now + TAKEN_AGAIN) if is_there else Outcome("gone")
        if row.status != "waiting":
            return _said(row, "gone")
        wait_until = _not_before(row, desk, now)
        if wait_until > now:
            row.next_at = wait_until
            if _is_for_digest(row):
                row.status = "held"
                return _said(row, "held")
            return _said(row, "later")
        return _tried(session, desk, row, now)


def fail(engine: Engine, desk: Desk, delivery: int, fault: str, *, now: datetime) -> Outcome:
    """Count a failure of our own (a defect) like one of the receiver's, so that it ends in the dead letters too."""
    with transaction(engine) as session:
        row = outbox_store.take(session, delivery)
        if row is None or row.status != "waiting":
            return Outcome("gone")
        return _failed(row, desk, Retry("internal", fault), now)


def join_digests(engine: Engine, now: datetime) -> int:
    """A timer: join what waits for a digest that is due; returns how many digests."""
    with transaction(engine) as session:
        return outbox_store.join_held(session, now)


def find_forgotten(engine: Engine, now: datetime) -> int:
    """A timer: give a job to deliveries that are due and have none (the library's tables were emptied, say)."""
    with transaction(engine) as session:
        forgotten = outbox_store.without_job(session, now - FORGOTTEN)
        outbox_store.schedule(session, forgotten)
        return len(forgotten)


def _not_before(row: OutboxRow, desk: Desk, now: datetime) -> datetime:
    if row.next_at > now or row.channel == IN_APP:
        return row.next_at
    return desk.hours.not_before(Urgency(row.urgency), now)


def _is_for_digest(row: OutboxRow) -> bool:
    return row.urgency == Urgency.LOW and row.channel != IN_APP


def _tried(session: Session, desk: Desk, row: OutboxRow, now: datetime) -> Outcome:
    try:
        receipt = _send(session, desk, row, now)
    except Refused as refused:
        row.attempts += 1
        return _buried(row, refused)
    except Retry as retry:
        return _failed(row, desk, retry, now)
    row.status, row.sent_at, row.attempts = "sent", now, row.attempts + 1
    row.fault, row.detail = None, receipt.detail or None
    return _said(row, "sent")


def _send(session: Session, desk: Desk, row: OutboxRow, now: datetime) -> Receipt:
    channel = desk.channels.get(row.channel)
    if channel is None:
        raise Refused("channel_off")
    recipient = Recipient(row.recipient)
    if row.channel != IN_APP:
        where = outbox_store.address(session, row.recipient, row.channel)
        if where is None:
            raise Refused("no_address")
        recipient = Recipient(row.recipient, where.address, where.secret, where.language)
    items = [(item["topic"], Facts.from_dict(item)) for item in row.items]
    message = Message(row.topic, items, now, desk.hours.zone, desk.base_url)
    return channel.send(message, recipient, key=row.key)


def _failed(row: OutboxRow, desk: Desk, retry: Retry, now: datetime) -> Outcome:
    row.attempts += 1
    wait_s = desk.retry.wait_s(row.attempts)
    if wait_s is None:
        return _buried(row, retry)
    row.fault, row.detail = retry.fault, retry.detail or None
    row.next_at = now + timedelta(seconds=max(wait_s, retry.after_s))
    return _said(row, "later")


def _buried(row: OutboxRow, reason: Retry | Refused) -> Outcome:
    row.status, row.fault, row.detail = "dead", reason.fault, reason.detail or None
    return _said(row, "dead")


def _said(row: OutboxRow, what: str) -> Outcome:
    return Outcome(what, row.next_at if what == "later" else None, row.key, row.channel, row.fault or "")
