"""Submitted code runs in a sandbox: honest work is measured, and nothing that is not its own is reached or lost."""

import pytest
from cells import ROOT

from deqlib.course import check
from deqlib.course.chapter import Chapter, load_notebook
from deqlib.course.grading.rebuilding import rebuild
from deqlib.course.grading.sandbox import find
from deqlib.course.grading.session import Runner
from deqlib.course.grading.work import Cell, Limits, Test, Work

PROBE = "def probe(seed):\n    return {'seed': seed, 'value': answer(torch.tensor(2.0))}\n"
GOOD = "def answer(x):\n    return x ** 2\n"


@pytest.fixture(scope="module")
def runner():
    with Runner(find(), Limits(cell_seconds=4, seconds=40)) as runner:
        yield runner


def work(*cells, probe=PROBE):
    """A little chapter: imports, the given sources as answers, each with one test."""
    found = [Cell("setup", "ours", "import torch\nfrom deqlib.course import check\n")]
    tests = {}
    for k, source in enumerate(cells):
        found += [Cell(f"e{k}", "solution", source), Cell(f"e{k}-a", "test", "check.passed('a')\n")]
        tests[f"e{k}-a"] = Test(f"e{k}-a", f"e{k}", 1, probe, "def judge(seed, got): ...\n")
    return Work("test", tuple(found), tests)


def states(ran):
    return [outcome.state for outcome in ran.outcomes.values()]


def test_honest_work_is_measured(runner):
    ran = runner.run(work(GOOD), seed=41)
    assert states(ran) == ["values"]
    got = check.unpack(ran.outcomes["e0-a"].data)
    assert (got["seed"], got["value"]) == (41, 4.0)
    assert "visible checks passed" in ran.outputs["e0-a"]
    assert ran.remark == ""


def test_a_stub_an_error_and_a_crash_are_told_apart(runner):
    stub = "def answer(x):\n    raise NotImplementedError('not solved yet')\n"
    wrong = "def answer(x):\n    return x.nothing\n"
    exits = "def answer(x):\n    import os\n    os._exit(0)\n"
    endless = "def answer(x):\n    while True: pass\n"
    ran = runner.run(work(GOOD, stub, wrong, exits, endless, GOOD), seed=1)
    assert states(ran) == ["values", "not solved", "failed", "crashed", "timed out", "values"]
    assert "AttributeError" in ran.outcomes["e2-a"].message


@pytest.mark.slow
def test_a_solved_chapter_gives_values_for_every_test(runner):
    chapter = Chapter(ROOT, "01_fixed_points")
    ran = runner.run(rebuild(chapter, load_notebook(chapter.source)), seed=3)
    assert set(states(ran)) == {"values"}
