"""A class's grades as a table and as a CSV for a gradebook; names and remarks come from strangers."""

from __future__ import annotations

import csv
import io
import re

from rich.table import Table
from rich.text import Text

from deqlib.course.chapter import Chapter, Exercise
from deqlib.course.checking import points
from deqlib.course.grading.collecting import Submission
from deqlib.course.grading.verdicts import plain

__all__ = ["as_csv", "as_table", "harmless"]


def as_csv(chapter: Chapter, submissions: list[Submission], found: list[Exercise]) -> str:
    """One row a submission: student, chapter, exercises, score, max, remark. No grade is an empty cell, not a 0."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "chapter", *(e.name for e in found), "score", "max", "remark"])
    best = points(sum(e.points for e in found))
    for s in submissions:
        cells = [points(s.scores.get(e.name, 0.0)) if s.scores else "" for e in found]
        score = "" if s.score is None else points(s.score)
        student, remark = (harmless(plain(text, 500)) for text in (s.student, s.remark))
        writer.writerow([student, chapter.name, *cells, score, best, remark])
    return out.getvalue()


def harmless(text: str) -> str:
    """Mark a text that a spreadsheet would take for a formula and run.

    >>> harmless("=HYPERLINK(1)"), harmless("ana")
    ("'=HYPERLINK(1)", 'ana')
    """
    return f"'{text}" if re.match(r"[\s\0]*[=+\-@]", text) or (text[:1] in "\t\r\n" and text) else text


def as_table(chapter: Chapter, submissions: list[Submission], found: list[Exercise]) -> Table:
    """The same for a terminal."""
    best = points(sum(e.points for e in found))
    table = Table(title=f"{chapter.name}: grades", title_justify="left")
    table.add_column("student")
    for exercise in found:
        table.add_column(f"{exercise.number} (/{points(exercise.points)})", justify="right")
    table.add_column(f"score (/{best})", justify="right")
    table.add_column("remark")
    for s in submissions:
        cells = [points(s.scores.get(e.name, 0.0)) if s.scores else "-" for e in found]
        score = Text("-", "red") if s.score is None else Text(points(s.score))
        remark = Text(plain(s.remark, 500), "red" if s.failed or not s.verdicts else "yellow")
        table.add_row(Text(plain(s.student)), *cells, score, remark)
    return table
