"""The first notebook runs on the shipped sample from a bare kernel, and is committed without outputs."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_look.ipynb"
HERE = str(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """The notebook after its run: from a folder of its own, without database, settings or network."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    folder = tmp_path_factory.mktemp("analyst")
    switched_off = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "PATH": "/nowhere"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREETCHIEF_")}
    environment = {**kept, **switched_off, "PYTHONPATH": HERE, "IPYTHONDIR": str(folder), "HOME": str(folder)}
    client = NotebookClient(notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    return client.execute(env=environment)


def outputs(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    found = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [str(o.data[kind]) for o in found if "data" in o and kind in o.data]


def test_the_committed_file_holds_no_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) >= 6
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_is_chinese_first_with_english_and_says_that_all_is_synthetic() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert "合成样例" in texts[0] and "synthetic" in texts[0]
    for source in texts:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in source.splitlines()[0]), source
        assert source.rstrip().endswith("*") and source.splitlines()[-1].startswith("*"), source


def test_it_runs_and_every_cell_shows_something(executed: nbformat.NotebookNode) -> None:
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells)
    streams = [o for cell in cells for o in cell.outputs if o.output_type == "stream"]
    assert not [o.text for o in streams if o.name == "stderr"]


def test_the_tables_and_the_paragraph_carry_the_mark(executed: nbformat.NotebookNode) -> None:
    tables = outputs(executed, "text/html")
    assert sum("合成样例" in table for table in tables) >= 5
    said = [o.text for cell in executed.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    assert any("合成样例" in text and "和" in text for text in said)


def test_the_map_is_inline_and_asks_nobody(executed: nbformat.NotebookNode) -> None:
    maps = [text for text in outputs(executed, "text/html") if text.startswith("<iframe")]
    assert len(maps) == 2
    for text in maps:
        assert 'sandbox="allow-scripts"' in text and "srcdoc=" in text and "allow-same-origin" not in text
        assert "leaflet" in text.lower()
        assert "<script" not in text, "the page is data of the frame, nothing of it runs in the notebook"
