"""The benchmark runs, and its problems are the ones it describes. Nothing here looks at a clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from memory import peak_bytes
from problems import PROBLEMS, make

import deqlib

RUN = Path(__file__).with_name("run.py")


@pytest.mark.slow
def test_quick_prints_every_problem_and_where_we_lose(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    done = subprocess.run(
        [sys.executable, RUN, "--quick", "--json", file], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in PROBLEMS)
    assert "Where we lose" in done.stdout
    rows = json.loads(file.read_text())["rows"]
    assert {row["problem"] for row in rows} == set(PROBLEMS)
    assert {"ours", "torchdeq", "naive"} <= {row["family"] for row in rows}
    assert all(row["reached"] == (row["residual"] is not None and row["residual"] <= 1.05e-3) for row in rows)


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
