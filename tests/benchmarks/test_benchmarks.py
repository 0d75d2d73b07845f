"""The benchmark runs, and its problems are the ones it describes. Nothing here looks at a clock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cifar
import effects
import gradients
import page
import pytest
import torch
from memory import peak_bytes
from problems import PROBLEMS, make

import deqlib
from deqlib import Anderson, Broyden, Implicit, Newton, Picard, Solver, Unroll

PAGE = Path(__file__).resolve().parents[2] / "docs" / "choosing.md"
RUN = Path(__file__).with_name("run.py")


@pytest.mark.slow
def test_quick_prints_every_problem_and_where_we_lose(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    done = subprocess.run(
        [sys.executable, RUN, "--quick", "--json", file], capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in PROBLEMS)
    assert "Where we lose" in done.stdout
    rows = json.loads(file.read_text())["rows"]
    assert {row["problem"] for row in rows} == set(PROBLEMS)
    assert {"ours", "torchdeq", "naive"} <= {row["family"] for row in rows}
    assert {row["kind"] for row in rows} == {"forward", "exact", "cheap"}
    judged = [row for row in rows if row["kind"] != "cheap"]
    assert all(row["reached"] == (row["residual"] is not None and row["residual"] <= 1.05e-3) for row in judged)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dense-0.9", "conv-init"])
def test_picard_takes_the_calls_that_the_problem_states(name: str) -> None:
    problem = make(name)
    assert problem.picard is not None
    solution = deqlib.solve(problem.f, problem.z0, solver=deqlib.Picard(), rtol=1e-6, max_calls=200)
    assert solution.converged
    assert abs(int(solution.calls.max()) - problem.picard) <= 0.1 * problem.picard


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_is_the_same_each_time_and_in_float64(name: str) -> None:
    one, again, twin = make(name), make(name), make(name, torch.float64)
    z = one.f(one.f(one.z0))
    assert torch.equal(z, again.f(again.f(again.z0)))
    assert deqlib.relative_residual(z.double(), twin.f(twin.f(twin.z0))).max() < 1e-5


@pytest.mark.slow
def test_peak_bytes_counts_what_is_alive_at_once_and_not_what_was_given() -> None:
    given = torch.zeros(1000)

    def one_at_a_time() -> torch.Tensor:
        z = given.view(10, 100)
        for _ in range(50):
            z = z + 1
        return z

    assert peak_bytes(one_at_a_time) == 2 * given.nbytes
    assert peak_bytes(lambda: torch.stack([torch.zeros(1000) for _ in range(7)])) == 14 * given.nbytes


# Calls that the design asks for at 1e-6, with a call to spare for another processor's rounding.
@pytest.mark.slow
@pytest.mark.parametrize("name", ["dense-0.9", "dense-0.99", "noncontr", "conv-init", "conv-stiff"])
def test_anderson_needs_no_more_calls_than_the_design_asks(name: str) -> None:
    problem = make(name)
    solution = deqlib.solve(problem.f, problem.z0, rtol=1e-6, max_calls=100)
    assert solution.converged
    assert problem.at_most is not None
    assert int(solution.calls.max()) <= problem.at_most + 1


@pytest.mark.slow
@pytest.mark.parametrize(("name", "at_most"), [("conv-init", 17), ("dense-0.99", 34)])
def test_gmres_solves_the_adjoint_equation_in_the_products_that_the_design_asks(name: str, at_most: int) -> None:
    made = gradients.equation(name)
    outcome = gradients.run(gradients.methods()[0], made, 1e-6, 100)
    assert outcome.u is not None
    assert made.residual(outcome.u) <= 1.05e-6
    assert made.error(outcome.u) < 1e-5
    assert outcome.calls <= at_most + 1


@pytest.mark.filterwarnings("ignore::deqlib.DeqWarning")
@pytest.mark.parametrize("solver", [Picard(), Anderson(), Broyden(), Newton()], ids=str)
def test_peak_memory_of_forward_and_backward_does_not_grow_with_calls(solver: Solver) -> None:
    """Bytes alive at once, solver's buffers and all; `Unroll` shows that the measure would see it grow."""
    exact = Implicit(rtol=0, max_calls=20, on_failure="ignore")
    few, many = (effects.step_bytes(solver, exact, calls) for calls in (10, 200))
    assert abs(many - few) <= 0.01 * few
    few, many = (effects.step_bytes(Picard(), Unroll(calls), calls) for calls in (10, 40))
    assert many > 2 * few


def test_every_mark_of_the_page_is_filled_from_a_measurement(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"<!-- begin (\w+) -->\n(.*?)<!-- end -->", text, re.S))
    assert len(blocks) == text.count("<!-- begin")
    assert all(block.strip() for block in blocks.values())
    assert all(problem in blocks["calls"] for problem in PROBLEMS)
    copy = tmp_path / "page.md"
    copy.write_text(text, encoding="utf-8")
    kinds = {"calls": "forward", "products": "exact", "cheap": "cheap"}
    same = {"problem": "one", "rtol": 1e-6, "calls": 7, "reached": True, "error": 0.5, "slow": False}
    same |= {"time_ratio": 1.5}
    solvers = ("Anderson", "Implicit, GMRES", "Neumann(5)")
    rows = [SimpleNamespace(solver=solver, kind=kind, **same) for kind in kinds.values() for solver in solvers]
    measured = [effects.Effect(name, "", ["a"], [["b"]]) for name in ("tolerance", "memory", "warm", "compact")]
    page.write(copy, "about", rows, ["one: lost"], measured)
    filled = dict(re.findall(r"<!-- begin (\w+) -->\n(.*?)<!-- end -->", copy.read_text(encoding="utf-8"), re.S))
    assert filled.keys() == blocks.keys()
    assert "| one |  | 7 |" in filled["calls"]
    assert "0.5" in filled["cheap"]
    assert "dense-0.9" not in copy.read_text(encoding="utf-8").replace("`dense-0.9`", "")


def test_the_page_on_cifar_is_what_the_runs_say() -> None:
    text = cifar.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, cifar.blocks()) == text, "run `make cifar`"
    seeds = {r["seed"] for name in ("mini", "weak") for r in cifar.load(name)}
    assert len(seeds) >= 3


def test_a_kept_run_is_shorter_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar, "RUNS", tmp_path)
    record = {"model": "m", "seed": 0, "history": [{"step": i} for i in range(200)]}
    (tmp_path / "long.jsonl").write_text(json.dumps(record) + "\n")
    cifar.keep("short", tmp_path / "long.jsonl")
    (short,) = cifar.load("short")
    assert len(short["history"]) <= cifar.HISTORY
    assert {**short, "history": 0} == {**record, "history": 0}


def test_paired_differences_leave_out_what_seeds_share() -> None:
    assert cifar.paired([70.0, 80.0, 90.0], [69.0, 79.0, 89.0]) == "+1.0 ± 0.0"
    assert cifar.spread([1.0, 2.0, 6.0]) == "3.0 (1.0 to 6.0)"
