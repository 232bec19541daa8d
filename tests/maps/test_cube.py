from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from streetchief.errors import BadInput
from streetchief.geo.cells import cell_centre
from streetchief.maps.cube import Cube, HeatTable, cube_of
from tests.maps.toymap import toy_table

ROW = {"cell": 5, "period": "2026-08", "category": "a", "department": "d", "street": "s", "n": 1}


def table(*rows: dict[str, object], zoom: int = 18) -> HeatTable:
    return HeatTable(pd.DataFrame([ROW | row for row in rows]), zoom)


def counted(cube: Cube, column: str) -> dict[object, int]:
    names = {"category": cube.categories, "department": cube.departments, "period": cube.periods}[column]
    sums = np.bincount(getattr(cube, column), weights=cube.n, minlength=len(names))
    return {name: int(n) for name, n in zip(names, sums, strict=True)}


def test_repeated_rows_add_up_and_zero_rows_vanish() -> None:
    cube = cube_of(table({"n": 2}, {"n": 3}, {"n": 0, "category": "never"}))
    assert cube.total == 5
    assert len(cube.n) == 1
    assert cube.categories == ("a",)


def test_names_by_count_then_name_and_empty_months_are_steps() -> None:
    cube = cube_of(table({"category": "z"}, {"category": "b"}, {"category": "m", "n": 9, "period": "2026-11"}))
    assert cube.categories == ("m", "b", "z")
    assert cube.periods == ("2026-08", "2026-09", "2026-10", "2026-11")
    assert counted(cube, "period") == {"2026-08": 2, "2026-09": 0, "2026-10": 0, "2026-11": 9}


def test_months_run_over_new_year() -> None:
    assert cube_of(table({"period": "2025-12"}, {"period": "2026-02"})).periods == ("2025-12", "2026-01", "2026-02")


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, ""])
def test_no_street_no_department(nothing: object) -> None:
    cube = cube_of(table({"street": nothing, "department": nothing}))
    assert cube.street.tolist() == [-1]
    assert cube.streets == ()
    assert cube.departments == ("",)


def test_cells_become_their_centres() -> None:
    cube = cube_of(table({"cell": 7}, {"cell": 5}))
    assert np.array_equal(cube.lonlat, cell_centre(np.array([5, 7]), 18))


def test_empty() -> None:
    cube = cube_of(HeatTable(toy_table().frame.iloc[:0], 18))
    assert cube.total == 0
    assert cube.periods == ()


STEPS = [
    # most rows, what gives way first
    (10_000, {"coarsened": False, "period_months": 1, "categories_gathered": 0}),
    (700, {"coarsened": True, "period_months": 1, "categories_gathered": 0}),
    (150, {"coarsened": True, "period_months": 12, "categories_gathered": 0}),
]


@pytest.mark.parametrize(("rows", "expected"), STEPS)
def test_coarsening_keeps_every_complaint(rows: int, expected: dict[str, object]) -> None:
    given = toy_table()
    whole, cube = cube_of(given), cube_of(given, good_rows=rows)
    assert {name: getattr(cube, name) for name in expected} == expected
    assert len(cube.n) <= rows
    assert cube.total == whole.total == 2000
    assert counted(cube, "department") == counted(whole, "department")
    assert counted(cube, "category") == counted(whole, "category")


def test_quarters_and_years_begin_where_they_should() -> None:
    given = table(*({"period": f"2026-{m:02d}"} for m in range(1, 13)))
    assert cube_of(given, good_rows=4).periods == ("2026-01", "2026-04", "2026-07", "2026-10")
    assert cube_of(given, good_rows=1).periods == ("2026-01",)


def test_rare_categories_are_gathered_not_lost() -> None:
    given = table(*({"category": f"c{i:02d}", "n": 100 - i} for i in range(60)))
    cube = cube_of(given, good_rows=30)
    assert len(cube.categories) == 21
    assert cube.categories_gathered == 40
    assert cube.total == sum(100 - i for i in range(60))


def test_in_the_end_streets_and_years_are_left() -> None:
    given = table(*({"category": f"c{i % 7}", "department": f"d{i % 11}"} for i in range(77)))
    cube = cube_of(given, good_rows=1)
    assert (cube.categories_gathered, cube.departments_gathered, cube.total) == (7, 11, 77)
    assert cube.categories == cube.departments


def test_too_much_is_refused() -> None:
    given = table(*({"street": f"s{i}"} for i in range(30)))
    with pytest.raises(BadInput) as refused:
        cube_of(given, good_rows=10, most_rows=20)
    assert refused.value.code == "map_too_much"


BAD = [
    ({"n": -1}, 18, "n must be"),  # a count
    ({"n": 1.5}, 18, "n must be"),
    ({"n": None}, 18, "n must be"),
    ({"cell": -1}, 18, "cell must be"),  # geo.cells' NO_CELL has no place on a map
    ({"cell": "x"}, 18, "cell must be"),
    ({"cell": 1 << 36}, 18, "zoom 18"),  # a cell of zoom 20 given as 18: would be drawn elsewhere
    ({"period": "2026-13"}, 18, "YYYY-MM"),
    ({"period": "2026-08-01"}, 18, "YYYY-MM"),
    ({"period": None}, 18, "YYYY-MM"),
    ({}, 21, "zoom 21"),
]


@pytest.mark.parametrize(("row", "zoom", "detail"), BAD)
def test_malformed_tables_are_refused(row: dict[str, object], zoom: int, detail: str) -> None:
    with pytest.raises(BadInput) as refused:
        cube_of(table(row, zoom=zoom))
    assert detail in str(refused.value.values["detail"])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        cube_of(HeatTable(pd.DataFrame([ROW]).drop(columns="department"), 18))
    assert "department" in str(refused.value.values["detail"])
