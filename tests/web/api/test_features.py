"""Streets and complaints as GeoJSON: whole, paged, filtered, and nothing can make it fall over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from streetchief.errors import BadInput
from streetchief.storage.engine import transaction
from streetchief.web.api.inputs import Bbox, make_cursor, parse_bbox, parse_cursor
from tests.pipeline.squares import lonlat
from tests.web.conftest import ROWS

PUBLIC = {
    "feed", "external_id", "reported_at", "scheme", "kind", "code", "category", "verdict", "reason", "confidence",
    "evidence", "segment_code", "street_code", "street_name", "distance_m", "area_code", "area_name", "department",
    "department_name_zh", "department_name_en", "triage_reason", "repeat_of", "synthetic",
}  # fmt: skip


def ids(collection: dict[str, Any]) -> list[str]:
    return [feature["properties"]["external_id"] for feature in collection["features"]]


def test_streets_are_the_current_version(client: TestClient) -> None:
    answer = client.get("/api/streets")
    assert answer.headers["content-type"] == "application/geo+json"
    found = answer.json()
    assert found["registry_version"] == 1
    assert [f["id"] for f in found["features"]] == ["E-1", "E-2", "F-1", "N-1"]
    first = found["features"][0]
    assert first["properties"]["name"] == "东街" and first["geometry"]["type"] == "LineString"
    assert first["properties"]["geometry_source"] == "squared paper"


def test_streets_in_a_box(client: TestClient) -> None:
    (west, south), (east, north) = lonlat(-400, 400), lonlat(400, 600)
    found = client.get("/api/streets", params={"bbox": f"{west},{south},{east},{north}"}).json()
    assert [f["id"] for f in found["features"]] == ["F-1"]


def test_a_complaint_shows_its_placing_and_no_person(client: TestClient) -> None:
    answer = client.get("/api/complaints", params={"limit": 1, "verdict": "matched"})
    (feature,) = answer.json()["features"]
    properties = feature["properties"]
    assert set(properties) == PUBLIC
    assert "张三丰" not in answer.text and "9号" not in answer.text
    assert (properties["street_name"], properties["category"], properties["area_name"]) == ("东街", "litter", "village")
    assert (properties["confidence"], properties["distance_m"]) == (0.9877, 8.0)
    assert properties["reported_at"] == "2026-03-01T10:00:00+00:00"
    assert feature["geometry"]["type"] == "Point" and len(feature["geometry"]["coordinates"]) == 2


@pytest.mark.parametrize("limit", [1, 5, 6, 12, 13, 500])  # 6 and 12 divide the rows: the last page is full
def test_pages_follow_each_other_without_gap_or_overlap(client: TestClient, limit: int) -> None:
    seen: list[str] = []
    path: str | None = f"/api/complaints?limit={limit}"
    pages = 0
    while path:
        answer = client.get(path)
        seen += ids(answer.json())
        path = answer.links["next"]["url"] if "next" in answer.links else None
        assert (answer.json()["next"] is None) == (path is None)
        pages += 1
    assert seen == [f"v/{n}" for n in reversed(range(ROWS))]
    assert pages == -(-ROWS // limit)


def test_a_new_complaint_between_two_pages_shifts_nothing(own_client: TestClient) -> None:
    first = own_client.get("/api/complaints", params={"limit": 4}).json()
    with transaction(own_client.app.state.engine) as session:  # type: ignore[attr-defined]
        columns = [c for (c,) in session.execute(text(_COLUMNS)) if c not in ("id", "external_id")]
        listed = ", ".join(columns)
        session.execute(
            text(f"insert into complaints (external_id, {listed}) select 'new', {listed} from complaints limit 1")
        )
    second = own_client.get("/api/complaints", params={"limit": 4, "cursor": first["next"]}).json()
    assert ids(second) == ["v/7", "v/6", "v/5", "v/4"]


_COLUMNS = "select column_name from information_schema.columns where table_name = 'complaints'"

FILTERS = [
    ({"verdict": "too_far"}, ["v/11"]),
    ({"verdict": "ambiguous"}, ["v/10"]),
    ({"verdict": "suspect"}, []),
    ({"department": "waste", "limit": "2"}, ["v/11", "v/9"]),  # the one in triage has no department
    ({"street": "N"}, []),
    ({"street": "E", "verdict": "ambiguous"}, ["v/10"]),
    ({"department": "' or 1=1 --"}, []),  # text, never SQL
    ({"street": "E'; drop table complaints; --"}, []),
    ({"street": "%"}, []),
    ({"street": "东街\U0001f6b2"}, []),
]


@pytest.mark.parametrize(("params", "expected"), FILTERS)
def test_filters(client: TestClient, params: dict[str, str], expected: list[str]) -> None:
    assert ids(client.get("/api/complaints", params=params).json()) == expected
    assert client.get("/health").json()["complaints"] == ROWS


def test_a_box_cuts_the_list(client: TestClient) -> None:
    (west, south), (east, north) = lonlat(-300, 0), lonlat(-255, 20)
    found = client.get("/api/complaints", params={"bbox": f"{west},{south},{east},{north}"}).json()
    assert ids(found) == ["v/1", "v/0"]
    assert found["next"] is None


BAD = [
    "bbox=", "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=a,b,c,d", "bbox=nan,nan,nan,nan", "bbox=NaN,0,1,1",
    "bbox=0,0,inf,1", "bbox=-Infinity,0,1,1", "bbox=0,0,1e400,1", "bbox=2,0,1,1", "bbox=0,2,1,1", "bbox=1,1,1,1",
    "bbox=-181,0,1,1", "bbox=0,-91,1,1", "bbox=0,0,181,1", "bbox=0,0,1,91", "bbox=0x1,0,1,1", "bbox=1_0,0,20,1",
    "bbox=%D9%A1,0,20,1",  # an Arabic digit is a number to Python
    "bbox=" + "9" * 300 + ",0,1,1", "bbox=0,0,1,1%00", "bbox=0;select 1,0,1,1",
    "limit=0", "limit=501", "limit=-1", "limit=NaN", "limit=1e400", "limit=1.5", "limit=" + "9" * 400, "limit=",
    "verdict=rejected", "verdict=%00", "department=%00", "street=a%00b", "street=", "street=" + "x" * 201,
    "cursor=", "cursor=abc", "cursor=5", "cursor=-1", "cursor=NaN", "cursor=5-0000000000000000",
    "cursor=0-0123456789abcdef", "cursor=" + "9" * 19 + "-0123456789abcdef", "cursor=%F0%9F%9A%B2",
    "unknown=1", "limit=5&sort=text",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD, ids=lambda q: q[:40])
def test_what_is_not_right_is_422_and_never_500(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/complaints?{query}")
    assert answer.status_code == 422
    body = answer.json()
    assert set(body) == {"code", "zh", "en", "request_id"}
    assert body["code"] in ("bad_parameters", "bad_bbox", "bad_cursor")


@pytest.mark.parametrize("query", [q for q in BAD if q.startswith("bbox")], ids=lambda q: q[:40])
def test_streets_refuse_the_same_boxes(client: TestClient, query: str) -> None:
    assert client.get(f"/api/streets?{query}").status_code == 422


def test_a_cursor_belongs_to_its_filters(client: TestClient) -> None:
    cursor = client.get("/api/complaints", params={"limit": 2, "street": "E"}).json()["next"]
    assert client.get("/api/complaints", params={"cursor": cursor, "street": "E"}).status_code == 200
    assert client.get("/api/complaints", params={"cursor": cursor}).json()["code"] == "bad_cursor"
    number, _, seal = cursor.partition("-")
    forged = f"{int(number) + 1}-{seal}"
    assert client.get("/api/complaints", params={"cursor": forged, "street": "E"}).status_code == 422
    longest = make_cursor(2**63 - 1, (None,))
    assert parse_cursor(longest, (None,)) == 2**63 - 1
    with pytest.raises(BadInput):
        parse_cursor(make_cursor(2**63, (None,)), (None,))


def test_hostile_names_stay_data(own_client: TestClient) -> None:
    hostile = "</script><img src=x onerror=alert(1)>\"'\\ ${1}"
    with transaction(own_client.app.state.engine) as session:  # type: ignore[attr-defined]
        session.execute(text("update complaints set street_name = :name"), {"name": hostile})
    answer = own_client.get("/api/complaints?limit=1")
    assert json.loads(answer.content)["features"][0]["properties"]["street_name"] == hostile
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_empty_database_gives_empty_collections(empty_client: TestClient) -> None:
    assert empty_client.get("/api/complaints").json() == {"type": "FeatureCollection", "next": None, "features": []}
    streets = empty_client.get("/api/streets").json()
    assert streets == {"type": "FeatureCollection", "registry_version": None, "features": []}


def test_parse_bbox() -> None:
    assert parse_bbox(None) is None
    assert parse_bbox("103.02, 29.99,+103.07,3.003e1") == Bbox(103.02, 29.99, 103.07, 30.03)
