"""The analyst's face: the same lines as the service, on frames."""

from __future__ import annotations

import csv
from pathlib import Path

import folium
import pandas as pd
import pytest

import streetchief.notebook as sc
from streetchief.city import shipped_data_dir
from streetchief.errors import BadInput, NotFound

SAMPLE = shipped_data_dir() / "sample_feed.csv"


def test_the_sample_is_placed_and_says_that_it_is_synthetic() -> None:
    frame = sc.sample()
    assert frame.crs.to_epsg() == 4326 and set(frame.geometry.geom_type) == {"Point"}
    assert frame["synthetic"].all()
    assert str(frame["reported_at"].dt.tz) == "Asia/Shanghai"
    assert set(frame["verdict"].unique()) == {"matched", "ambiguous", "too_far", "suspect"}
    assert frame["external_id"].is_unique


def test_every_line_of_the_file_is_accounted_for() -> None:
    placed = sc.place(SAMPLE)
    lines = 2406
    assert len(placed.complaints) + len(placed.rejections) + placed.redelivered == lines
    assert (placed.rejections["reason"] == "id_conflict").sum() == 4
    assert placed.rejections["line"].is_monotonic_increasing
    assert (placed.rejections["reason_zh"] != "").all()


def test_no_person_is_in_any_frame() -> None:
    for frame in (sc.sample(), sc.rejections()):
        assert not {"raw", "complainant_name", "complainant_phone"} & set(frame.columns)
        text = frame.drop(columns="geometry", errors="ignore").to_csv()
        assert "138000000" not in text and "99999919" not in text and "示例甲" not in text


def test_categories_are_ordered_and_chinese() -> None:
    frame = sc.sample()
    for column in ("category", "department_name", "verdict"):
        assert isinstance(frame[column].dtype, pd.CategoricalDtype) and frame[column].cat.ordered
    names = list(frame["category"].cat.categories)
    assert names.index("沿街晾挂") < names.index("店外经营") < names.index("0999"), "in code order, unknown codes last"
    assert frame["department_name"].cat.categories[-1] == "待研判"


def test_tables_add_up_and_carry_the_mark() -> None:
    frame = sc.sample()
    for table in (sc.summary(frame), sc.by_department(frame)):
        assert table["件数 count"].sum() == len(frame)
        assert table["占比 share"].sum() == pytest.approx(1)
        assert "合成样例" in table.columns.name
    streets = sc.by_street(frame)
    assert streets["件数 count"].sum() == (frame["verdict"] == "matched").sum()
    assert streets["件/100米 per_100m"].is_monotonic_decreasing
    first = streets.iloc[0]
    assert first.iloc[2] == pytest.approx(first.iloc[0] / first.iloc[1] * 100, rel=0.01)
    assert set(streets.index) == set(sc.streets()["street_name"]), "also the streets of which nobody complained"


def test_streets_have_lengths_in_metres() -> None:
    streets = sc.streets()
    assert streets.crs.to_epsg() == 4326
    assert streets["length_m"].between(10, 5_000).all()
    assert streets["length_m"].sum() == pytest.approx(streets.to_crs(4543).length.sum())


def test_an_empty_selection_is_a_page_and_tables_of_zeros() -> None:
    nobody = sc.sample().iloc[:0]
    assert sc.summary(nobody)["件数 count"].sum() == 0
    assert sc.by_street(nobody)["件数 count"].sum() == 0
    assert "<!DOCTYPE html>" in sc.heatmap(nobody).html


def test_why_by_id_and_by_row() -> None:
    row = sc.sample().query("verdict == 'ambiguous'").iloc[0]
    assert sc.why(row) == sc.why(row["external_id"])
    assert row["street_name"] in sc.why(row) and "合成样例" in sc.why(row)
    with pytest.raises(NotFound):
        sc.why("nobody")


def test_the_heatmap_counts_what_it_is_given_and_can_be_saved(tmp_path: Path) -> None:
    frame = sc.sample()
    whole, evening = sc.heatmap(), sc.heatmap(frame[frame["reported_at"].dt.hour >= 19])
    assert whole.html != evening.html and "合成样例" in evening.html
    path = whole.save(tmp_path / "map.html")
    assert path.read_bytes().decode() == whole.html
    assert "<script" not in whole._repr_html_()


def test_show_takes_a_folium_map_and_refuses_a_basemap() -> None:
    m = folium.Map(location=(30.0, 103.04), tiles=None)
    folium.CircleMarker((30.0, 103.04), radius=4).add_to(m)
    page = sc.show(m, height_px=300)
    assert "cdn." not in page.html and 'height="300"' in page._repr_html_()
    with pytest.raises(BadInput):
        sc.show(folium.Map(location=(30.0, 103.04)))


def test_a_file_of_ones_own_with_a_city_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "streets.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "MAIN ST"}, "geometry": '
        '{"type": "LineString", "coordinates": [[-71.06, 42.36], [-71.05, 42.36]]}}]}',
        "utf-8",
    )
    city = tmp_path / "smallville.toml"
    city.write_text(
        '[city]\ncode = "smallville"\nname = { zh = "小城", en = "Smallville" }\nzone = "America/New_York"\n'
        "metric_srid = 32619\nbounds = [-71.2, 42.2, -70.9, 42.5]\n"
        '[seed]\nstreets = "streets.geojson"\ngeometry_source = "test"\n'
        '[[feed]]\nid = "calls"\nname = { zh = "来电", en = "calls" }\nformat = "csv"\nscheme = "own"\n'
        'datum = "wgs84"\ndefault_kind = "event"\n'
        '[feed.fields]\nid = "n"\nlon = "x"\nlat = "y"\nreported_at = "t"\ncode = "c"\n',
        "utf-8",
    )
    rows = [("1", "-71.055", "42.36005", "2026-07-01 12:00", "A"), ("2", "NaN", "42.36", "2026-07-01 12:00", "A")]
    with (tmp_path / "calls.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("n", "x", "y", "t", "c"), *rows])
    placed = sc.place(tmp_path / "calls.csv", city)
    (one,) = placed.complaints.to_dict("records")
    assert (one["verdict"], one["street_name"], one["category"]) == ("matched", "MAIN ST", "A")
    assert one["reported_at"].isoformat() == "2026-07-01T12:00:00-04:00"
    assert list(placed.rejections["reason"]) == ["nan_coordinate"]
    assert "MAIN ST" in placed.why("1") and "合成样例" not in placed.why("1")
    (tmp_path / "calls.csv").write_text("n,x,y,t,c\n")
    assert len(sc.place(tmp_path / "calls.csv", city).complaints) == 0
