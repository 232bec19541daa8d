"""``streetchief streets`` as a person types it, against real PostGIS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streetchief.cli.streets import app
from streetchief.errors import StreetChiefError
from tests.registry.toytown import DATA, TOYTOWN_FILE, line, write_geojson


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def toy(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Toytown in a database of this test's own."""
    monkeypatch.setenv("STREETCHIEF_DATABASE_URL", database_url)
    monkeypatch.setenv("STREETCHIEF_CITY", str(TOYTOWN_FILE))


def test_check_lists_every_fault_with_its_place(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "bad.geojson",
        line("Bow", [[15, -22], [15.002, -21.998], [15.002, -22], [15, -21.998]], code="B"),
        line("Dot", [[15.1, -22], [15.1, -22]], code="D"),
        line("One", [[15.2, -22], [15.201, -22]], code="T"),
        line("Two", [[15.3, -22], [15.301, -22]], code="T"),
        line(None, [[15.4, -22], [15.401, -22]], code="N"),
    )
    result = run("check", path)
    assert result.exit_code == 2
    for expected in ("segment_self_crossing", "15.0010000,-21.9990000", "segment_zero_length", "15.1000000,-22.0000000",
                     "segment_code_duplicate", "segment_unnamed", "15.4000000,-22.0000000"):  # fmt: skip
        assert expected in result.stdout
    assert "3 to mend, 1 warnings" in result.stdout


@pytest.mark.parametrize("name", ["toytown.toml", "toytown_areas.geojson"])
def test_check_passes_what_is_sound(name: str) -> None:
    result = run("check", DATA / name)
    assert result.exit_code == 0, result.output
    assert "0 to mend" in result.stdout


def test_markup_in_a_name_is_shown_as_text(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.geojson", line("[red]x[/red]", [[15, -22], [15, -22]], code="[bold]"))
    assert "[bold]" in run("check", path).stdout


def test_import_publishes_once_and_export_round_trips(toy: None, tmp_path: Path) -> None:
    first = run("import", "--yes")
    assert first.exit_code == 0, first.output
    assert "segments: 5 new, 0 changed, 0 removed" in first.stdout
    assert "published as version 1" in first.stdout
    assert run("export", tmp_path / "out").exit_code == 0
    out = tmp_path / "out"
    again = run("import", out / "streets.geojson", "--areas", out / "areas.geojson", "--chiefs", out / "chiefs.csv",
                "--rules", out / "rules.csv", "--categories", out / "categories.csv", "--yes")  # fmt: skip
    assert "nothing changed" in again.stdout, again.output
    assert len(run("versions").stdout.splitlines()) == 1


def test_import_previews_and_does_not_publish_unasked(toy: None) -> None:
    result = run("import")
    assert result.exit_code == 1
    assert "not published" in result.stdout
    assert run("versions").stdout == ""


def test_excel_template_comes_back_as_a_new_version(toy: None, tmp_path: Path) -> None:
    run("import", "--yes")
    assert run("template", "rules", tmp_path / "rules.xlsx").exit_code == 0
    assert "nothing changed" in run("import", "--rules", tmp_path / "rules.xlsx", "--yes").stdout
    roster = (DATA / "toytown_chiefs.csv").read_text("utf-8").replace("示例 巷长 3", "示例 巷长 4")
    (tmp_path / "chiefs.csv").write_text(roster, "utf-8")
    result = run("import", "--chiefs", tmp_path / "chiefs.csv", "--yes", "--note", "new lane chief")
    assert "appointments 2" in result.stdout
    assert "published as version 2" in result.stdout
    assert "new lane chief" in run("versions").stdout.splitlines()[0]
    assert "示例 巷长 4" in run("show", "B1").stdout
    assert "示例 巷长 3" in run("show", "B1", "--version", "1").stdout


def test_show_answers_for_a_day(toy: None) -> None:
    run("import", "--yes")
    assert "示例 巷长 1" in run("show", "A1", "--on", "2025-02-28").stdout
    assert "示例 巷长 2" in run("show", "A1", "--on", "2025-03-01").stdout
    assert "no chief on this day" in run("show", "A1", "--on", "2023-12-31").stdout
    assert run("show", "Quay Road").stdout.count("ANCHOR ST") == 2, "an alias names the street"


def test_faults_forbid_publishing(toy: None, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "bad.geojson", line("X", [[15, -22], [15, -22]]))
    result = run("import", path, "--yes")
    assert isinstance(result.exception, StreetChiefError)
    assert result.exception.code == "registry_faults"
    assert run("versions").stdout == ""


def test_unknown_things_are_refused_in_one_sentence(toy: None, tmp_path: Path) -> None:
    run("import", "--yes")
    for words, code in [
        (["show", "nowhere"], "no_segment"),
        (["show", "A1", "--on", "someday"], "bad_day"),
        (["template", "poems", tmp_path / "a.xlsx"], "unknown_table"),
        (["check", tmp_path / "gone.geojson"], "no_such_file"),
        (["export", tmp_path / "x", "--version", "9"], "no_registry_version"),
    ]:
        result = run(*words)
        assert isinstance(result.exception, StreetChiefError), words
        assert result.exception.code == code


def test_exported_streets_are_geojson(toy: None, tmp_path: Path) -> None:
    run("import", "--yes")
    run("export", tmp_path)
    assert len(json.loads((tmp_path / "streets.geojson").read_text("utf-8"))["features"]) == 5


def test_a_survey_replaces_the_drawing_and_chiefs_stay(toy: None, tmp_path: Path) -> None:
    """The file knows names only: codes, chiefs and widths of the known streets stay, the source changes."""
    run("import", "--yes")
    path = write_geojson(
        tmp_path / "survey.geojson",
        line("Anchor St", [[15.0001, -22.0016], [15.0059, -22.0016]]),
        line("Button Ln", [[15.003, -22.0016], [15.003, -21.998]]),
        line("Crane Ave", [[15.0, -21.998], [15.006, -21.998]]),
        line("New Mole", [[15.006, -21.998], [15.006, -21.997]]),
    )
    result = run("import", path, "--yes", "--geometry-source", "survey", "--attribution", "Toy Survey")
    assert result.exit_code == 0, result.output
    assert "segments: 1 new, 5 changed, 0 removed" in result.stdout
    shown = run("show", "A1", "--on", "2025-03-01").stdout
    assert "ANCHOR ST" in shown
    assert "survey" in shown
    assert "示例 巷长 2" in shown
    run("export", tmp_path / "out")
    assert "Toy Survey" in (tmp_path / "out" / "streets.geojson").read_text("utf-8")
