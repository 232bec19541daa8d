"""Cases over HTTP: listed, shown with buttons, acted upon by two at once, replayed, without N+1 queries."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import event

from streetchief.casework.states import State
from tests.web.people import Village


def act(
    village: Village, who: str, action: str, *, version: int, key: str, case: int | None = None, **given: Any
) -> Response:
    return village.client.post(
        f"/api/v1/cases/{case or village.near.id}/actions",
        json={"action": action, "version": version, "given": given},
        headers=village.headers(who) | {"Idempotency-Key": key},
    )


def test_a_list_holds_what_lies_in_scope_and_pages_follow(village: Village) -> None:
    def numbers(who: str, **params: Any) -> list[str]:
        answer = village.client.get("/api/v1/cases", params=params, headers=village.headers(who))
        assert answer.status_code == 200, answer.text
        return [case["number"] for case in answer.json()["cases"]]

    for role in ("chief", "officer", "dispatcher", "supervisor", "director"):
        assert numbers(f"own.{role}") == [village.near.number]
        assert numbers(f"other.{role}") == [village.far.number]
    for one, found in (
        ({"state": "in_hand"}, True), ({"state": "closed"}, False), ({"department": "waste"}, True),
        ({"department": "roads"}, False), ({"street": "E"}, True), ({"street": "F"}, False), ({"area": "T"}, True),
        ({"area": "A"}, True), ({"area": "B"}, False), ({"tier": 1}, True), ({"tier": 2}, False), ({"open": True}, True),
        ({"open": False}, False), ({"overdue": True}, False), ({"overdue": False}, True), ({"bucket": "overdue"}, False),
        ({"bucket": "paused"}, True), ({"street": "E", "state": "in_hand", "open": True}, True),
    ):  # fmt: skip
        assert bool(numbers("own.dispatcher", **one)) == found, one


def test_a_case_shows_its_tasks_and_what_the_asker_may_do(village: Village) -> None:
    def actions(who: str) -> list[str]:
        body = village.client.get(f"/api/v1/cases/{village.near.id}", headers=village.headers(who)).json()
        assert [t["department"] for t in body["tasks"]] == ["waste"]
        return [button["action"] for button in body["actions"]]

    assert "report_in" in actions("own.officer") and "task_call_off" not in actions("own.officer")
    assert "report_in" not in actions("own.chief") and "confirm_arrival" in actions("own.chief")
    assert "void" in actions("own.director") and "void" not in actions("own.dispatcher")
    assert actions("own.supervisor") == []


def test_every_button_is_the_truth(village: Village) -> None:
    """What is shown is not refused for the role, and what is not shown is."""
    url = f"/api/v1/cases/{village.near.id}"
    for role in ("chief", "officer", "dispatcher", "supervisor", "director"):
        shown = {a["action"] for a in village.client.get(url, headers=village.headers(f"own.{role}")).json()["actions"]}
        for edge in village.client.get("/api/v1/lifecycle").json()["edges"]:
            if edge["state"] == State.IN_HAND and edge["action"] not in shown:
                answer = act(
                    village, f"own.{role}", edge["action"], version=village.near.version, key=f"{role}.{edge['action']}"
                )
                is_half = edge["action"] in ("merge", "absorb")
                assert answer.status_code == (422 if is_half else 403), (role, edge["action"], answer.text)


def test_two_officers_act_at_once_one_wins_the_other_is_told_how_it_stands(village: Village) -> None:
    for round_ in range(5):
        version = village.client.get(f"/api/v1/cases/{village.near.id}", headers=village.headers("own.officer")).json()[
            "version"
        ]
        gate = threading.Barrier(2)
        answers: list[Response] = []

        def go(
            key: str, version: int = version, gate: threading.Barrier = gate, answers: list[Response] = answers
        ) -> None:
            gate.wait()
            answers.append(act(village, "own.director", "urge", version=version, key=key, opinion="快"))

        threads = [threading.Thread(target=go, args=(f"r{round_}.{n}",)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert (won.status_code, lost.status_code) == (200, 409)
        assert won.json()["version"] == version + 1
        body = lost.json()
        assert (body["code"], body["state"], body["version"]) == ("stale_case", "in_hand", version + 1)


def test_the_same_key_again_gives_the_same_answer(village: Village) -> None:
    first = act(village, "own.director", "urge", version=village.near.version, key="k1", opinion="快")
    assert first.status_code == 200, first.text
    act(village, "own.director", "urge", version=first.json()["version"], key="k2", opinion="再快")
    again = act(village, "own.director", "urge", version=village.near.version, key="k1", opinion="快")
    assert again.status_code == 200 and again.content == first.content
    other = act(village, "own.director", "void", version=first.json()["version"] + 1, key="k1", reason="x")
    assert (other.status_code, other.json()["code"]) == (409, "key_used_otherwise")


def test_half_of_an_act_on_two_cases_is_refused(village: Village) -> None:
    for action in ("merge", "absorb"):
        answer = act(village, "own.dispatcher", action, version=village.near.version, key=action, other=village.far.id)
        assert (answer.status_code, answer.json()["code"]) == (422, "step_of_two_cases")


def test_history_is_the_chain_of_events(village: Village) -> None:
    url = f"/api/v1/cases/{village.near.id}/history"
    events = village.client.get(url, headers=village.headers("own.chief")).json()["events"]
    assert [e["seq"] for e in events] == [1, 2, 3, 4, 5]
    assert [e["prev_hash"] for e in events[1:]] == [e["hash"] for e in events[:-1]]
    rest = village.client.get(url, params={"after": 3, "limit": 1}, headers=village.headers("own.chief")).json()[
        "events"
    ]
    assert rest == [events[3]]


@pytest.mark.parametrize("path", ["/api/v1/cases", "/api/v1/tasks", "/api/v1/notices", "/api/v1/complaints"])
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(village: Village, path: str) -> None:
    statements: list[str] = []
    event.listen(village.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    counts: list[tuple[int, int]] = []
    village.client.get(path, headers=village.headers("own.officer"))  # the token's day of use is noted once
    for _ in range(2):
        if counts:
            _more(village)
        statements.clear()
        answer = village.client.get(path, headers=village.headers("own.officer"))
        assert answer.status_code == 200, answer.text
        counts.append((len(statements), len(next(iter(v for v in answer.json().values() if isinstance(v, list))))))
    (before, few), (after, many) = counts
    assert before == after <= 4 and many > few


def _more(village: Village) -> None:
    """Three times as many rows of everything."""
    with village.engine.begin() as c:
        for table, changes in (
            ("complaints", {"external_id": "external_id || n"}), ("cases", {"number": "number || n"}),
            ("case_tasks", {"number": "number + n"}), ("inbox", {"key": "key || n"}),
        ):  # fmt: skip
            asked = f"select column_name from information_schema.columns where table_name = '{table}'"
            names = [row[0] for row in c.exec_driver_sql(asked) if row[0] != "id"]
            picked = ", ".join(changes.get(name, name) for name in names)
            c.exec_driver_sql(
                f"insert into {table} ({', '.join(names)}) select {picked} from {table}, generate_series(1, 3) n"
            )


def test_opening_a_case_for_a_complaint(village: Village) -> None:
    mine, others = village.loose
    post = village.client.post
    answer = post("/api/v1/cases", json={"complaint": mine}, headers=village.headers("own.dispatcher"))
    assert answer.status_code == 201 and answer.json()["complaints"] == [mine]
    again = post("/api/v1/cases", json={"complaint": mine}, headers=village.headers("own.dispatcher"))
    assert (again.status_code, again.json()["code"]) == (409, "complaint_has_case")
    hidden = post("/api/v1/cases", json={"complaint": others}, headers=village.headers("own.dispatcher"))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "no_complaint")


def test_head_is_get_without_the_body(village: Village) -> None:
    for path in ("/health", "/api/v1/lifecycle", "/api/v1/cases", "/static/page.css"):
        headers = village.headers("own.chief")
        head, get = village.client.head(path, headers=headers), village.client.get(path, headers=headers)
        assert head.status_code == get.status_code == 200
        assert head.content == b"" and head.headers["content-length"] == get.headers["content-length"]
    assert village.client.head("/api/v1/notices/read").status_code == 405
