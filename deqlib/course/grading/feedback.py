"""What is to be seen of a graded notebook: a page of HTML for the student, a notebook for nbgrader's Formgrader.

Everything that a student wrote or printed is shown as text. The page has no hidden test unless the instructor asks.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from deqlib.course.chapter import Chapter, Exercise, exercises, grade_id, load_notebook, write_text
from deqlib.course.checking import points
from deqlib.course.grading.verdicts import Verdict, plain
from deqlib.course.grading.work import Work

__all__ = ["Graded", "autograded", "page", "write"]

_MOST_LINES = 200
_PAGE = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    Path(__file__).with_name("feedback.html").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Graded:
    """A submission after its tests were judged.

    Attributes:
        work: what ran.
        outputs: what each cell printed, by cell id; a stranger's text.
        verdicts: by test cell.
    """

    work: Work
    outputs: Mapping[str, str]
    verdicts: Mapping[str, Verdict]


def write(
    chapter: Chapter,
    student: str,
    handed_in: bytes,
    graded: Graded,
    scores: Mapping[str, float],
    remark: str,
    *,
    with_tests: bool,
) -> None:
    """Put a student's three files under grading/: as handed in, as graded, and the page for the student."""
    folders = {name: chapter.root / "grading" / name / student / chapter.name for name in ("submitted", "autograded")}
    text = handed_in.decode("utf-8", errors="replace")
    target = folders["submitted"] / f"{chapter.name}.ipynb"
    # grading/submitted may itself be the folder that is graded, where nbgrader collected into it.
    if not target.is_file() or target.is_symlink() or target.read_bytes() != handed_in:
        write_text(target, text)
    folder = folders["autograded"]
    shutil.rmtree(folder, ignore_errors=True)
    ignore = shutil.ignore_patterns("*.ipynb", ".ipynb_checkpoints")
    shutil.copytree(chapter.source.parent, folder, ignore=ignore)  # the figures that its text refers to
    write_text(folder / f"{chapter.name}.ipynb", nbformat.writes(autograded(chapter, graded)) + "\n")
    html = page(chapter, student, graded, scores, remark, with_tests=with_tests)
    write_text(chapter.root / "grading" / "feedback" / student / chapter.name / f"{chapter.name}.html", html)


# --------------------------------------------------------------------------------------------------------------------
# The notebook that Formgrader shows


def autograded(chapter: Chapter, graded: Graded) -> NotebookNode:
    """Our notebook with the student's sources in it, outputs as text, and below each test what it came to."""
    notebook = load_notebook(chapter.source)
    notebook.cells = list(_cells(notebook.cells, graded))
    return notebook


def _cells(ours: list[NotebookNode], graded: Graded) -> Iterator[NotebookNode]:
    """All of our cells in their order; a student's own cells where they ran."""
    left = list(ours)
    known = {_id(cell) for cell in ours if cell.cell_type == "code"}
    for number, cell in enumerate(graded.work.cells):
        if cell.id not in known or cell.kind == "own":
            yield _with_outputs(new_code_cell(_utf8(cell.source), id=f"own-{number}"), cell.id, graded)
            continue
        while left:
            mine = left.pop(0)
            if mine.cell_type == "code" and _id(mine) == cell.id:
                if cell.kind == "solution":
                    mine.source = _utf8(cell.source)
                yield _with_outputs(mine, cell.id, graded)
                break
            yield _without_outputs(mine)
    yield from map(_without_outputs, left)


def _utf8(text: str) -> str:
    """JSON can spell halves of characters, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _id(cell: NotebookNode) -> str:
    return grade_id(cell) or str(cell.get("id", ""))


def _without_outputs(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _with_outputs(cell: NotebookNode, name: str, graded: Graded) -> NotebookNode:
    cell.outputs, cell.execution_count = [], None
    printed = _printed(graded.outputs.get(name, ""))
    if printed:
        cell.outputs.append(new_output("stream", name="stdout", text=printed + "\n"))
    verdict = graded.verdicts.get(name)
    if verdict is not None and verdict.state == "passed":
        cell.outputs.append(new_output("stream", name="stdout", text=f"passed: {points(verdict.earned)} points\n"))
    elif verdict is not None:
        said = verdict.message or verdict.state
        shown = [f"{verdict.state}: {said}"]
        cell.outputs.append(new_output("error", ename=verdict.state, evalue=said, traceback=shown))
    return cell


def _printed(text: str) -> str:
    return plain(text, 10_000, lines=_MOST_LINES)


# --------------------------------------------------------------------------------------------------------------------
# The page for the student


def page(
    chapter: Chapter, student: str, graded: Graded, scores: Mapping[str, float], remark: str, *, with_tests: bool
) -> str:
    """A page of HTML: points by exercise, the student's cells and output, and the message of each failed test.

    Args:
        chapter, student, graded: what was graded.
        scores: points by exercise as the gradebook has them, with what a person gave.
        remark: what the student should know about the notebook as a whole.
        with_tests: show the tests whole, hidden part included.
    """
    notebook = load_notebook(chapter.source)
    found = exercises(notebook, chapter.number)
    total = f"{points(sum(scores.values()))} / {points(sum(e.points for e in found))}"
    return _PAGE.render(
        chapter=chapter.name,
        student=student,
        total=total,
        remark=remark,
        exercises=[_exercise(e, graded, scores, with_tests) for e in found],
        own=[_block(c.id, c.source, graded) for c in graded.work.cells if c.kind == "own"],
    )


def _exercise(exercise: Exercise, graded: Graded, scores: Mapping[str, float], with_tests: bool) -> dict[str, object]:
    solution = [c for c in graded.work.cells if c.id == exercise.name and c.kind == "solution"]
    shown = {c.id: c.source for c in graded.work.cells if c.kind == "test"}
    hidden = {grade_id(c): c.source for c in exercise.tests}
    tests = []
    for name, verdict in graded.verdicts.items():
        if name in hidden:
            best = graded.work.tests[name].points if name in graded.work.tests else verdict.earned
            source = hidden[name] if with_tests else shown.get(name, "")
            result = f"{points(verdict.earned)} / {points(best)}"
            said = verdict.message or ("" if verdict.state == "passed" else verdict.state)
            block = _block(name, source.strip(), graded)
            tests.append({**block, "passed": verdict.state == "passed", "message": said, "points": result})
    automatic = sum(v.earned for name, v in graded.verdicts.items() if name in hidden)
    score = scores.get(exercise.name, 0.0)
    return {
        "number": exercise.number,
        "name": exercise.name,
        "score": f"{points(score)} / {points(exercise.points)}",
        "by_hand": score != automatic,
        "solution": _block(exercise.name, solution[0].source if solution else "", graded),
        "tests": tests,
    }


def _block(name: str, source: str, graded: Graded) -> dict[str, object]:
    printed = _printed(graded.outputs.get(name, ""))
    return {"id": plain(name, 80), "source": plain(source, 40_000, lines=2000), "output": printed}
