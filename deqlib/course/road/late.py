"""Who handed in late, by nbgrader's timestamps, and what that costs by a rule that is stated and can be repeated.

    days = ceil((handed in - due) / 24 h)    where that is more than the grace time, else 0
    penalty = min(days · a day, at most) · the chapter's points, and never more than the score

The penalty goes into nbgrader's field `late_submission_penalty`, so Formgrader and every export know it.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.table import Table
from rich.text import Text

from deqlib.course.chapter import Chapter, CourseError
from deqlib.course.checking import points
from deqlib.course.grading.verdicts import plain
from deqlib.course.road.book import opened, submission_of, submissions_of

__all__ = ["Late", "Rule", "extensions", "judge_times", "moment", "read_times", "span", "table"]

_DAY = dt.timedelta(days=1)
_YEARS = range(2000, 2101)  # others are slips or forged, and the years 1 and 9999 have times that no zone can hold


@dataclass(frozen=True)
class Rule:
    """What lateness costs.

    Attributes:
        due: the moment, with its time zone.
        a_day: percent of the chapter's points for each day begun after `due`.
        at_most: percent of the chapter's points.
        grace: lateness that costs nothing.
    """

    due: dt.datetime
    a_day: float = 0.0
    at_most: float = 100.0
    grace: dt.timedelta = dt.timedelta(0)

    def days(self, handed_in: dt.datetime, extension: dt.timedelta = dt.timedelta(0)) -> int:
        """Count the days begun since the moment that counts; 0 within the grace time.

        >>> due = dt.datetime(2026, 10, 12, 22, tzinfo=dt.UTC)
        >>> rule = Rule(due, grace=dt.timedelta(minutes=15))
        >>> [rule.days(due + dt.timedelta(minutes=m)) for m in (-5, 15, 16, 24 * 60, 24 * 60 + 1)]
        [0, 0, 1, 1, 2]
        """
        over = handed_in - self.due.astimezone(dt.UTC) - extension  # UTC: a clock that is put back moves no due date
        return math.ceil(over / _DAY) if over > max(self.grace, dt.timedelta(0)) else 0

    def penalty(self, days: int, best: float, score: float) -> float:
        """What a number of days costs of a chapter of `best` points on which `score` were earned."""
        return min(min(days * self.a_day, self.at_most) / 100 * best, score)


@dataclass(frozen=True)
class Late:
    """A student's row; `handed_in` is None where nobody knows when that was."""

    student: str
    handed_in: dt.datetime | None
    days: int
    penalty: float
    score: float


def moment(text: str, zone: str | None) -> dt.datetime:
    """Read a date and time with a time zone: its own (2026-10-12T23:59+02:00) or the one that is named.

    Raises:
        CourseError: it is no such time, or has no zone, or its year is not from 2000 to 2100.
    """
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise CourseError(f"{text!r} is not a time like '2026-10-12 23:59'") from None
    if len(text.strip()) <= 10:
        raise CourseError(f"{text!r} has no time of day: write '{text.strip()} 23:59'")
    if found.year not in _YEARS:
        raise CourseError(f"{text!r} should be in a year from {_YEARS[0]} to {_YEARS[-1]}")
    if found.tzinfo is not None:
        return found
    if zone is None:
        raise CourseError(f"{text!r} has no time zone: add --zone, for example --zone Europe/Berlin")
    try:
        return found.replace(tzinfo=ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CourseError(f"no time zone {zone!r}; it is written like Europe/Berlin or UTC") from None


def span(argument: str, **length: float) -> dt.timedelta:
    """A length of time from an argument, as in span("--grace", minutes=15).

    Raises:
        CourseError: it is no number, or more than ten years.
    """
    try:
        found = dt.timedelta(**length)
    except (ValueError, OverflowError):
        found = dt.timedelta.max
    if abs(found) > 3653 * _DAY:
        raise CourseError(f"{argument} should be at most ten years")
    return found


def read_times(path: Path, zone: str | None) -> dict[str, dt.datetime]:
    """Read a CSV with the columns student and time, for classes that hand in where nbgrader sets no timestamps.

    Raises:
        CourseError: the file is missing, or a row is not a student and a time, or a student has two.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    if not rows or not {"student", "time"} <= set(rows[0]):
        raise CourseError(f"{path} should have a first line 'student,time' and a row for each hand-in")
    students = [row["student"] or "" for row in rows]
    for number, student in enumerate(students, 2):
        if not student or student in students[: number - 2]:
            what = f"{plain(student, 100)} once more" if student else "no student"
            raise CourseError(f"{path} has {what} in line {number}; keep one row a student, the one that counts")
    return {student: moment(row["time"] or "", zone) for student, row in zip(students, rows, strict=True)}


def extensions(arguments: list[str]) -> dict[str, dt.timedelta]:
    """Read arguments of the form STUDENT=HOURS.

    Raises:
        CourseError: one has another form, or is more than ten years.
    """
    found = {}
    for argument in arguments:
        student, _, hours = argument.rpartition("=")
        try:
            number = float(hours)
        except ValueError:
            student, number = "", 0.0
        if not student:
            raise CourseError(f"--extend {argument!r} should be a student and hours, as in ana=48")
        found[student] = span(f"--extend {argument!r}", hours=number)
    return found


def judge_times(
    chapter: Chapter,
    rule: Rule,
    *,
    apply: bool,
    times: Mapping[str, dt.datetime] | None = None,
    extensions: Mapping[str, dt.timedelta] | None = None,
) -> list[Late]:
    """List everyone who handed in a chapter, and write due date, extensions and penalties if asked.

    Doing it again with the same rule changes nothing; with another rule it replaces what the first one gave.

    Args:
        chapter: which; it was graded before.
        rule: what counts as late and what that costs.
        apply: write to the gradebook; else only look.
        times: when students handed in, where that should replace nbgrader's timestamps.
        extensions: by student, in place of what the gradebook has.

    Raises:
        CourseError: nothing is graded, or a student is not known.
    """
    rows = []
    with opened(chapter.root) as book:
        for student in {**(times or {}), **(extensions or {})}:
            submission_of(book, chapter.name, student)  # a name that is not known is a slip
        for submission in submissions_of(book, chapter.name):
            student = submission.student.id
            longer = (extensions or {}).get(student, submission.extension or dt.timedelta(0))
            stamp = submission.timestamp and submission.timestamp.replace(tzinfo=dt.UTC)
            stamp = stamp if stamp and stamp.year in _YEARS else None  # another was forged, and says nothing
            stamp = (times or {}).get(student, stamp)
            days = 0 if stamp is None else rule.days(stamp, longer)
            score, best = submission.score, submission.max_score
            penalty = rule.penalty(days, best, score)
            rows.append(Late(student, stamp, days, penalty, score))
            if apply:
                submission.extension = longer or None
                submission.timestamp = stamp and stamp.astimezone(dt.UTC).replace(tzinfo=None)
                submission.assignment.duedate = rule.due.astimezone(dt.UTC).replace(tzinfo=None)
                for notebook in submission.notebooks:
                    notebook.late_submission_penalty = penalty or None
        if not apply:
            book.db.rollback()
    return rows


def table(chapter: Chapter, rule: Rule, rows: list[Late]) -> Table:
    """What was found, latest first; those in time are left out, those of unknown time are not."""
    shown = [row for row in rows if row.days or row.handed_in is None]
    due = f"{rule.due:%Y-%m-%d %H:%M %Z}"
    result = Table(title=f"{chapter.name}: due {due}", title_justify="left")
    for heading in ("student", "handed in", "days late", "penalty", "score", "total"):
        result.add_column(heading, justify="left" if heading in ("student", "handed in") else "right")
    for row in sorted(shown, key=lambda row: (-row.days, row.student)):
        when = "not known" if row.handed_in is None else f"{row.handed_in.astimezone(rule.due.tzinfo):%Y-%m-%d %H:%M}"
        values = (row.penalty, row.score, row.score - row.penalty)
        result.add_row(Text(row.student), when, str(row.days), *(points(v) for v in values))
    return result
