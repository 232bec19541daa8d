"""Why, over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient


def test_a_paragraph_in_each_language(client: TestClient) -> None:
    body = client.get("/api/why/village/v/3").json()  # an id may hold a slash
    assert body["complaint"]["street_name"] == "东街"
    assert "东街" in body["paragraph"]["zh"] and body["paragraph"]["en"]
    assert body["chiefs"] == [{"tier": 1, "name": "王*"}]
    assert "张三丰" not in str(body)


UNKNOWN = ["village/none", "nofeed/v/3", "village/'%20or%201=1--", "village/" + "x" * 200, "village/%F0%9F%9A%B2"]


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda p: p[:30])
def test_unknown_is_404(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/why/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["village/a%00b", "village/" + "x" * 201, "a%0Ab/x"], ids=lambda p: p[:30])
def test_what_cannot_be_an_id_is_422(client: TestClient, path: str) -> None:
    assert client.get(f"/api/why/{path}").status_code == 422
