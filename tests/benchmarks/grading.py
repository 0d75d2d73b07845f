"""Measure grading: `speed` sets `deq grade` beside stock nbgrader on one class, `leak` looks at what 200 leave.

    python tests/benchmarks/grading.py speed [--count 40] [--chapter 01]
    python tests/benchmarks/grading.py leak [--count 200]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from rich.console import Console

from deqlib.course import grading
from deqlib.course.chapter import Chapter, exercises, find_chapter, load_notebook

ROOT = Path(__file__).resolve().parent.parent.parent


def new_course(folder: Path, name: str) -> Chapter:
    """A course of one chapter, without anything graded."""
    chapter = find_chapter(ROOT, name)
    for part in ("solutions", "course"):
        shutil.copytree(ROOT / part / chapter.name, folder / part / chapter.name)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return Chapter(folder, chapter.name)


def new_class(chapter: Chapter, folder: Path, count: int) -> list[str]:
    """Hand in `count` solved notebooks, each a mixture of our answers and of right answers written differently."""
    answers: dict[str, list[str]] = {}
    for exercise in exercises(load_notebook(chapter.source), chapter.number):
        others = sorted((ROOT / "tests" / "answers" / chapter.name[:2] / exercise.name).glob("right_*.py"))
        answers[exercise.name] = [exercise.solution.source, *(p.read_text() for p in others)]
    folder.mkdir()
    students = [f"student{i:03d}" for i in range(count)]
    for i, student in enumerate(students):
        notebook = load_notebook(chapter.release)
        for exercise in exercises(notebook, chapter.number):
            exercise.solution.source = answers[exercise.name][i % len(answers[exercise.name])]
        nbformat.write(notebook, folder / f"{student}.ipynb")
    return students


def stock(chapter: Chapter, folder: Path, students: list[str]) -> tuple[float, list[float]]:
    """Seconds and scores of one `nbgrader autograde` of the class."""
    for student in students:
        target = chapter.root / "grading" / "submitted" / student / chapter.name / f"{chapter.name}.ipynb"
        target.parent.mkdir(parents=True)
        shutil.copy(folder / f"{student}.ipynb", target)
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def nbgrader(*arguments: str) -> None:
        command = [sys.executable, "-m", "nbgrader", *arguments]
        subprocess.run(command, cwd=chapter.root, env=environment, check=True, capture_output=True)

    nbgrader("generate_assignment", chapter.name, "--force")
    began = time.perf_counter()
    nbgrader("autograde", chapter.name)
    seconds = time.perf_counter() - began
    nbgrader("export", "--to", str(chapter.root / "grades.csv"))
    rows = [line.split(",") for line in (chapter.root / "grades.csv").read_text().splitlines()]
    return seconds, [float(row[rows[0].index("score")]) for row in rows[1:]]


def ours(chapter: Chapter, folder: Path) -> tuple[float, list[float]]:
    """Seconds and scores of one `deq grade` of the class, start and end of its processes included."""
    command = [sys.executable, "-m", "deqlib.cli", "grade", chapter.name, "--submissions", str(folder)]
    began = time.perf_counter()
    subprocess.run([*command, "--root", str(chapter.root)], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    lines = (chapter.root / "grading" / "results" / f"{chapter.name}.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines]
    return seconds, [float(row[rows[0].index("score")]) for row in rows[1:]]


def speed(name: str, count: int) -> None:
    """Print submissions a minute of both, and the ratio."""
    with tempfile.TemporaryDirectory() as there:
        folders = [Path(there) / "ours", Path(there) / "stock"]
        chapters = [new_course(folder, name) for folder in folders]
        students = new_class(chapters[0], Path(there) / "inbox", count)
        print(f"{count} submissions of {chapters[0].name}, {len(os.sched_getaffinity(0))} cores, {load()}")
        seconds, scores = ours(chapters[0], Path(there) / "inbox")
        show("deq grade", seconds, scores)
        slow, theirs = stock(chapters[1], Path(there) / "inbox", students)
        show("nbgrader autograde", slow, theirs)
        print(f"ratio {slow / seconds:.2f}")


def show(what: str, seconds: float, scores: list[float]) -> None:
    each = 60 * len(scores) / seconds
    print(f"{what:20}{seconds:6.1f} s  {each:6.1f} a minute  scores {sorted(set(scores))}  {load()}", flush=True)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def leak(name: str, count: int) -> None:
    """Grade a class in parts in this process; print after each part what it holds."""
    me = psutil.Process()
    with tempfile.TemporaryDirectory() as there:
        chapter = new_course(Path(there) / "course", name)
        students = new_class(chapter, Path(there) / "all", count)
        scratch = Path(there) / "tmp"  # for this process and all that it starts
        scratch.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        part = max(1, count // 5)
        print(" graded  seconds  children  threads  open files  resident MB  in the temporary folder")
        for at, chosen in enumerate(_parts(students, part)):
            inbox = Path(there) / f"inbox{at}"
            inbox.mkdir()
            for student in chosen:
                shutil.copy(Path(there) / "all" / f"{student}.ipynb", inbox)
            began = time.perf_counter()
            graded = grading.grade(chapter, inbox, Path(there) / "out", Console(quiet=True))
            seconds = time.perf_counter() - began
            assert {s.score for s in graded} == {20.0}, [s for s in graded if s.score != 20]
            left = [p.name for p in scratch.iterdir()]
            processes, files = len(me.children(recursive=True)), me.num_fds()
            print(
                f"{at * part + len(chosen):7d}  {seconds:7.1f}  {processes:8d}  {me.num_threads():7d}  {files:10d}  "
                f"{me.memory_info().rss / 1e6:11.0f}  {len(left)}"
            )


def _parts(students: list[str], size: int) -> list[list[str]]:
    return [students[i : i + size] for i in range(0, len(students), size)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "leak"])
    parser.add_argument("--chapter", default="01")
    parser.add_argument("--count", type=int)
    chosen = parser.parse_args()
    if chosen.what == "speed":
        speed(chosen.chapter, chosen.count or 40)
    else:
        leak(chosen.chapter, chosen.count or 200)


if __name__ == "__main__":
    main()
