"""Which exercise fails how: per exercise the share of its points that was earned, outcomes, and the usual complaint.

Read from the journal of `deq grade`, where each student's last grading counts. Points by hand are left out: this is
about what the tests found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from deqlib.course.chapter import Chapter, CourseError, Exercise, exercises, load_notebook
from deqlib.course.checking import points
from deqlib.course.grading.journal import Entry, Journal
from deqlib.course.grading.verdicts import Verdict
from deqlib.plots import OUTCOMES, exercise_outcomes

__all__ = ["Row", "draw", "statistics", "table"]

# The states of a test that no judge accepted, worst first, and what an exercise is called that has one.
_CALLED = {
    "timed out": "timed out",
    "killed": "timed out",
    "crashed": "crashed",
    "not run": "crashed",
    "wrong": "wrong",
    "failed": "wrong",
    "values": "wrong",
    "not solved": "not solved",
}


@dataclass(frozen=True)
class Row:
    """What became of one exercise.

    Attributes:
        number, name, points: of the exercise.
        earned: its mean points over all students.
        counts: students by outcome, a key of `deqlib.plots.OUTCOMES`.
        complaint: the message that most students got, numbers aside; empty if nobody got one.
        times: how many.
    """

    number: str
    name: str
    points: float
    earned: float
    counts: Mapping[str, int]
    complaint: str = ""
    times: int = 0


def statistics(chapter: Chapter) -> list[Row]:
    """One row an exercise.

    Raises:
        CourseError: nothing of the chapter was graded.
    """
    path = chapter.root / "grading" / "runs" / f"{chapter.name}.jsonl"
    entries = Journal(path).entries()
    if not entries:
        raise CourseError(f"nothing of {chapter.name} is graded yet: {path} has no entry; run `deq grade` first")
    return [_row(exercise, entries) for exercise in exercises(load_notebook(chapter.source), chapter.number)]


def _row(exercise: Exercise, entries: list[Entry]) -> Row:
    theirs = [dict(_own(exercise, entry)) for entry in entries]
    counts = Counter(_outcome(verdicts) for verdicts in theirs)
    earned = sum(v.earned for verdicts in theirs for v in verdicts.values()) / len(entries)
    said = Counter[str]()
    first: dict[str, str] = {}
    for verdicts in theirs:
        lines = {_first_line(v) for v in verdicts.values() if v.state not in ("passed", "not solved")} - {""}
        for kind, line in {_kind(line): line for line in sorted(lines)}.items():
            said[kind] += 1
            first.setdefault(kind, line)
    complaint, times = max(said.items(), key=lambda item: item[1], default=("", 0))
    shown = {outcome: counts[outcome] for outcome in OUTCOMES}
    return Row(exercise.number, exercise.name, exercise.points, earned, shown, first.get(complaint, ""), times)


def _own(exercise: Exercise, entry: Entry) -> Iterator[tuple[str, Verdict]]:
    for name, verdict in entry.verdicts.items():
        if name.rpartition("-")[0] == exercise.name:
            yield name, verdict


def _outcome(verdicts: Mapping[str, Verdict]) -> str:
    states = {v.state for v in verdicts.values()}
    if states <= {"passed"}:
        return "passed" if states else "not solved"
    return next(called for state, called in _CALLED.items() if state in states)


def _first_line(verdict: Verdict) -> str:
    return verdict.message.strip().partition("\n")[0].strip()


def _kind(line: str) -> str:
    """A message without its numbers, which differ from one student to the next."""
    return re.sub(r"[-+]?\d[\d.]*(e[-+]?\d+)?", "#", line)


def table(chapter: Chapter, rows: list[Row]) -> Table:
    """For a terminal; messages come from beside students' code and are shown as plain text."""
    count = sum(rows[0].counts.values())
    result = Table(title=f"{chapter.name}: {count} students", title_justify="left", show_lines=True)
    result.add_column("exercise")
    for heading in ("earned", *OUTCOMES):
        result.add_column(heading, justify="right")
    result.add_column("most frequent message")
    for row in rows:
        share = f"{100 * row.earned / row.points:.0f} %" if row.points else "-"
        said = f"{row.times} x {row.complaint}" if row.times else ""
        counts = [points(row.counts[outcome]) for outcome in OUTCOMES]
        result.add_row(f"{row.number} {row.name}", share, *counts, Text(said))
    return result


def draw(chapter: Chapter, rows: list[Row], path: Path) -> str:
    """Write the picture as PNG, its alt text inside as the description, and return the alt text."""
    picture = exercise_outcomes({f"{r.number} {r.name}": r.counts for r in rows}, title=chapter.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, format="png", dpi=100, metadata={"Software": None, "Description": picture.alt})
    return picture.alt
