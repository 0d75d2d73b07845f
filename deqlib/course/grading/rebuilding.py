"""Rebuild a submission on our own solved notebook: of the student's file, only the sources of answers are taken.

Order, tests, points, metadata and everything between the exercises are ours, so nothing that was done to them in the
student's file can matter: tags, kernels, edited or missing tests, cells in another order.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from nbformat import NotebookNode

from deqlib.course.chapter import Chapter, CourseError, grade_id, has_role, load_notebook
from deqlib.course.grading.needed import needed
from deqlib.course.grading.work import Cell, Test, Work

__all__ = ["rebuild"]

_HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS\n(.*?)^### END HIDDEN TESTS\n?", re.S | re.M)


def rebuild(chapter: Chapter, notebook: NotebookNode) -> Work:
    """Put a student's answers into our notebook of the chapter.

    Args:
        chapter: its solved notebook gives order, setup, demonstrations and tests, its released one the stubs.
        notebook: the student's, of format 4.

    Returns:
        The work to run. A student's own cells follow the cell of ours that they followed in their notebook. Our
        demonstrations are in it only where a later cell needs their names.

    Raises:
        CourseError: our own notebooks are missing, or a test cell of ours has not the form of CONTRIBUTING.md.
    """
    ours = [cell for cell in load_notebook(chapter.source).cells if cell.cell_type == "code"]
    release = load_notebook(chapter.release).cells
    stubs = {grade_id(cell): str(cell.source) for cell in release if has_role(cell, "solution")}
    answers, own, remarks = _Student(ours, release, stubs).read(notebook.cells)
    tests = {grade_id(cell): _test(cell) for cell in ours if _is_test(cell)}
    cells = [*own.get("", [])]
    for cell in ours:
        name = _name(cell)
        if _is_test(cell):
            visible = _HIDDEN.sub("", cell.source)
            cells.append(Cell(name, "test", visible))
            # A test runs in a fork, whose names are lost; what it imports and defines may serve later cells of ours.
            if kept := _definitions(visible):
                cells.append(Cell(f"{name}+names", "ours", kept))
        elif has_role(cell, "solution"):
            cells.append(Cell(name, "solution", answers.get(name, stubs.get(name, ""))))
        else:
            cells.append(Cell(name, "ours", cell.source))
        cells += own.get(name, [])
    demos = {cell.id for cell in cells if cell.kind == "ours"} - {grade_id(cell) for cell in ours}
    return Work(chapter.name, tuple(needed(cells, tests, demos)), tests, tuple(remarks))


def _is_test(cell: NotebookNode) -> bool:
    return has_role(cell, "grade") and not has_role(cell, "solution")


def _name(cell: NotebookNode) -> str:
    return grade_id(cell) or str(cell.get("id", ""))


# --------------------------------------------------------------------------------------------------------------------
# What the student wrote


class _Student:
    """Sorts the cells of a student's notebook into answers and own cells, by what is known of our notebook."""

    def __init__(self, ours: list[NotebookNode], release: list[NotebookNode], stubs: dict[str, str]) -> None:
        self.names = {_name(cell) for cell in ours}
        self.by_cell_id = {str(cell.get("id", "")): _name(cell) for cell in ours}
        self.known = {cell.source.strip() for cell in (*ours, *release)} | {""}
        self.solutions, self.stubs = [_name(cell) for cell in ours if has_role(cell, "solution")], stubs

    def read(self, cells: Iterable[NotebookNode]) -> tuple[dict[str, str], dict[str, list[Cell]], list[str]]:
        """Return the answers by name, the own cells by the name of the cell of ours before them, and remarks."""
        copies: dict[str, list[str]] = {}
        own: dict[str, list[Cell]] = {}
        remarks: list[str] = []
        before, taken = "", set(self.names)
        for cell in cells:
            name, source = self._ours(cell), str(cell.source)
            if name in self.solutions:
                before = name
                copies.setdefault(name, []).append(source)
                if cell.cell_type != "code":
                    remarks.append(f"The answer to {name} is in a cell of type {cell.cell_type}; it was run as code.")
            elif name:
                before = name
            elif cell.cell_type == "code" and source.strip() not in self.known:
                new = _unused(str(cell.get("id") or "own"), taken)
                own.setdefault(before, []).append(Cell(new, "own", source))
        answers = {name: self._last(name, sources, remarks) for name, sources in copies.items()}
        remarks += [f"The cell {name} is missing." for name in self.solutions if name not in copies]
        return answers, own, remarks

    def _ours(self, cell: NotebookNode) -> str:
        """Our name for a student's cell, or an empty string: by its grade id, else by its cell id."""
        if (name := grade_id(cell)) in self.names and name:
            return name
        return self.by_cell_id.get(str(cell.get("id", "")), "") if cell.get("id") else ""

    def _last(self, name: str, sources: list[str], remarks: list[str]) -> str:
        """The last copy that is not the stub."""
        written = [source for source in sources if source.strip() not in (self.stubs.get(name, "").strip(), "")]
        if len(sources) > 1:
            remarks.append(f"There are {len(sources)} cells named {name}; the last one with an answer in it counts.")
        return written[-1] if written else sources[-1]


def _unused(name: str, taken: set[str]) -> str:
    """The name itself, or with a number that makes it new; it is taken from then on."""
    new = name if name not in taken else f"{name}-{len(taken)}"
    while new in taken:
        new += "x"
    taken.add(new)
    return new


# --------------------------------------------------------------------------------------------------------------------
# Our test cells


def _test(cell: NotebookNode) -> Test:
    """Cut the hidden part of a test cell into the probe's half and the judge's half."""
    name = grade_id(cell)
    parts = _HIDDEN.findall(cell.source)
    form = f"test cell {name} should end in one hidden part: functions, among them probe and judge, then check.grade"
    if len(parts) != 1:
        raise CourseError(form)
    try:
        body = ast.parse(parts[0]).body
    except SyntaxError as error:
        raise CourseError(f"the hidden part of test cell {name} is not Python: {error}") from None
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    ends = bool(body) and ast.unparse(body[-1]) == "check.grade(probe, judge)"
    if not {"probe", "judge"} <= set(functions) or len(functions) != len(body) - 1 or not ends:
        raise CourseError(form)
    sources = {key: _lines(parts[0], node) for key, node in functions.items()}
    halves = {half: "\n\n".join(s for key, s in sources.items() if key != other) + "\n"
              for half, other in (("probe", "judge"), ("judge", "probe"))}  # fmt: skip
    points = float(cell.metadata.nbgrader.get("points") or 0)
    return Test(name, name.rpartition("-")[0], points, halves["probe"], halves["judge"])


def _definitions(source: str) -> str:
    """The imports, functions and classes at the top of a cell."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return "\n".join(_lines(source, node) for node in ast.parse(source).body if isinstance(node, kinds))


def _lines(source: str, node: ast.stmt) -> str:
    """The lines of a statement, decorators included."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])
