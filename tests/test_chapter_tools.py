"""`deq build`, `execute`, `check`, `progress`, `doctor` and `lab` on the tiny course of conftest.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import DOUBLE, HALVE, HALVE_A, TINY, edit, mark, new_course, tiny_notebook, write
from nbformat.v4 import new_code_cell, new_markdown_cell
from rich.console import Console

from deqlib.cli import lab_command
from deqlib.course import checking, doctor, progress
from deqlib.course.build import build, validate
from deqlib.course.chapter import (
    Chapter,
    CourseError,
    all_chapters,
    exercises,
    find_chapter,
    find_notebook,
    find_root,
    load_notebook,
)
from deqlib.course.execute import execute

Deq = Callable[..., tuple[int, str, str]]
NOTEBOOK = f"{TINY}/{TINY}.ipynb"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --------------------------------------------------------------------------------------------------------------------
# Finding and reading


def test_finds_the_root_from_below_and_a_chapter_by_every_name(built_course: Path) -> None:
    assert find_root(built_course / "course" / TINY) == built_course
    folder = str(built_course / "course" / TINY)
    for name in ("1", "01", TINY, f"course/{TINY}", folder, f"{folder}/{TINY}.ipynb"):
        assert find_chapter(built_course, name) == Chapter(built_course, TINY)


def test_lists_exercises_with_their_numbers_points_and_tests(built_course: Path) -> None:
    found = exercises(load_notebook(Chapter(built_course, TINY).release), 1)
    shown = [(e.number, e.name, e.points, len(e.tests)) for e in found]
    assert shown == [("1.1", "halve", 3, 2), ("1.2", "double", 3, 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no notebook at"),
        ("", "is empty"),
        ('{"cells": [\n {"cell_type"', "cut off or damaged at line 2"),
        ('{"cells": [1, 2], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a valid notebook"),
        (f'{{"cells": [], "metadata": {{}}, "nbformat": 4, "nbformat_minor": {"9" * 10_000}}}', "damaged"),
        ("hello", "it is not JSON"),
        ('{"a": 1}', "not a notebook of format 4"),
        ("[1, 2]", "not a notebook of format 4"),
        ('{"cells": [], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}', "not a notebook of format 4"),
        ('{"cells": [{"cell_type": "x"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a valid"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "has no exercise"),
    ],
)
def test_check_names_a_notebook_it_cannot_read(course: Path, deq: Deq, text: str | None, says: str) -> None:
    path = course / "course" / NOTEBOOK
    path.unlink()
    if text is not None:
        path.write_text(text)
    code, _, err = deq("check", "1", "--root", course)
    assert code == 2
    assert err.count("\n") == 1
    assert says in err
    assert NOTEBOOK in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "07"], "no chapter '07'; chapters here: 01_tiny"),
        (["check", "nowhere.ipynb"], "no notebook at nowhere.ipynb; chapters here: 01_tiny"),
        (["check", __file__], "belongs to no chapter: its name should be one of 01_tiny"),
        (["lab", "seven"], "no chapter 'seven'; chapters here: 01_tiny"),
        (["execute", "2"], "no chapter '2'"),
        (["build", "2"], "no chapter '2'"),
        (["grade", "1", "--submissions", "nowhere"], "no folder of submissions at nowhere"),
        (["grade", "1", "--submissions", str(Path(__file__).parent / "answers/01/cobweb_points")], "no submission"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(built_course: Path, deq: Deq, arguments: list[str], says: str) -> None:
    code, _, err = deq(*arguments, "--root", built_course)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("deq: ")
    assert says in err


@pytest.mark.parametrize("command", ["check 1", "progress", "build", "execute", "lab"])
def test_outside_a_course_every_command_says_so(tmp_path: Path, deq: Deq, command: str) -> None:
    code, _, err = deq(*command.split(), "--root", tmp_path)
    assert (code, err.count("\n")) == (2, 1)
    assert f"no course in {tmp_path}" in err


# --------------------------------------------------------------------------------------------------------------------
# Marks


def test_the_tiny_chapter_has_no_problem() -> None:
    assert validate(tiny_notebook()) == []


HIDDEN = HALVE_A.split("### BEGIN HIDDEN TESTS")[1].split("### END HIDDEN TESTS")[0]


@pytest.mark.parametrize(
    ("cell", "change", "says"),
    [
        ("halve", {"grade_id": ""}, "has no grade_id"),
        ("halve", {"grade_id": "a b"}, "should be letters, digits"),
        ("halve-b", {"grade_id": "halve-a"}, "which an earlier cell has too"),
        ("halve-a", {"points": None}, "points None, which should be a number above 0"),
        ("halve-a", {"points": 0}, "points 0, which should be"),
        ("halve-a", {"points": -1}, "points -1, which should be"),
        ("setup", {"schema_version": 2}, "schema_version 2, which should be 3"),
        ("double-a", {"grade_id": "treble-a"}, "tests 'treble', but no solution cell"),
        ("halve", {"grade": True, "points": 1}, "a solution and a test at once"),
        ("halve", "def halve(x):\n    return x / 2", "has no region from '### BEGIN SOLUTION'"),
        ("halve", HALVE.replace("### END SOLUTION", ""), "that do not pair up"),
        ("halve", HALVE.replace("x / 2\n", "x /\n"), "does not compile: invalid syntax (line 4 of the cell)"),
        ("halve-a", HALVE_A.replace("### END HIDDEN TESTS", ""), "that do not pair up"),
        ("halve-a", HALVE_A.replace("### BEGIN HIDDEN TESTS", ""), "that do not pair up"),
        ("halve-a", HALVE_A.replace(HIDDEN, "\n"), "found nothing"),
        ("halve-a", "check.true(True, 'yes')", "has no region from '### BEGIN HIDDEN TESTS'"),
        ("halve-a", HALVE_A.replace("judge(seed, got):", "judge(got, seed):"), "found probe(seed), judge(got, seed)"),
        ("halve-a", HALVE_A.replace("check.grade(probe, judge)", "judge(0, probe(0))"), "of the wrong form"),
        ("halve-a", HALVE_A.replace("def probe", "size = 3\ndef probe"), "found size = 3, probe(seed)"),
        ("halve-a", HALVE_A.replace("def judge", "def judged"), "found probe(seed), judged(seed, got)"),
        ("halve-a", HALVE_A.replace("check.grade(probe, judge)", ""), "found probe(seed), judge(seed, got)"),
        ("figure", "print(1)\n### BEGIN SOLUTION\n### END SOLUTION", "without nbgrader's mark"),
    ],
)
def test_a_broken_mark_is_named_with_its_cell(cell: str, change: str | dict[str, object], says: str) -> None:
    notebook = tiny_notebook()
    broken = next(c for c in notebook.cells if c["id"] == cell)
    if isinstance(change, str):
        broken.source = change
    else:
        broken.metadata.nbgrader.update(change)
    problems = validate(notebook)
    named = [p for p in problems if says in p]
    assert named, problems
    assert named[0].startswith(f"cell {broken.metadata.get('nbgrader', {}).get('grade_id') or cell} (")


def test_hidden_tests_may_share_a_function() -> None:
    notebook = tiny_notebook()
    notebook.cells[3].source = HALVE_A.replace("def probe", "def inputs(seed):\n    return seed\n\n\ndef probe")
    assert validate(notebook) == []


def test_a_solution_without_a_test_is_a_problem() -> None:
    notebook = tiny_notebook()
    del notebook.cells[-1]
    assert validate(notebook) == ["cell double is a solution that no test cell tests"]


def test_a_test_before_its_solution_is_a_problem() -> None:
    notebook = tiny_notebook()
    notebook.cells[2], notebook.cells[3] = notebook.cells[3], notebook.cells[2]
    assert any("halve-a" in p and "no solution cell of that name stands before it" in p for p in validate(notebook))


def test_build_refuses_a_broken_chapter_and_leaves_course_alone(course: Path, deq: Deq) -> None:
    before = contents(course / "course")
    path = course / "solutions" / NOTEBOOK
    edit(path, {"halve": "def halve(x):\n    return x / 2"})
    code, _, err = deq("build", "--root", course)
    assert (code, err.count("\n")) == (2, 1)
    assert "cell halve (def halve(x):) has no region" in err
    assert contents(course / "course") == before


# --------------------------------------------------------------------------------------------------------------------
# Building


def test_the_student_version_has_stubs_and_visible_checks_only(built_course: Path) -> None:
    cells = {c["id"]: c for c in load_notebook(Chapter(built_course, TINY).release).cells}
    assert "raise NotImplementedError" in cells["halve"].source
    assert "return x / 2" not in cells["halve"].source
    assert cells["halve-a"].source == HALVE_A.split("\n### BEGIN")[0]
    text = (built_course / "course" / NOTEBOOK).read_text()
    assert not [word for word in ("HIDDEN", "judge", "BEGIN SOLUTION", "END SOLUTION") if word in text]


def test_only_graded_cells_run_on(built_course: Path) -> None:
    cells = load_notebook(Chapter(built_course, TINY).release).cells
    tagged = [c["id"] for c in cells if "raises-exception" in c.metadata.get("tags", [])]
    assert tagged == ["halve-a", "halve-b", "double-a"]


def test_a_rebuild_gives_the_same_bytes(course: Path, deq: Deq) -> None:
    before = contents(course / "course")
    assert deq("build", "--root", course)[:2] == (0, "course/ is what solutions/ gives.\n")
    assert build(course, [TINY], force=True) == []
    shutil.rmtree(course / "course")
    build(course)
    assert contents(course / "course") == before
    assert set(before) == {NOTEBOOK, f"{TINY}/figures/one.png"}


def test_check_finds_one_byte_a_missing_and_an_extra_file_and_build_mends_them(course: Path, deq: Deq) -> None:
    before = contents(course / "course")
    folder = course / "course" / TINY
    text = (folder / f"{TINY}.ipynb").read_text()
    (folder / f"{TINY}.ipynb").write_text(text.replace("# A tiny chapter", "# a tiny chapter"))
    (folder / "figures" / "one.png").unlink()
    (folder / "extra.txt").write_text("x")
    (course / "course" / "09_gone").mkdir()
    (course / "course" / "09_gone" / "09_gone.ipynb").write_text("{}")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "copy.ipynb").write_text("JupyterLab's")
    code, _, err = deq("build", "--check", "--root", course)
    assert (code, err.count("\n")) == (2, 1)
    for part in (
        "run `deq build`",
        f"course/{NOTEBOOK} (different)",
        f"course/{TINY}/figures/one.png (missing)",
        f"course/{TINY}/extra.txt (not in solutions/)",
        "course/09_gone/09_gone.ipynb (not in solutions/)",
    ):
        assert part in err
    assert "checkpoints" not in err
    assert (folder / "extra.txt").exists()
    assert deq("build", "--root", course)[0] == 0
    assert deq("build", "--check", "--root", course)[0] == 0
    shutil.rmtree(folder / ".ipynb_checkpoints")
    assert contents(course / "course") == before
    assert not (course / "course" / "09_gone").exists()


def test_build_does_not_overwrite_somebodys_work_unasked(course: Path, deq: Deq) -> None:
    path = edit(course / "course" / NOTEBOOK, {"double": "def double(x):\n    return x + x"})
    worked = path.read_bytes()
    code, _, err = deq("build", "--root", course)
    assert code == 2
    assert "holds somebody's work (double)" in err
    assert path.read_bytes() == worked
    assert deq("build", "--force", "--root", course)[0] == 0
    assert path.read_bytes() != worked


def test_a_chapter_that_nbgrader_refuses_is_named(course: Path) -> None:
    notebook = tiny_notebook()
    mark(notebook.cells[0], "title", points="many", grade=False)
    notebook.cells[0].metadata.nbgrader["locked"] = "yes"
    write(course / "solutions" / NOTEBOOK, notebook)
    before = contents(course / "course")
    with pytest.raises(CourseError, match=f"nbgrader cannot build {TINY}: "):
        build(course)
    assert contents(course / "course") == before


# --------------------------------------------------------------------------------------------------------------------
# Executing


def test_executing_twice_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    root = new_course(tmp_path / "executed")
    chapter = Chapter(root, TINY)
    notebook = tiny_notebook()
    notebook.cells += [
        new_code_cell("import ipywidgets\nipywidgets.IntSlider(3)", id="slider"),
        new_code_cell("import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.1)", id="stream"),
        new_code_cell("", id="nothing"),
        new_code_cell("os.environ['MPLBACKEND'], {'a', 'b', 'c'}, os.listdir('figures')", id="last"),
    ]
    write(chapter.source, notebook)
    assert 0 < execute(chapter) < 60
    first = chapter.source.read_bytes()
    execute(chapter)
    assert chapter.source.read_bytes() == first
    done = load_notebook(chapter.source)
    cells = {c["id"]: c for c in done.cells}
    counts = [c.execution_count for c in done.cells if c.cell_type == "code"]
    assert counts == [1, 2, 3, 4, 5, 6, 7, 8, 9, None, 10]
    assert cells["slider"].outputs[0].data == {"text/plain": "IntSlider(value=3)"}
    assert [o.text for o in cells["stream"].outputs] == ["0\n1\n2\n"]
    assert "inline" in cells["last"].outputs[0].data["text/plain"]
    assert "one.png" in cells["last"].outputs[0].data["text/plain"]
    assert done.metadata.language_info.name == "python"
    assert "version" not in done.metadata.language_info
    assert not [word for word in (b"widget-view", b"widget-state", b"iopub", b"2026-") if word in first]
    build(root)
    assert all(not c.get("outputs") for c in load_notebook(chapter.release).cells)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\nx / 0", "cell figure (x = 1) raised ZeroDivisionError: division by zero"),
        ("import sys\nprint('careful', file=sys.stderr)", "cell figure (import sys) wrote to the error stream"),
    ],
)
def test_a_solved_notebook_that_fails_is_named_and_left_alone(course: Path, deq: Deq, source: str, says: str) -> None:
    path = edit(course / "solutions" / NOTEBOOK, {"figure": source})
    before = path.read_bytes()
    code, _, err = deq("execute", "1", "--root", course)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{TINY}: {says}" in err
    assert path.read_bytes() == before


# --------------------------------------------------------------------------------------------------------------------
# Checking


def statuses(root: Path, sources: dict[str, str], timeout: int = 30) -> dict[str, checking.Row]:
    path = edit(root / "course" / NOTEBOOK, sources)
    before = contents(root / "course")
    report = checking.check(Chapter(root, TINY), path, timeout)
    assert contents(root / "course") == before, "the learner's notebook is not the tool's to write"
    assert report.passed == all(row.status == "passed" for row in report.rows)
    return {row.name: row for row in report.rows}


def test_untouched_then_solved_and_the_progress_between(course: Path, deq: Deq) -> None:
    code, out, _ = deq("progress", "--root", course)
    assert code == 0
    assert "never" in out
    code, out, _ = deq("check", "1", "--root", course)
    assert code == 1
    assert out.count("not solved yet") == 2
    assert "hidden tests" in out
    path = edit(course / "course" / NOTEBOOK, {"halve": HALVE, "double": DOUBLE})
    assert "1.1, 1.2" in deq("progress", "--root", course)[1]
    code, out, err = deq("check", path, "--root", course)
    assert code == 0, out + err
    assert "2 of 2 exercises passed, 6 of 6 points." in out
    code, out, _ = deq("progress", "--root", course)
    assert "2 / 2" in out
    assert "6 / 6" in out
    assert "1.1" not in out, "nothing was edited since"
    edit(path, {"double": DOUBLE + "\n"})
    assert "1.2" in deq("progress", "--root", course)[1]


def test_wrong_and_crashing_answers_say_why(course: Path) -> None:
    rows = statuses(
        course,
        {
            "halve": "def halve(x):\n    return torch.stack([x[0] / 2, x[-1] / 4]) if x.dim() == 1 else x",
            "double": "def double(x):\n    return [x][1]",
        },
    )
    halve, double = rows["halve"], rows["double"]
    assert (halve.status, halve.earned, halve.points) == ("wrong", 1, 3)
    assert "halve(x) is off" in halve.what
    assert "expected [1, 2]\ncame [1, 1]" in halve.what
    assert halve.next_step == "Divide by two."
    assert (double.status, double.earned) == ("crashed", 0)
    assert double.what == "IndexError: list index out of range"


def test_a_cell_that_does_not_compile_is_shown_before_its_consequences(course: Path) -> None:
    noisy = "import sys\nprint(1, file=sys.stderr)"
    rows = statuses(course, {"halve": "def halve(x) return x", "double": DOUBLE, "halve-b": noisy})
    assert rows["halve"].status == "crashed"
    assert rows["halve"].what.startswith("SyntaxError")
    assert rows["halve"].earned == 0, "nbgrader takes a message on the error stream for a failed test"
    assert rows["double"].status == "passed"


def test_loops_that_do_not_end_cost_only_themselves(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_INTERRUPT_GRACE", 2)
    stubborn = "def halve(x):\n while True:\n  try:\n   while True: pass\n  except BaseException: pass"
    notebook = load_notebook(course / "course" / NOTEBOOK)
    notebook.cells += [
        mark(new_code_cell("def third(x):\n    return x / 3", id="third"), "third", solution=True, locked=False),
        mark(new_code_cell("third(1.0)"), "third-a", grade=True, points=1),
    ]
    write(course / "course" / NOTEBOOK, notebook)
    # `double` catches the interrupt and then gives the right answer: too late all the same.
    late = "def double(x):\n    try:\n        while True: pass\n    except KeyboardInterrupt:\n        return 2 * x"
    rows = statuses(course, {"halve": stubborn, "double": late, "figure": "pass"}, timeout=5)
    assert (rows["halve"].status, rows["halve"].earned) == ("timed out", 0)
    assert "longer than 5 s" in rows["halve"].what
    assert (rows["double"].status, rows["double"].earned) == ("timed out", 0)
    assert rows["third"].status == "passed"


def test_an_answer_that_ends_the_process_costs_only_itself(course: Path) -> None:
    rows = statuses(course, {"halve": "def halve(x):\n    os._exit(3)", "double": DOUBLE, "figure": "halve(1)"})
    assert (rows["halve"].status, rows["halve"].earned) == ("crashed", 0)
    assert "process ended" in rows["halve"].what
    assert rows["double"].status == "passed"


def test_changed_missing_and_copied_cells_are_remarked(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = load_notebook(course / "course" / NOTEBOOK)
    cells = {c["id"]: c for c in notebook.cells}
    cells["halve-a"].source = "pass"
    copy = nbformat.from_dict(json.loads(json.dumps(cells["halve"])))
    copy["id"] = "other"
    notebook.cells = [c for c in notebook.cells if c["id"] not in ("setup", "double-a")] + [copy]
    path = write(course / "course" / NOTEBOOK, notebook)
    report = checking.check(Chapter(course, TINY), path)
    text = "\n".join(report.remarks)
    assert "The cell halve-a was changed" in text
    assert "The cell setup is missing" in text
    assert "The cell double-a is missing" in text
    assert "The cell halve is there more than once" in text
    assert {r.name: (r.status, r.what) for r in report.rows}["double"] == ("wrong", "its test cells are missing")


def test_a_notebook_elsewhere_finds_its_chapter_and_its_files(course: Path, tmp_path: Path) -> None:
    away = Path(shutil.copy(course / "course" / NOTEBOOK, tmp_path / f"{TINY}.ipynb"))
    edit(away, {"halve": "assert os.path.exists('figures/one.png')\n" + HALVE, "double": DOUBLE})
    chapter, path = find_notebook(course, str(away))
    assert (chapter.name, path) == (TINY, away)
    assert checking.check(chapter, path).passed
    assert not (tmp_path / "figures").exists()


# --------------------------------------------------------------------------------------------------------------------
# Progress


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"version": 1}', '{"version": 1, "chapters": {"01_tiny": {"checked": 3}}}']
)
def test_a_damaged_progress_file_is_a_note(course: Path, deq: Deq, damage: str) -> None:
    (course / ".deq").mkdir()
    (course / ".deq" / "progress.json").write_text(damage)
    code, out, err = deq("progress", "--root", course)
    assert (code, err) == (0, "")
    assert "never" in out
    assert "damaged" in out
    row = checking.Row("1.1", "halve", 3, 3, "passed", "", "", "0")
    progress.record(course, checking.Report(TINY, "2026-11-23T20:00:00+00:00", [row], []), Console(quiet=True))
    assert progress.load(course)[1] == ""
    out = deq("progress", "--root", course)[1]
    assert "1 / 2" in out
    assert "3 / 6" in out


def test_an_unreadable_chapter_does_not_hide_the_others(course: Path, deq: Deq) -> None:
    shutil.copytree(course / "course" / TINY, course / "course" / "02_more")
    code, out, _ = deq("progress", "--root", course)
    assert code == 0
    assert "no notebook at" in out.replace("\n", " ")
    assert "0 / 2" in out
    assert [c.name for c in all_chapters(course)] == [TINY, "02_more"]


# --------------------------------------------------------------------------------------------------------------------
# Doctor, lab, the command itself


def test_doctor_finds_nothing_wrong_here(built_course: Path, deq: Deq) -> None:
    rows = {row.name: row for row in doctor.examine(built_course)}
    assert {row.state for row in rows.values()} <= {"ok", "warning"}, rows
    assert rows["torch"].found.startswith(__import__("torch").__version__)
    assert sys.executable in rows["python3 kernel"].found
    assert "1 chapter" in rows["course"].found


def test_doctor_exits_with_1_for_a_problem_only(
    built_course: Path, tmp_path: Path, deq: Deq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {"course": doctor.CHECKS["course"]})
    assert deq("doctor", "--root", built_course)[0] == 0
    code, out, _ = deq("doctor", "--root", tmp_path)
    assert code == 1
    assert "problem" in out

    @doctor.row("data")
    def _data(_: Path | None) -> doctor.Finding:
        return doctor.Finding("warning", "not here", "Run: deq data")

    code, out, _ = deq("doctor", "--root", built_course)
    assert code == 0
    assert "deq data" in out

    @doctor.row("broken")
    def _broken(_: Path | None) -> doctor.Finding:
        raise OSError("the disk is on fire")

    code, out, _ = deq("doctor", "--root", built_course)
    assert code == 1
    assert "the disk is on fire" in " ".join(out.split())


def test_doctor_names_a_damaged_chapter(course: Path) -> None:
    (course / "course" / NOTEBOOK).write_text("{")
    finding = doctor.CHECKS["course"](course)
    assert finding.state == "problem"
    assert NOTEBOOK in finding.found
    assert finding.advice == "Run: deq build"


def test_doctor_tells_a_foreign_kernel(built_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [str(tmp_path / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = doctor.CHECKS["python3 kernel"](built_course)
    assert finding.state == "problem"
    assert str(tmp_path / "python") in finding.found
    assert "ipykernel install" in finding.advice


def test_lab_opens_the_first_chapter_in_the_courses_folder(
    course: Path, deq: Deq, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, list[str], str]] = []
    monkeypatch.setattr(os, "execv", lambda path, command: called.append((path, command, os.getcwd())))
    monkeypatch.chdir(course / "course")
    assert deq("lab", "--no-browser", "--port", "9999")[0] == 0
    path, command, where = called[0]
    assert (path, where) == (sys.executable, str(course))
    assert f"--LabApp.default_url=/lab/tree/course/{NOTEBOOK}" in command
    assert {"--no-browser", "--port=9999"} <= set(command)
    assert "--allow-root" in lab_command(Path("a.ipynb"), True, 1, as_root=True)
    assert not {"--allow-root", "--no-browser"} & set(lab_command(Path("a.ipynb"), True, 1, as_root=False))


def test_lab_without_a_built_chapter_says_so(course: Path, deq: Deq) -> None:
    shutil.rmtree(course / "course")
    assert "holds no chapter; run `deq build`" in deq("lab", "--root", course)[2]


def test_help_is_light_and_a_missing_extra_is_one_line() -> None:
    heavy = "['nbformat', 'nbclient', 'nbgrader', 'matplotlib', 'IPython', 'jupyterlab', 'psutil']"
    code = f"import sys, deqlib.cli; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
    bare = "import sys; sys.modules['typer'] = None; import deqlib.cli"
    ended = subprocess.run([sys.executable, "-c", bare], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert ended.stderr == "deq needs the course extra: pip install 'deqlib[course]'\n"


def test_a_part_of_the_extra_that_is_missing_is_named(
    built_course: Path, deq: Deq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(doctor, "examine", lambda root: __import__("psutil"))
    code, _, err = deq("doctor", "--root", built_course)
    assert code == 2
    assert err == "deq needs the course extra: pip install 'deqlib[course]' (psutil is missing)\n"


def test_a_markdown_cell_is_no_exercise() -> None:
    notebook = tiny_notebook()
    notebook.cells.append(mark(new_markdown_cell("### BEGIN SOLUTION\n### END SOLUTION"), "essay", solution=True))
    assert any("essay" in p and "is a markdown cell, which should be code" in p for p in validate(notebook))
