"""Boston's six months into PostGIS with a city file of its own, and their heatmap: the same program, other files."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from streetchief.cityfile import read_city
from streetchief.pipeline.heat import heatmap_page
from streetchief.pipeline.receive import receive_file
from streetchief.registry.service import seed
from tests.real.boston import complaint_files, write_city

CITY_HALL = "st_dwithin(geom, st_setsrid(st_makepoint(-71.0587, 42.3594), 4326), 0.000001)"


@pytest.fixture(scope="module")
def realdata() -> Path:
    """The folder that STREETCHIEF_REALDATA names."""
    return Path(os.environ["STREETCHIEF_REALDATA"])


def total(summaries: list[dict[str, Any]], name: str) -> int:
    return sum(s[name] if isinstance(s[name], int) else sum(s[name].values()) for s in summaries)


@pytest.mark.parametrize("with_address", [False, True], ids=["geometry", "address"])
def test_six_months(database_engine: Engine, tmp_path: Path, realdata: Path, with_address: bool) -> None:
    city = read_city(write_city(tmp_path, realdata, with_address=with_address))
    seed(database_engine, city)

    def take(path: Path) -> dict[str, Any]:
        return receive_file(
            database_engine, city, city.feeds[0], path, clock=lambda: datetime.now(UTC), progress=lambda n: None
        )

    summaries = [take(path) for path in complaint_files(realdata)]
    received, verdicts = total(summaries, "received"), total(summaries, "by_verdict")
    assert received == 58_119
    assert received == total(summaries, "redelivered") + total(summaries, "rejected") + verdicts
    assert verdicts == total(summaries, "by_department") + total(summaries, "triage")
    assert total(summaries, "rejected") == 0
    with database_engine.connect() as connection:
        at_city_hall = connection.execute(
            text(f"select verdict, count(*) from complaints where {CITY_HALL} group by 1")
        )
        assert dict(map(tuple, at_city_hall)) == {"suspect": 8_752}
    page = heatmap_page(database_engine, city)
    assert "© OpenStreetMap contributors" in page
    assert take(complaint_files(realdata)[0])["redelivered"] == summaries[0]["received"]
    by_verdict = sum((Counter(s["by_verdict"]) for s in summaries), Counter())
    print(f"\nBoston intake ({'address' if with_address else 'geometry'}): received {received:,}, {dict(by_verdict)},")
    print(
        f"  triage {total(summaries, 'triage')}, repeats {total(summaries, 'repeats'):,}, heatmap {len(page) / 1e6:.1f} MB"
    )
