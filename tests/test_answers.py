"""The tests of the exercises, tested: what they accept, what they reject and how, for every chapter."""

from __future__ import annotations

import ast
import contextlib
from pathlib import Path

import pytest
import torch
from cells import CHAPTERS, ROOT, cells, earned, exercises, hidden, setup

from deqlib.course import check

ANSWERS = ROOT / "tests" / "answers"
SEEDS = (0, 1, 2, 3, 2**31 - 1)
ALL = [(chapter, name) for chapter in CHAPTERS for name in exercises(chapter)]


def files(kind: str) -> list[Path]:
    return sorted(ANSWERS.glob(f"*/*/{kind}_*.py"))


def chapter_of(path: Path) -> str:
    return next(c for c in CHAPTERS if c.startswith(path.parent.parent.name))


def solved(chapter: str) -> dict[str, str]:
    return {c.id: c.source for c in cells(chapter) if c.kind == "solution"}


def label(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_untouched_scores_zero_and_only_says_not_solved(chapter: str) -> None:
    for name, got in earned(chapter, {}).items():
        assert isinstance(got, NotImplementedError), f"{name} gave {got!r}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_solved_scores_full_for_any_drawn_seed(chapter: str) -> None:
    tests = {c.id: c.points for c in cells(chapter) if c.kind == "test"}
    assert earned(chapter, solved(chapter), seeds=(*SEEDS, *range(10, 30))) == tests
    assert sum(tests.values()) == 20


@pytest.mark.parametrize(("chapter", "name"), ALL)
def test_an_exercise_solved_alone_earns_exactly_its_points(chapter: str, name: str) -> None:
    got = earned(chapter, {name: solved(chapter)[name]})
    for cell in (c for c in cells(chapter) if c.kind == "test"):
        if cell.exercise == name:
            assert got[cell.id] == cell.points
        else:
            assert isinstance(got[cell.id], NotImplementedError)


@pytest.mark.parametrize("path", files("wrong"), ids=label)
def test_a_wrong_answer_is_rejected_with_a_message(path: Path) -> None:
    chapter, name = chapter_of(path), path.parent.name
    got = earned(chapter, solved(chapter) | {name: path.read_text()}, only=name)
    failures = [v for v in got.values() if isinstance(v, Exception)]
    assert failures, "accepted with full points"
    for failure in failures:
        assert isinstance(failure, check.Failed), f"rejected by a crash: {failure!r}"
        assert len(failure.what) > 10
    # A mistake may also crash on an edge case, but some check must have measured it.
    assert any(f.__cause__ is None for f in failures), f"rejected by crashes alone: {failures[0].__cause__!r}"


@pytest.mark.parametrize("path", files("wrong"), ids=label)
def test_a_wrong_answer_is_rejected_by_hidden_tests_alone(path: Path) -> None:
    """What a learner can see runs in a process that belongs to the learner, who can switch it off."""
    chapter, name = chapter_of(path), path.parent.name
    got = earned(chapter, solved(chapter) | {name: path.read_text()}, only=name, visible=False)
    assert any(isinstance(v, Exception) for v in got.values()), "only visible checks reject it"


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("04/DEQFunction/wrong_fixed_unroll.py", "DEQFunction-c"),
        ("04/DEQFunction/wrong_fixed_list.py", "DEQFunction-c"),
        ("05/DEQ/wrong_fixed_unroll.py", "DEQ-c"),
    ],
)
def test_memory_is_held_to_a_bound_and_not_only_compared(path: str, test: str) -> None:
    """Two measured numbers are also equal where both are large, as when a fixed number of steps is kept."""
    chapter, name = chapter_of(ANSWERS / path), path.split("/")[1]
    got = earned(chapter, solved(chapter) | {name: (ANSWERS / path).read_text()}, only=name, visible=False)[test]
    assert isinstance(got, check.Failed)
    assert "kept" in got.what


@pytest.mark.parametrize("path", files("right"), ids=label)
def test_a_correct_alternative_gets_full_points(path: Path) -> None:
    chapter, name = chapter_of(path), path.parent.name
    got = earned(chapter, solved(chapter) | {name: path.read_text()}, only=name, seeds=SEEDS)
    assert got == {c.id: c.points for c in cells(chapter) if c.kind == "test" and c.exercise == name}


@pytest.mark.parametrize(("chapter", "name"), ALL)
def test_there_are_enough_answers(chapter: str, name: str) -> None:
    folder = ANSWERS / chapter[:2] / name
    assert len(list(folder.glob("wrong_*.py"))) >= 3
    assert len(list(folder.glob("right_*.py"))) >= 2


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_probe_and_judge_need_nothing_of_each_other(chapter: str) -> None:
    """The probe runs where no judge is; the judge runs where no learner's code ever was, on bytes alone."""
    for cell in (c for c in cells(chapter) if c.kind == "test"):
        halves = hidden(cell.source)
        tree = ast.parse(halves)
        functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        assert {"probe", "judge"} <= functions, cell.id
        assert ast.unparse(tree.body[-1]) == "check.grade(probe, judge)", cell.id

        def without(name: str, tree: ast.Module = tree) -> str:
            keep = [n for n in tree.body[:-1] if not (isinstance(n, ast.FunctionDef) and n.name == name)]
            return ast.unparse(ast.Module(keep, []))

        beside, outside = setup(chapter), setup(chapter)
        for source in solved(chapter).values():
            exec(source, beside)
        exec(without("judge"), beside)
        exec(without("probe"), outside)
        data = check.run_probe(beside["probe"], 12345)
        outside["judge"](12345, check.unpack(data))
    torch.set_default_dtype(torch.float32)


NO_INPUTS = {  # exercise: why what its probe returns cannot hang on the seed
    "misconceptions": "twelve statements, each true or false: there is nothing to draw",
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_right_values_for_one_seed_are_wrong_for_another(chapter: str) -> None:
    """Else an answer could give back values that it, or a friend, once recorded."""
    names, replayed = setup(chapter), []
    for source in solved(chapter).values():
        exec(source, names)
    for cell in (c for c in cells(chapter) if c.kind == "test" and c.exercise not in NO_INPUTS):
        halves = dict(names)
        exec(ast.unparse(ast.Module(ast.parse(hidden(cell.source)).body[:-1], [])), halves)
        recorded = check.unpack(check.run_probe(halves["probe"], 0))
        for seed in (12345, 1, 2520):  # 2520, a multiple of all numbers to 10: too few inputs show, as in seed % 7
            with contextlib.suppress(check.Failed):
                halves["judge"](seed, recorded)
                replayed.append(f"{cell.id} accepts for seed {seed} what is right for seed 0")
    torch.set_default_dtype(torch.float32)
    assert not replayed, replayed


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_calling_deqlib_instead_of_answering_is_noticed(chapter: str) -> None:
    names = setup(chapter)
    exec("import deqlib\nsneaky = deqlib.solve", names)

    def cheat(seed: int) -> dict[str, torch.Tensor]:
        return {"z": names["sneaky"](torch.cos, torch.ones(1, 1)).z}

    with pytest.raises(check.Failed, match="calls deqlib's own code"):
        check.grade(cheat, lambda seed, got: None)
    torch.set_default_dtype(torch.float32)
