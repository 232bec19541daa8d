"""The second notebook runs on the shipped sample where no real data is, and is committed without outputs."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

import streetchief.notebook as sc
from streetchief.matching.review import COUNT, RIGHT, Review

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "02_matching_quality.ipynb"


def execute(folder: Path, **extra: str) -> nbformat.NotebookNode:
    """The notebook after its run, from a folder of its own, without network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREETCHIEF_")}
    switched_off = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "PATH": "/nowhere"}
    own = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder), "HOME": str(folder)}
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    return client.execute(env={**kept, **switched_off, **own, **extra})


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    return execute(tmp_path_factory.mktemp("analyst"))


@pytest.fixture(scope="module")
def known() -> Review:
    return sc.review()


def test_the_committed_file_holds_no_outputs_and_speaks_both_languages() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert any("\u4e00" <= letter <= "\u9fff" for letter in cell.source.splitlines()[0]), cell.source
            assert cell.source.rstrip().endswith("*"), cell.source


def test_it_runs_and_every_cell_shows_something(executed: nbformat.NotebookNode) -> None:
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells)
    assert not [o for cell in cells for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]
    kinds = {kind for cell in cells for output in cell.outputs for kind in output.get("data", {})}
    assert "image/svg+xml" in kinds


def test_every_table_of_the_sample_carries_the_mark(executed: nbformat.NotebookNode) -> None:
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    tables = [str(o.data["text/html"]) for o in outputs if "text/html" in o.get("data", {})]
    assert len(tables) == 6
    assert all("合成样例" in table for table in tables)


def test_the_tables_add_up(known: Review) -> None:
    rows = len(known.rows)
    assert known.quality.rows == rows > 500
    for table in (known.by_reason(), known.by_distance()):
        assert table[COUNT].sum() == rows
        assert table["错误 wrong"].sum() == rows - known.graded.right.sum()


def test_no_street_is_called_bad_on_a_handful_of_rows(known: Review) -> None:
    table = known.worst_streets()
    assert (table[COUNT] >= 30).all()
    assert table[RIGHT].is_monotonic_increasing
    few = known.worst_streets(least_rows=1)
    assert len(few) >= len(table) and few[COUNT].sum() >= len(known.rows)


def test_the_gain_is_that_of_calibrate(known: Review) -> None:
    table: pd.DataFrame = known.gain()
    assert table.loc["校准 calibrated", RIGHT] == known.calibration.fitted.best_right
    assert known.calibration.gain == pytest.approx(
        known.calibration.default.log_loss - known.calibration.fitted.log_loss  # type: ignore[operator]
    )
