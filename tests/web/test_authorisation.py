"""Every route of the OpenAPI document × every role × own and other: who gets in, what stays hidden, and behind which wall.

The table below says what each route asks for and how to ask it.  A route that is not in it fails the first test.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from streetchief import actors
from streetchief.accounts.policy import PERMISSIONS
from streetchief.actors import Permission as P
from streetchief.settings import Settings
from streetchief.storage import acting
from streetchief.web.app import create_app
from tests.web.people import GRANTS, OTHER, OWN, SECRET_TEXT, TOWN, Village, settle_village

PUBLIC, SIGNED_IN = "public", "signed in"
NEAR, FAR, NOWHERE = "near", "far", "nowhere"
STREETS = {NEAR: "E", FAR: "F", NOWHERE: "Q"}
NO_ID = 10**9
SIDE_OF = {NEAR: OWN, FAR: OTHER}
PEOPLE = [f"{side}.{role}" for side, roles in GRANTS.items() for role in roles]


@dataclass(frozen=True)
class Entry:
    """What a route asks for.

    asks   the permission, or several of which one is enough; PUBLIC, SIGNED_IN
    ask    (village, near or far) → how to ask for the thing on that street: keywords of the request, `path` values apart
    gets   statuses for who may
    one    whether it names one thing, which is 404 for who is elsewhere; else it is a list, or about nobody's thing
    shows  whether the answer about one's own street names the case
    walled whether row-level security alone hides it too; not where only the register, or a count, is read
    """

    asks: P | str | tuple[P, ...]
    ask: Callable[[Village, str], dict[str, Any]] = lambda village, where: {}
    gets: tuple[int, ...] = (200,)
    one: bool = False
    shows: bool = False
    walled: bool = True


WATCHERS = (P.PATROL, P.CHECK_PATROL, P.REVIEW_PATROL)


def case_of(village: Village, where: str) -> int:
    return {NEAR: village.near.id, FAR: village.far.id}.get(where, NO_ID)


def second(pair: tuple[int, int], where: str) -> int:
    return {NEAR: pair[0], FAR: pair[1]}.get(where, NO_ID)


def a_case(village: Village, where: str) -> dict[str, Any]:
    return {"path": {"id": case_of(village, where)}}


def a_step(village: Village, where: str) -> dict[str, Any]:
    """On a version that is long over: it gets as far as the case and changes nothing."""
    body = {"action": "urge", "version": 1, "given": {"opinion": "x"}}
    return a_case(village, where) | {"json": body, "headers": {"Idempotency-Key": "matrix"}}


def an_opening(village: Village, where: str) -> dict[str, Any]:
    return {"json": {"complaint": second(village.loose, where)}}


def a_handover(village: Village, where: str) -> dict[str, Any]:
    return {"json": {"street": STREETS[where], "tier": 1, "leaver": "a", "successor": "b"}}


def a_why(village: Village, where: str) -> dict[str, Any]:
    return {"path": {"feed": "village", "external_id": f"v/{ {NEAR: 0, FAR: 1}.get(where, 9) }"}}


def a_walk(village: Village, where: str, **values: Any) -> dict[str, Any]:
    return {
        "path": {"id": second(village.walks, where)}, "json": values or None,
        "headers": {"Idempotency-Key": "matrix"},
    }  # fmt: skip


def a_finding(village: Village, where: str) -> dict[str, Any]:
    item = TOWN.patrol.items[0].code if TOWN.patrol else ""
    return a_walk(
        village, where, item=item, segment=f"{STREETS[where]}-1", handled="fixed_on_spot", opinion="x", photo="p1"
    )


def an_end(village: Village, where: str) -> dict[str, Any]:
    return a_walk(village, where) | {"json": {}}


def a_judgement(village: Village, where: str) -> dict[str, Any]:
    return a_walk(village, where, agrees=True)


def a_start(village: Village, where: str) -> dict[str, Any]:
    return {"json": {"street": STREETS[where]}, "headers": {"Idempotency-Key": "matrix"}}


def a_merge(village: Village, where: str) -> dict[str, Any]:
    """Into itself: seen, and then refused."""
    body = {"into": case_of(village, where), "version": 1, "into_version": 1}
    return {"path": {"id": case_of(village, where)}, "json": body, "headers": {"Idempotency-Key": "merge"}}


def some_figures(village: Village, where: str) -> dict[str, Any]:
    return {"params": {"from_on": "2026-03-01", "to_on": "2026-04-01", "street": STREETS[where]}}


def some_slips(village: Village, where: str) -> dict[str, Any]:
    return {"json": {"street": STREETS[where], "count": 1, "days": 1}}


def a_score(village: Village, where: str) -> dict[str, Any]:
    return {"json": {"street": STREETS[where], "score": 3}}


def nobody(village: Village, where: str) -> dict[str, Any]:
    return {"path": {"login": "nobody.at.all", "id": 999}}


def body(**values: Any) -> Callable[[Village, str], dict[str, Any]]:
    return lambda village, where: nobody(village, where) | {"json": values}


ROUTES: Mapping[tuple[str, str], Entry] = {
    ("GET", "/health"): Entry(PUBLIC),
    ("GET", "/api/v1/lifecycle"): Entry(PUBLIC),
    ("GET", "/api/streets"): Entry(PUBLIC),
    ("GET", "/api/v1/streets"): Entry(PUBLIC),
    ("POST", "/api/v1/session"): Entry(PUBLIC, body(), (422,)),
    ("DELETE", "/api/v1/session"): Entry(SIGNED_IN, gets=(204,)),
    ("GET", "/api/v1/me"): Entry(SIGNED_IN),
    ("GET", "/api/v1/notices"): Entry(SIGNED_IN),
    ("POST", "/api/v1/notices/read"): Entry(SIGNED_IN, body(ids=[10**12])),
    ("GET", "/api/v1/deadline"): Entry(
        SIGNED_IN, lambda v, w: {"params": {"scheme": "x", "kind": "event", "code": "1", "start": "2026-03-02T01:00:00Z"}},
        (404,),
    ),
    ("GET", "/api/complaints"): Entry(P.READ_CASE),
    ("GET", "/api/v1/complaints"): Entry(P.READ_CASE),
    ("GET", "/api/why/{feed}/{external_id}"): Entry(P.READ_CASE, a_why, one=True),
    ("GET", "/api/v1/why/{feed}/{external_id}"): Entry(P.READ_CASE, a_why, one=True),
    ("GET", "/api/v1/cases"): Entry(P.READ_CASE, shows=True),
    ("GET", "/api/v1/cases/{id}"): Entry(P.READ_CASE, a_case, one=True, shows=True),
    ("GET", "/api/v1/cases/{id}/history"): Entry(P.READ_CASE, a_case, one=True, shows=True),
    ("POST", "/api/v1/cases/{id}/actions"): Entry(P.READ_CASE, a_step, (409,), one=True),
    ("POST", "/api/v1/cases"): Entry(P.REGISTER, an_opening, (201, 409), one=True),
    ("POST", "/api/v1/handovers"): Entry(P.DISPATCH, a_handover, one=True),
    ("GET", "/api/v1/tasks"): Entry(P.REPORT_IN, shows=True),
    ("GET", "/api/v1/repeats"): Entry(P.REGISTER),
    ("POST", "/api/v1/cases/{id}/merge"): Entry(P.REGISTER, a_merge, (422,), one=True),
    ("GET", "/api/v1/figures"): Entry(P.READ_FIGURES, some_figures, one=True, walled=False),
    ("POST", "/api/v1/slips"): Entry(P.CALL_BACK, some_slips, (201,), one=True, walled=False),
    ("POST", "/api/v1/evaluations"): Entry(P.CALL_BACK, a_score, (201, 409), one=True, walled=False),
    ("POST", "/api/v1/evaluations/slip"): Entry(PUBLIC, body(slip="scr_0", score=1), (404,)),
    ("GET", "/api/v1/patrols"): Entry(WATCHERS),
    ("GET", "/api/v1/missed-patrols"): Entry(WATCHERS),
    ("POST", "/api/v1/patrols"): Entry(P.PATROL, a_start, (201, 409), one=True, walled=False),
    ("GET", "/api/v1/patrols/{id}"): Entry(WATCHERS, a_walk, one=True),
    ("POST", "/api/v1/patrols/{id}/findings"): Entry(P.PATROL, a_finding, (201,), one=True),
    ("POST", "/api/v1/patrols/{id}/end"): Entry(P.PATROL, an_end, one=True),
    ("POST", "/api/v1/patrols/{id}/check"): Entry(P.CHECK_PATROL, a_judgement, (403, 409), one=True),
    ("GET", "/api/v1/patrol-checks"): Entry(WATCHERS, lambda v, w: {"params": {"week_on": "2026-03-02"}}),
    ("POST", "/api/v1/patrol-checks"): Entry(P.CHECK_PATROL, lambda v, w: {"json": {"week_on": "2026-03-02"}}),
    ("GET", "/api/v1/patrol-records"): Entry((P.READ_FIGURES, P.REVIEW_PATROL)),
    ("POST", "/api/v1/patrol-records"): Entry(
        P.REVIEW_PATROL, lambda v, w: {"json": {"kind": "monthly_review", "day": "2026-02-01"}}, (403,)
    ),
    ("GET", "/api/v1/rematch"): Entry(P.REMATCH),
    ("POST", "/api/v1/rematch"): Entry(P.REMATCH, lambda v, w: {"json": {"seen": "x"}}, (422,)),
    ("GET", "/api/v1/audit"): Entry(P.READ_AUDIT),
    ("GET", "/api/v1/audit/verify"): Entry(P.READ_AUDIT),
    ("GET", "/api/v1/accounts"): Entry(P.MANAGE_ACCOUNTS),
    ("POST", "/api/v1/accounts"): Entry(P.MANAGE_ACCOUNTS, body(login="own.chief", name="x"), (409,)),
    ("PUT", "/api/v1/accounts/{login}/password"): Entry(P.MANAGE_ACCOUNTS, body(password="a long sentence"), (404,)),
    ("POST", "/api/v1/accounts/{login}/disable"): Entry(P.MANAGE_ACCOUNTS, nobody, (404,)),
    ("POST", "/api/v1/accounts/{login}/grants"): Entry(P.MANAGE_ACCOUNTS, body(role="admin"), (404,)),
    ("DELETE", "/api/v1/accounts/{login}/grants/{id}"): Entry(P.MANAGE_ACCOUNTS, nobody, (404,)),
    ("POST", "/api/v1/accounts/{login}/tokens"): Entry(P.MANAGE_ACCOUNTS, body(name="x", days=1), (404,)),
    ("DELETE", "/api/v1/accounts/{login}/tokens/{id}"): Entry(P.MANAGE_ACCOUNTS, nobody, (404,)),
}  # fmt: skip
ONES = [route for route, entry in ROUTES.items() if entry.one]
LISTS = [route for route, entry in ROUTES.items() if not entry.one]


@pytest.fixture(scope="module")
def app(server: Any, server_url: Any, template: str) -> Iterator[FastAPI]:
    """One village for the whole matrix: what is asked of it changes nothing that the next one asks for."""
    name = "streetchief_matrix"
    with server.connect() as connection:
        connection.exec_driver_sql(f"drop database if exists {name}")
        connection.exec_driver_sql(f"create database {name} template {template}")
    yield create_app(Settings(database_url=server_url.set(database=name).render_as_string(hide_password=False)), TOWN)
    with server.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def village(app: FastAPI) -> Iterator[Village]:
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield settle_village(client)


def ask(village: Village, route: tuple[str, str], who: str | None, where: str) -> Response:
    method, path = route
    asked = ROUTES[route].ask(village, where)
    headers = asked.pop("headers", {}) | (village.headers(who) if who else {})
    return village.client.request(method, path.format(**asked.pop("path", {})), headers=headers, **asked)


def may(who: str, asks: P | str | tuple[P, ...]) -> bool:
    held = PERMISSIONS[who.partition(".")[2]]
    return asks in (PUBLIC, SIGNED_IN) or any(one in held for one in (asks if isinstance(asks, tuple) else (asks,)))


def hidden_from(village: Village, who: str) -> tuple[str, ...]:
    """What nothing that this person is shown may contain."""
    side = who.partition(".")[0]
    near, far = (village.near.number, '"v/0"', "家门口"), (village.far.number, '"v/1"', '"v/3"', SECRET_TEXT)
    return far if side == OWN else near


def test_every_route_of_the_document_is_in_the_table_and_no_other(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == set(ROUTES)


def test_a_route_that_asks_who_you_are_says_so_in_the_document(app: FastAPI) -> None:
    for (method, path), entry in ROUTES.items():
        operation = app.openapi()["paths"][path][method.lower()]
        asks = entry.asks != PUBLIC
        assert ("security" in operation) == asks, path
        wanted = (
            {"401", "503"}
            | ({"403"} if entry.asks != SIGNED_IN or method != "GET" else set())
            | ({"404"} if entry.one else set())
        )
        assert not asks or wanted <= set(operation["responses"]), path


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_nobody_gets_in_without_signing_in(village: Village, route: tuple[str, str]) -> None:
    answer = ask(village, route, None, NEAR)
    entry = ROUTES[route]
    assert answer.status_code in (entry.gets if entry.asks == PUBLIC else (401,)), answer.text


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_the_matrix(village: Village, route: tuple[str, str], who: str) -> None:
    entry = ROUTES[route]
    for where in (NEAR, FAR):
        answer = ask(village, route, who, where)
        is_own = SIDE_OF[where] == who.partition(".")[0]
        if not may(who, entry.asks):
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        elif entry.one and not is_own:
            assert answer.status_code == 404, answer.text
        else:
            assert answer.status_code in entry.gets, answer.text
            if entry.shows and is_own:
                shown = str(answer.json())
                assert (village.near if where == NEAR else village.far).number in shown
        for secret in hidden_from(village, who):
            assert secret not in answer.text or entry.asks == P.READ_AUDIT, secret


@pytest.mark.parametrize("route", ONES, ids=" ".join)
def test_what_is_out_of_scope_and_what_does_not_exist_are_one_answer(village: Village, route: tuple[str, str]) -> None:
    who = next(p for p in PEOPLE if p.startswith(OWN) and may(p, ROUTES[route].asks))
    hidden, nothing = ask(village, route, who, FAR), ask(village, route, who, NOWHERE)
    assert nothing.status_code == hidden.status_code == 404
    named = (
        str(village.loose[1]),
        str(case_of(village, FAR)),
        str(village.walks[1]),
        "F",
        "v/1",
        str(NO_ID),
        "Q",
        "v/9",
    )
    shapes = []
    for answer in (hidden, nothing):
        said = answer.json() | {"request_id": ""}
        for value in sorted(named, key=len, reverse=True):
            said = {name: text.replace(value, "…") for name, text in said.items()}
        shapes.append(said)
    assert shapes[0] == shapes[1]
    assert set(hidden.headers) == set(nothing.headers)


@pytest.fixture
def checks_off(monkeypatch: pytest.MonkeyPatch) -> int:
    """Every `allowed` of the program says yes; returns how many modules ask it."""
    asking = [
        m
        for name, m in sys.modules.items()
        if name.startswith("streetchief.") and getattr(m, "allowed", None) is actors.allowed
    ]
    for module in asking:
        monkeypatch.setattr(module, "allowed", lambda actor, permission, subject: True)
    return len(asking)


@pytest.mark.parametrize("who", [p for p in PEOPLE if may(p, P.READ_CASE)])
def test_the_second_wall_alone_hides_as_much(village: Village, checks_off: int, who: str) -> None:
    assert checks_off >= 5
    elsewhere = FAR if who.startswith(OWN) else NEAR
    for route in [
        route for route, entry in ROUTES.items() if may(who, entry.asks) and entry.asks not in (P.READ_AUDIT, SIGNED_IN)
    ]:
        answer = ask(village, route, who, elsewhere)
        assert not ROUTES[route].one or not ROUTES[route].walled or answer.status_code == 404, (route, answer.text)
        for secret in hidden_from(village, who):
            assert secret not in answer.text, route


def test_without_the_second_wall_the_first_one_stands_alone(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that each wall is known to be one: the database lets everything through, the program does not."""
    everything = '[{"permissions": ["case.read", "case.dispatch", "case.register"], "street": null, "area": null, "department": null}]'
    monkeypatch.setattr(acting, "scope_json", lambda actor: everything)
    for who in ("own.chief", "own.officer", "own.dispatcher", "own.supervisor", "own.director"):
        assert ask(village, ("GET", "/api/v1/cases/{id}"), who, FAR).status_code == 404
        assert ask(village, ("POST", "/api/v1/cases/{id}/actions"), who, FAR).status_code == 404
    assert ask(village, ("POST", "/api/v1/handovers"), "own.dispatcher", FAR).status_code == 404
    assert ask(village, ("POST", "/api/v1/cases"), "own.dispatcher", FAR).status_code in (403, 404)
    assert village.far.number in ask(village, ("GET", "/api/v1/cases"), "own.chief", FAR).text  # lists rest on the wall


def test_nothing_of_the_matrix_was_a_stranger_s_step(village: Village) -> None:
    events = ask(village, ("GET", "/api/v1/cases/{id}/history"), "other.chief", FAR).json()["events"]
    assert {e["action"] for e in events} <= {
        "open",
        "check_report",
        "register",
        "hand_to_chief",
        "whistle",
        "hand_over_chief",
    }
