"""A submission is rebuilt on our notebook: only the sources of answers and of a student's own cells are taken."""

import ast
import copy
import json
import time

import pytest
from cells import CHAPTERS, ROOT
from nbformat.v4 import new_code_cell

from deqlib.course.chapter import Chapter, CourseError, grade_id, has_role, load_notebook
from deqlib.course.grading.rebuilders import Rebuilders
from deqlib.course.grading.rebuilding import rebuild

CHAPTER = Chapter(ROOT, "01_fixed_points")
RELEASE = load_notebook(CHAPTER.release)


@pytest.fixture
def notebook():
    return copy.deepcopy(RELEASE)


def at(notebook, name):
    return next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def source(work, name):
    return next(cell.source for cell in work.cells if cell.id == name)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_is_cut(chapter):
    chapter = Chapter(ROOT, chapter)
    work = rebuild(chapter, load_notebook(chapter.source))
    assert sum(test.points for test in work.tests.values()) == 20
    assert {cell.id for cell in work.cells if cell.kind == "test"} == set(work.tests)
    assert {test.exercise for test in work.tests.values()} == {c.id for c in work.cells if c.kind == "solution"}
    for test in work.tests.values():
        probe, judge = ({n.name for n in ast.parse(half).body} for half in (test.probe, test.judge))
        assert "probe" in probe - judge
        assert "judge" in judge - probe
    assert not any("def judge(" in cell.source or "check.grade(" in cell.source for cell in work.cells)
    assert work.remarks == ()


def test_only_answers_are_taken(notebook):
    notebook.cells[at(notebook, "optimal_damping")].source = "answer = 1"
    notebook.cells[at(notebook, "optimal_damping-a")].source = "pass"
    notebook.cells[at(notebook, "setup")].source = "raise SystemExit"
    del notebook.cells[at(notebook, "optimal_damping-b")]
    work = rebuild(CHAPTER, notebook)
    clean = rebuild(CHAPTER, RELEASE)
    assert source(work, "optimal_damping") == "answer = 1"
    assert work.tests == clean.tests
    assert [c for c in work.cells if c.kind != "solution"] == [c for c in clean.cells if c.kind != "solution"]


def test_order_and_marks_do_not_matter(notebook):
    clean = rebuild(CHAPTER, notebook)
    for cell in notebook.cells:
        cell.metadata = {"tags": ["skip-execution"]} if not has_role(cell, "solution") else cell.metadata
    notebook.cells.reverse()
    notebook.metadata = {"kernelspec": {"name": "evil", "display_name": "evil"}}
    assert rebuild(CHAPTER, notebook) == clean


def test_an_answer_that_lost_its_mark_is_found_by_its_cell(notebook):
    cell = notebook.cells[at(notebook, "optimal_damping")]
    cell.source, cell.metadata = "answer = 1", {}
    assert source(rebuild(CHAPTER, notebook), "optimal_damping") == "answer = 1"


def test_the_last_copy_with_an_answer_counts(notebook):
    place = at(notebook, "optimal_damping")
    first, second, stub = (copy.deepcopy(notebook.cells[place]) for _ in range(3))
    first.source, second.source = "answer = 1", "answer = 2"
    notebook.cells[place : place + 1] = [first, second, stub]
    work = rebuild(CHAPTER, notebook)
    assert source(work, "optimal_damping") == "answer = 2"
    assert any("3 cells named optimal_damping" in remark for remark in work.remarks)


def test_a_missing_answer_is_a_stub_and_a_remark(notebook):
    del notebook.cells[at(notebook, "optimal_damping")]
    work = rebuild(CHAPTER, notebook)
    assert "raise NotImplementedError" in source(work, "optimal_damping")
    assert work.remarks == ("The cell optimal_damping is missing.",)


def test_own_cells_stay_where_they_were(notebook):
    notebook.cells.insert(at(notebook, "cobweb_points"), new_code_cell("helper = 1", id="mine"))
    notebook.cells.insert(0, new_code_cell("first = 1", id="mine"))
    cells = rebuild(CHAPTER, notebook).cells
    places = [i for i, cell in enumerate(cells) if cell.kind == "own"]
    assert [cells[i].source for i in places] == ["first = 1", "helper = 1"]
    assert len({cell.id for cell in cells}) == len(cells)
    assert places[0] == 0
    assert cells[places[1] + 1].id == "cobweb_points"


def test_demonstrations_run_only_where_their_names_are_read(notebook):
    ids = [cell.id for cell in rebuild(CHAPTER, notebook).cells if cell.kind == "ours"]
    assert ids == ["setup"]
    demo = next(cell.id for cell in load_notebook(CHAPTER.source).cells if cell.source.startswith("W, x = check."))
    notebook.cells[at(notebook, "optimal_damping")].source = "def optimal_damping(lo, hi):\n    return layer(lo)\n"
    assert demo in [cell.id for cell in rebuild(CHAPTER, notebook).cells]
    notebook.cells[at(notebook, "optimal_damping")].source = "%time y = W.norm()"
    assert demo in [cell.id for cell in rebuild(CHAPTER, notebook).cells]


def test_a_cell_that_can_look_anywhere_keeps_all_before_it(notebook):
    few = len(rebuild(CHAPTER, notebook).cells)
    notebook.cells[at(notebook, "optimal_damping")].source = "answer = globals()['lay' + 'er']"
    assert len(rebuild(CHAPTER, notebook).cells) > few + 5


# --------------------------------------------------------------------------------------------------------------------
# In a process that can be killed


def as_bytes(notebook):
    return json.dumps(notebook).encode()


@pytest.fixture(scope="module")
def rebuilders():
    with Rebuilders(1, seconds=4) as found:
        yield found


def test_a_process_rebuilds_as_we_do(rebuilders, notebook):
    notebook.cells[at(notebook, "optimal_damping")].source = "answer = 1"
    found = rebuilders.rebuild(CHAPTER, "ana.ipynb", b"\xef\xbb\xbf" + as_bytes(notebook))
    assert found == rebuild(CHAPTER, notebook)
    with pytest.raises(CourseError, match=r"^ana.ipynb is not a notebook: it is cut off or damaged"):
        rebuilders.rebuild(CHAPTER, "ana.ipynb", b'{"cells": [')


def test_a_process_that_died_is_started_again(rebuilders, notebook):
    rebuilders.rebuild(CHAPTER, "ana.ipynb", as_bytes(notebook))
    process = rebuilders._idle.get()
    rebuilders._idle.put(process)
    process._process.kill()
    assert rebuilders.rebuild(CHAPTER, "ana.ipynb", as_bytes(notebook)) == rebuild(CHAPTER, notebook)
    assert rebuilders._idle.qsize() == 1


def slow(notebook):
    """Trees by the hundred, each as large as is looked at."""
    notebook.cells += [new_code_cell("a;" * 49_000 + str(k)) for k in range(100)]
    return as_bytes(notebook)


def deep(notebook):
    """Twenty megabytes of JSON that would take gigabytes."""
    notebook.metadata["more"] = "HERE"
    return as_bytes(notebook).replace(b'"HERE"', b"[" + b"{}," * 6_000_000 + b"{}]")


@pytest.mark.parametrize(
    ("make", "said"),
    [(slow, "more than 4 s"), (deep, "too much memory|more than 4 s")],
)
def test_what_a_parser_cannot_cope_with_is_ended(rebuilders, notebook, make, said):
    began = time.monotonic()
    with pytest.raises(CourseError, match=said):
        rebuilders.rebuild(CHAPTER, "eve.ipynb", make(notebook))
    assert time.monotonic() - began < 30
    assert rebuilders.rebuild(CHAPTER, "ana.ipynb", as_bytes(RELEASE)) == rebuild(CHAPTER, RELEASE)


@pytest.mark.parametrize(
    "source",
    ["a" * 90_000 + " + b?", "a" * 90_000 + "\n?" * 2000, "%time x\n" * 10_000, "x = 1\n" * 300_000, "=" * 99_000],
)
def test_a_cell_that_is_hard_to_read_takes_no_time(notebook, source):
    notebook.cells.append(new_code_cell(source))
    began = time.process_time()
    work = rebuild(CHAPTER, notebook)
    assert time.process_time() - began < 5
    assert any(cell.source == source for cell in work.cells)


def test_cells_of_one_name_by_the_thousand_take_no_time(notebook):
    notebook.cells += [new_code_cell(f"x = {k}", id="same") for k in range(10_000)]
    began = time.process_time()
    work = rebuild(CHAPTER, notebook)
    assert time.process_time() - began < 20
    assert len({cell.id for cell in work.cells}) == len(work.cells)
