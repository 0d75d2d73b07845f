"""Grading a class: points only for values that a judge accepted, nothing lost, nothing believed.

Most tests run the tiny chapter of conftest.py with `InProcess` in place of a sandbox; the judges are the real ones.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from conftest import DOUBLE, HALVE, TINY, edit, write
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from rich.console import Console

from deqlib.course import check
from deqlib.course.chapter import Chapter, CourseError, load_notebook
from deqlib.course.grading import Submission, batch, grade, threads
from deqlib.course.grading.judging import Judges, locked_cells
from deqlib.course.grading.rebuilders import Rebuilders
from deqlib.course.grading.verdicts import plain
from deqlib.course.grading.work import Limits, Outcome, Ran, Work

Deq = Callable[..., tuple[int, str, str]]
Grade = Callable[..., dict[str, Submission]]
SOLVED = {"halve": HALVE, "double": DOUBLE}
WRONG = {"halve": HALVE, "double": "def double(x):\n    return 3 * x"}
CALLS: list[tuple[Work, int]] = []


class InProcess:
    """Runs a submission in this process: for tests of what stands around the sandbox."""

    def __init__(self, sandbox: object, limits: Limits) -> None:
        self.limits = limits

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def run(self, work: Work, seed: int) -> Ran:
        CALLS.append((work, seed))
        names: dict[str, Any] = {"__name__": "__main__"}
        outcomes, outputs = {}, {}
        for cell in work.cells:
            printed = io.StringIO()
            try:
                with contextlib.redirect_stdout(printed):
                    exec(cell.source, names)
                    if cell.kind == "test":
                        exec(work.tests[cell.id].probe, names)
                        outcomes[cell.id] = Outcome("values", check.run_probe(names["probe"], seed))
            except NotImplementedError:
                outcomes[cell.id] = Outcome("not solved")
            except Exception as error:
                outcomes[cell.id] = Outcome("failed", message=str(error))
            outputs[cell.id] = printed.getvalue()
        torch.set_default_dtype(torch.float32)
        return Ran(seed, {n: o for n, o in outcomes.items() if n in work.tests}, outputs)


def hand_in(chapter: Chapter, path: Path, answers: dict[str, str]) -> Path:
    return edit(write(path, load_notebook(chapter.release)), answers)


@pytest.fixture(scope="module")
def judges(built_course: Path) -> Iterator[Judges]:
    """One pair of servers for all tests: each takes seconds to start."""
    with Judges(locked_cells(Chapter(built_course, TINY))) as found:
        yield found


@pytest.fixture(scope="module")
def rebuilders() -> Iterator[Rebuilders]:
    """The same for what reads notebooks."""
    with Rebuilders(2) as found:
        yield found


@pytest.fixture
def chapter(course: Path, judges: Judges, rebuilders: Rebuilders, monkeypatch: pytest.MonkeyPatch) -> Chapter:
    CALLS.clear()
    monkeypatch.setattr(batch, "Rebuilders", lambda *_: contextlib.nullcontext(rebuilders))
    monkeypatch.setattr(batch, "Judges", lambda *_: contextlib.nullcontext(judges))
    monkeypatch.setattr(threads, "Runner", InProcess)
    monkeypatch.setattr(threads.sandbox, "find", lambda kind: kind)
    return Chapter(course, TINY)


@pytest.fixture
def graded(chapter: Chapter, tmp_path: Path) -> Grade:
    """Grade what lies in tmp_path/in."""

    def run(**options: Any) -> dict[str, Submission]:
        found = grade(chapter, tmp_path / "in", tmp_path / "out", Console(quiet=True), workers=2, **options)
        return {s.student: s for s in found}

    return run


def journal(chapter: Chapter) -> list[dict[str, Any]]:
    path = chapter.root / "grading" / "runs" / f"{TINY}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def book(chapter: Chapter) -> Gradebook:
    return Gradebook(f"sqlite:///{chapter.root / 'grading' / 'gradebook.db'}", "deq")


# --------------------------------------------------------------------------------------------------------------------
# Grading


def test_points_come_from_judges_and_judges_stay_here(chapter: Chapter, graded: Grade, tmp_path: Path) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    hand_in(chapter, tmp_path / "in" / "bob.ipynb", WRONG)
    hand_in(chapter, tmp_path / "in" / "cy.ipynb", {})
    found = graded()
    assert {s: found[s].scores for s in found} == {
        "ana": {"halve": 3, "double": 3},
        "bob": {"halve": 3, "double": 0},
        "cy": {"halve": 0, "double": 0},
    }
    assert "double(x) is off" in found["bob"].verdicts["double-a"].message
    assert len(CALLS) == 3
    for work, _ in CALLS:
        assert all(test.judge == "" for test in work.tests.values())
        assert all("def judge" not in cell.source for cell in work.cells)
    seeds = {entry["student"]: entry["seed"] for entry in journal(chapter)}
    assert sorted(seeds.values()) == sorted(seed for _, seed in CALLS)
    assert len(set(seeds.values())) == 3, "each submission has inputs of its own"
    with book(chapter) as gradebook:
        theirs = gradebook.find_submission_notebook(TINY, TINY, "bob")
        assert {g.name: g.auto_score for g in theirs.grades} == {"halve-a": 2, "halve-b": 1, "double-a": 0}
        assert not any(g.needs_manual_grade for g in theirs.grades)
        assert "double(x) is off" in {c.name: c.comment for c in theirs.comments}["double"]
    shown = load_notebook(chapter.root / "grading" / "autograded" / "bob" / TINY / f"{TINY}.ipynb")
    outputs = {c["id"]: c.get("outputs", []) for c in shown.cells}
    assert outputs["double-a"][-1].output_type == "error"
    assert "passed: 2 points" in outputs["halve-a"][-1].text
    assert (chapter.root / "grading" / "autograded" / "bob" / TINY / "figures" / "one.png").is_file()


def test_what_the_inside_claims_of_seed_and_tests_is_not_believed(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(self: InProcess, work: Work, seed: int) -> Ran:
        right = honest(self, work, 3).outcomes  # right for a seed of its own choice
        mixed = {"double-a": right["double-a"]} if "double-a" in right else {}
        return Ran(3, {**mixed, "halve-c": Outcome("values")}, {"setup": ""})

    honest = InProcess.run
    monkeypatch.setattr(InProcess, "run", lie)
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    found = graded(seed=4)["ana"]
    assert found.score == 0
    assert {name: v.state for name, v in found.verdicts.items()} == {
        "halve-a": "not run", "halve-b": "not run", "double-a": "wrong"
    }  # fmt: skip
    assert [entry["seed"] for entry in journal(chapter)] == [4]


def test_graded_once_and_again_only_on_request(chapter: Chapter, graded: Grade, tmp_path: Path) -> None:
    path = hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    hand_in(chapter, tmp_path / "in" / "bob.ipynb", WRONG)
    graded()
    assert {s: v.score for s, v in graded().items()} == {"ana": 6, "bob": 3}
    assert len(CALLS) == 2
    edit(path, WRONG)
    assert graded()["ana"].score == 3
    assert len(CALLS) == 3
    graded(again=True, seed=11)
    assert [seed for _, seed in CALLS[3:]] == [11, 11]
    assert {e["student"]: e["seed"] for e in journal(chapter)} == {"ana": 11, "bob": 11}
    # A gradebook that was moved away is filled again.
    (chapter.root / "grading" / "gradebook.db").unlink()
    assert {s: v.score for s, v in graded().items()} == {"ana": 3, "bob": 3}
    assert len(CALLS) == 7


def test_a_journal_cut_off_in_a_line_costs_that_line(chapter: Chapter, graded: Grade, tmp_path: Path) -> None:
    for student in ("ana", "bob"):
        hand_in(chapter, tmp_path / "in" / f"{student}.ipynb", SOLVED)
    graded()
    path = chapter.root / "grading" / "runs" / f"{TINY}.jsonl"
    path.write_bytes(path.read_bytes()[:-50])
    assert {s: v.score for s, v in graded().items()} == {"ana": 6, "bob": 6}
    assert len(CALLS) == 3
    graded()
    assert len(CALLS) == 3, "the line after the damaged one is whole"
    path.write_bytes(b'[]\n{"student": 3}\n\xff\xfe\n' + path.read_bytes())
    graded()
    assert len(CALLS) == 3


def test_points_given_by_hand_and_older_records_survive(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_in(chapter, tmp_path / "in" / "ana.ipynb", WRONG)
    graded()
    with book(chapter) as gradebook:
        by_hand = gradebook.find_grade("double-a", TINY, TINY, "ana")
        by_hand.manual_score = 2.5
        gradebook.find_grade("halve-a", TINY, TINY, "ana").extra_credit = 0.5
        gradebook.find_comment("double", TINY, TINY, "ana").manual_comment = "A good try."
        gradebook.db.commit()
    assert graded()["ana"].scores == {"halve": 3.5, "double": 2.5}
    assert graded(again=True)["ana"].scores == {"halve": 3.5, "double": 2.5}
    html = (chapter.root / "grading" / "feedback" / "ana" / TINY / f"{TINY}.html").read_text()
    assert "2.5 / 3 (by hand)" in html
    with book(chapter) as gradebook:
        assert gradebook.find_grade("double-a", TINY, TINY, "ana").needs_manual_grade
        assert gradebook.find_comment("double", TINY, TINY, "ana").comment == "A good try."
    kept = {p: p.read_bytes() for p in (chapter.root / "grading").rglob("ana/**/*") if p.is_file()}

    def fail(self: InProcess, work: Work, seed: int) -> Ran:
        raise OSError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "run", fail)
        failed = graded(again=True)["ana"]
        patch.setattr(InProcess, "run", lambda self, work, seed: Ran(seed, {}, remark="its process did not start"))
        not_started = graded(again=True)["ana"]
    for found, says in ((failed, "out of memory"), (not_started, "did not start")):
        assert (found.failed, found.score) == (True, 6)
        assert says in found.remark
        assert "the grade of an earlier grading stands" in found.remark
    path.write_text("{")
    broken = graded()["ana"]
    assert (broken.failed, broken.score) == (False, 6)
    assert "cut off or damaged" in broken.remark
    assert kept == {p: p.read_bytes() for p in (chapter.root / "grading").rglob("ana/**/*") if p.is_file()}


def test_what_may_be_a_loaded_machine_is_tried_again_alone(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = InProcess.run
    running: list[str] = []

    def slow_at_first(self: InProcess, work: Work, seed: int) -> Ran:
        running.append("x")
        ran = honest(self, work, seed)
        alone = len(running) == 1
        if set(work.tests) == {"halve-a", "halve-b", "double-a"}:
            time.sleep(0.3)
            ran.outcomes["halve-b"] = Outcome("timed out", message="more than 60 s")
            ran.outcomes["double-a"] = Outcome("killed")
        else:
            assert alone
        running.pop()
        return ran

    monkeypatch.setattr(InProcess, "run", slow_at_first)
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    hand_in(chapter, tmp_path / "in" / "bob.ipynb", WRONG)
    found = graded()
    assert {s: v.score for s, v in found.items()} == {"ana": 6, "bob": 3}
    again = [(set(work.tests), seed) for work, seed in CALLS[2:]]
    assert [tests for tests, _ in again] == [{"halve-b", "double-a"}] * 2
    assert {seed for _, seed in again} == {seed for _, seed in CALLS[:2]}
    assert len(journal(chapter)) == 2


def test_one_exercise_is_graded_anew_and_the_others_keep_their_points(
    chapter: Chapter, graded: Grade, tmp_path: Path
) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", WRONG)
    hand_in(chapter, tmp_path / "in" / "bob.ipynb", SOLVED)
    graded()
    source = {c["id"]: c.source for c in load_notebook(chapter.source).cells}
    milder = source["double-a"].replace("2 * seed + 3.0", "3 * (seed + 1.5)").replace("6.0", "9.0")
    stricter = source["halve-a"].replace("/ 2, ", "/ 5, ")
    edit(chapter.source, {"double-a": milder, "halve-a": stricter})
    found = graded(only="double")
    assert {s: v.scores for s, v in found.items()} == {
        "ana": {"halve": 3, "double": 3},
        "bob": {"halve": 3, "double": 0},
    }
    assert [set(work.tests) for work, _ in CALLS[2:]] == [{"double-a"}] * 2
    assert {s: v.scores for s, v in graded(only="1.2").items()} == {s: v.scores for s, v in found.items()}
    assert len(CALLS) == 4
    with pytest.raises(CourseError, match=r"no exercise '1\.9'; exercises here: halve, double"):
        graded(only="1.9")


def test_pages_show_text_as_text_and_no_hidden_test(chapter: Chapter, graded: Grade, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    own = new_code_cell(f"print('{evil} \x1b[31mred')", id="mine")
    path = hand_in(chapter, tmp_path / "in" / "ana.ipynb", {"halve": f"# {evil}\n{HALVE}\nprint('{evil}')"})
    notebook = load_notebook(path)
    notebook.cells.insert(3, own)
    notebook.cells[-2].source = f"def double(x):\n    raise ValueError('{evil}')"
    write(path, notebook)
    found = graded()["ana"]
    assert found.score == 3
    page = chapter.root / "grading" / "feedback" / "ana" / TINY / f"{TINY}.html"
    html = page.read_text()
    assert evil not in html
    assert html.count("&lt;script&gt;") >= 4
    assert "\x1b" not in html
    assert "HIDDEN" not in html
    assert "def judge" not in html
    assert "def probe" not in html
    assert "(Score: 3 / 6)" in html
    shown = load_notebook(chapter.root / "grading" / "autograded" / "ana" / TINY / f"{TINY}.ipynb")
    kinds = {o.output_type for c in shown.cells for o in c.get("outputs", [])}
    assert kinds <= {"stream", "error"}, "nothing that a browser would run"
    assert any(evil in c.source for c in shown.cells if c["id"].startswith("own-"))
    graded(with_tests=True)
    assert "def judge" in page.read_text()


def test_names_and_remarks_are_harmless_in_a_spreadsheet_and_a_terminal(
    chapter: Chapter, graded: Grade, tmp_path: Path
) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    for name in ("=1+1", "@x", "a\x1b[2Jb", "-" * 120):
        (tmp_path / "in" / f"{name}.ipynb").write_text("{}")
    graded()
    text = (tmp_path / "out" / f"{TINY}.csv").read_text()
    assert "\x1b" not in text
    rows = [line.split(",")[0] for line in text.splitlines()[1:]]
    assert rows == sorted(rows, key=lambda r: r.lstrip("'")) or len(rows) == 5
    assert not any(row.startswith(("=", "@", "-", "+")) for row in rows)
    assert plain("a\u202eb\ud800\x00c") == "abc"


@pytest.mark.parametrize("lines", [1, 2])
def test_no_character_that_cannot_be_seen_is_shown(lines: int) -> None:
    formats = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert {"\u200f", "\u061c", "\u200b", "\ufeff", "\U000e0041"} <= set(formats)
    seen = plain("a" + "".join(c for c in formats if c not in "\t\n") + "é漢b", 3000, lines=lines)
    assert seen == "aé漢b"
    assert plain("a\xa0b\u2028c\td\ne", lines=lines) == ("a b c d e" if lines == 1 else "a b c\td\ne")


def test_two_graders_of_one_chapter_do_not_run_at_once(chapter: Chapter, graded: Grade, tmp_path: Path) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    with batch.alone(chapter.root / "grading" / "runs" / f"{TINY}.lock"):
        code = "import sys; from pathlib import Path; from deqlib.course.grading.journal import alone\n"
        code += "with alone(Path(sys.argv[1])): print('in')"
        lock = chapter.root / "grading" / "runs" / f"{TINY}.lock"
        ended = subprocess.run([sys.executable, "-c", code, lock], capture_output=True, text=True, check=False)
        assert "another `deq grade` of 01_tiny is running" in ended.stderr
    assert graded()["ana"].score == 6


def test_if_nothing_can_run_grading_says_why(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enter(self: InProcess) -> InProcess:
        raise CourseError("the sandbox's worker does not start")

    monkeypatch.setattr(InProcess, "__enter__", enter)
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    with pytest.raises(CourseError, match="cannot be run: the sandbox's worker does not start"):
        graded()


def test_a_cell_that_was_lost_is_tried_once_more(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, tries = InProcess.run, []

    def short_of_memory_once(self: InProcess, work: Work, seed: int) -> Ran:
        ran = run(self, work, seed)
        tries.append(set(work.tests))
        if len(tries) > 1:
            return ran
        failed = {n: Outcome("failed", message="NameError: halve") for n in ran.outcomes if "halve" in n}
        return replace(ran, outcomes=ran.outcomes | failed, remark="cell halve was left out", lost=True)

    monkeypatch.setattr(InProcess, "run", short_of_memory_once)
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    ana = graded()["ana"]
    assert (ana.score, ana.remark) == (6, "")
    assert tries[1] == {n for n in tries[0] if "halve" in n}


def test_a_gradebook_that_cannot_be_written_leaves_everything_as_it_was(
    chapter: Chapter, graded: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", WRONG)
    graded()
    lock = sqlite3.connect(chapter.root / "grading" / "gradebook.db")
    lock.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("deqlib.course.grading.gradebook._ATTEMPTS", 1)
    hand_in(chapter, tmp_path / "in" / "ana.ipynb", SOLVED)
    found = graded()["ana"]
    lock.rollback()
    lock.close()
    assert (found.failed, found.score) == (True, 3)
    assert "database is locked" in found.remark
    assert len(journal(chapter)) == 1
    assert graded()["ana"].score == 6


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(course: Path, tmp_path: Path) -> None:
    """The real command, killed by SIGKILL once some but not all submissions are in the journal."""
    chapter = Chapter(course, TINY)
    students = [f"s{i}" for i in range(6)]
    for student in students:
        hand_in(chapter, tmp_path / "in" / f"{student}.ipynb", SOLVED if student != "s3" else WRONG)
    command = [sys.executable, "-m", "deqlib.cli", "grade", TINY, "--submissions", tmp_path / "in", "--root", course]
    path = course / "grading" / "runs" / f"{TINY}.jsonl"
    process = subprocess.Popen([*map(str, command), "--workers", "1"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (path.exists() and path.read_bytes().count(b"\n") >= 2):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    family = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive, "sandbox and judges end with the grader"
    done = path.read_bytes().count(b"\n")
    assert 2 <= done < len(students)
    ended = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    entries = journal(chapter)
    assert sorted(e["student"] for e in entries) == students, "one line a student: none lost, none twice"
    with book(chapter) as gradebook:
        scores = {s.student_id: s.score for s in gradebook.assignment_submissions(TINY)}
    assert scores == {s: 6.0 if s != "s3" else 3.0 for s in students}
