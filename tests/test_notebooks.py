"""The notebooks run from top to bottom, in an empty folder."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    book = nbformat.read(path, as_version=4)
    assert not any(cell.outputs for cell in book.cells if cell.cell_type == "code"), "stored without outputs"
    here = {"metadata": {"path": str(tmp_path)}}
    # Seconds a cell may take, and the kernel to start: what has not ended by then, on a busy machine too, hangs.
    NotebookClient(book, timeout=1800, startup_timeout=600, kernel_name="python3", resources=here).execute()
    told = "".join(output.get("text", "") for cell in book.cells for output in cell.get("outputs", []))
    assert "Traceback" not in told
    typos = sum("one letter is missing" in cell.source for cell in book.cells)
    assert told.count("error:") == told.count("there is no such key; did you mean engine.iterations?") == typos, told
