"""The instructor's loop: hand out, collect, grade, feedback, grades; by `deq grade` and by plain nbgrader commands.

Three submissions a chapter, made from its solved notebook: every exercise, the first half of them, none.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import REPOSITORY, TINY, edit, new_course, write
from rich.console import Console

from deqlib.course import grading
from deqlib.course.build import build
from deqlib.course.chapter import Chapter, CourseError, all_chapters, exercises, load_notebook
from deqlib.course.grading import bubblewrap

Deq = Callable[..., tuple[int, str, str]]
# The first chapter of the course; the tiny one stands in for it where the repository has none yet.
CHAPTER = next((c.name for c in all_chapters(REPOSITORY) if c.source.is_file()), TINY)


@dataclass(frozen=True)
class Class:
    """A built course, a folder of three submissions, and the points each should earn, by exercise."""

    chapter: Chapter
    folder: Path
    points: dict[str, dict[str, float]]

    def score(self, student: str) -> float:
        return sum(self.points[student].values())


def new_class(chapter: Chapter, folder: Path) -> Class:
    source = exercises(load_notebook(chapter.source), chapter.number)
    solved = {"perfect": source, "half": source[: len(source) // 2], "empty": []}
    places = {
        "perfect": folder / "perfect" / f"{chapter.name}.ipynb",
        "half": folder / "half" / chapter.name / f"{chapter.name}.ipynb",
        "empty": folder / "empty.ipynb",
    }
    for student, done in solved.items():
        path = write(places[student], load_notebook(chapter.release))
        edit(path, {e.name: e.solution.source for e in done})
    points = {s: {e.name: e.points * (e in done) for e in source} for s, done in solved.items()}
    return Class(chapter, folder, points)


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Class:
    root = new_course(tmp_path_factory.mktemp("loop") / "course_root")
    if CHAPTER != TINY:
        shutil.rmtree(root / "solutions")
        shutil.copytree(REPOSITORY / "solutions" / CHAPTER, root / "solutions" / CHAPTER)
    build(root)
    return new_class(Chapter(root, CHAPTER), root.parent / "submissions")


def read_grades(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    key = "student" if "student" in rows[0] else "student_id"
    assert len({row[key] for row in rows}) == len(rows), "one row a student"
    return {row[key]: row for row in rows}


def nbgrader(root: Path, *arguments: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader calls alembic by name
    command = [sys.executable, "-m", "nbgrader", *arguments]
    ended = subprocess.run(command, cwd=root, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-3000:]


@pytest.mark.slow
def test_deq_grade_gives_each_exercise_its_points(graded_class: Class, deq: Deq) -> None:
    chapter = graded_class.chapter
    before = {p: p.read_bytes() for p in (chapter.root / "course").rglob("*") if p.is_file()}
    code, out, err = deq("grade", chapter.name, "--submissions", graded_class.folder, "--root", chapter.root)
    assert (code, err) == (0, "")
    rows = read_grades(chapter.root / "grading" / "results" / f"{chapter.name}.csv")
    assert list(rows) == ["empty", "half", "perfect"]
    best = graded_class.score("perfect")
    for student, row in rows.items():
        earned = {name: float(row[name]) for name in graded_class.points[student]}
        assert earned == graded_class.points[student]
        assert float(row["score"]) == graded_class.score(student)
        assert (row["chapter"], float(row["max"]), row["remark"]) == (chapter.name, best, "")
        feedback = chapter.root / "grading" / "feedback" / student / chapter.name / f"{chapter.name}.html"
        assert f"(Score: {graded_class.score(student):g} / {best:g})" in feedback.read_text(encoding="utf-8")
        assert student in out
    assert 0 < graded_class.score("half") < best
    assert graded_class.score("empty") == 0
    after = {p: p.read_bytes() for p in (chapter.root / "course").rglob("*") if p.is_file()}
    assert after == before
    # nbgrader's own commands go on from these records.
    nbgrader(chapter.root, "export", "--to", str(chapter.root / "grades.csv"))
    exported = read_grades(chapter.root / "grades.csv")
    assert {s: float(exported[s]["score"]) for s in rows} == {s: graded_class.score(s) for s in rows}
    nbgrader(chapter.root, "generate_feedback", chapter.name, "--force")
    feedback = chapter.root / "grading" / "feedback" / "half" / chapter.name / f"{chapter.name}.html"
    assert f"(Score: {graded_class.score('half')} / {best})" in feedback.read_text(encoding="utf-8")


@pytest.mark.slow
def test_plain_nbgrader_gives_the_same_scores(graded_class: Class, tmp_path: Path) -> None:
    name, root = graded_class.chapter.name, tmp_path / "plain"
    shutil.copytree(graded_class.chapter.root, root, ignore=shutil.ignore_patterns("grading"))
    for submission in grading.collect(graded_class.folder, name):
        target = root / "grading" / "submitted" / submission.student / name / f"{name}.ipynb"
        target.parent.mkdir(parents=True)
        shutil.copyfile(submission.path, target)
    nbgrader(root, "generate_assignment", name, "--force")
    assert build(root, check=True) == [], "nbgrader's own command gives the same student version"
    nbgrader(root, "autograde", name)
    nbgrader(root, "generate_feedback", name)
    nbgrader(root, "export", "--to", str(tmp_path / "grades.csv"))
    rows = read_grades(tmp_path / "grades.csv")
    best = graded_class.score("perfect")
    for student in graded_class.points:
        assert float(rows[student]["score"]) == graded_class.score(student)
    assert {float(row["max_score"]) for row in rows.values()} == {best}
    for student in graded_class.points:
        feedback = root / "grading" / "feedback" / student / name / f"{name}.html"
        assert f"(Score: {graded_class.score(student)} / {best})" in feedback.read_text(encoding="utf-8")


@pytest.mark.slow
def test_one_broken_submission_does_not_stop_the_others_and_a_new_one_replaces_the_old(
    course: Path, tmp_path: Path
) -> None:
    chapter = Chapter(course, TINY)
    school = new_class(chapter, tmp_path / "in")
    folder, out = school.folder, tmp_path / "out"
    whole = (folder / "perfect" / f"{TINY}.ipynb").read_text()
    (folder / "cut.ipynb").write_text(whole[:900])
    (folder / "word.ipynb").write_text("PK a document")
    (folder / "link.ipynb").symlink_to(folder / "perfect" / f"{TINY}.ipynb")
    (folder / "far").symlink_to(folder / "perfect")
    (folder / "none").mkdir()
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "a b.ipynb").write_text(whole)
    # A copied test, and tags that would skip the tests, change nothing.
    copied = load_notebook(folder / "perfect" / f"{TINY}.ipynb")
    copied.cells.append(next(c for c in copied.cells if c["id"] == "halve-a").copy())
    copied.cells[-1]["id"] = "another"
    write(folder / "perfect" / f"{TINY}.ipynb", copied)
    skipping = load_notebook(folder / "empty.ipynb")
    for cell in skipping.cells:
        cell.metadata["tags"] = ["skip-execution"]
    write(folder / "empty.ipynb", skipping)
    shutil.rmtree(folder / "half")

    grades = {s.student: s for s in grading.grade(chapter, folder, out, Console(quiet=True))}
    remarks = {student: s.remark for student, s in grades.items() if s.remark}
    assert "cut off or damaged" in remarks["cut"]
    assert remarks["cut"].startswith("cut.ipynb")
    assert "not JSON" in remarks["word"]
    assert "link.ipynb is a symbolic link" in remarks["link"]
    assert "far is a symbolic link" in remarks["far"]
    assert f"there is no {TINY}.ipynb" in remarks["none"]
    assert "not a regular file" in remarks["pipe"]
    assert "letters, digits" in remarks["a b"]
    assert all("\n" not in remark for remark in remarks.values())
    assert {s: grades[s].score for s in ("perfect", "empty")} == {"perfect": 6, "empty": 0}
    rows = read_grades(out / f"{TINY}.csv")
    assert (rows["cut"]["score"], rows["empty"]["score"]) == ("", "0"), "not graded is not zero"

    for entry in folder.iterdir():
        if entry.name not in ("perfect", "empty.ipynb"):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    (folder / "empty.ipynb").write_text(whole)
    (folder / "perfect" / f"{TINY}.ipynb").write_text(whole[:900])
    grades = {s.student: s for s in grading.grade(chapter, folder, out, Console(quiet=True))}
    assert (grades["empty"].score, grades["perfect"].score) == (6, 6)
    assert "cut off or damaged at line" in grades["perfect"].remark
    assert "the grade of an earlier grading stands" in grades["perfect"].remark
    assert list(read_grades(out / f"{TINY}.csv")) == ["empty", "perfect"]

    notebook = load_notebook(chapter.source)
    del notebook.cells[4]  # halve-b
    write(chapter.source, notebook)
    with pytest.raises(CourseError, match=r"nbgrader cannot register .* move the folder grading/ away"):
        grading.grade(chapter, folder, out, Console(quiet=True))


def test_collect_says_what_it_cannot_take(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no folder of submissions"):
        grading.collect(tmp_path / "nowhere", TINY)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").write_text("not a submission")
    with pytest.raises(CourseError, match="holds no submission"):
        grading.collect(tmp_path, TINY)
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana" / f"{TINY}.ipynb").write_text("{}")
    (tmp_path / "ana.ipynb").write_text("{}")
    (tmp_path / "bob.ipynb").write_text("{}")
    found = {s.student: s.remark for s in grading.collect(tmp_path, TINY)}
    remark = f"handed in twice, as ana/{TINY}.ipynb and ana.ipynb; leave the one that counts"
    assert found == {"ana": remark, "bob": ""}


def test_without_a_sandbox_grading_refuses_and_says_what_unsafe_means(
    course: Path, tmp_path: Path, deq: Deq, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = new_class(Chapter(course, TINY), tmp_path / "in")
    ours = tmp_path / "bin"
    ours.mkdir()
    monkeypatch.setenv("PATH", str(ours))
    bubblewrap.problem.cache_clear()
    code, _, err = deq("grade", TINY, "--submissions", school.folder, "--root", course)
    bubblewrap.problem.cache_clear()
    assert (code, err.count("\n")) == (2, 1)
    assert "bwrap is not installed" in err
    assert "--unsafe" in err
    assert not (course / "grading" / "gradebook.db").exists()


def test_help_says_what_confines_submitted_code(deq: Deq) -> None:
    code, out, _ = deq("grade", "--help")
    assert code == 0
    assert "in a sandbox" in out
    assert "--unsafe there is no sandbox" in " ".join(out.split())
