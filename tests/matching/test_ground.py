"""Street files of other cities: the name in one column, or in four."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streetchief.errors import BadInput
from streetchief.matching.ground import read_ground

LINE = {"type": "LineString", "coordinates": [[-77.0, 38.9], [-77.001, 38.9]]}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    features = [{"type": "Feature", "properties": row, "geometry": LINE} for row in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


WASHINGTON = (
    {"ST_NAME": "K", "STREETTYPE": "ST", "QUADRANT": "NW"},
    {"ST_NAME": "K", "STREETTYPE": "PL", "QUADRANT": None},
)
CHICAGO = ({"PRE_DIR": "N", "STREET_NAM": "CENTRAL", "STREET_TYP": "AVE", "SUF_DIR": ""},)
WHOLE = ({"STREET_NAME": "Elm Street", "STREET_TYPE": "Street"},)
TIGER = ({"FULLNAME": "W 127th St", "MTFCC": "S1400"},)


@pytest.mark.parametrize(
    ("rows", "names", "columns", "why"),
    [
        (WASHINGTON, {"K ST NW", "K PL"}, "ST_NAME,STREETTYPE,QUADRANT", "the rest of the name stands beside it"),
        (CHICAGO, {"N CENTRAL AVE"}, "PRE_DIR,STREET_NAM,STREET_TYP", "an empty column is no part of a name"),
        (WHOLE, {"Elm Street"}, "STREET_NAME", "the name says its type already"),
        (TIGER, {"W 127th St"}, "FULLNAME", "a whole name"),
    ],
)
def test_the_name_is_guessed_whole(
    tmp_path: Path, rows: tuple[dict[str, Any], ...], names: set[str], columns: str, why: str
) -> None:
    ground = read_ground(write(tmp_path / "streets.geojson", *rows))
    assert set(ground.index.street_names) == names, why
    assert ground.names_from == columns


def test_the_columns_may_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "streets.geojson", {"a": "Rue", "b": "Neuve"}, {"a": None, "b": "Quai"})
    assert set(read_ground(path, "a, b").index.street_names) == {"Rue Neuve", "Quai"}
    with pytest.raises(BadInput):
        read_ground(path, "a,c")
    with pytest.raises(BadInput):
        read_ground(path)
