"""Cells converge as they are born, keep samples apart, and are what their equations say."""

from __future__ import annotations

import pytest
import torch

from deqlib import Anderson, Implicit, Picard, compare, fixed_point, solve
from deqlib.cells import ConvCell, DenseCell, MonotoneCell
from deqlib.diagnose import spectral_radius


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [8, 64, 300])
def test_a_dense_cell_is_solved_as_it_is_born(size: int, seed: int) -> None:
    torch.manual_seed(seed)
    cell, x = DenseCell(size), torch.randn(5, size)
    s = solve(cell, torch.zeros(5, size), x, solver=Picard(), rtol=1e-5, max_calls=60)
    assert s.converged, s.message
    other = solve(cell, torch.randn(5, size), x, solver=Anderson(), rtol=1e-5, max_calls=60)
    assert torch.allclose(s.z, other.z, atol=1e-3), "one fixed point, whatever the start"
    assert not torch.allclose(s.z[0], s.z[1], atol=1e-2), "the input matters at the equilibrium"


@pytest.mark.parametrize("seed", range(3))
def test_the_solved_convolutional_cell_converges_and_the_residual_one_is_slower(seed: int) -> None:
    torch.manual_seed(seed)
    u, calls, radius = torch.randn(3, 16, 8, 8), {}, {}
    for identity in (False, True):
        torch.manual_seed(seed)
        cell = ConvCell(16, groups=4, std=0.01, identity=identity)
        s = solve(cell, torch.zeros_like(u), u, solver=Picard(), rtol=1e-5, max_calls=200)
        assert s.converged
        calls[identity] = s.calls.max().item()
        radius[identity] = spectral_radius(cell, s.z, u).max().item()
    assert calls[False] < calls[True]
    assert radius[False] < radius[True] < 1


def residual_cell(std: float) -> tuple[ConvCell, torch.Tensor]:
    torch.manual_seed(0)
    u = torch.randn(8, 24, 8, 8, dtype=torch.float64)
    return ConvCell(24, 8, std, identity=True).double(), u


def test_a_loose_forward_tolerance_spoils_the_gradient_of_the_residual_cell() -> None:
    cell, u = residual_cell(0.01)
    weight = torch.randn_like(u)

    def gradient(rtol: float) -> list[torch.Tensor]:
        z = fixed_point(cell, torch.zeros_like(u), u, params=cell.parameters(), solver=Picard(), rtol=rtol,
                        max_calls=500, adjoint=Implicit(rtol=1e-10, max_calls=200))  # fmt: skip
        return list(torch.autograd.grad((z * weight).sum(), list(cell.parameters())))

    exact = gradient(1e-11)
    assert 0.02 < compare(gradient(1e-3), exact).relative_error < 0.1
    assert compare(gradient(1e-6), exact).relative_error < 1e-3


def test_large_initial_weights_keep_the_residual_cell_from_converging() -> None:
    for std, converges in ((0.01, True), (0.1, False)):
        cell, u = residual_cell(std)
        s = solve(cell, torch.zeros_like(u), u, solver=Picard(), rtol=1e-5, max_calls=200)
        assert s.converged == converges


def test_an_image_does_not_notice_its_batch() -> None:
    torch.manual_seed(0)
    cell, u = ConvCell(8, groups=2).double(), torch.randn(4, 8, 6, 6, dtype=torch.float64)
    together = solve(cell, torch.zeros_like(u), u, rtol=1e-10, max_calls=80).z
    alone = torch.cat([solve(cell, torch.zeros_like(v), v, rtol=1e-10, max_calls=80).z for v in u.split(1)])
    assert torch.allclose(together, alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_forward_backward_reaches_the_one_fixed_point_where_plain_iteration_does_not(scale: float) -> None:
    torch.manual_seed(0)
    cell = MonotoneCell(10, margin=1.0).double()
    with torch.no_grad():
        for p in cell.W.parameters():
            p.mul_(scale)
    x = torch.randn(3, 10, dtype=torch.float64)
    s = solve(cell, torch.zeros_like(x), x, solver=Picard(), rtol=1e-9, max_calls=20000)
    assert s.converged
    plain = torch.relu(s.z @ cell.W.weight.T + cell.U(x))
    assert torch.allclose(plain, s.z, atol=1e-6), "the same fixed point as relu(W z + U x + b)"
    cell.step = 1.0
    away = solve(cell, torch.zeros_like(x), x, solver=Picard(), rtol=1e-9, max_calls=2000)
    if scale == 3:
        assert not away.converged


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    for cell, shape in ((DenseCell(6), (2, 6)), (ConvCell(8, 2), (2, 8, 4, 4)), (MonotoneCell(6), (2, 6))):
        z = torch.rand(shape)
        (cell(z, torch.randn(shape)) * torch.randn(shape)).sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in cell.parameters())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: DenseCell(0), "sizes >= 1"),
        (lambda: DenseCell(3, gain=-1.0), "gain >= 0"),
        (lambda: ConvCell(10, groups=4), "groups must divide channels, got channels=10, groups=4"),
        (lambda: ConvCell(8, std=-1.0), "std must be at least 0"),
        (lambda: MonotoneCell(3, step=0.0), "step must be positive"),
    ],
)
def test_bad_options_are_named(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
