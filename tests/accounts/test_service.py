"""Keeping accounts: what is refused, what ends at once, what is written down."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from streetchief.accounts import policy, service
from streetchief.accounts.policy import CLI, grant
from streetchief.actors import Actor, Grant, Permission
from streetchief.errors import BadInput, Conflict, Forbidden, NotFound, StreetChiefError, Unauthorised
from streetchief.storage import audit
from streetchief.storage.audit import AuditRow
from streetchief.storage.engine import transaction
from tests.accounts.conftest import NOW, PASSWORD

OFFICER = grant("officer", department="waste")
STRANGERS = [
    Actor("nobody"),
    Actor("li.na", (OFFICER,)),
    Actor("part", (Grant("admin", policy.PERMISSIONS["admin"], area="A"),)),  # accounts lie in no area
]


def rows(engine: Engine) -> list[AuditRow]:
    with transaction(engine) as session:
        found = audit.entries(session)
        session.expunge_all()
    return found


def make(engine: Engine, login: str = "li.na", *grants: Grant) -> None:
    service.create_user(engine, login, "李娜", PASSWORD, by=CLI, now=NOW)
    for one in grants:
        service.grant_role(engine, login, one, by=CLI, now=NOW)


def test_the_first_administrator_is_made_once(engine: Engine) -> None:
    service.first_admin(engine, "office.admin", PASSWORD, by=CLI, now=NOW)
    _, actor = service.sign_in(engine, "office.admin", PASSWORD, now=NOW)
    assert actor == Actor("office.admin", (grant("admin"),))
    with pytest.raises(Conflict, match="admin_exists"):
        service.first_admin(engine, "second", PASSWORD, by=CLI, now=NOW)
    assert [account.login for account in service.accounts(engine, by=CLI)] == ["office.admin"]


def test_of_two_first_administrators_at_once_one_wins(engine: Engine) -> None:
    said: list[str] = []

    def attempt(login: str) -> None:
        try:
            service.first_admin(engine, login, PASSWORD, by=CLI, now=NOW)
            said.append("made")
        except Conflict as conflict:
            said.append(conflict.code)

    threads = [threading.Thread(target=attempt, args=(f"admin{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["admin_exists"] * 3 + ["made"]


LOGINS = ["", "a", "-a", "Li.Na", "li na", "system:cli", "李娜", "a" * 41, "a\n", "li/na"]


@pytest.mark.parametrize("login", LOGINS)
def test_logins_that_are_none(engine: Engine, login: str) -> None:
    with pytest.raises(BadInput, match="bad_login"):
        service.create_user(engine, login, "name", PASSWORD, by=CLI, now=NOW)


@pytest.mark.parametrize("name", ["", " ", "a\x1b[31m", "x" * 81])
def test_names_that_are_none(engine: Engine, name: str) -> None:
    with pytest.raises(BadInput, match="bad_account_name"):
        service.create_user(engine, "li.na", name, PASSWORD, by=CLI, now=NOW)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda a: a.id)
def test_only_who_manages_accounts_may(engine: Engine, stranger: Actor) -> None:
    make(engine)
    before = len(rows(engine))
    for attempt in (
        lambda: service.accounts(engine, by=stranger),
        lambda: service.first_admin(engine, "new", PASSWORD, by=stranger, now=NOW),
        lambda: service.create_user(engine, "new", "n", PASSWORD, by=stranger, now=NOW),
        lambda: service.set_password(engine, "li.na", PASSWORD, by=stranger, now=NOW),
        lambda: service.grant_role(engine, "li.na", grant("admin"), by=stranger, now=NOW),
        lambda: service.revoke(engine, "li.na", 1, by=stranger, now=NOW),
        lambda: service.disable(engine, "li.na", by=stranger, now=NOW),
        lambda: service.issue_token(engine, "li.na", "t", 1, by=stranger, now=NOW),
        lambda: service.revoke_token(engine, "li.na", 1, by=stranger, now=NOW),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert len(rows(engine)) == before


REFUSED_GRANTS = [
    (grant("worker"), BadInput, "role_of_programs"),
    (grant("officer", department="nowhere"), BadInput, "unknown_scope"),  # a typing error would see nothing, silently
    (grant("chief", tier=1, street="X"), BadInput, "unknown_scope"),
    (grant("chief", tier=9, street="E"), BadInput, "unknown_scope"),  # the village has one tier
    (grant("dispatcher", area="B"), BadInput, "unknown_scope"),
    (Grant("chief", frozenset(Permission)), BadInput, "scope_missing"),  # made by hand
    (OFFICER, Conflict, "grant_held"),
]


@pytest.mark.parametrize(("one", "kind", "code"), REFUSED_GRANTS, ids=lambda v: getattr(v, "role", None))
def test_grants_that_are_refused(engine: Engine, one: Grant, kind: type[StreetChiefError], code: str) -> None:
    make(engine, "li.na", OFFICER)
    with pytest.raises(kind) as refusal:
        service.grant_role(engine, "li.na", one, by=CLI, now=NOW)
    assert refusal.value.code == code


def test_a_grant_made_by_hand_has_the_permissions_of_the_table(engine: Engine) -> None:
    make(engine, "li.na", Grant("officer", frozenset(Permission), department="waste"))
    assert service.actor_of_login(engine, "li.na").grants == (OFFICER,)


def test_what_does_not_exist(engine: Engine) -> None:
    make(engine)
    for attempt in (
        lambda: service.disable(engine, "nobody", by=CLI, now=NOW),
        lambda: service.revoke(engine, "li.na", 99, by=CLI, now=NOW),
        lambda: service.revoke_token(engine, "li.na", 99, by=CLI, now=NOW),
        lambda: service.actor_of_login(engine, "nobody"),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(Conflict, match="login_taken"):
        make(engine)


def test_nobody_revokes_the_grant_of_somebody_else(engine: Engine) -> None:
    make(engine, "li.na", OFFICER)
    make(engine, "zhao")
    number = service.accounts(engine, by=CLI)[0].held[0].id
    with pytest.raises(NotFound, match="no_grant"):
        service.revoke(engine, "zhao", number, by=CLI, now=NOW)


def test_the_last_administrator_stays(engine: Engine) -> None:
    service.first_admin(engine, "office.admin", PASSWORD, by=CLI, now=NOW)
    number = service.accounts(engine, by=CLI)[0].held[0].id
    with pytest.raises(Conflict, match="last_admin"):
        service.disable(engine, "office.admin", by=CLI, now=NOW)
    with pytest.raises(Conflict, match="last_admin"):
        service.revoke(engine, "office.admin", number, by=CLI, now=NOW)
    make(engine, "li.na", grant("admin"))
    service.disable(engine, "office.admin", by=CLI, now=NOW)
    with pytest.raises(Conflict, match="last_admin"):
        service.disable(engine, "li.na", by=CLI, now=NOW)


ENDINGS = {
    "grant": lambda e: service.grant_role(e, "li.na", grant("analyst"), by=CLI, now=NOW),
    "revoke": lambda e: service.revoke(e, "li.na", service.accounts(e, by=CLI)[0].held[0].id, by=CLI, now=NOW),
    "password": lambda e: service.set_password(e, "li.na", "another long password", by=CLI, now=NOW),
    "disable": lambda e: service.disable(e, "li.na", by=CLI, now=NOW),
}


@pytest.mark.parametrize("what", ENDINGS)
def test_a_change_ends_sessions_at_once(engine: Engine, what: str) -> None:
    make(engine, "li.na", OFFICER)
    token, _ = service.sign_in(engine, "li.na", PASSWORD, now=NOW)
    assert service.actor_of_session(engine, token, NOW).grants == (OFFICER,)
    ENDINGS[what](engine)
    with pytest.raises(Unauthorised):
        service.actor_of_session(engine, token, NOW)


def test_api_tokens(engine: Engine) -> None:
    make(engine, "li.na", OFFICER)
    token = service.issue_token(engine, "li.na", "reports", 30, by=CLI, now=NOW)
    assert service.actor_of_token(engine, token, NOW) == Actor("li.na", (OFFICER,))
    service.grant_role(engine, "li.na", grant("analyst"), by=CLI, now=NOW)
    assert len(service.actor_of_token(engine, token, NOW).grants) == 2  # it acts with the rights of the moment
    with pytest.raises(Unauthorised):
        service.actor_of_token(engine, token, NOW + timedelta(days=30))
    with pytest.raises(Unauthorised):
        service.actor_of_session(engine, token, NOW)  # a token is no session
    number = service.accounts(engine, by=CLI)[0].tokens[0].id
    service.revoke_token(engine, "li.na", number, by=CLI, now=NOW)
    with pytest.raises(Unauthorised):
        service.actor_of_token(engine, token, NOW)
    for days in (0, -1, 367):
        with pytest.raises(BadInput, match="bad_token_days"):
            service.issue_token(engine, "li.na", "t", days, by=CLI, now=NOW)


@pytest.mark.parametrize("what", ["password", "disable"])
def test_tokens_end_with_the_password_and_the_account(engine: Engine, what: str) -> None:
    make(engine)
    token = service.issue_token(engine, "li.na", "reports", 30, by=CLI, now=NOW)
    ENDINGS[what](engine)
    with pytest.raises(Unauthorised):
        service.actor_of_token(engine, token, NOW)


def test_a_disabled_account_gets_nothing_more(engine: Engine) -> None:
    make(engine)
    service.disable(engine, "li.na", by=CLI, now=NOW)
    for attempt in (
        lambda: service.issue_token(engine, "li.na", "t", 1, by=CLI, now=NOW),
        lambda: service.grant_role(engine, "li.na", OFFICER, by=CLI, now=NOW),
    ):
        with pytest.raises(Conflict, match="account_disabled"):
            attempt()


def test_every_change_is_one_row_of_the_log_and_says_no_secret(engine: Engine) -> None:
    make(engine, "li.na", OFFICER)
    token = service.issue_token(engine, "li.na", "reports", 30, by=CLI, now=NOW)
    service.revoke_token(engine, "li.na", 1, by=CLI, now=NOW)
    service.set_password(engine, "li.na", "another long password", by=CLI, now=NOW)
    service.revoke(engine, "li.na", 1, by=CLI, now=NOW)
    service.disable(engine, "li.na", by=CLI, now=NOW)
    found = rows(engine)[::-1]
    assert [row.action for row in found] == [
        "account.create", "account.grant", "account.token", "account.token_revoke", "account.password",
        "account.revoke", "account.disable",
    ]  # fmt: skip
    assert {(row.actor, row.subject, row.result) for row in found} == {("system:cli", "account:li.na", "done")}
    assert found[1].detail == {"grant": 1, "role": "officer", "department": "waste", "sessions": 0}
    said = " ".join(f"{row.subject} {row.detail}" for row in found)
    for secret in (token, PASSWORD, "another long password", "李娜", "argon2"):
        assert secret not in said


def test_the_database_knows_no_token_and_no_password(engine: Engine) -> None:
    make(engine)
    secrets = [PASSWORD, service.issue_token(engine, "li.na", "t", 1, by=CLI, now=NOW)]
    secrets.append(service.sign_in(engine, "li.na", PASSWORD, now=NOW)[0])
    with transaction(engine) as session:
        tables = ("users", "user_grants", "user_sessions", "api_tokens", "sign_in_attempts", "audit_log")
        dump = " ".join(str(session.execute(text(f"select array_agg(t::text) from {t} t")).scalar()) for t in tables)
    assert "argon2id" in dump
    assert [s for s in secrets if s in dump or s.encode().hex() in dump] == []
