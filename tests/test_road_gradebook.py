"""What an instructor does to a gradebook: points by hand, late work, one CSV of all grades."""

from __future__ import annotations

import csv
import datetime as dt
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conftest import TINY
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment

from deqlib.course.build import load_config, run_converter
from deqlib.course.chapter import Chapter, CourseError
from deqlib.course.grading.report import harmless
from deqlib.course.road import book, late

Deq = Callable[..., tuple[int, str, str]]
DUE = dt.datetime(2026, 10, 12, 22, 0)  # UTC; midnight in Berlin
CLASS: dict[str, tuple[dict[str, float], dt.datetime | None]] = {
    "ana": ({"halve-a": 2, "halve-b": 1, "double-a": 3}, DUE - dt.timedelta(hours=1)),
    "ben": ({"halve-a": 2, "halve-b": 0, "double-a": 0}, DUE + dt.timedelta(minutes=10)),
    "cyd": ({"halve-a": 0, "halve-b": 1, "double-a": 3}, DUE + dt.timedelta(hours=30)),
    "dan": ({"halve-a": 0, "halve-b": 0, "double-a": 0}, None),
}


def db(root: Path) -> Gradebook:
    directory = load_config(root).CourseDirectory
    return Gradebook(directory.db_url, directory.course_id)


def fill(root: Path, scores: Mapping[str, tuple[Mapping[str, float], dt.datetime | None]]) -> None:
    """Write automatic scores as a grading does, whether it is the first or not."""
    with db(root) as gradebook:
        for student, (earned, stamp) in scores.items():
            gradebook.update_or_create_student(student)
            submission = gradebook.update_or_create_submission(TINY, student, timestamp=stamp)
            for grade in submission.notebooks[0].grades:
                grade.auto_score = earned[grade.name]
                grade.needs_manual_grade = False
        gradebook.db.commit()


@pytest.fixture(scope="module")
def empty_book(built_course: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A gradebook that knows the tiny chapter and no student."""
    config = load_config(built_course).copy()
    path = tmp_path_factory.mktemp("book") / "gradebook.db"
    config.CourseDirectory.assignment_id = TINY
    config.CourseDirectory.release_directory = str(path.parent / "release")
    config.CourseDirectory.db_url = f"sqlite:///{path}"
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run_converter(GenerateAssignment, config, "cannot register")
    return path.read_bytes()


@pytest.fixture
def chapter(course: Path, empty_book: bytes) -> Chapter:
    (course / "grading").mkdir(exist_ok=True)
    (course / "grading" / "gradebook.db").write_bytes(empty_book)
    fill(course, CLASS)
    return Chapter(course, TINY)


def scores(chapter: Chapter, student: str) -> dict[str, float]:
    with db(chapter.root) as gradebook:
        return {g.name: g.score for g in gradebook.find_submission_notebook(TINY, TINY, student).grades}


def penalties(chapter: Chapter) -> dict[str, float | None]:
    with db(chapter.root) as gradebook:
        found = gradebook.assignment_submissions(TINY)
        return {s.student.id: s.notebooks[0].late_submission_penalty for s in found}


# --------------------------------------------------------------------------------------------------------------
# Points by hand


def test_points_by_hand_survive_a_regrade_and_can_be_taken_back(chapter: Chapter, deq: Deq) -> None:
    why = "the docstring says less than the test"
    code, out, err = deq("points", 1, "ben", "1.1", 2.5, "--why", why, "--root", chapter.root)
    assert (code, err) == (0, "")
    assert "2 -> 2.5 points" in out
    assert scores(chapter, "ben") == {"halve-a": 2, "halve-b": 0.5, "double-a": 0}, "as near as can be to its tests"
    with db(chapter.root) as gradebook:
        comment = gradebook.find_comment("halve", TINY, TINY, "ben")
        assert comment.comment == why
    fill(chapter.root, {"ben": ({"halve-a": 0, "halve-b": 0, "double-a": 3}, None)})
    assert scores(chapter, "ben") == {"halve-a": 2, "halve-b": 0.5, "double-a": 3}
    assert scores(chapter, "ana") == CLASS["ana"][0]
    code, out, _ = deq("points", 1, "ben", "halve", "auto", "--root", chapter.root)
    assert "2.5 -> 0 points" in out
    assert scores(chapter, "ben") == {"halve-a": 0, "halve-b": 0, "double-a": 3}
    with db(chapter.root) as gradebook:
        assert gradebook.find_comment("halve", TINY, TINY, "ben").manual_comment is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ana", "1.1", "3.5", "--why", "x"), "between 0 and 3 points, not 3.5"),
        (("ana", "1.1", "-1", "--why", "x"), "between 0 and 3 points"),
        (("ana", "1.1", "nan", "--why", "x"), "between 0 and 3 points"),
        (("ana", "1.1", "two", "--why", "x"), "'two' should be a number"),
        (("ana", "1.1", "2"), "say why"),
        (("ana", "1.3", "2", "--why", "x"), "no exercise '1.3' in 01_tiny; there are 1.1 halve, 1.2 double"),
        (("Anna", "1.1", "2", "--why", "x"), "Anna has no grade in 01_tiny; graded are: ana"),
    ],
)
def test_a_slip_changes_nothing_and_says_what_would_be_right(
    chapter: Chapter, deq: Deq, arguments: tuple[str, ...], said: str
) -> None:
    student, exercise, value, *rest = arguments
    code, _, err = deq("points", 1, *rest, "--root", chapter.root, "--", student, exercise, value)
    assert code == 2
    assert said in err
    assert scores(chapter, "ana") == CLASS["ana"][0]


def test_without_a_gradebook_the_line_says_what_to_run(course: Path, deq: Deq) -> None:
    for command in (
        ("points", 1, "ana", "1.1", 2, "--why", "x"),
        ("grades",),
        ("late", 1, "--due", "2026-10-12 20:00Z"),
    ):
        code, _, err = deq(*command, "--root", course)
        assert code == 2
        assert "nothing is graded yet" in err
        assert "deq grade" in err
    assert not (course / "grading" / "gradebook.db").exists()


def test_a_chapter_that_nobody_was_graded_in_is_one_line(course: Path, empty_book: bytes, deq: Deq) -> None:
    (course / "grading").mkdir(exist_ok=True)
    (course / "grading" / "gradebook.db").write_bytes(empty_book)
    late_, points = ("late", 1, "--due", "2026-10-12 20:00Z"), ("points", 1, "ana", "1.1", 2, "--why", "x")
    for command in (late_, points, ("feedback", 1)):
        code, _, err = deq(*command, "--root", course)
        assert (code, err) == (2, f"deq: nothing of {TINY} is graded yet; run `deq grade` first\n")


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=5), st.floats(0, 1))
def test_shares_add_up_and_fit(cells: list[tuple[int, int]], part: float) -> None:
    class Cell:
        def __init__(self, best: float, auto: float) -> None:
            self.max_score, self.auto_score = best, auto

    grades = [Cell(best, min(best, auto)) for best, auto in cells]
    value = part * sum(cell.max_score for cell in grades)
    shares = [share or 0.0 for share in book._shares(grades, value)]
    assert sum(shares) == pytest.approx(value)
    assert all(-1e-9 <= share <= cell.max_score + 1e-9 for share, cell in zip(shares, grades, strict=True))
    if value == sum(cell.auto_score for cell in grades):
        assert shares == [cell.auto_score for cell in grades]


# --------------------------------------------------------------------------------------------------------------
# Late work


def test_late_lists_and_writes_nothing_unless_asked(chapter: Chapter, deq: Deq) -> None:
    code, out, err = deq("late", 1, "--due", "2026-10-13 00:00", "--zone", "Europe/Berlin", "--root", chapter.root)
    assert (code, err) == (0, "")
    assert "2 of 4 late, 1 of unknown time" in out
    assert [word in out for word in ("ana", "ben", "cyd", "dan")] == [False, True, True, True]
    assert "2026-10-14 06:00" in out, "cyd's time, in the zone of the due date"
    assert "Nothing was written" in out
    assert set(penalties(chapter).values()) == {None}


def test_the_rule_is_applied_again_without_adding_up(chapter: Chapter, deq: Deq) -> None:
    rule = ("--due", "2026-10-13T00:00+02:00", "--penalty", 10, "--grace", 15, "--root", chapter.root)
    for _ in range(2):
        assert deq("late", 1, *rule)[0] == 0
        # Six points: two days begun cost 1.2; ten minutes are within the grace time.
        assert penalties(chapter) == {"ana": None, "ben": None, "cyd": pytest.approx(1.2), "dan": None}
    with db(chapter.root) as gradebook:
        assert gradebook.find_assignment(TINY).duedate == DUE
        assert gradebook.find_submission(TINY, "cyd").total_seconds_late == 30 * 3600
    assert deq("late", 1, *rule, "--at-most", 15)[0] == 0
    assert penalties(chapter)["cyd"] == pytest.approx(0.9)
    assert deq("late", 1, *rule[:2], "--penalty", 60, "--root", chapter.root)[0] == 0
    assert penalties(chapter) == {"ana": None, "ben": 2, "cyd": 4, "dan": None}, "never more than the score"
    assert deq("late", 1, *rule, "--extend", "cyd=48")[0] == 0
    assert set(penalties(chapter).values()) == {None}
    assert deq("late", 1, *rule)[0] == 0
    assert set(penalties(chapter).values()) == {None}, "an extension that was given stays"


def test_times_from_a_file_replace_timestamps(chapter: Chapter, deq: Deq, tmp_path: Path) -> None:
    times = tmp_path / "times.csv"
    times.write_text("student,time,note\ndan,2026-10-13 00:30,by mail\ncyd,2026-10-12 23:00,\n")
    arguments = ("--due", "2026-10-13 00:00", "--zone", "Europe/Berlin", "--penalty", 10, "--root", chapter.root)
    code, out, _ = deq("late", 1, *arguments, "--times", times)
    assert code == 0
    assert "2 of 4 late." in out
    assert penalties(chapter) == {"ana": None, "ben": pytest.approx(0.6), "cyd": None, "dan": None}, "dan has nothing"
    times.write_text("student,time\nzoe,2026-10-13 00:30\n")
    code, _, err = deq("late", 1, *arguments, "--times", times)
    assert (code, "zoe has no grade" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("student,time\nben,2026-10-13 00:30\nben,2026-10-12 00:30\n", "ben once more in line 3"),
        ("time,student\n2026-10-13 00:30\n", "no student in line 2"),
        ("student,time\n\x1b[31mzoe,2026-10-13 00:30\n", "zoe has no grade"),
    ],
)
def test_a_file_of_times_that_could_be_misread_is_refused(
    chapter: Chapter, deq: Deq, tmp_path: Path, text: str, said: str
) -> None:
    times = tmp_path / "times.csv"
    times.write_text(text)
    due = ("--due", "2026-10-13 00:00", "--zone", "UTC", "--root", chapter.root)
    code, _, err = deq("late", 1, *due, "--times", times)
    assert (code, said in err, "\x1b" in err) == (2, True, False), err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--due", "2026-10-12 23:59"), "has no time zone: add --zone"),
        (("--due", "2026-10-12", "--zone", "UTC"), "has no time of day"),
        (("--due", "tomorrow"), "is not a time"),
        (("--due", "9999-12-31 23:59", "--zone", "Europe/Berlin"), "should be in a year from 2000 to 2100"),
        (("--due", "0001-01-01 00:00", "--zone", "Asia/Tokyo"), "should be in a year from 2000 to 2100"),
        (("--due", "2026-10-12 23:59Z", "--grace", "1e300"), "--grace should be at most ten years"),
        (("--due", "2026-10-12 23:59Z", "--extend", "ana=1e10"), "--extend 'ana=1e10' should be at most ten years"),
        (("--due", "2026-10-12 23:59Z", "--extend", "ana=nan"), "--extend 'ana=nan' should be at most ten years"),
        (("--due", "2026-10-12 23:59", "--zone", "Berlin"), "no time zone 'Berlin'"),
        (("--due", "2026-10-12 23:59Z", "--extend", "ana"), "--extend 'ana' should be"),
        (("--due", "2026-10-12 23:59Z", "--extend", "zoe=3"), "zoe has no grade"),
        (("--due", "2026-10-12 23:59Z", "--times", "no.csv"), "no.csv cannot be read"),
    ],
)
def test_a_time_that_could_be_misread_is_refused(
    chapter: Chapter, deq: Deq, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = deq("late", 1, *arguments, "--penalty", 10, "--root", chapter.root)
    assert code == 2
    assert said in err
    assert set(penalties(chapter).values()) == {None}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_a_time_that_cannot_be_is_not_known(chapter: Chapter, deq: Deq, zone: str, tmp_path: Path) -> None:
    # A gradebook may have such times from elsewhere; those that students wrote are left out when they are collected.
    for student, stamp in (("ben", dt.datetime(9999, 12, 31, 23, 40)), ("cyd", dt.datetime(1, 1, 1))):
        fill(chapter.root, {student: (CLASS[student][0], stamp)})
    rule = ("--due", "2026-10-13 00:00", "--zone", zone, "--root", chapter.root)
    for more in ((), ("--penalty", 10)):
        code, out, err = deq("late", 1, *rule, *more)
        assert (code, err) == (0, "")
        assert "0 of 4 late, 3 of unknown time" in out
    assert set(penalties(chapter).values()) == {None}
    times = tmp_path / "times.csv"
    times.write_text("student,time\nben,9999-12-31 23:40\n")
    code, _, err = deq("late", 1, *rule, "--times", times)
    assert (code, "should be in a year from 2000 to 2100" in err) == (2, True)


def test_a_clock_that_is_put_back_moves_no_due_date() -> None:
    # Berlin leaves summer time on 25 October 2026 at 03:00: that day has 25 hours.
    due = late.moment("2026-10-24 12:00", "Europe/Berlin")
    rule = late.Rule(due)
    assert rule.days(late.moment("2026-10-25 11:00", "Europe/Berlin")) == 1
    assert rule.days(late.moment("2026-10-25 11:01", "Europe/Berlin")) == 2


# --------------------------------------------------------------------------------------------------------------
# All grades


def test_grades_are_one_row_a_student_and_chapter_and_no_cell_is_a_formula(chapter: Chapter, deq: Deq) -> None:
    fill(chapter.root, {"=cmd|'/c calc'!A1": ({"halve-a": 2, "halve-b": 0, "double-a": 0}, DUE)})
    deq("late", 1, "--due", "2026-10-12 22:00Z", "--penalty", 10, "--root", chapter.root)
    with db(chapter.root) as gradebook:
        gradebook.add_assignment("02_other")
        gradebook.add_submission("02_other", "ana")
    code, out, err = deq("grades", "--root", chapter.root)
    assert (code, err) == (0, "")
    path = chapter.root / "grading" / "results" / "grades.csv"
    assert str(path) in out
    with path.open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert list(rows["ana"].values()) == ["ana", TINY, "6", "6", "0", "6"]
    assert list(rows["cyd"].values()) == ["cyd", TINY, "4", "6", "1.2", "2.8"]
    assert rows["dan"]["total"] == "0"
    assert "'=cmd|'/c calc'!A1" in rows
    assert not any(cell[:1] in tuple("=+-@") for row in rows.values() for cell in row.values())


@given(st.text(max_size=20))
def test_no_text_stays_a_formula(text: str) -> None:
    shown = harmless(text)
    assert shown.lstrip("\0 \t\r\n\f\v")[:1] not in tuple("=+-@") or not text
    assert shown in (text, f"'{text}")


def test_a_gradebook_that_is_no_gradebook_is_one_line(chapter: Chapter) -> None:
    (chapter.root / "grading" / "gradebook.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(CourseError, match="cannot be used just now"):
        book.grades_csv(chapter.root)
