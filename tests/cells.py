"""Run a chapter's cells in this process: answers put in place of solutions, every test cell judged by itself."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import torch

from deqlib.course import check

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(p.parent.name for p in (ROOT / "solutions").glob("*/*.ipynb"))
_HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.S)
_SOLUTION = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.S)


@dataclass(frozen=True)
class Cell:
    """A cell with an nbgrader id."""

    id: str
    source: str
    kind: str  # "solution", "test" or "locked"
    points: int

    @property
    def exercise(self) -> str:
        return self.id.split("-")[0]


@functools.cache
def cells(chapter: str) -> tuple[Cell, ...]:
    """Read the nbgrader cells of a solved notebook, in order."""
    notebook = nbformat.read(ROOT / "solutions" / chapter / f"{chapter}.ipynb", as_version=4)
    found = []
    for cell in notebook.cells:
        if (meta := cell.metadata.get("nbgrader")) is not None:
            kind = "test" if meta["grade"] else "solution" if meta["solution"] else "locked"
            found.append(Cell(meta["grade_id"], cell.source, kind, meta.get("points", 0)))
    return tuple(found)


def exercises(chapter: str) -> list[str]:
    return [c.id for c in cells(chapter) if c.kind == "solution"]


def stub(source: str) -> str:
    """What nbgrader leaves of a solution."""
    return _SOLUTION.sub(r'\1raise NotImplementedError("not solved yet")', source)


def hidden(source: str) -> str:
    return "\n".join(_HIDDEN.findall(source))


def setup(chapter: str) -> dict[str, Any]:
    """Make the namespace of a fresh kernel after the cells that a learner is given and cannot edit."""
    names: dict[str, Any] = {"__name__": "notebook"}
    for cell in cells(chapter):
        if cell.kind == "locked":
            _run(cell.source, names)
    return names


def earned(
    chapter: str,
    answers: dict[str, str],
    *,
    only: str | None = None,
    seeds: tuple[int, ...] = (0,),
    visible: bool = True,
) -> dict[str, Any]:
    """Run every test cell, or those of `only` one exercise, with the given answers; the rest stays a stub.

    Without `visible`, of a test cell only the hidden part runs, as if a learner had switched the rest off.

    Returns a dict from a test cell's id to its points, or to the exception that failed it.
    """
    names = setup(chapter)
    result: dict[str, Any] = {}
    with _drawn(seeds):
        for cell in cells(chapter):
            if cell.kind == "solution":
                _run(answers.get(cell.id, stub(cell.source)), names)
            elif cell.kind == "test" and only in (None, cell.exercise):
                try:
                    with _limit(60 + 3 * len(seeds)):
                        _run(cell.source if visible else hidden(cell.source), names)
                    result[cell.id] = cell.points
                except Exception as error:
                    result[cell.id] = error
    return result


def _run(source: str, names: dict[str, Any]) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "<cell>", "exec"), names)


@contextlib.contextmanager
def _drawn(seeds: tuple[int, ...]) -> Iterator[None]:
    """Let `check.grade` run with each of the seeds, as a grader that draws them would."""
    once = check.grade

    def several(probe: check.Probe, judge: check.Judge) -> None:
        for seed in seeds:
            once(probe, judge, seed)

    check.grade = several
    try:
        yield
    finally:
        check.grade = once
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def _limit(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
