"""Notebook 02 on Boston."""

from __future__ import annotations

import os
from pathlib import Path

from tests.notebooks.test_matching_quality import execute


def test_it_runs_on_boston(tmp_path: Path) -> None:
    folder = str(Path(os.environ["STREETCHIEF_REALDATA"]).resolve())
    notebook = execute(tmp_path, STREETCHIEF_REALDATA=folder)
    said = "".join(o.text for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "stream")
    assert "© OpenStreetMap contributors" in said
    assert "beats the default" in said and "does not" not in said
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "text/plain" in output.get("data", {}):
                print("\n" + output.data["text/plain"])
