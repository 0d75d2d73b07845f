"""Grade a class's notebooks of one chapter with nbgrader: scores, feedback as HTML, a CSV.

    FOLDER  -->  grading/submitted  -->  autograde  -->  grading/autograded  -->  grading/feedback, OUT/NN_name.csv

**Submitted code runs on this machine, unprotected**, with the rights of whoever grades: there is no sandbox yet. Only
the notebook is taken from a submission, and only if it is a regular file. One submission that cannot be graded does
not stop the others: its row says why, and has no score.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from deqlib.course.build import load_config, run_converter
from deqlib.course.chapter import Chapter, CourseError, Exercise, exercises, grade_id, load_notebook, write_text
from deqlib.course.checking import points

__all__ = ["Submission", "collect", "grade"]


@dataclass
class Submission:
    """One student's notebook, and what became of it: points by exercise, or a remark that says why there are none."""

    student: str
    path: Path
    scores: dict[str, float] = field(default_factory=dict)
    remark: str = ""

    @property
    def score(self) -> float | None:
        """The sum over the exercises, or None if the notebook was not graded."""
        return sum(self.scores.values()) if self.scores else None


def grade(chapter: Chapter, folder: Path, out: Path, console: Console) -> list[Submission]:
    """Grade every submission of a chapter that lies in a folder; print a table; write a CSV and feedback.

    Args:
        chapter: the chapter; its solved notebook in solutions/ has the hidden tests.
        folder: holds STUDENT/NN_name.ipynb, STUDENT/NN_name/NN_name.ipynb or STUDENT.ipynb, in any mixture.
        out: the CSV goes to out/NN_name.csv; an older one is replaced.
        console: where the progress bar and the table go.

    Raises:
        CourseError: there is nothing to grade, or nbgrader does not accept the chapter.
    """
    found = exercises(load_notebook(chapter.source), chapter.number)
    submissions = collect(folder, chapter.name)
    # nbgrader calls `alembic` by its name to make the gradebook.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    config = load_config(chapter.root)
    config.CourseDirectory.assignment_id = chapter.name
    config.BaseConverter.force = True
    _register(chapter, config)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Grading", total=len(submissions))
        for submission in submissions:
            bar.update(task, description=f"Grading {submission.student}")
            _grade_one(chapter, submission, config, found)
            bar.advance(task)
    path = out / f"{chapter.name}.csv"
    write_text(path, _csv(chapter, submissions, found))
    console.print(_table(chapter, submissions, found))
    feedback = chapter.root / "grading" / "feedback" / "STUDENT" / chapter.name
    console.print(f"Grades: {path}\nFeedback: {feedback}", markup=False, soft_wrap=True)
    return submissions


# --------------------------------------------------------------------------------------------------------------------
# Collecting


def collect(folder: Path, chapter: str) -> list[Submission]:
    """List the submissions in a folder, by student; what cannot be taken has a remark.

    Raises:
        CourseError: the folder is missing or has no submission, or a student is there twice.
    """
    if not folder.is_dir():
        raise CourseError(f"no folder of submissions at {folder}")
    found: list[Submission] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".ipynb":
            found.append(_candidate(entry.stem, [entry]))
        elif entry.is_symlink() or entry.is_dir():
            inside = entry / chapter
            places = [[entry, inside, inside / f"{chapter}.ipynb"], [entry, entry / f"{chapter}.ipynb"]]
            found.append(_candidate(entry.name, next((p for p in places if os.path.lexists(p[-1])), places[1])))
    if not found:
        raise CourseError(f"{folder} holds no submission: STUDENT/{chapter}.ipynb or STUDENT.ipynb")
    names = [s.student for s in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CourseError(f"{folder} holds two submissions of {', '.join(twice)}; leave the one that counts")
    return found


def _candidate(student: str, parts: list[Path]) -> Submission:
    """A submission whose path goes through `parts`, none of which may be a link."""
    submission = Submission(student, parts[-1])
    links = [part for part in parts if part.is_symlink()]
    if not re.fullmatch(r"[A-Za-z0-9][\w.@-]*", student):
        submission.remark = "the student's name should be letters, digits and . _ @ -"
    elif links:
        submission.remark = f"{links[0].name} is a symbolic link; a submission is a regular file"
    elif not os.path.lexists(parts[-1]):
        submission.remark = f"there is no {parts[-1].name}"
    elif not stat.S_ISREG(parts[-1].lstat().st_mode):
        submission.remark = f"{parts[-1].name} is not a regular file"
    return submission


# --------------------------------------------------------------------------------------------------------------------
# Grading


def _register(chapter: Chapter, config: Any) -> None:
    """Tell the gradebook about the chapter's cells; the student version that this makes is not the one in course/."""
    (chapter.root / "grading").mkdir(exist_ok=True)
    scratch = config.copy()
    scratch.CourseDirectory.release_directory = "grading/release"
    try:
        run_converter(GenerateAssignment, scratch, f"nbgrader cannot register {chapter.name}")
    except CourseError as error:
        hint = "if its cells changed since the last grading, move the folder grading/ away and grade again"
        raise CourseError(f"{error}; {hint}") from None


def _grade_one(chapter: Chapter, submission: Submission, config: Any, found: list[Exercise]) -> None:
    """Grade a submission, or say in its remark why not; nothing of an earlier grading is left over."""
    root, student = chapter.root, submission.student
    own = config.copy()
    own.CourseDirectory.student_id = student
    for step in ("submitted", "autograded", "feedback"):
        shutil.rmtree(root / "grading" / step / student / chapter.name, ignore_errors=True)
    target = root / "grading" / "submitted" / student / chapter.name / f"{chapter.name}.ipynb"
    try:
        if not submission.remark:
            _copy_regular(submission.path, target)
            notebook = load_notebook(target)
            exercises(notebook, chapter.number)
            if _drop_copies(notebook):
                write_text(target, nbformat.writes(notebook) + "\n")
            run_converter(Autograde, own, "nbgrader cannot run it")
            run_converter(GenerateFeedback, own, "nbgrader cannot write feedback")
            submission.scores = _scores(chapter, student, own, found)
    except CourseError as error:
        submission.remark = str(error).replace(str(target), submission.path.name)
    if submission.remark:
        _forget(chapter, student, own)


def _copy_regular(source: Path, target: Path) -> None:
    """Copy a file that must not be a link, not even one that was put there since it was looked at."""
    # A pipe would otherwise be waited for. Windows knows neither flag.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(source, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CourseError(f"{source.name} is not a regular file")
            target.parent.mkdir(parents=True)
            target.write_bytes(file.read())
    except OSError as error:
        raise CourseError(f"{source.name} cannot be read: {error.strerror}") from None


def _drop_copies(notebook: NotebookNode) -> int:
    """Unmark all but the last of the cells that share a grade_id, and count them: nbgrader fails on a copied cell."""
    seen: set[str] = set()
    dropped = 0
    for cell in reversed(notebook.cells):
        if grade_id(cell) in seen:
            del cell.metadata["nbgrader"]
            dropped += 1
        elif grade_id(cell):
            seen.add(grade_id(cell))
    return dropped


def _scores(chapter: Chapter, student: str, config: Any, found: list[Exercise]) -> dict[str, float]:
    scores = {exercise.name: 0.0 for exercise in found}
    with Gradebook(config.CourseDirectory.db_url, config.CourseDirectory.course_id) as book:
        for grade in book.find_submission_notebook(chapter.name, chapter.name, student).grades:
            scores[grade.name.rpartition("-")[0]] += grade.score
    return scores


def _forget(chapter: Chapter, student: str, config: Any) -> None:
    """Remove a student's submission from the gradebook: what was not graded should not be exported as 0."""
    with Gradebook(config.CourseDirectory.db_url, config.CourseDirectory.course_id) as book:
        try:
            book.remove_submission(chapter.name, student)
        except MissingEntry:
            return


# --------------------------------------------------------------------------------------------------------------------
# Reporting


def _csv(chapter: Chapter, submissions: list[Submission], found: list[Exercise]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "chapter", *(e.name for e in found), "score", "max", "remark"])
    best = points(sum(e.points for e in found))
    for s in submissions:
        cells = [points(s.scores[e.name]) if s.scores else "" for e in found]
        score = "" if s.score is None else points(s.score)
        writer.writerow([s.student, chapter.name, *cells, score, best, s.remark])
    return text.getvalue()


def _table(chapter: Chapter, submissions: list[Submission], found: list[Exercise]) -> Table:
    best = points(sum(e.points for e in found))
    table = Table(title=f"{chapter.name}: grades", title_justify="left")
    table.add_column("student")
    for exercise in found:
        table.add_column(f"{exercise.number} (/{points(exercise.points)})", justify="right")
    table.add_column(f"score (/{best})", justify="right")
    table.add_column("remark")
    for s in submissions:
        cells = [points(s.scores[e.name]) if s.scores else "-" for e in found]
        score = Text("-", "red") if s.score is None else Text(points(s.score))
        table.add_row(Text(s.student), *cells, score, Text(s.remark, "red"))
    return table
