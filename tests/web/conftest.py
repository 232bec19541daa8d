"""The village of squared paper behind the web application, on a real PostGIS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from geoalchemy2.shape import from_shape
from shapely import Point
from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from streetchief.accounts import service as accounts
from streetchief.accounts.policy import CLI, grant
from streetchief.intake.tables import ComplaintRow, IntakeRunRow, PlacingModelRow
from streetchief.matching.model import PlacingModel
from streetchief.registry import service
from streetchief.settings import Settings
from streetchief.storage.engine import transaction
from streetchief.web.app import create_app
from tests.pipeline.squares import CITY, FEED, REGISTRY, SCHEME, lonlat

AT = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
MODEL = PlacingModel.shipped(60.0, 0.8)
ROWS = 12


def complaint(number: int, run_id: int, **changes: object) -> ComplaintRow:
    """The n-th complaint: 20 m further along East Street, matched and routed; its text names a person."""
    lon, lat = lonlat(-290 + 20 * number, 8)
    values = {
        "feed": FEED.id, "external_id": f"v/{number}", "content_hash": f"h{number}", "run_id": run_id,
        "reported_at": AT + timedelta(hours=number), "scheme": SCHEME, "kind": "event", "code": "W1",
        "condition": None, "text": "张三丰的家门口", "address": "东街9号张三丰家", "original_x": lon, "original_y": lat,
        "datum": "wgs84", "geom": from_shape(Point(lon, lat), srid=4326), "cell": 0, "area_code": "A",
        "verdict": "matched", "reason": "", "confidence": 0.987654321, "evidence": "geometry",
        "segment_code": "E-1", "street_code": "E", "street_name": "东街", "distance_m": 8.0004, "offset_m": 10.0,
        "side": -1, "runner_up_street": None, "margin_m": None, "department": "waste", "supervisor": "roads",
        "co_departments": [], "rule": 1, "triage_reason": None, "repeat_of": None, "registry_version": 1,
        "model_version": MODEL.version, "synthetic": True, **changes,
    }  # fmt: skip
    return ComplaintRow(**values)


def fill(session: Session) -> None:
    """Twelve complaints: ten matched, one ambiguous in triage, one far away."""
    run = IntakeRunRow(feed=FEED.id, source="f.csv", versions={}, started_at=AT, finished_at=AT, summary={})
    session.add(run)
    body = MODEL.to_json()
    session.add(PlacingModelRow(feed=FEED.id, version=MODEL.version, body=body, created_at=AT))
    session.flush()
    odd = {
        10: {"verdict": "ambiguous", "department": None, "triage_reason": "no_rule", "code": "ZZ", "rule": None},
        11: {"verdict": "too_far", "segment_code": None, "street_code": None, "street_name": None, "confidence": None},
    }
    for number in range(ROWS):
        session.add(complaint(number, run.id, **odd.get(number, {})))
        session.flush()


def application(database_url: str) -> TestClient:
    """The village's application as a browser on this machine sees it."""
    app = create_app(Settings(database_url=database_url), CITY)
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


@pytest.fixture
def empty_client(database_url: str) -> Iterator[TestClient]:
    """The application before anything was published or taken in."""
    with application(database_url) as client:
        sign_desk_in(client)
        yield client


@pytest.fixture
def own_client(database_url: str) -> Iterator[TestClient]:
    """The village with its complaints in a database of this test's own: for tests that change something."""
    with application(database_url) as client:
        settle(client.app.state.engine)  # type: ignore[attr-defined]
        sign_desk_in(client)
        yield client


@pytest.fixture(scope="session")
def client(server: Engine, server_url: URL, template: str) -> Iterator[TestClient]:
    """The village with its complaints, shared: tests only read through it."""
    name = f"streetchief_web_{os.getpid()}"
    with server.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    with application(server_url.set(database=name).render_as_string(hide_password=False)) as client:
        settle(client.app.state.engine)  # type: ignore[attr-defined]
        sign_desk_in(client)
        yield client
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


def sign_desk_in(client: TestClient) -> None:
    """From now on the client is the whole office's dispatcher, who may see every complaint."""
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]
    accounts.create_user(engine, "desk", "desk", None, by=CLI, now=AT)
    accounts.grant_role(engine, "desk", grant("dispatcher"), by=CLI, now=AT)
    token = accounts.issue_token(engine, "desk", "tests", 1, by=CLI, now=datetime.now(UTC))
    client.headers["authorization"] = f"Bearer {token}"


def settle(engine: Engine) -> None:
    """Publish the village's registry and store its complaints."""
    service.publish(engine, CITY, REGISTRY, "squared paper")
    with transaction(engine) as session:
        fill(session)
