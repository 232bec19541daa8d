"""Rows of the outbox: written with the events of a case, taken one at a time, moved on, listed, replayed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from streetchief.casework.notices import DIGEST, Notice, Urgency, check_recipient, delivery_key
from streetchief.casework.outbox_tables import InboxRow, NoticeAddressRow, OutboxRow
from streetchief.errors import Conflict, NotFound

IN_APP = "in_app"
LIVE_JOB = (
    "exists (select 1 from procrastinate.procrastinate_jobs j where j.id = o.job and j.status in ('todo', 'doing'))"
)
MOST_LISTED = 200


def enqueue(session: Session, notice: Notice, *, now: datetime) -> int:
    """Write one notice into the outbox, in the caller's transaction; returns the deliveries made (0 = known)."""
    return enqueue_all(session, (notice,), now=now)


def enqueue_all(session: Session, notices: Iterable[Notice], *, now: datetime) -> int:
    """Write notices into the outbox, in the caller's transaction; nothing is sent before it commits.

    Each becomes one delivery for every channel that its recipient chose, and always one on our own pages (except for
    feeds, which read no pages).  What was written before under the same key is left as it is.  Returns how many
    deliveries are new.
    """
    notices = tuple(notices)
    chosen = _channels(session, {notice.recipient for notice in notices})
    rows = [_row(n, channel, now) for n in notices for channel in chosen.get(n.recipient, _pages(n.recipient))]
    if not rows:
        return 0
    known = insert(OutboxRow).on_conflict_do_nothing(index_elements=["key"])
    made = list(session.scalars(known.returning(OutboxRow.id), rows))
    schedule(session, made)
    return len(made)


def _pages(recipient: str) -> list[str]:
    return [] if recipient.startswith("feed:") else [IN_APP]


def _channels(session: Session, recipients: set[str]) -> dict[str, list[str]]:
    query = select(NoticeAddressRow.recipient, NoticeAddressRow.channel).where(
        NoticeAddressRow.recipient.in_(recipients)
    )
    found: dict[str, list[str]] = {}
    for recipient, channel in session.execute(query.order_by(NoticeAddressRow.recipient, NoticeAddressRow.channel)):
        found.setdefault(recipient, _pages(recipient)).append(channel)
    return found


def _row(notice: Notice, channel: str, now: datetime) -> dict[str, Any]:
    return {
        "key": delivery_key(notice.key, notice.topic, notice.recipient, channel),
        "notice": notice.key,
        "topic": notice.topic,
        "recipient": notice.recipient,
        "channel": channel,
        "urgency": notice.weight.value,
        "lane": notice.lane(channel),
        "items": [{"topic": notice.topic, **notice.facts.as_dict()}],
        "status": "waiting",
        "attempts": 0,
        "created_at": now,
        "next_at": now,
    }


def schedule(session: Session, deliveries: Sequence[int]) -> None:
    """Give waiting deliveries a job each, in the caller's transaction."""
    if deliveries:
        session.execute(text("select outbox_schedule(:ids)"), {"ids": list(deliveries)})


def take(session: Session, delivery: int) -> OutboxRow | None:
    """The delivery, locked until the transaction ends; None when there is none or somebody else has it."""
    return session.scalar(select(OutboxRow).where(OutboxRow.id == delivery).with_for_update(skip_locked=True))


def exists(session: Session, delivery: int) -> bool:
    """Whether there is such a delivery, locked or not."""
    return session.scalar(select(OutboxRow.id).where(OutboxRow.id == delivery)) is not None


def without_job(session: Session, before: datetime, most: int = 1000) -> list[int]:
    """Deliveries that should have gone before that instant and that no living job will take."""
    query = text(
        f"select o.id from outbox o where o.status = 'waiting' and o.next_at < :before and not {LIVE_JOB} "
        "order by o.id limit :most"
    )
    return list(session.scalars(query, {"before": before, "most": most}))


def join_held(session: Session, now: datetime) -> int:
    """Join what waits for a digest that is due: one new delivery a recipient and channel; returns how many.

    A digest is keyed by the newest delivery in it, so joining the same ones again would be a no-op.
    """
    due = select(OutboxRow).where(OutboxRow.status == "held", OutboxRow.next_at <= now).order_by(OutboxRow.id)
    groups: dict[tuple[str, str], list[OutboxRow]] = {}
    for row in session.scalars(due.with_for_update(skip_locked=True)):
        groups.setdefault((row.recipient, row.channel), []).append(row)
    made = [_join(session, recipient, channel, rows, now) for (recipient, channel), rows in groups.items()]
    schedule(session, made)
    return len(made)


def _join(session: Session, recipient: str, channel: str, rows: list[OutboxRow], now: datetime) -> int:
    notice, topic = f"{DIGEST}/{rows[-1].id}", f"{DIGEST}.{recipient.partition(':')[0]}"
    digest = OutboxRow(
        key=delivery_key(notice, topic, recipient, channel), notice=notice, topic=topic, recipient=recipient,
        channel=channel, urgency=Urgency.NORMAL.value, items=[item for row in rows for item in row.items],
        status="waiting", attempts=0, created_at=now, next_at=now,
    )  # fmt: skip
    session.add(digest)
    session.flush()
    for row in rows:
        row.status, row.digest = "joined", digest.id
    session.flush()
    return digest.id


def listed(
    session: Session, *, status: str | None = None, recipient: str | None = None, most: int = MOST_LISTED
) -> list[OutboxRow]:
    """Deliveries, newest first."""
    query = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(most)
    if status is not None:
        query = query.where(OutboxRow.status == status)
    if recipient is not None:
        query = query.where(OutboxRow.recipient == recipient)
    return list(session.scalars(query))


def counted(session: Session) -> dict[str, int]:
    """Status → deliveries."""
    number = func.count().label("number")
    rows = session.execute(select(OutboxRow.status, number).group_by(OutboxRow.status).order_by(OutboxRow.status))
    return {row.status: row.number for row in rows}


def replay(session: Session, deliveries: Sequence[int] | None, now: datetime) -> list[int]:
    """Send dead letters again under their old keys; None = all of them.  Returns their ids.

    Raises NotFound for an unknown id, Conflict for one that is not dead.
    """
    query = select(OutboxRow).where(OutboxRow.status == "dead") if deliveries is None else select(OutboxRow).where(
        OutboxRow.id.in_(deliveries)
    )  # fmt: skip
    rows = list(session.scalars(query.order_by(OutboxRow.id).with_for_update()))
    missing = set(deliveries or ()) - {row.id for row in rows}
    if missing:
        raise NotFound("delivery_unknown", id=min(missing))
    for row in rows:
        if row.status != "dead":
            raise Conflict("delivery_not_dead", id=row.id, status=row.status)
        row.status, row.attempts, row.next_at = "waiting", 0, now
    session.flush()
    schedule(session, [row.id for row in rows])
    return [row.id for row in rows]


def addresses(session: Session, recipient: str | None = None) -> list[NoticeAddressRow]:
    """Where people want to be told."""
    query = select(NoticeAddressRow).order_by(NoticeAddressRow.recipient, NoticeAddressRow.channel)
    return list(session.scalars(query if recipient is None else query.where(NoticeAddressRow.recipient == recipient)))


def address(session: Session, recipient: str, channel: str) -> NoticeAddressRow | None:
    """Where this recipient wants to be told by this channel."""
    return session.get(NoticeAddressRow, (recipient, channel))


def set_address(session: Session, recipient: str, channel: str, where: str, secret: str | None, language: str) -> None:
    """Choose a channel, or change its address."""
    check_recipient(recipient)
    values = {"address": where, "secret": secret, "language": language}
    new = insert(NoticeAddressRow).values(recipient=recipient, channel=channel, **values)
    session.execute(new.on_conflict_do_update(index_elements=["recipient", "channel"], set_=values))


def drop_address(session: Session, recipient: str, channel: str) -> None:
    """Choose a channel no more.  Raises NotFound."""
    gone = delete(NoticeAddressRow).where(
        NoticeAddressRow.recipient == recipient, NoticeAddressRow.channel == channel
    )  # fmt: skip
    if not session.execute(gone.returning(NoticeAddressRow.channel)).all():
        raise NotFound("address_unknown", recipient=recipient, channel=channel)


def put_in_inbox(session: Session, key: str, recipient: str, items: Sequence[dict[str, Any]], now: datetime) -> None:
    """Lay notices on our own pages; the same key again is a no-op."""
    rows = [
        {
            "key": key if place == 0 else f"{key}#{place}",
            "recipient": recipient,
            "topic": item["topic"],
            "facts": {name: value for name, value in item.items() if name != "topic"},
            "created_at": now,
        }
        for place, item in enumerate(items)
    ]
    session.execute(insert(InboxRow).on_conflict_do_nothing(index_elements=["key"]), rows)


def inbox(
    session: Session, recipients: Sequence[str], *, unread: bool = False, before: int | None = None, most: int = 100
) -> list[InboxRow]:
    """What waits on the pages of these recipients (a person, the person's department), newest first, below an id."""
    query = select(InboxRow).where(InboxRow.recipient.in_(recipients)).order_by(InboxRow.id.desc()).limit(most)
    query = query if before is None else query.where(InboxRow.id < before)
    return list(session.scalars(query.where(InboxRow.read_at.is_(None)) if unread else query))


def mark_read(session: Session, recipients: Sequence[str], ids: Sequence[int], now: datetime) -> int:
    """Put the read mark on those of the ids that belong to the recipients and have none; returns how many."""
    change = update(InboxRow).where(
        InboxRow.id.in_(bindparam("ids", expanding=True)),
        InboxRow.recipient.in_(bindparam("recipients", expanding=True)),
        InboxRow.read_at.is_(None),
    )
    done = session.execute(
        change.values(read_at=now).returning(InboxRow.id), {"ids": list(ids), "recipients": list(recipients)}
    )
    return len(done.all())
