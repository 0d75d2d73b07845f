"""Newton-Krylov: its order, its price in calls, and what it does where a step leads too far."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from deqlib import Newton, Picard, Result, relative_residual, solve
from deqlib.course import check


def tanh_map(seed: int, size: int, norm: float, batch: int = 3) -> tuple[object, Tensor]:
    W, x = check.random_map(seed, size, norm, batch)
    return lambda z: torch.tanh(z @ W.T + x), torch.zeros_like(x)


@pytest.mark.parametrize("seed", range(4))
def test_centres_converge_quadratically_when_the_inner_systems_are_solved(seed: int) -> None:
    f, z0 = tanh_map(seed, 6, 0.95, batch=1)
    s = solve(f, z0, solver=Newton(memory=6, inner=1e-9), rtol=1e-14, max_calls=60, trace=True)
    assert s.trace is not None
    # From 1e-2 on each new centre squares the error, as long as √eps of the difference quotient is not in the way.
    falls = torch.tensor([r for r in s.trace[:, 0].cummin(0).values.unique().flip(0) if r < 1e-1])
    orders = [(b.log() / a.log()).item() for a, b in itertools.pairwise(falls) if b > 1e-13]
    assert max(orders) > 1.6, f"residuals {falls.tolist()}"


def test_a_linear_map_takes_one_step_with_as_many_products_as_it_has_dimensions() -> None:
    A, b = check.random_map(3, 8, norm=3.0)
    calls: list[Tensor] = []

    def f(z: Tensor) -> Tensor:
        calls.append(z.clone())
        return z @ A.T + b

    s = solve(f, torch.zeros_like(b), solver=Newton(memory=8, inner=1e-7), rtol=1e-6, max_calls=40)
    assert s.converged
    assert len(calls) == int(s.calls[0]) == 2 + 8 + 1, "start, first centre, eight products, the answer"
    assert (relative_residual(s.z, s.z @ A.T + b) <= 1e-6).all()


def test_a_residual_that_picard_lets_grow_is_solved() -> None:
    A, x = check.random_map(1, 20, 2.0, 3)
    f, z0 = lambda z: torch.tanh(x / 5 - z @ A.T @ A), torch.zeros_like(x)
    assert not solve(f, z0, solver=Picard(), rtol=1e-8, max_calls=120).converged
    assert solve(f, z0, solver=Newton(), rtol=1e-8, max_calls=400).converged


def test_samples_at_different_stages_keep_apart() -> None:
    """One sample starts at its solution, one near it, one far: their inner iterations end at different calls."""
    W, x = check.random_map(5, 16, 0.98, 3)
    rows = [lambda z, i=i: torch.tanh(z @ W.T + x[i]) for i in range(3)]
    alone = [
        solve(row, torch.zeros(1, 16, dtype=x.dtype), solver=Newton(4), rtol=1e-11, max_calls=90) for row in rows
    ]
    z0 = torch.cat([alone[0].z, alone[1].z + 1e-3, torch.zeros_like(alone[2].z)])
    both = solve(lambda z: torch.stack([row(z[i]) for i, row in enumerate(rows)]), z0, solver=Newton(4), rtol=1e-11,
                 max_calls=90)  # fmt: skip
    assert both.converged
    assert both.calls[0] == 1
    assert both.calls[1] < both.calls[2] == alone[2].calls[0]
    assert torch.allclose(both.z[2], alone[2].z[0], rtol=0, atol=1e-12)


def test_a_step_that_leads_too_far_is_halved() -> None:
    # z = atan(5 z) / 2 + 1/2 seen from its flat side: a full Newton step overshoots.
    f = lambda z: z - torch.atan(4 * z)  # noqa: E731
    z0 = torch.full((1, 1), 3.0, dtype=torch.float64)
    points: list[float] = []

    def watched(z: Tensor) -> Tensor:
        points.append(z.item())
        return f(z)

    s = solve(watched, z0, solver=Newton(), rtol=0, atol=1e-10, max_calls=80)
    assert s.converged
    assert abs(s.z.item()) < 1e-9
    assert max(abs(p) for p in points) < 400, "without halving Newton's steps on atan grow without bound"


def test_a_constant_residual_and_a_singular_system_end_with_a_code() -> None:
    s = solve(lambda z: z + 100, torch.ones(2, 3), solver=Newton(), max_calls=50)
    assert s.z.isfinite().all()
    assert (s.result != Result.CONVERGED).all()
