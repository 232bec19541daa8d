"""Signing in by the API, who is recognised, what a foreign page cannot do, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from streetchief.accounts import secrets, service
from streetchief.accounts.policy import CLI, grant
from streetchief.actors import Permission, Subject, allowed
from streetchief.errors import Forbidden, NotFound, OutOfScope
from streetchief.settings import Settings
from streetchief.storage import audit
from streetchief.storage.engine import transaction
from streetchief.web.app import create_app
from streetchief.web.auth import COOKIE, ActorOf
from tests.pipeline.squares import CITY
from tests.web.conftest import settle

PASSWORD = "correct horse battery"
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def app(database_url: str) -> FastAPI:
    """The village's application with three routes of a test's own."""
    app = create_app(Settings(database_url=database_url), CITY)

    @app.get("/api/v1/test/{case}")
    def read(case: str, actor: ActorOf) -> str:
        if case == "hidden":
            raise OutOfScope(what="case")
        if case == "nowhere":
            raise NotFound(what="case")
        if not allowed(actor, Permission.READ_AUDIT, Subject()):
            raise Forbidden()
        return actor.id

    @app.post("/api/v1/test")
    def write(actor: ActorOf) -> str:
        return actor.id

    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser on this machine; li.na is an officer."""
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        engine = app.state.engine
        settle(engine)
        now = datetime.now(UTC)
        service.create_user(engine, "li.na", "李娜", PASSWORD, by=CLI, now=now)
        service.grant_role(engine, "li.na", grant("officer", department="waste"), by=CLI, now=now)
        yield client


@pytest.fixture
def engine(app: FastAPI, client: TestClient) -> Engine:
    """The running application's engine."""
    return app.state.engine  # type: ignore[no-any-return]


def sign_in(client: TestClient, *, bearer: bool = False, **changes: Any) -> Response:
    body = {"login": "li.na", "password": PASSWORD, "bearer": bearer} | changes
    return client.post("/api/v1/session", json=body)


def refusals(engine: Engine) -> list[tuple[str, str, str, object]]:
    with transaction(engine) as session:
        found = audit.entries(session, action="http.", result=audit.REFUSED)
        return [(row.actor, row.action, row.subject, row.detail["code"]) for row in found]


def test_a_browser_signs_in_and_out(client: TestClient) -> None:
    answer = sign_in(client)
    assert answer.status_code == 200
    assert answer.json()["token"] is None
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Max-Age=43200" in cookie
    assert "Secure" not in cookie  # loopback has no TLS
    me = client.get("/api/v1/me").json()
    assert me["login"] == "li.na" and me["csrf_token"] == answer.json()["csrf_token"]
    assert me["grants"] == [
        {
            "role": "officer", "tier": None, "street": None, "area": None, "department": "waste",
            "permissions": ["case.handle", "case.read", "case.report_in"],
        }
    ]  # fmt: skip
    old = client.cookies[COOKIE]
    gone = client.delete("/api/v1/session", headers={"origin": ORIGIN, "x-csrf-token": me["csrf_token"]})
    assert gone.status_code == 204 and COOKIE not in client.cookies
    client.cookies.set(COOKIE, old)
    assert client.get("/api/v1/me").json()["code"] == "bad_credentials"


def test_a_program_gets_a_token_and_no_cookie(client: TestClient) -> None:
    answer = sign_in(client, bearer=True)
    token = answer.json()["token"]
    assert "set-cookie" not in answer.headers and answer.json()["csrf_token"] is None
    with_it = {"authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=with_it).json()["login"] == "li.na"
    assert client.post("/api/v1/test", headers=with_it).status_code == 200  # no form token: no page can send this
    assert client.delete("/api/v1/session", headers=with_it).status_code == 204
    assert client.get("/api/v1/me", headers=with_it).status_code == 401


def test_an_api_token(client: TestClient, engine: Engine) -> None:
    token = service.issue_token(engine, "li.na", "t", 1, by=CLI, now=datetime.now(UTC))
    with_it = {"authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=with_it).json()["login"] == "li.na"
    service.disable(engine, "li.na", by=CLI, now=datetime.now(UTC))
    assert client.get("/api/v1/me", headers=with_it).status_code == 401


def test_signing_in_again_makes_a_new_session_whatever_cookie_came(client: TestClient) -> None:
    """Fixation: a token planted in the browser beforehand never becomes a session."""
    planted = secrets.new_token(secrets.SESSION_PREFIX)
    client.cookies.set(COOKIE, planted)
    first = sign_in(client, bearer=True).json()["token"]
    assert planted != first != sign_in(client, bearer=True).json()["token"]
    assert client.get("/api/v1/me", headers={"authorization": f"Bearer {planted}"}).status_code == 401


NOBODY = [
    ({}, "no_credentials"),
    ({"authorization": "Bearer scs_nonsense"}, "bad_credentials"),
    ({"authorization": "Bearer sct_nonsense"}, "bad_credentials"),
    ({"authorization": "Bearer "}, "bad_credentials"),
    ({"authorization": "Basic bGkubmE6eA=="}, "bad_credentials"),
    ({"cookie": f"{COOKIE}=scs_nonsense"}, "bad_credentials"),
    ({"cookie": f"{COOKIE}="}, "no_credentials"),
]


@pytest.mark.parametrize(("headers", "code"), NOBODY)
def test_who_shows_nothing_that_counts(client: TestClient, engine: Engine, headers: dict[str, str], code: str) -> None:
    answer = client.get("/api/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert refusals(engine) == [("-", "http.get", "/api/v1/me", code)]


FOREIGN = [
    {},
    {"origin": ORIGIN},  # without the form token
    {"origin": "https://evil.example", "x-csrf-token": "ours"},
    {"origin": "null", "x-csrf-token": "ours"},  # a sandboxed frame
    {"origin": "http://127.0.0.1:9000", "x-csrf-token": "ours"},  # another program on this machine
    {"origin": "https://127.0.0.1:8000", "x-csrf-token": "ours"},
    {"x-csrf-token": "ours"},  # every browser sends Origin with a write
    {"origin": ORIGIN, "x-csrf-token": "0" * 64},
    {"origin": ORIGIN, "x-csrf-token": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_cannot_write_in_the_name_of_who_is_signed_in(
    client: TestClient, engine: Engine, headers: dict[str, str]
) -> None:
    token = sign_in(client).json()["csrf_token"]
    given = {name: token if value == "ours" else value for name, value in headers.items()}
    answer = client.post("/api/v1/test", headers=given)
    assert (answer.status_code, answer.json()["code"]) == (403, "forged_request")
    assert refusals(engine) == [("-", "http.post", "/api/v1/test", "forged_request")]
    assert client.post("/api/v1/test", headers={"origin": ORIGIN, "x-csrf-token": token}).status_code == 200


def test_a_foreign_page_cannot_sign_somebody_in(client: TestClient) -> None:
    body = {"login": "li.na", "password": PASSWORD}
    answer = client.post("/api/v1/session", json=body, headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forged_request")


def test_every_refusal_is_written_down(client: TestClient, engine: Engine) -> None:
    sign_in(client)
    answers = [client.get(f"/api/v1/test/{case}") for case in ("1", "hidden", "nowhere")]
    assert [answer.status_code for answer in answers] == [403, 404, 404]
    hidden, nowhere = (answer.json() | {"request_id": ""} for answer in answers[1:])
    assert hidden == nowhere  # word for word: what is out of scope does not exist
    client.get("/api/v1/test/13812345678?phone=13812345678")
    client.get("/health", headers={"host": "evil.example"})
    assert refusals(engine) == [
        ("-", "http.get", "/health", "foreign_host"),
        ("li.na", "http.get", "/api/v1/test/[电话]", "forbidden"),
        ("li.na", "http.get", "/api/v1/test/hidden", "not_found"),
        ("li.na", "http.get", "/api/v1/test/1", "forbidden"),
    ]
    with transaction(engine) as session:
        assert audit.verify(session) is None


def test_a_log_that_cannot_be_written_refuses_all_the_same(client: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("alter table audit_log rename to elsewhere"))
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong horse battery"},
        {"login": "nobody"},
        {"login": "li.na\x00"},
        {"login": "'; drop table users"},
    ],
)
def test_a_wrong_sign_in_says_nothing_more(client: TestClient, engine: Engine, changes: dict[str, str]) -> None:
    answer = sign_in(client, **changes)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_sign_in")
    assert "set-cookie" not in answer.headers
    assert refusals(engine) == []  # once, by the service, and not a second time by the edge
    with transaction(engine) as session:
        assert len(audit.entries(session, action="session.start")) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"login": "li.na"}, {"login": "", "password": PASSWORD}, {"login": "li.na", "password": "x" * 201},
     {"login": ["li.na"], "password": PASSWORD}, {"login": "li.na", "password": PASSWORD, "admin": True}],
)  # fmt: skip
def test_a_body_that_is_none(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/v1/session", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_parameters")
    assert PASSWORD not in answer.text


def test_who_guesses_has_to_wait_and_is_told_how_long(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "is_password", lambda password, stored: False)
    statuses = [sign_in(client).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    answer = sign_in(client)
    assert answer.json()["code"] == "too_many" and 1 <= int(answer.headers["retry-after"]) <= 2


def test_a_session_ends_as_the_settings_say(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url, session_hours=1, session_idle_minutes=0.0001), CITY)
    with TestClient(app, base_url=ORIGIN) as client:
        now = datetime.now(UTC)
        service.create_user(app.state.engine, "li.na", "n", PASSWORD, by=CLI, now=now)
        answer = sign_in(client)
        assert "Max-Age=3600" in answer.headers["set-cookie"]
        assert client.get("/api/v1/me").status_code == 401


def test_no_secret_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        token = sign_in(client, bearer=True).json()["token"]
        client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        sign_in(client, password="wrong horse battery")
    assert [s for s in (PASSWORD, token, "wrong horse battery", "李娜") if s in caplog.text] == []


def test_the_description_names_the_statuses_and_the_two_ways_in(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyCookie"}
    paths = document["paths"]
    assert set(paths["/api/v1/session"]["post"]["responses"]) == {"200", "401", "403", "422", "429", "503"}
    assert set(paths["/api/v1/me"]["get"]["responses"]) == {"200", "401", "503"}
    assert "security" in paths["/api/v1/me"]["get"] and "security" not in paths["/api/v1/session"]["post"]
