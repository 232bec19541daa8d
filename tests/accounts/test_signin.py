"""Signing in: one answer for all failures, throttled, written down; sessions that end."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from streetchief.accounts import secrets, service
from streetchief.accounts.model import SessionLimits
from streetchief.accounts.policy import CLI, grant
from streetchief.actors import Actor
from streetchief.errors import TooMany, Unauthorised
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from tests.accounts.conftest import NOW, PASSWORD

SECOND = timedelta(seconds=1)


@pytest.fixture
def people(engine: Engine) -> Engine:
    """li.na may sign in, zhao is disabled, robot has no password."""
    service.create_user(engine, "li.na", "李娜", PASSWORD, by=CLI, now=NOW)
    service.grant_role(engine, "li.na", grant("chief", tier=1, street="E"), by=CLI, now=NOW)
    service.grant_role(engine, "li.na", grant("officer", department="waste"), by=CLI, now=NOW)
    service.create_user(engine, "zhao", "赵", PASSWORD, by=CLI, now=NOW)
    service.disable(engine, "zhao", by=CLI, now=NOW)
    service.create_user(engine, "robot", "robot", None, by=CLI, now=NOW)
    return engine


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing for nothing: for tests that count attempts."""
    monkeypatch.setattr(secrets, "is_password", lambda password, stored: stored is not None and password == PASSWORD)


def refused(engine: Engine, login: str, password: str, now: datetime = NOW, source: str | None = None) -> str:
    with pytest.raises((Unauthorised, TooMany)) as refusal:
        service.sign_in(engine, login, password, now=now, source=source)
    return refusal.value.code


def test_signing_in_and_out(people: Engine) -> None:
    token, actor = service.sign_in(people, " Li.Na ", PASSWORD, now=NOW)
    assert actor == Actor("li.na", (grant("chief", tier=1, street="E"), grant("officer", department="waste")))
    assert service.actor_of_session(people, token, NOW) == actor
    assert service.sign_in(people, "li.na", PASSWORD, now=NOW)[0] != token  # never a token that existed before
    service.sign_out(people, token, now=NOW)
    service.sign_out(people, token, now=NOW)
    with pytest.raises(Unauthorised):
        service.actor_of_session(people, token, NOW)


@pytest.mark.parametrize(
    ("login", "password"),
    [("li.na", "wrong horse battery"), ("nobody", PASSWORD), ("zhao", PASSWORD), ("robot", ""), ("robot", PASSWORD),
     ("", ""), ("li.na'--", PASSWORD), ("li.na\x00", PASSWORD)],
)  # fmt: skip
def test_every_failure_says_the_same(people: Engine, login: str, password: str) -> None:
    assert refused(people, login, password) == "bad_sign_in"


def test_failures_are_written_down_but_not_what_was_typed(people: Engine) -> None:
    refused(people, "li.na", "wrong horse battery", source="10.0.0.7")
    refused(people, "my secret password", "x", source="10.0.0.7")  # typed into the wrong field
    with transaction(people) as session:
        found = [(r.actor, r.subject, r.result, r.detail) for r in audit.entries(session, action="session.", most=2)]
    assert found == [
        ("-", "account:?", "refused", {"source": "10.0.0.7"}),
        ("-", "account:li.na", "refused", {"source": "10.0.0.7"}),
    ]


@pytest.mark.usefixtures("quick")
def test_a_login_that_fails_has_to_wait_longer_and_longer(people: Engine) -> None:
    assert [refused(people, "li.na", "no") for _ in range(5)] == ["bad_sign_in"] * 5
    assert refused(people, "li.na", PASSWORD) == "too_many"  # also with the right password: nothing is learnt
    assert refused(people, "li.na", "no", NOW + 2 * SECOND) == "bad_sign_in"
    assert refused(people, "li.na", "no", NOW + 5 * SECOND) == "too_many"  # twice as long
    assert refused(people, "nobody", "no") == "bad_sign_in"  # another login does not wait
    service.sign_in(people, "li.na", PASSWORD, now=NOW + 6 * SECOND)
    assert [refused(people, "li.na", "no", NOW + 7 * SECOND) for _ in range(5)] == ["bad_sign_in"] * 5


@pytest.mark.usefixtures("quick")
def test_unknown_logins_wait_like_known_ones(people: Engine) -> None:
    assert [refused(people, "nobody", "no") for _ in range(6)] == ["bad_sign_in"] * 5 + ["too_many"]


@pytest.mark.usefixtures("quick")
def test_nobody_is_locked_out_for_long(people: Engine) -> None:
    at = NOW
    for _ in range(40):
        refused(people, "li.na", "no", at)
        at += timedelta(seconds=301)
    assert service.sign_in(people, "li.na", PASSWORD, now=at)[1].id == "li.na"


@pytest.mark.usefixtures("quick")
def test_a_source_waits_whatever_logins_it_tries(people: Engine) -> None:
    said = [refused(people, f"guess{n}", "no", source="10.0.0.7") for n in range(51)]
    assert said == ["bad_sign_in"] * 50 + ["too_many"]
    service.sign_in(people, "li.na", PASSWORD, now=NOW, source="10.0.0.8")
    at = NOW + 61 * SECOND
    service.sign_in(people, "li.na", PASSWORD, now=at, source="10.0.0.7")  # an account of one's own...
    assert refused(people, "guess", "no", at, "10.0.0.7") == "bad_sign_in"
    assert refused(people, "guess2", "no", at, "10.0.0.7") == "too_many"  # ...does not wipe the slate


@pytest.mark.usefixtures("quick")
def test_attempts_at_once_are_no_way_round(people: Engine) -> None:
    said: list[str] = []

    def attempt() -> None:
        said.append(refused(people, "li.na", "no"))

    threads = [threading.Thread(target=attempt) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["bad_sign_in"] * 5 + ["too_many"] * 10


@pytest.mark.usefixtures("quick")
def test_old_attempts_are_forgotten_and_cleared_away(people: Engine) -> None:
    for _ in range(5):
        refused(people, "li.na", "no")
    refused(people, "nobody", "no")
    later = NOW + timedelta(hours=2)
    assert [refused(people, "li.na", "no", later) for _ in range(4)] == ["bad_sign_in"] * 4
    service.sign_in(people, "li.na", PASSWORD, now=NOW + timedelta(days=2))
    with transaction(people) as session:
        assert session.execute(text("select count(*) from sign_in_attempts")).scalar() == 0


def test_how_long_a_wait_is_said(people: Engine, quick: None) -> None:
    for _ in range(5):
        refused(people, "li.na", "no")
    with pytest.raises(TooMany) as refusal:
        service.sign_in(people, "li.na", "no", now=NOW + SECOND / 2)
    assert refusal.value.wait_s == 2


def test_a_session_ends_after_its_time_and_after_idling(people: Engine) -> None:
    limits = SessionLimits(absolute=timedelta(hours=2), idle=timedelta(minutes=30))
    token, _ = service.sign_in(people, "li.na", PASSWORD, now=NOW, limits=limits)
    for minutes in (29, 58, 87, 116):  # each within half an hour of the last
        service.actor_of_session(people, token, NOW + timedelta(minutes=minutes))
    with pytest.raises(Unauthorised):
        service.actor_of_session(people, token, NOW + timedelta(minutes=120))
    idle, _ = service.sign_in(people, "li.na", PASSWORD, now=NOW, limits=limits)
    with pytest.raises(Unauthorised):
        service.actor_of_session(people, idle, NOW + timedelta(minutes=30))


def test_who_is_changed_while_signing_in_does_not_get_in(people: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(password: str, stored: str | None) -> bool:
        service.disable(people, "li.na", by=CLI, now=NOW)
        return True

    monkeypatch.setattr(secrets, "is_password", slow)
    assert refused(people, "li.na", PASSWORD) == "bad_sign_in"
    with transaction(people) as session:
        assert session.execute(text("select count(*) from user_sessions")).scalar() == 0


def test_recognising_somebody_is_one_indexed_query(people: Engine) -> None:
    token, _ = service.sign_in(people, "li.na", PASSWORD, now=NOW)
    asked: list[str] = []
    with transaction(people) as session:
        session.execute(text("analyze users, user_grants, user_sessions"))
    event.listen(people, "before_cursor_execute", lambda c, cur, statement, *rest: asked.append(statement))
    service.actor_of_session(people, token, NOW + 59 * SECOND)
    assert len(asked) == 1
    with people.connect() as connection:
        connection.execute(text("set enable_seqscan = off"))
        plan = connection.exec_driver_sql(
            "explain " + asked[0],
            {"token_hash_1": secrets.token_hash(token), "expires_at_1": NOW, "param_1": NOW},
        )
        shown = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in shown, shown
