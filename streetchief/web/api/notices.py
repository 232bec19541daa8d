"""My notices: what waits for me on our own pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from streetchief.actors import Actor
from streetchief.casework.notices import Facts, sentence_of
from streetchief.casework.outbox_store import inbox, mark_read
from streetchief.casework.outbox_tables import InboxRow
from streetchief.city import City
from streetchief.storage.engine import transaction
from streetchief.web.auth import ActorOf
from streetchief.web.deps import CityOf, EngineOf
from streetchief.web.schemas import BIGGEST_ID, Strict, Words, refused

router = APIRouter(prefix="/api/v1", tags=["notices"])
MOST_NOTICES = 200
_EXAMPLE: dict[str, Any] = {
    "id": 5, "topic": "dispatch.department", "text": {"zh": "案件 17：已派遣", "en": "case 17: dispatched"},
    "case": "qingjiang-20260302-17", "link": "/cases/17", "due_at": None, "created_at": "2026-03-02T01:00:00Z",
    "read_at": None,
}  # fmt: skip


class NoticeQuery(Strict):
    """Which notices."""

    unread: bool = False
    before: int = Field(BIGGEST_ID, ge=1, le=BIGGEST_ID, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MOST_NOTICES)


class NoticeShown(BaseModel):
    """One notice in both languages."""

    id: int
    topic: str
    text: Words
    case: str
    link: str
    due_at: datetime | None
    created_at: datetime
    read_at: datetime | None


class NoticePage(BaseModel):
    """Notices, newest first; `next` is null on the last page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"next": None, "notices": [_EXAMPLE]}]})
    next: int | None
    notices: list[NoticeShown]


class ReadMarks(Strict):
    """Notices that were read; those of others are left alone, without a word."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": [5, 6]}]})
    ids: list[Annotated[int, Field(ge=1, le=BIGGEST_ID)]] = Field(min_length=1, max_length=MOST_NOTICES)


class Marked(BaseModel):
    """How many notices got their read mark now."""

    marked: int


@router.get("/notices", responses=refused(422))
def mine(query: Annotated[NoticeQuery, Query()], engine: EngineOf, city: CityOf, actor: ActorOf) -> NoticePage:
    """Notices to me and to the departments for which I act."""
    with transaction(engine) as session:
        rows = inbox(session, recipients(actor), unread=query.unread, before=query.before, most=query.limit + 1)
        found = [_shown(row, city) for row in rows[: query.limit]]
    return NoticePage(next=found[-1].id if len(rows) > query.limit else None, notices=found)


@router.post("/notices/read", responses=refused(422))
def read(body: ReadMarks, engine: EngineOf, actor: ActorOf) -> Marked:
    """Put the read mark on notices of mine; a second time is a no-op."""
    with transaction(engine) as session:
        return Marked(marked=mark_read(session, recipients(actor), body.ids, datetime.now(UTC)))


def recipients(actor: Actor) -> list[str]:
    """Under which names notices reach the actor."""
    departments = {grant.department for grant in actor.grants if grant.department is not None}
    return [f"user:{actor.id}", *(f"department:{code}" for code in sorted(departments))]


def _shown(row: InboxRow, city: City) -> NoticeShown:
    facts = Facts.from_dict(row.facts)
    zh, en = (sentence_of(row.topic, facts, language, city.zone) for language in ("zh", "en"))
    return NoticeShown(
        id=row.id, topic=row.topic, text=Words(zh=zh, en=en), case=facts.case, link=facts.link, due_at=facts.due_at,
        created_at=row.created_at, read_at=row.read_at,
    )  # fmt: skip
