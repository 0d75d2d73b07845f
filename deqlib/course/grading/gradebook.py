"""Put what was found into nbgrader's own gradebook, one transaction a student: Formgrader and export work on it.

The database is the one of nbgrader_config.py (`db_url`): SQLite by default, PostgreSQL where a course asks for it.
Only automatic scores and comments are written. What a person entered, a manual score or an extra credit, stays.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import GenerateAssignment
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from deqlib.course.build import load_config, run_converter
from deqlib.course.chapter import Chapter, CourseError, grade_id, has_role, load_notebook
from deqlib.course.grading.verdicts import Verdict, plain

__all__ = ["Book", "BookError"]

_ATTEMPTS = 3


class BookError(Exception):
    """The gradebook cannot be read or written just now; what it holds is as it was."""


class Book:
    """A chapter's part of the course's gradebook; opened and closed by `with`.

    Raises:
        CourseError: nbgrader does not accept the chapter, or there is no such database.
    """

    def __init__(self, chapter: Chapter) -> None:
        self._chapter = chapter
        # nbgrader calls `alembic` by its name to make the gradebook.
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        config = load_config(chapter.root)
        (chapter.root / "grading").mkdir(exist_ok=True)
        try:
            self._book = self._opened(config)
        except SQLAlchemyError as error:
            raise CourseError(f"the gradebook cannot be opened: {_brief(error)}") from None

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def _opened(self, config: Any) -> Any:
        directory = config.CourseDirectory
        for attempt in range(_ATTEMPTS):
            try:
                if not self._is_registered(directory.db_url, directory.course_id):
                    _register(self._chapter, config)
                return Gradebook(directory.db_url, directory.course_id)
            except (IntegrityError, ProgrammingError):  # somebody else's first grading is making the tables, too
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(1)
        raise AssertionError("not reached")

    def _is_registered(self, db_url: str, course_id: str) -> bool:
        """Whether the gradebook knows the chapter's cells as they are now."""
        name, cells = self._chapter.name, load_notebook(self._chapter.source).cells
        ours = {
            grade_id(c): (c.source, float(c.metadata.nbgrader["points"]) if has_role(c, "grade") else None)
            for c in cells
            if has_role(c, "grade") or has_role(c, "locked")
        }
        with Gradebook(db_url, course_id) as book:
            try:
                known = book.find_notebook(name, name)
            except MissingEntry:
                return False
            points = {c.name: c.max_score for c in known.grade_cells}
            return ours == {c.name: (c.source, points.get(c.name)) for c in known.source_cells if c.locked}

    def scores(self, student: str) -> dict[str, float] | None:
        """A student's points by exercise, manual ones included, or None if there is no record."""
        scores: dict[str, float] = {}
        with _errors("read"):
            found = self._submission(student)
            if found is None:
                return None
            for grade in found.notebooks[0].grades:
                exercise = grade.name.rpartition("-")[0]
                scores[exercise] = scores.get(exercise, 0.0) + grade.score
        return scores

    def automatic(self, student: str) -> dict[str, float | None]:
        """The automatic score of each of a student's test cells; empty if there is no record."""
        with _errors("read"):
            found = self._submission(student)
            return {} if found is None else {g.name: g.auto_score for g in found.notebooks[0].grades}

    def record(self, student: str, verdicts: Mapping[str, Verdict], timestamp: dt.datetime | None = None) -> None:
        """Write what a student's tests came to, all of it or nothing.

        Args:
            student: made known to the gradebook where it is not.
            verdicts: by test cell; a cell that is not among them keeps what it has.
            timestamp: when it was handed in (UTC, as nbgrader keeps it), where that is known.

        Raises:
            BookError: nothing was written.
        """
        for attempt in range(_ATTEMPTS):
            try:
                with _errors("written"):
                    self._write(student, verdicts, timestamp)
                    self._book.db.commit()
                return
            except BookError:  # somebody else may be writing, or the server was restarted
                if attempt + 1 == _ATTEMPTS:
                    raise
            finally:
                self._book.db.rollback()

    def _write(self, student: str, verdicts: Mapping[str, Verdict], timestamp: dt.datetime | None) -> None:
        submission = self._submission(student) or self._new_submission(student)
        if timestamp is not None:
            submission.timestamp = timestamp
        notebook = submission.notebooks[0]
        for grade in notebook.grades:
            if (verdict := verdicts.get(grade.cell.name)) is not None:
                grade.auto_score = verdict.earned
                # As nbgrader does: a person's score stands, and a person should look at it again.
                grade.needs_manual_grade = grade.manual_score is not None
        for comment in notebook.comments:
            messages = _comment(comment.cell.name, verdicts)
            if messages is not None:
                comment.auto_comment = messages

    def _submission(self, student: str) -> Any:
        try:
            return self._book.find_submission(self._chapter.name, student)
        except (MissingEntry, UnicodeEncodeError):  # the latter: a file's name that is no text
            return None

    def _new_submission(self, student: str) -> Any:
        """What `Gradebook.add_submission` does, without its commit half way."""
        db, assignment = self._book.db, self._book.find_assignment(self._chapter.name)
        person = db.get(Student, student) or Student(id=student)
        with db.no_autoflush:
            submission = SubmittedAssignment(assignment=assignment, student=person)
            for notebook in assignment.notebooks:
                theirs = SubmittedNotebook(notebook=notebook, assignment=submission)
                for cell in notebook.grade_cells:
                    Grade(cell=cell, notebook=theirs)
                for cell in notebook.solution_cells:
                    Comment(cell=cell, notebook=theirs)
            db.add(submission)
        return submission


def _comment(exercise: str, verdicts: Mapping[str, Verdict]) -> str | None:
    """What to say below a solution: the message of each test that it failed; None if none of its tests was run."""
    own = {name: v for name, v in verdicts.items() if name.rpartition("-")[0] == exercise}
    lines = [f"{name}: {v.message or v.state}" for name, v in own.items() if v.state != "passed"]
    return "\n".join(lines) if own else None


def _register(chapter: Chapter, config: Any) -> None:
    """Tell the gradebook about the chapter's cells; the student version that this makes is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = config.copy()
        scratch.CourseDirectory.assignment_id = chapter.name
        scratch.CourseDirectory.release_directory = folder
        scratch.BaseConverter.force = True
        try:
            run_converter(GenerateAssignment, scratch, f"nbgrader cannot register {chapter.name}")
        except CourseError as error:
            hint = "if its cells changed since the last grading, move the folder grading/ away and grade again"
            raise CourseError(f"{error}; {hint}") from None


@contextmanager
def _errors(verb: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise BookError(f"the gradebook could not be {verb}: {_brief(error)}") from None


def _brief(error: SQLAlchemyError) -> str:
    return plain(getattr(error, "orig", None) or error)
