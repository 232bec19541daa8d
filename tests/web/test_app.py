"""The guard round all requests: headers, host names, and what nobody foresaw."""

from __future__ import annotations

import logging

import psycopg
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

EVERYWHERE = ("/", "/health", "/api/streets", "/heatmap", "/nothing", "/api/complaints?bbox=x", "/static/page.css")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_has_the_headers_and_an_id_of_its_own(client: TestClient, path: str) -> None:
    first, second = client.get(path), client.get(path)
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in first.headers["content-security-policy"]
    assert first.headers["x-frame-options"] == "DENY"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


HOSTS = [
    ("127.0.0.1:8000", 200),
    ("localhost", 200),
    ("[::1]:8000", 200),
    ("LOCALHOST:1", 200),  # host names have no case
    ("evil.example", 403),  # DNS rebinding
    ("127.0.0.1.evil.example", 403),
    ("localhost:8000@evil.example", 403),
    ("10.0.0.7:8000", 403),  # somebody forwarded the port
    ("", 403),
]


@pytest.mark.parametrize(("host", "status"), HOSTS)
def test_only_our_own_names_are_answered(client: TestClient, host: str, status: int) -> None:
    answer = client.get("/health", headers={"host": host})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "foreign_host"


def test_an_unforeseen_error_is_500_with_an_id_and_its_text_stays_inside(
    own_client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with own_client.app.state.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(text("drop view complaint_features"))
    with caplog.at_level(logging.ERROR, "streetchief.web"):
        answer = own_client.get("/api/complaints")
    assert answer.status_code == 500
    assert set(answer.json()) == {"code", "zh", "en", "request_id"}
    assert answer.json()["code"] == "internal"
    assert "complaint_features" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] in caplog.text and "complaint_features" in caplog.text


def test_a_database_that_is_gone_is_503_for_programs_and_people(own_client: TestClient) -> None:
    engine = own_client.app.state.engine  # type: ignore[attr-defined]
    engine.dispose()
    engine.pool._creator = _refused
    for headers in ({}, {"accept": "text/html"}):
        answer = own_client.get("/health", headers=headers)
        assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.text and answer.headers["content-type"].startswith("text/html")


def _refused(*_: object) -> psycopg.Connection:
    """A server that is not there."""
    return psycopg.connect(host="127.0.0.1", port=1, connect_timeout=2)


def test_unknown_pages_and_methods_have_the_shape_of_all_errors(client: TestClient) -> None:
    missing, method = client.get("/nothing"), client.post("/health")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_page")
    assert (method.status_code, method.json()["code"]) == (405, "bad_method")
    page = client.get("/<script>alert(1)</script>", headers={"accept": "text/html,*/*"})
    assert page.status_code == 404 and "没有这个页面" in page.text and "<script>alert" not in page.text


def test_the_documentation_pages_that_ask_another_host_are_off(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
