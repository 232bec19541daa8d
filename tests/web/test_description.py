"""The OpenAPI document against the running application: schemathesis makes requests of it, good ones and broken ones.

No 500, and no status, content type or body that the document does not name.  The seed is fixed and the number of
requests small, so that it runs with every suite; for more set ``REQUESTS`` higher.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, settings
from starlette.testclient import TestClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what schemathesis imports warns about its own future
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from streetchief.settings import Settings
from streetchief.web.app import create_app
from tests.web.people import TOWN, Village, settle_village
from tests.web.test_authorisation import ROUTES

REQUESTS = 8
"""Of each kind (good, broken) for each route and role."""
ROLES = ("own.dispatcher", "own.admin")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SEEN: Counter[int] = Counter()
ERROR = {"code", "zh", "en", "request_id"}


@pytest.fixture(scope="module")
def app(server: Any, server_url: Any, template: str) -> Iterator[FastAPI]:
    name = "streetchief_description"
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


@pytest.fixture(scope="module")
def described(app: FastAPI) -> Mapping[tuple[str, str], Any]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    found = [result.ok() for result in schema.get_all_operations()]
    return {(operation.method.upper(), operation.path): operation for operation in found}


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_the_application_does_what_its_description_says(
    village: Village, described: Mapping[tuple[str, str], Any], route: tuple[str, str], who: str
) -> None:
    operation = described[route]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        if mode == GenerationMode.NEGATIVE and not (operation.query or operation.body or operation.path_parameters):
            continue  # there is nothing to get wrong

        @settings(
            max_examples=REQUESTS, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case: Any) -> None:
            answer = send(village, case, who)
            SEEN[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)
            if answer.status_code >= 400:
                assert set(answer.json()) >= ERROR

        asked()


def test_the_requests_reached_what_they_were_for() -> None:
    """Good and bad, found and not found: a run in which everything is refused proves nothing."""
    assert SEEN.total() > 10 * len(ROUTES)
    assert {200, 201, 204, 403, 404, 409, 422} <= set(SEEN)


def send(village: Village, case: Any, who: str) -> Response:
    """Make the request as this person; every second id is that of a case which is there."""
    if (
        "id" in (case.path_parameters or {})
        and isinstance(case.path_parameters["id"], int)
        and case.path_parameters["id"] % 2
    ):
        case.path_parameters["id"] = village.near.id
    made = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
    headers = {
        name: str(value)
        for name, value in (made.get("headers") or {}).items()
        if name.lower() not in ("authorization", "cookie")
    }
    content = {"json": made["json"]} if "json" in made else {"content": made["data"]} if made.get("data") else {}
    return village.client.request(
        made["method"], made["url"], params=made.get("params"), headers=headers | village.headers(who), **content
    )
