"""A class from hand-in to statistics, through the commands an instructor types; grading runs in the real sandbox."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import TINY, edit
from PIL import Image

from deqlib import plots
from deqlib.course.chapter import Chapter, CourseError
from deqlib.course.grading.journal import Entry
from deqlib.course.grading.verdicts import Verdict
from deqlib.course.road import feedback, statistics

Deq = Callable[..., tuple[int, str, str]]
RIGHT = {"halve": "def halve(x):\n    return x / 2", "double": "def double(x):\n    return x + x"}
ANSWERS = {
    "ana": RIGHT,
    "ben": {**RIGHT, "halve": "def halve(x):\n    return x / 3"},
    "cyd": {**RIGHT, "halve": "def halve(x):\n    return x / 4"},
    "dan": {"double": "def double(x):\n    return undefined"},
    "eve": {},
}


def hand_in(course: Path, deq: Deq, inbox: Path) -> None:
    """Each student solves what they can and makes the zip; the instructor has them all in one folder."""
    for student, sources in ANSWERS.items():
        notebook = inbox.parent / student / TINY / f"{TINY}.ipynb"
        notebook.parent.mkdir(parents=True)
        shutil.copy(course / "course" / TINY / f"{TINY}.ipynb", notebook)
        edit(notebook, sources)
        assert deq("handin", notebook, "--name", student, "--out", inbox, "--root", course)[0] == 0


@pytest.mark.slow
def test_a_class_from_hand_in_to_statistics(course: Path, deq: Deq, tmp_path: Path) -> None:
    inbox, root = tmp_path / "inbox", ("--root", course)
    hand_in(course, deq, inbox)
    assert sorted(path.name for path in inbox.iterdir()) == [f"{s}-{TINY}.zip" for s in ANSWERS]
    code, _, err = deq("grade", 1, "--submissions", inbox, *root)
    assert (code, err) == (0, "")

    times = tmp_path / "times.csv"
    times.write_text("student,time\n" + "".join(f"{s},2026-10-12 12:00Z\n" for s in ANSWERS if s != "cyd"))
    with times.open("a") as file:
        file.write("cyd,2026-10-14 12:00Z\n")
    late = ("--due", "2026-10-12 22:00Z", "--penalty", 10, "--times", times)
    assert "1 of 5 late." in deq("late", 1, *late, *root)[1]
    why = "right but for <the> last digit"
    assert deq("points", 1, "ben", "1.1", 1, "--why", why, *root)[0] == 0

    code, out, _ = deq("feedback", 1, *root)
    assert (code, "5 pages" in out) == (0, True)
    pages = {s: (course / f"grading/returned/{s}/{TINY}/{TINY}.html").read_text() for s in ANSWERS}
    assert "(Score: 4 / 6)" in pages["ben"]
    assert "1.1 halve: 1 of 3 points by hand: right but for &lt;the&gt; last digit" in pages["ben"]
    assert "(Score: 2.8 / 6)" in pages["cyd"], "4 points, two days begun at 0.6 each"
    assert "handed in 38.0 hours after the due date: 1.2 points off" in pages["cyd"]
    original = course / f"grading/feedback/ana/{TINY}/{TINY}.html"
    assert pages["ana"] == original.read_text()
    assert not [s for s, page in pages.items() if "def judge" in page]

    assert deq("grades", *root)[0] == 0
    with (course / "grading" / "results" / "grades.csv").open(newline="") as file:
        totals = {row["student"]: float(row["total"]) for row in csv.DictReader(file)}
    assert totals == {"ana": 6, "ben": 4, "cyd": pytest.approx(2.8), "dan": 0, "eve": 0}

    code, out, _ = deq("statistics", 1, *root)
    assert code == 0
    assert "2 x halve(x) is off" in out, "two messages that differ in their numbers are one complaint"
    _regrade_one(course, deq, inbox)


def _regrade_one(course: Path, deq: Deq, inbox: Path) -> None:
    """A test that was too strict is mended: its exercise is graded anew, everything else stays as it was."""
    source = course / "solutions" / TINY / f"{TINY}.ipynb"
    text = source.read_text()
    mended = text.replace(r'torch.linspace(seed + 1.0, seed + 2.0, 3) / 2, \"halve(x)\")',
                          r'torch.linspace(seed + 1.0, seed + 2.0, 3) / 3, \"halve(x)\")')  # fmt: skip
    mended = mended.replace("torch.tensor([1.0, 2.0])", "torch.tensor([2.0, 4.0]) / 3")
    assert mended != text
    source.write_text(mended)
    assert deq("build", "--root", course)[0] == 0
    code, _, err = deq("grade", 1, "--submissions", inbox, "--only", "1.1", "--root", course)
    assert (code, err) == (0, "")
    assert deq("grades", "--root", course)[0] == 0
    with (course / "grading" / "results" / "grades.csv").open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    # Now x / 3 is right and x / 2 is not; ben's point by hand and cyd's penalty stay.
    assert {s: float(r["score"]) for s, r in rows.items()} == {"ana": 4, "ben": 4, "cyd": 4, "dan": 0, "eve": 0}
    assert float(rows["cyd"]["late penalty"]) == pytest.approx(1.2)
    code, out, _ = deq("points", 1, "ben", "1.1", "auto", "--root", course)
    assert "1 -> 3 points" in out


# --------------------------------------------------------------------------------------------------------------
# Statistics from a journal


def journal(course: Path, *entries: dict[str, tuple[str, float, str]]) -> Chapter:
    path = course / "grading" / "runs" / f"{TINY}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for number, states in enumerate(entries):
            verdicts = {name: Verdict(*verdict) for name, verdict in states.items()}  # type: ignore[arg-type]
            file.write(json.dumps(asdict(Entry(f"s{number}", "a", "b", 1, verdicts))) + "\n")
    return Chapter(course, TINY)


PASSED = {"halve-a": ("passed", 2.0, ""), "halve-b": ("passed", 1.0, ""), "double-a": ("passed", 3.0, "")}


def test_statistics_count_outcomes_shares_and_messages(course: Path) -> None:
    chapter = journal(
        course,
        PASSED,
        PASSED | {"halve-a": ("wrong", 0.0, "z is off by 1.5e-03, allowed 1e-6\n  expected 1")},
        PASSED
        | {"halve-a": ("failed", 0.0, "z is off by -2, allowed 1e-6"), "halve-b": ("crashed", 0.0, "TypeError: no")},
        PASSED | {"halve-a": ("timed out", 0.0, "took too long"), "halve-b": ("crashed", 0.0, "TypeError: no")},
        PASSED | {"halve-a": ("not solved", 0.0, "not solved yet"), "halve-b": ("not solved", 0.0, "not solved yet")},
        PASSED | {"halve-a": ("not run", 0.0, "")},
    )
    halve, double = statistics.statistics(chapter)
    assert halve.counts == {"passed": 1, "wrong": 1, "crashed": 2, "timed out": 1, "not solved": 1}
    assert halve.earned == pytest.approx((3 + 1 + 0 + 0 + 0 + 1) / 6)
    assert (halve.complaint, halve.times) == ("z is off by 1.5e-03, allowed 1e-6", 2)
    assert (double.counts["passed"], double.earned, double.complaint, double.times) == (6, 3, "", 0)
    assert set(halve.counts) == set(plots.OUTCOMES)


def test_only_a_students_last_grading_counts(course: Path) -> None:
    chapter = journal(course, PASSED)
    path = course / "grading" / "runs" / f"{TINY}.jsonl"
    line = path.read_text()
    path.write_text(line.replace('"passed"', '"wrong"') + line + line[:40])
    assert statistics.statistics(chapter)[0].counts["passed"] == 1
    path.unlink()
    with pytest.raises(CourseError, match="nothing of 01_tiny is graded yet"):
        statistics.statistics(chapter)


def test_the_picture_says_in_words_what_it_shows(course: Path, tmp_path: Path) -> None:
    chapter = journal(course, PASSED, PASSED | {"double-a": ("wrong", 0.0, "off")})
    alt = statistics.draw(chapter, statistics.statistics(chapter), tmp_path / "one.png")
    assert "1.1 halve: 2 passed; 1.2 double: 1 passed, 1 wrong." in alt
    with Image.open(tmp_path / "one.png") as image:
        assert image.info["Description"] == alt
        assert min(image.size) > 100


def test_a_page_without_a_headline_is_not_returned_as_if_it_were_complete(course: Path) -> None:
    class Submission:
        late_submission_penalty, score, max_score, total_seconds_late = 1.0, 3.0, 6.0, 7200.0
        student = type("Student", (), {"id": "ana"})
        notebooks = (type("Notebook", (), {"grades": (), "comments": ()}),)

    page = "<h1>01_tiny: ana (Score: 3 / 6)</h1>\n<p>text</p>"
    chapter = Chapter(course, TINY)
    assert "(Score: 2 / 6)</h1>\n<p>Decided after grading" in feedback._completed(page, chapter, Submission())
    with pytest.raises(CourseError, match="no score in its headline"):
        feedback._completed("<p>another page</p>", chapter, Submission())
