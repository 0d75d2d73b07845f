"""The pages that `deq grade` wrote, made ready for students: with what a person decided since, one folder a student.

grading/feedback/STUDENT/NN_name/NN_name.html + gradebook  -->  grading/returned/STUDENT/NN_name/NN_name.html
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from deqlib.course.chapter import Chapter, CourseError, exercises, load_notebook, write_text
from deqlib.course.checking import points
from deqlib.course.road.book import opened, submissions_of
from deqlib.course.road.exchange import return_feedback

__all__ = ["Returned", "return_pages"]

_SCORE = re.compile(r" \(Score: [^<]*\)</h1>")
_SECRET = ("timestamp.txt", "submission_secret.txt")  # nbgrader names a page in the exchange by these


@dataclass(frozen=True)
class Returned:
    """Where the pages are, whose they are, and who has none in the exchange because nbgrader's secret is missing."""

    folder: Path
    students: list[str]
    without_secret: list[str]


def return_pages(chapter: Chapter, *, by_exchange: bool) -> Returned:
    """Write one page a student, and hand it to nbgrader's exchange if asked.

    Args:
        chapter: which; it was graded before.
        by_exchange: also release the pages there, for those whose submission was collected from it.

    Raises:
        CourseError: nothing of the chapter is graded, or nbgrader refuses.
    """
    grading, folder = chapter.root / "grading", chapter.root / "grading" / "returned"
    students, without = [], []
    with opened(chapter.root) as book:
        for submission in submissions_of(book, chapter.name):
            student = submission.student.id
            page = grading / "feedback" / student / chapter.name / f"{chapter.name}.html"
            if not page.is_file():
                continue
            target = folder / student / chapter.name
            write_text(target / page.name, _completed(page.read_text(encoding="utf-8"), chapter, submission))
            students.append(student)
            if not _copy_secret(grading / "inbox" / chapter.name / student / chapter.name, target):
                without.append(student)
    if not students:
        raise CourseError(f"there is no feedback for {chapter.name} yet; run `deq grade` first")
    if by_exchange:
        return_feedback(chapter, folder, [student for student in students if student not in without])
    return Returned(folder, students, without)


def _completed(page: str, chapter: Chapter, submission: Any) -> str:
    """A page with what was decided after grading: points and comments by hand, a late penalty, the total."""
    lines = list(_decisions(chapter, submission))
    if not lines:
        return page
    penalty = submission.late_submission_penalty or 0.0
    total = f"{points(max(0.0, submission.score - penalty))} / {points(submission.max_score)}"
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    box = f"<p>Decided after grading, and in the total above:</p>\n<ul>\n{items}</ul>"
    completed, found = _SCORE.subn(lambda _: f" (Score: {total})</h1>\n{box}", page, count=1)
    if not found:
        raise CourseError(f"a page of {submission.student.id} has no score in its headline; run `deq grade --again`")
    return completed


def _decisions(chapter: Chapter, submission: Any) -> Iterator[str]:
    theirs = submission.notebooks[0]
    comments = {comment.name: comment.manual_comment for comment in theirs.comments}
    for exercise in exercises(load_notebook(chapter.source), chapter.number):
        cells = [grade for grade in theirs.grades if grade.name.rpartition("-")[0] == exercise.name]
        said = f": {comments[exercise.name]}" if comments.get(exercise.name) else ""
        if any(grade.manual_score is not None or grade.extra_credit for grade in cells):
            score = points(sum(grade.score for grade in cells))
            yield f"{exercise.number} {exercise.name}: {score} of {points(exercise.points)} points by hand{said}"
        elif said:
            yield f"{exercise.number} {exercise.name}{said}"
    if penalty := submission.late_submission_penalty:
        hours = submission.total_seconds_late / 3600
        yield f"handed in {hours:.1f} hours after the due date: {points(penalty)} points off"


def _copy_secret(source: Path, target: Path) -> bool:
    """Copy what nbgrader needs for its exchange; False if the submission did not come from there."""
    if not all((source / name).is_file() for name in _SECRET):
        return False
    for name in _SECRET:
        shutil.copyfile(source / name, target / name)
    return True
