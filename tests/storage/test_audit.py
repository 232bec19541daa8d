"""The audit log: append only, and whatever is done to it with the triggers off is found as far as that can be."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from streetchief.storage import audit
from streetchief.storage.audit import Anchor, Break
from streetchief.storage.engine import transaction

NOW = datetime(2026, 3, 2, 1, 0, 0, 123_456, tzinfo=UTC)


def fill(engine: Engine, rows: int = 6) -> None:
    for number in range(rows):
        with transaction(engine) as session:
            audit.record(
                session,
                at=NOW + timedelta(minutes=number),
                actor=f"user{number % 2}",
                action="account.grant" if number % 3 else "http.get",
                subject=f"account:{number} 李娜",
                result=audit.REFUSED if number % 3 == 0 else audit.DONE,
                detail={"n": number, "yes": True, "no": None, "text": "街"},
            )


def verdict(engine: Engine, anchor: Anchor | None = None) -> Break | None:
    with transaction(engine) as session:
        return audit.verify(session, anchor)


def tamper(engine: Engine, *statements: str) -> None:
    """As a superuser who switches the triggers off."""
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def test_an_empty_log_is_sound(database_engine: Engine) -> None:
    assert verdict(database_engine) is None
    with transaction(database_engine) as session:
        assert str(audit.head(session)) == "0:" + "00" * 32


def test_a_log_as_written_is_sound(database_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(database_engine)
    monkeypatch.setattr(audit, "BATCH_ROWS", 2)
    assert verdict(database_engine) is None
    with transaction(database_engine) as session:
        assert audit.head(session).count == 6


REFUSED = [
    "update audit_log set actor = 'x' where id = 2",
    "delete from audit_log where id = 2",
    "truncate audit_log",
    "update audit_head set count = 0",
    "update audit_head set count = count + 1",  # a head that no row stands for
    "delete from audit_head",
    "truncate audit_head",
    "insert into audit_head values (2, 0, '')",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_nothing_is_changed_not_even_by_the_owner(database_engine: Engine, statement: str) -> None:
    fill(database_engine)
    with pytest.raises(DBAPIError), database_engine.begin() as connection:
        connection.execute(text(statement))
    assert verdict(database_engine) is None


TAMPERED = {
    "who": ("update audit_log set actor = 'user9' where id = 3", Break(3, "changed")),
    "when": ("update audit_log set at = at + interval '1 microsecond' where id = 3", Break(3, "changed")),
    "what": ("update audit_log set subject = 'other' where id = 1", Break(1, "changed")),
    "how it ended": ("update audit_log set result = 'done' where id = 4", Break(4, "changed")),
    "a detail": ("update audit_log set detail = detail || '{\"n\": 7}' where id = 6", Break(6, "changed")),
    "a detail left out": ("update audit_log set detail = detail - 'no' where id = 6", Break(6, "changed")),
    "the hash": ("update audit_log set hash = sha256('x') where id = 3", Break(3, "changed")),
    "a row in the middle": ("delete from audit_log where id = 3", Break(3, "missing")),
    "the first row": ("delete from audit_log where id = 1", Break(1, "missing")),
    "the tail": ("delete from audit_log where id > 4", Break(5, "cut")),
    "everything": ("delete from audit_log", Break(1, "cut")),
    "the head": ("update audit_head set hash = sha256('x')", Break(6, "head")),
    "the head set back": (
        "update audit_head set count = 5, hash = (select hash from audit_log where id = 5)", Break(6, "beyond"),
    ),
    "the head away": ("delete from audit_head", Break(1, "head")),
    "two rows swapped": (
        "update audit_log set id = case id when 2 then -3 else -2 end where id in (2, 3); "
        "update audit_log set id = -id where id < 0", Break(2, "changed"),
    ),
    "a row slipped in": (
        "insert into audit_log select 7, at, actor, action, subject, result, detail, hash from audit_log where id = 6",
        Break(7, "changed"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_and_the_first_broken_row_named(database_engine: Engine, what: str) -> None:
    fill(database_engine)
    statement, found = TAMPERED[what]
    tamper(database_engine, *statement.split("; "))
    assert verdict(database_engine) == found


def test_a_tail_cut_with_the_head_set_to_match_is_found_only_by_an_anchor(database_engine: Engine) -> None:
    """The honest limit: inside the database nothing is left of the rows; an anchor kept elsewhere tells."""
    fill(database_engine)
    with transaction(database_engine) as session:
        noted = audit.head(session)
    tamper(
        database_engine,
        "delete from audit_log where id > 4",
        "update audit_head set count = 4, hash = (select hash from audit_log where id = 4)",
    )
    assert verdict(database_engine) is None
    assert verdict(database_engine, noted) == Break(5, "cut")
    fill(database_engine, 2)  # the next rows cover it up, but they are others
    assert verdict(database_engine) is None
    assert verdict(database_engine, noted) == Break(6, "anchor")


def test_an_anchor_from_before_still_fits_a_longer_log(database_engine: Engine) -> None:
    fill(database_engine)
    with transaction(database_engine) as session:
        noted = audit.head(session)
    fill(database_engine)
    assert verdict(database_engine, noted) is None


def test_many_writers_make_one_chain(database_engine: Engine) -> None:
    threads = [threading.Thread(target=fill, args=(database_engine, 5)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdict(database_engine) is None
    with transaction(database_engine) as session:
        assert audit.head(session).count == 30


def test_what_is_rolled_back_was_not_written(database_engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(database_engine) as session:
        audit.record(session, at=NOW, actor="a", action="b", subject="c")
        raise ZeroDivisionError
    fill(database_engine, 1)
    assert verdict(database_engine) is None


def test_odd_text_and_other_zones(database_engine: Engine) -> None:
    odd = "a\x00b\ud800c\nd\x1b[31m" + "x" * 1000
    shanghai = timezone(timedelta(hours=8))
    with transaction(database_engine) as session:
        audit.record(session, at=NOW.astimezone(shanghai), actor=odd, action=odd, subject=odd, detail={"t": odd})
    assert verdict(database_engine) is None
    with transaction(database_engine) as session:
        [row] = audit.entries(session)
        assert row.at == NOW and len(row.subject) == 300
        assert row.subject.isprintable()


def test_filters(database_engine: Engine) -> None:
    fill(database_engine)
    with transaction(database_engine) as session:

        def ids(**which: object) -> list[int]:
            return [row.id for row in audit.entries(session, **which)]  # type: ignore[arg-type]

        assert ids() == [6, 5, 4, 3, 2, 1]
        assert ids(most=2) == [6, 5]
        assert ids(actor="user1") == [6, 4, 2]
        assert ids(action="account.") == [6, 5, 3, 2]
        assert ids(action="%") == []
        assert ids(result="refused") == [4, 1]
        assert ids(since=NOW + timedelta(minutes=4)) == [6, 5]
