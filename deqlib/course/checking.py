"""Run a learner's notebook on a copy and say, for each exercise, what its visible checks found and what to do next.

The notebook runs in a kernel process of its own. A cell that never ends is interrupted; a cell that ends the process,
or that cannot be interrupted, costs its own exercise: a new kernel runs the cells before it again, without it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deqlib.course.chapter import Chapter, CourseError, Exercise, exercises, grade_id, has_role, load_notebook
from deqlib.course.execute import kernel

__all__ = ["Report", "Row", "check", "points", "show", "source_hash"]

Status = Literal["passed", "not solved yet", "wrong", "crashed", "timed out"]
STYLES: dict[str, str] = {
    "passed": "green", "not solved yet": "yellow", "wrong": "red", "crashed": "red", "timed out": "red"
}  # fmt: skip

_TIMEOUT = "CellTimeout"
_INTERRUPT_GRACE = 6  # seconds that an interrupted cell has to end before its kernel is given up


@dataclass(frozen=True)
class Row:
    """What the visible checks of one exercise found."""

    number: str
    name: str
    earned: float
    points: float
    status: Status
    what: str
    next_step: str
    source: str  # a hash of the solution cell, for "edited since"


@dataclass(frozen=True)
class Report:
    """What the visible checks of a chapter found; `remarks` are sentences about the notebook as a whole."""

    chapter: str
    checked: str
    rows: list[Row]
    remarks: list[str]

    @property
    def passed(self) -> bool:
        """Whether every exercise passed."""
        return all(row.status == "passed" for row in self.rows)


@dataclass(frozen=True)
class Outcome:
    """How a cell ended: `ok`, or the name of an error and its message."""

    error: str = "ok"
    message: str = ""


OK = Outcome()
DIED, TIMED_OUT, SKIPPED = Outcome("died"), Outcome("timed out"), Outcome("skipped")


def check(chapter: Chapter, path: Path, timeout: int = 30) -> Report:
    """Run a learner's notebook of a chapter and read what its visible checks found.

    Args:
        chapter: the chapter that the notebook belongs to; its other files lie beside the copy that runs.
        path: the notebook; it is only read.
        timeout: seconds that one cell may take.

    Raises:
        CourseError: the file is missing, cut off, not a notebook, or has no exercise.
    """
    notebook = load_notebook(path)
    try:
        found = exercises(notebook, chapter.number)
    except CourseError as error:
        raise CourseError(f"{path}: {error}") from None
    remarks = _remarks(chapter, notebook)
    with tempfile.TemporaryDirectory() as folder:
        beside = path.parent if path.parent.name == chapter.name else chapter.release.parent
        _copy_others(beside, Path(folder))
        outcomes = _Run(notebook, found, Path(folder), timeout).outcomes()
    rows = [_row(exercise, outcomes, notebook, timeout) for exercise in found]
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Report(chapter.name, now, rows, remarks)


def source_hash(cell: NotebookNode) -> str:
    """A short hash of a cell's source."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:16]


def _copy_others(source: Path, folder: Path) -> None:
    """Copy what lies beside a notebook, except notebooks; a link is copied as what it points to."""
    if source.is_dir():
        ignore = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
        shutil.copytree(source, folder, ignore=ignore, dirs_exist_ok=True, ignore_dangling_symlinks=True)


# --------------------------------------------------------------------------------------------------------------------
# Running


class _Run:
    """The cells of one notebook, run in order, through as many kernels as it takes."""

    def __init__(self, notebook: NotebookNode, found: list[Exercise], folder: Path, timeout: int) -> None:
        self.cells, self.found, self.folder, self.timeout = notebook.cells, found, folder, timeout
        self.notebook = notebook
        self.results: dict[int, Outcome] = {}

    def outcomes(self) -> dict[int, Outcome]:
        """Run everything; the outcome of each code cell, by the cell's place."""
        while self._fatal_cell() is not None:
            pass  # each turn settles the cell that cost its kernel, so there are at most as many as cells
        return self.results

    def _fatal_cell(self) -> int | None:
        """Run the cells in a fresh kernel; return the place of a cell that cost the kernel, or None at the end."""
        client = NotebookClient(
            self.notebook,
            timeout=self.timeout,
            kernel_name="python3",
            allow_errors=True,
            interrupt_on_timeout=True,
            error_on_timeout={"ename": _TIMEOUT, "evalue": "", "traceback": []},
            iopub_timeout=_INTERRUPT_GRACE,
            raise_on_iopub_timeout=True,
            on_cell_error=self._note_error,
            record_timing=False,
            store_widget_state=False,
            skip_cells_with_tag="no such tag",  # a learner's tag must not keep a test from running
            resources={"metadata": {"path": str(self.folder)}},
        )
        with kernel(client):
            for index, cell in enumerate(self.cells):
                if cell.cell_type != "code" or self.results.get(index) in (DIED, TIMED_OUT, SKIPPED):
                    continue
                alive = self._execute(client, cell, index)
                if self.results[index] in (DIED, TIMED_OUT):
                    self._skip_rest_of_exercise(index)
                if not alive:
                    return index
        return None

    def _execute(self, client: NotebookClient, cell: NotebookNode, index: int) -> bool:
        """Run one cell and keep its outcome; return whether the kernel can go on."""
        self.results[index] = OK
        try:
            client.execute_cell(cell, index)
        except DeadKernelError:
            self.results[index] = DIED
        except CellTimeoutError:  # the interrupt did not help
            self.results[index] = TIMED_OUT
        else:
            errors = [o for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]
            if errors and self.results[index] == OK and has_role(cell, "grade"):
                self.results[index] = Outcome("stderr", errors[0].text)  # nbgrader counts it as a failed test
            return True
        return False

    def _note_error(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        content = execute_reply["content"]
        timed_out = content["ename"] == _TIMEOUT
        self.results[cell_index] = TIMED_OUT if timed_out else Outcome(content["ename"], content["evalue"])

    def _skip_rest_of_exercise(self, index: int) -> None:
        """After a fatal cell, leave out its exercise's other tests: each would cost as much again."""
        for exercise in self.found:
            own = [exercise.solution, *exercise.tests]
            if any(cell is self.cells[index] for cell in own):
                for other, cell in enumerate(self.cells):
                    if other not in self.results and any(cell is test for test in exercise.tests):
                        self.results[other] = SKIPPED


# --------------------------------------------------------------------------------------------------------------------
# Reading


def _row(exercise: Exercise, outcomes: dict[int, Outcome], notebook: NotebookNode, timeout: int) -> Row:
    ended = {id(cell): outcomes.get(index, SKIPPED) for index, cell in enumerate(notebook.cells)}
    tests = [(test, ended[id(test)]) for test in exercise.tests]
    earned = sum(float(test.metadata.nbgrader.get("points") or 0) for test, outcome in tests if outcome == OK)
    row = Row(
        exercise.number, exercise.name, earned, exercise.points, "passed", "", "", source_hash(exercise.solution)
    )
    # The cell itself comes first: when it does not run, its tests complain about the consequence.
    failures = [o for o in (ended[id(exercise.solution)], *(o for _, o in tests)) if o not in (OK, SKIPPED)]
    if failures:
        status, what, step = _explain(failures[0], timeout)
        return replace(row, status=status, what=what, next_step=step)
    if not tests:
        what = "its test cells are missing"
        return replace(row, status="wrong", what=what, next_step="Take them back from a fresh copy of the chapter.")
    return row


def _explain(outcome: Outcome, timeout: int) -> tuple[Status, str, str]:
    """What an outcome means to the learner: the status, what is wrong, what to do next."""
    error, message = outcome.error, outcome.message
    if error == "NotImplementedError":
        return "not solved yet", "", "Fill in its cell, then check again."
    if error == "timed out":
        return "timed out", f"a cell took longer than {timeout} s", "Look for a loop that does not end."
    if error == "died":
        what = "the Python process ended in the middle of a cell"
        return "crashed", what, "Look for exit(), for endless recursion, or for tensors larger than the memory."
    if error == "stderr":
        what = f"a message on the error stream: {_one_line(message)}"
        return "wrong", what, "Grading counts it as a failure: find the warning's cause."
    if error in ("Failed", "AssertionError"):
        what, step = _split(message)
        return "wrong", what or "a check does not hold", step or "Run the check's cell and read it."
    return "crashed", f"{error}: {_one_line(message)}", "Run the cell in JupyterLab: the traceback shows the line."


def _split(message: str) -> tuple[str, str]:
    """Take a check's message apart: everything but the next step, and the next step."""
    what, _, step = message.partition("\n  next step ")
    return re.sub(r"\n  (\w+)\s+", r"\n\1 ", what).strip(), step.strip()


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:197] + "..."


def _remarks(chapter: Chapter, notebook: NotebookNode) -> list[str]:
    """Say what was changed in the parts of the notebook that are not the learner's to change."""
    from nbgrader.utils import compute_checksum

    names = [grade_id(cell) for cell in notebook.cells if grade_id(cell)]
    remarks = [f"The cell {name} is there more than once; the last one counts." for name in _repeated(names)]
    for cell in notebook.cells:
        signed = cell.metadata.get("nbgrader", {}).get("checksum")
        if signed and not has_role(cell, "solution") and _well_formed(cell) and compute_checksum(cell) != signed:
            remarks.append(f"The cell {grade_id(cell)} was changed; grading uses the original.")
    if chapter.source.is_file():
        wanted = [grade_id(cell) for cell in load_notebook(chapter.source).cells if grade_id(cell)]
        remarks += [
            f"The cell {name} is missing; take it back from a fresh copy of the chapter."
            for name in wanted
            if name not in names
        ]
    return remarks


def _repeated(names: list[str]) -> Iterator[str]:
    yield from dict.fromkeys(name for name in names if names.count(name) > 1)


def _well_formed(cell: NotebookNode) -> bool:
    """Whether nbgrader can compute the cell's checksum."""
    marks: dict[str, Any] = cell.metadata.nbgrader
    return bool(grade_id(cell)) and (not marks.get("grade") or isinstance(marks.get("points"), int | float))


# --------------------------------------------------------------------------------------------------------------------
# Showing


def points(value: float) -> str:
    """Print points without a needless decimal."""
    return f"{value:g}"


def show(report: Report, console: Console) -> None:
    """Print a report as a table and a few sentences."""
    table = Table(title=f"{report.chapter}: visible checks", title_justify="left", show_lines=True)
    table.add_column("exercise", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("what is wrong")
    table.add_column("next step")
    for row in report.rows:
        table.add_row(
            Text(f"{row.number} {row.name}"),
            f"{points(row.earned)} / {points(row.points)}",
            Text(row.status, STYLES[row.status]),
            Text(row.what),
            Text(row.next_step),
        )
    console.print(table)
    earned, total = sum(row.earned for row in report.rows), sum(row.points for row in report.rows)
    passed = sum(row.status == "passed" for row in report.rows)
    console.print(f"{passed} of {len(report.rows)} exercises passed, {points(earned)} of {points(total)} points.")
    console.print("Grading also runs hidden tests, on other inputs and on properties beyond these visible checks.")
    for remark in report.remarks:
        console.print(Text(remark, "yellow"))
