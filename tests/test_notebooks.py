"""The notebooks run from beginning to end, and each is in step with the text that is reviewed."""

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
TEXTS = sorted(NOTEBOOKS.glob("*.py"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
def test_a_notebook_is_in_step_with_its_text(text):
    """The cells of the .ipynb are those of the .py, and no output is stored."""
    notebook = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    written = jupytext.read(text)
    assert [(c.cell_type, c.source) for c in notebook.cells] == [(c.cell_type, c.source) for c in written.cells]
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
def test_a_notebook_runs(text):
    """Every cell runs, in order, in a fresh kernel."""
    notebook = jupytext.read(text)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}}
    ).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", ["01_first_map", "04_new_sites"])
def test_the_notebooks_of_the_readme_exist(name):
    """The stories that the README sends people to exist."""
    assert (NOTEBOOKS / f"{name}.py") in TEXTS
