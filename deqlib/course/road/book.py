"""nbgrader's gradebook as the instructor's commands use it: opened, changed by hand, written to one CSV.

The database is the one of nbgrader_config.py; `deq grade` fills it, and Formgrader works on the same records.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from deqlib.course.build import load_config
from deqlib.course.chapter import Chapter, CourseError, all_chapters, exercises, load_notebook
from deqlib.course.checking import points
from deqlib.course.grading.report import harmless
from deqlib.course.grading.verdicts import plain

__all__ = ["give_points", "grades_csv", "opened", "submission_of", "submissions_of"]


@contextmanager
def opened(root: Path) -> Iterator[Any]:
    """Open the course's gradebook; what is changed inside `with` is written at its end, all of it or nothing.

    Raises:
        CourseError: there is none yet, or it cannot be read or written.
    """
    directory = load_config(root).CourseDirectory
    try:
        url = make_url(directory.db_url)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise CourseError(f"nothing is graded yet: {url.database} is missing; run `deq grade` first")
        with Gradebook(directory.db_url, directory.course_id) as book:
            yield book
            book.db.commit()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CourseError(f"the gradebook cannot be used just now: {reason}") from None


def submissions_of(book: Any, chapter: str) -> list[Any]:
    """Everyone's submission of a chapter in the gradebook, by student.

    Raises:
        CourseError: there is none.
    """
    found = book.assignment_submissions(chapter) if any(a.name == chapter for a in book.assignments) else []
    if not found:
        raise CourseError(f"nothing of {chapter} is graded yet; run `deq grade` first")
    return sorted(found, key=lambda submission: submission.student.id)


def submission_of(book: Any, chapter: str, student: str) -> Any:
    """A student's notebook of a chapter in the gradebook.

    Raises:
        CourseError: there is no grade of that student; near names are listed.
    """
    known = [submission.student.id for submission in submissions_of(book, chapter)]
    if student in known:
        return book.find_submission_notebook(chapter, chapter, student)
    near = [name for name in known if name.lower().startswith(student[:2].lower())] or known
    names = ", ".join(near[:8]) + (", ..." if len(near) > 8 else "")
    raise CourseError(f"{plain(student, 100)} has no grade in {chapter}; graded are: {names}")


# --------------------------------------------------------------------------------------------------------------------
# Points by hand


def give_points(chapter: Chapter, student: str, exercise: str, value: float | None, why: str) -> tuple[float, float]:
    """Set what an exercise earns, whatever its tests say; it survives regrading. Return its score before and after.

    The points go to the exercise's test cells, because nbgrader keeps points there: a cell keeps its automatic score
    where that fits, and the first cells take up the rest. The reason becomes the comment below the solution.

    Args:
        chapter: of the exercise.
        student: who is in the gradebook.
        exercise: its number (1.2) or name.
        value: between 0 and the exercise's points; None takes back what was given by hand.
        why: for the student to read.

    Raises:
        CourseError: there is no such exercise or grade, or the value is out of range.
    """
    found = {key: e for e in exercises(load_notebook(chapter.source), chapter.number) for key in (e.number, e.name)}
    if exercise not in found:
        names = ", ".join(dict.fromkeys(f"{e.number} {e.name}" for e in found.values()))
        raise CourseError(f"no exercise {exercise!r} in {chapter.name}; there are {names}")
    chosen = found[exercise]
    if value is not None and not 0 <= value <= chosen.points:
        raise CourseError(f"{chosen.name} has between 0 and {points(chosen.points)} points, not {points(value)}")
    with opened(chapter.root) as book:
        theirs = submission_of(book, chapter.name, student)
        cells = [grade for grade in theirs.grades if grade.name.rpartition("-")[0] == chosen.name]
        before = sum(grade.score for grade in cells)
        for grade, share in zip(cells, _shares(cells, value), strict=True):
            grade.manual_score, grade.needs_manual_grade = share, False
        for comment in theirs.comments:
            if comment.name == chosen.name:
                comment.manual_comment = why if value is not None else None
        book.db.commit()
        after = sum(grade.score for grade in cells)
    return before, after


def _shares(cells: list[Any], value: float | None) -> list[float | None]:
    """Divide points over test cells, staying as near to their automatic scores as the sum allows."""
    if value is None:
        return [None] * len(cells)
    shares = [float(grade.auto_score or 0) for grade in cells]
    missing = value - sum(shares)
    for i, grade in enumerate(cells):
        change = min(missing, grade.max_score - shares[i]) if missing > 0 else max(missing, -shares[i])
        shares[i] += change
        missing -= change
    return list(shares)


# --------------------------------------------------------------------------------------------------------------------
# All grades


def grades_csv(root: Path) -> tuple[str, int]:
    """One row for each student and graded chapter; return the CSV and the number of students.

    A chapter that a student has not handed in has empty cells, not a 0: what it counts is for the instructor to say.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "chapter", "score", "max", "late penalty", "total"])
    with opened(root) as book:
        known = {assignment.name: assignment for assignment in book.assignments}
        chapters = [c.name for c in all_chapters(root) if c.name in known and known[c.name].submissions]
        if not chapters:
            raise CourseError("nothing is graded yet; run `deq grade` first")
        students = sorted({s.student.id for name in chapters for s in known[name].submissions})
        for student in students:
            for name in chapters:
                theirs = [s for s in known[name].submissions if s.student.id == student]
                row = ["", points(known[name].max_score), "", ""]
                if theirs:
                    score, penalty = theirs[0].score, theirs[0].late_submission_penalty or 0.0
                    row = [points(v) for v in (score, known[name].max_score, penalty, max(0.0, score - penalty))]
                writer.writerow([harmless(student), name, *row])
    return text.getvalue(), len(students)
