"""Anderson against its definition, and the parts of the loop that a contraction would never show."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from deqlib import Anderson, Picard, Result, relative_residual, solve
from deqlib.course import check


def by_definition(
    f: object, z: Tensor, memory: int, damping: float, restart: bool, calls: int, every: int = 1
) -> list[Tensor]:
    """Anderson for one sample: the weights by a dense least-squares solve over the whole window, nothing kept."""
    points, values = [], []
    for call in range(calls):
        if restart and len(points) == memory:  # the last pair is the first of the next memory
            points, values = points[-1:], values[-1:]
        points, values = [*points, z][-memory:], [*values, f(z)][-memory:]
        X = torch.cat(points)
        G = torch.cat(values) - X
        # gelsd, since torch's default driver gives all weights 0 where the first column is 0.
        dG = G.diff(dim=0).T
        gamma = torch.linalg.lstsq(dG, G[-1:].T, driver="gelsd").solution if len(X) > 1 else torch.zeros(0, 1)
        gamma = gamma if call % every == 0 else torch.zeros_like(gamma)
        z = (X[-1] + damping * G[-1] - (X + damping * G).diff(dim=0).T @ gamma.to(X)[:, 0])[None]
    return points[-1]


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("restart", [True, False])
@pytest.mark.parametrize(("memory", "damping"), [(2, 1.0), (4, 1.0), (4, 0.7), (7, 1.0)])
def test_iterates_are_those_of_the_definition_long_after_the_memory_is_full(
    memory: int, damping: float, restart: bool, every: int
) -> None:
    W, x = check.random_map(2, 30, norm=2.0)

    def f(z: Tensor) -> Tensor:
        return torch.tanh(z @ W.T + x)

    seen: list[Tensor] = []

    def watched(z: Tensor) -> Tensor:
        seen.append(z.clone())
        return f(z)

    solver = Anderson(memory, damping, restart=restart, every=every)
    solve(watched, torch.zeros_like(x), solver=solver, rtol=1e-14, max_calls=16)
    want = by_definition(f, torch.zeros_like(x), memory, damping, restart, 16, every)
    assert torch.allclose(seen[-1], want, rtol=1e-6, atol=1e-9)


def test_the_ridge_is_a_fraction_of_each_squared_column() -> None:
    W, x = check.random_map(2, 30, norm=2.0)
    f = lambda z: torch.tanh(z @ W.T + x)  # noqa: E731
    seen: list[Tensor] = []

    def watched(z: Tensor) -> Tensor:
        seen.append(z.clone())
        return f(z)

    solve(watched, torch.zeros_like(x), solver=Anderson(memory=5, ridge=0.3), rtol=1e-14, max_calls=5)
    X, G = torch.cat(seen), torch.cat([f(z) - z for z in seen])
    for k in range(1, 4):
        dG, dP = G[: k + 1].diff(dim=0), (X + G)[: k + 1].diff(dim=0)
        gram = dG @ dG.T
        gamma = torch.linalg.solve(gram + 0.3 * gram.diagonal().diag(), dG @ G[k])
        assert torch.allclose(seen[k + 1][0], X[k] + G[k] - gamma @ dP, rtol=1e-9, atol=1e-12)


def test_two_residuals_that_are_the_same_do_not_stop_the_extrapolation() -> None:
    """The map drifts for two calls, so one difference is 0; its weight is 0, and the others keep theirs."""
    W, x = check.random_map(4, 12, norm=0.9)
    drift = torch.ones_like(x)

    def f(z: Tensor) -> Tensor:
        return torch.where(z[:, :1] < 1.5, z + drift, 3 + torch.tanh(z @ W.T + x))  # 2 at least: no way back

    seen: list[Tensor] = []

    def watched(z: Tensor) -> Tensor:
        seen.append(z.clone())
        return f(z)

    solve(watched, torch.zeros_like(x), solver=Anderson(memory=8), rtol=1e-14, max_calls=7)
    assert torch.equal(f(seen[0]) - seen[0], f(seen[1]) - seen[1])
    want = by_definition(f, torch.zeros_like(x), 8, 1.0, True, 7)
    assert torch.allclose(seen[-1], want, rtol=1e-6, atol=1e-9)


def test_restarting_needs_fewer_calls_than_the_window_on_a_stiff_map() -> None:
    rates = torch.linspace(0.2, 0.99, 30, dtype=torch.float64)
    calls = [
        int(solve(lambda z: rates * z + 1, torch.zeros(1, 30, dtype=torch.float64), rtol=1e-8, max_calls=1000,
                  solver=Anderson(memory=5, restart=restart)).calls[0])
        for restart in (True, False)
    ]  # fmt: skip
    assert calls[0] < 0.6 * calls[1]


def test_without_a_ridge_a_dependent_history_takes_a_damped_step() -> None:
    # One entry, six pairs: five columns of length 1 are five times the same direction.
    s = solve(torch.cos, torch.ones(3, 1), solver=Anderson(memory=6, ridge=0.0), rtol=1e-6, max_calls=60)
    assert s.converged, s.message
    assert torch.allclose(s.z, torch.tensor(0.739085), atol=1e-5)


@pytest.mark.parametrize("solver", [Picard(), Anderson(memory=1)], ids=str)
def test_a_map_that_runs_away_gives_its_best_state_back(solver: Picard | Anderson) -> None:
    start = torch.tensor([[0.3], [0.26]])
    s = solve(lambda z: 1 - 3 * z, start, solver=solver, rtol=1e-6, max_calls=12, trace=True)
    assert (s.result == Result.MAX_CALLS).all()
    assert s.trace is not None
    assert torch.equal(s.residual, s.trace.amin(0))
    assert (s.trace[-1] > s.residual).all(), "the last state is not the best, so this is tested"
    assert torch.equal(relative_residual(s.z, 1 - 3 * s.z), s.residual)


@pytest.mark.parametrize("solver", [Picard(), Anderson()], ids=str)
def test_a_finished_sample_stands_still_while_the_others_go_on(solver: Picard | Anderson) -> None:
    rate = torch.tensor([[0.1], [0.9]])
    inputs: list[Tensor] = []

    def f(z: Tensor) -> Tensor:
        inputs.append(z.clone())
        return rate * torch.sin(z) + 1

    s = solve(f, torch.zeros(2, 4), solver=solver, rtol=1e-5, max_calls=100, trace=True)
    done = int(s.calls[0])
    assert done < int(s.calls[1])
    assert all(torch.equal(z[0], s.z[0]) for z in inputs[done:])
    assert s.trace is not None
    assert (s.trace[done - 1 :, 0] == s.residual[0]).all()
