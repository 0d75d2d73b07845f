"""A tiny course for the tests of the tools: one chapter, two exercises of three points each, built once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

# Two workers with two threads each would fight for two cores: some tests then take a hundred times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).resolve().parent.parent
TINY = "01_tiny"

SETUP = """import os
import torch
from deqlib.course import check
check.setup()"""

HALVE = '''def halve(x):
    """Return x / 2."""
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION'''

HALVE_A = """check.close(halve(torch.tensor([2.0, 4.0])), torch.tensor([1.0, 2.0]), "halve(x)", hint="Divide by two.")
### BEGIN HIDDEN TESTS
def probe(seed):
    x = torch.linspace(seed + 1.0, seed + 2.0, 3)
    return {"half": halve(x)}


def judge(seed, got):
    check.close(got["half"], torch.linspace(seed + 1.0, seed + 2.0, 3) / 2, "halve(x)")


check.grade(probe, judge)
### END HIDDEN TESTS"""

HALVE_B = """check.shape(halve(torch.ones(2, 3)), (2, 3), "halve(x)")
### BEGIN HIDDEN TESTS
def probe(seed):
    return {"half": halve(torch.ones(4, 2))}


def judge(seed, got):
    check.shape(got["half"], (4, 2), "halve(x)")


check.grade(probe, judge)
### END HIDDEN TESTS"""

DOUBLE = '''def double(x):
    """Return 2 x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''

DOUBLE_A = """check.close(double(torch.tensor(3.0)), 6.0, "double(x)", hint="Add x to itself.")
### BEGIN HIDDEN TESTS
def probe(seed):
    return {"twice": double(torch.full((2,), seed + 1.5))}


def judge(seed, got):
    check.close(got["twice"], torch.full((2,), 2 * seed + 3.0), "double(x)")


check.grade(probe, judge)
### END HIDDEN TESTS"""


def mark(cell: NotebookNode, name: str, **marks: object) -> NotebookNode:
    """Give a cell nbgrader's metadata; without `marks` it is read-only."""
    defaults = {"grade": False, "locked": True, "solution": False, "schema_version": 3, "task": False}
    cell.metadata["nbgrader"] = NotebookNode({**defaults, "grade_id": name, "cell_type": cell.cell_type, **marks})
    cell["id"] = name
    return cell


def tiny_notebook() -> NotebookNode:
    """The tiny chapter as an author writes it: solved, not executed."""
    return new_notebook(
        metadata={"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}},
        cells=[
            new_markdown_cell("# A tiny chapter", id="title"),
            mark(new_code_cell(SETUP), "setup"),
            mark(new_code_cell(HALVE), "halve", solution=True, locked=False),
            mark(new_code_cell(HALVE_A), "halve-a", grade=True, points=2),
            mark(new_code_cell(HALVE_B), "halve-b", grade=True, points=1),
            new_code_cell("print(check.attempt(halve, torch.ones(1)))\nprint('a figure')", id="figure"),
            mark(new_code_cell(DOUBLE), "double", solution=True, locked=False),
            mark(new_code_cell(DOUBLE_A), "double-a", grade=True, points=3),
        ],
    )


def write(path: Path, notebook: NotebookNode) -> Path:
    """Write a notebook and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def edit(path: Path, sources: dict[str, str]) -> Path:
    """Replace the sources of cells, named by their ids, in a notebook file."""
    notebook = nbformat.read(path, as_version=4)
    cells = {cell["id"]: cell for cell in notebook.cells}
    for name, source in sources.items():
        cells[name].source = source
    return write(path, notebook)


def new_course(root: Path) -> Path:
    """Make an unbuilt course around the tiny chapter."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    write(root / "solutions" / TINY / f"{TINY}.ipynb", tiny_notebook())
    (root / "solutions" / TINY / "figures").mkdir()
    (root / "solutions" / TINY / "figures" / "one.png").write_bytes(b"\x89PNG not really")
    return root


@pytest.fixture(scope="session")
def built_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny course, built; read it, do not change it."""
    from deqlib.course.build import build

    root = new_course(tmp_path_factory.mktemp("built") / "course_root")
    build(root)
    return root


@pytest.fixture
def course(built_course: Path, tmp_path: Path) -> Path:
    """A copy of the tiny course to change."""
    return Path(shutil.copytree(built_course, tmp_path / "tiny"))


@pytest.fixture
def deq(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run the command `deq` in this process: (exit code, normal output, error output)."""
    from deqlib.cli import main

    monkeypatch.setenv("COLUMNS", "300")  # no table cell is wrapped

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
