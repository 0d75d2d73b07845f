"""Peaceman-Rachford finds the one equilibrium of a monotone problem, for any step, and its gradient is right."""

from __future__ import annotations

import pytest
import torch

from deqlib import DEQ, Implicit, PeacemanRachford, Picard, compare, fixed_point, solve


def problem(seed: int, n: int = 12, margin: float = 0.2, turn: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
    gen = torch.Generator().manual_seed(seed)
    A, B = torch.randn(2, n, n, generator=gen, dtype=torch.float64) / n**0.5
    W = (1 - margin) * torch.eye(n, dtype=torch.float64) - A.T @ A + turn * (B - B.T)
    return W, torch.randn(3, n, generator=gen, dtype=torch.float64)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [None, 0.05, 1.0])
def test_every_step_leads_to_the_equilibrium_where_plain_iteration_does_not(seed: int, step: float | None) -> None:
    W, b = problem(seed)
    pr = PeacemanRachford(step)
    found = solve(pr, torch.zeros_like(b), *pr.prepare(W, b), solver=Picard(), rtol=1e-12, max_calls=3000)
    z = pr.read(found.z)
    assert found.converged
    assert torch.allclose(z, torch.relu(z @ W.T + b), atol=1e-9)
    plain = solve(lambda z: torch.relu(z @ W.T + b), torch.zeros_like(b), solver=Picard(), max_calls=200)
    assert not plain.converged
    other = solve(pr, torch.randn_like(b), *pr.prepare(W, b), solver=Picard(), rtol=1e-12, max_calls=3000)
    assert torch.allclose(pr.read(other.z), z, atol=1e-8), "one equilibrium, whatever the start"


@pytest.mark.parametrize("seed", range(3))
def test_the_map_contracts_at_least_as_fast_as_the_docstring_says(seed: int) -> None:
    W, b = problem(seed)
    pr, F = PeacemanRachford(), torch.eye(len(W), dtype=W.dtype) - W
    m, L = torch.linalg.eigvalsh((F + F.T) / 2).min(), torch.linalg.matrix_norm(F, 2)
    args = pr.prepare(W, b)
    u, v = torch.randn(2, *b.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    for _ in range(20):
        after = pr(u, *args), pr(v, *args)
        assert ((after[0] - after[1]).norm(dim=1) <= (1 - m / L).sqrt() * (u - v).norm(dim=1) + 1e-14).all()
        u, v = after


def test_the_gradient_reaches_the_matrix_and_the_bias_and_not_the_step() -> None:
    W, b = (t.requires_grad_() for t in problem(0))
    weight = torch.randn(b.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    adjoint = Implicit(rtol=1e-12, max_calls=200)
    deq = DEQ(PeacemanRachford(), solver=Picard(), adjoint=adjoint, rtol=1e-13, max_calls=3000)
    z = deq.cell.read(deq(*deq.cell.prepare(W, b)))
    grads = torch.autograd.grad((z * weight).sum(), (W, b))
    on = (z > 0).double().detach()
    u = torch.linalg.solve((torch.eye(len(W), dtype=W.dtype) - on[:, :, None] * W.detach()).mT, weight)
    assert compare(grads, ((on * u).mT @ z.detach(), on * u)).relative_error < 1e-9


def test_it_agrees_with_a_plain_fixed_point_where_both_work() -> None:
    gen = torch.Generator().manual_seed(3)
    W = torch.randn(6, 6, generator=gen, dtype=torch.float64)
    W, b = 0.5 * W / torch.linalg.matrix_norm(W, 2), torch.randn(2, 6, generator=gen, dtype=torch.float64)
    pr = PeacemanRachford()
    z = pr.read(solve(pr, torch.zeros_like(b), *pr.prepare(W, b), rtol=1e-12, max_calls=200).z)
    plain = fixed_point(lambda z: torch.relu(z @ W.T + b), torch.zeros_like(b), rtol=1e-12, max_calls=200)
    assert torch.allclose(z, plain, atol=1e-9)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_a_step_that_is_not_positive_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match="step must be positive"):
        PeacemanRachford(step)
