"""Diagnostics: right on Jacobians that fool simpler estimates, and blind to the batch."""

from __future__ import annotations

import math
import weakref

import pytest
import torch
from torch import nn

import deqlib
from deqlib.cells import DenseCell
from deqlib.course import check
from deqlib.diagnose import compare, is_batch_coupled, saved_bytes, spectral_norm, spectral_radius
from deqlib.regularize import jacobian_norm

F64 = torch.float64


@pytest.mark.parametrize("seed", range(30))
def test_radius_of_random_non_symmetric_matrices_within_five_per_cent(seed: int) -> None:
    W, _ = check.random_map(seed, 64, norm=2.0)
    true = torch.linalg.eigvals(W).abs().max()
    got = spectral_radius(lambda z: z @ W.T, torch.zeros(1, 64, dtype=F64))
    assert abs(got.item() / true - 1) < 0.05


@pytest.mark.parametrize("angle", [0.1, 1.0, math.pi / 2])
def test_radius_of_a_rotation_where_a_rayleigh_quotient_is_wrong(angle: float) -> None:
    c, s = math.cos(angle), math.sin(angle)
    W = 0.9 * torch.tensor([[c, -s], [s, c]], dtype=F64)
    v = torch.ones(2, dtype=F64)
    for _ in range(101):
        v = W @ v / (W @ v).norm()
    rayleigh = (v @ W @ v).abs()
    assert abs(rayleigh - 0.9) > 1e-3, "the naive estimate"
    assert abs(spectral_radius(lambda z: z @ W.T, torch.zeros(1, 2, dtype=F64)).item() - 0.9) < 1e-9


def test_norm_and_radius_differ_where_they_should() -> None:
    W = torch.tensor([[0.5, 5.0], [0.0, 0.5]], dtype=F64)
    z = torch.zeros(1, 2, dtype=F64)
    assert abs(spectral_radius(lambda z: z @ W.T, z).item() - 0.5) < 1e-6
    assert abs(spectral_norm(lambda z: z @ W.T, z).item() - torch.linalg.matrix_norm(W, 2)) < 1e-9


@pytest.mark.parametrize("measure", [spectral_radius, spectral_norm])
def test_a_sample_alone_and_in_a_batch(measure: object) -> None:
    W, x = check.random_map(1, 12, norm=1.5, batch=3)

    def f(z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(z @ W.T + x)

    z = 0.1 * x
    batch = measure(f, z, x, steps=6)
    for i in range(3):
        alone = measure(f, z[i : i + 1], x[i : i + 1], steps=6)
        assert torch.allclose(alone, batch[i : i + 1], rtol=1e-10)
    J = torch.autograd.functional.jacobian(lambda z: f(z, x[:1]), z[:1]).reshape(12, 12)
    exact = measure(f, z[:1], x[:1], steps=12).item()
    want = torch.linalg.eigvals(J).abs().max() if measure is spectral_radius else torch.linalg.matrix_norm(J, 2)
    assert abs(exact / want - 1) < 1e-6
    with pytest.raises(ValueError, match="steps must be at least 1"):
        measure(f, z, x, steps=0)


def test_a_map_that_is_constant_has_radius_zero() -> None:
    assert spectral_radius(lambda z: 0 * z, torch.zeros(2, 5)).tolist() == [0, 0]


def test_compare_counts_missing_gradients_as_zero() -> None:
    a, b = [torch.tensor([3.0, 4.0]), None], [torch.tensor([3.0, 4.0]), torch.tensor([0.0, 12.0, 0.0])]
    c = compare(a, b)
    assert c.norm_ratio == pytest.approx(5 / 13)
    assert c.cosine == pytest.approx(25 / (5 * 13))
    assert c.relative_error == pytest.approx(12 / 13)
    assert compare(b, b).relative_error == 0
    with pytest.raises(ValueError, match="1 and 2"):
        compare(a[:1], b)
    with pytest.raises(ValueError, match="gradient 0 has the shapes"):
        compare([torch.zeros(2)], [torch.zeros(3)])


def test_saved_bytes_counts_each_storage_once() -> None:
    x = torch.ones(4, 6, requires_grad=True)
    w = torch.ones(6, 5, requires_grad=True)
    assert saved_bytes(lambda: x @ w) == 4 * (24 + 30)
    assert saved_bytes(lambda: x * x.view(24).view(4, 6)) == 4 * 24, "a view shares its storage"
    assert saved_bytes(lambda: x.double() * 2) == 0
    assert saved_bytes(lambda: torch.tanh(x.double())) == 8 * 24
    deep = [saved_bytes(lambda k=k: _unrolled(x, k)) for k in (1, 2, 4)]
    assert deep[2] == 2 * deep[1] == 4 * deep[0]


def test_saved_bytes_leaves_nothing_alive() -> None:
    made = []

    def run() -> torch.Tensor:
        z = torch.ones(10, requires_grad=True).tanh()  # tanh saves its output
        made.append(weakref.ref(z))
        return z

    assert saved_bytes(run) == 40
    assert made[0]() is None


def _unrolled(z: torch.Tensor, steps: int) -> torch.Tensor:
    for _ in range(steps):
        z = torch.tanh(z)
    return z


def test_jacobian_norm_is_right_in_the_mean_differentiable_and_reproducible() -> None:
    W, x = check.random_map(3, 10, norm=1.2, batch=2)
    W.requires_grad_()
    z = x.clone().requires_grad_()
    fz = torch.tanh(z @ W.T)
    D = 1 - fz.detach() ** 2
    true = (D[:, :, None] * W.detach()).square().sum((1, 2)) / 10
    many = jacobian_norm(fz, z, probes=4000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(many.detach(), true, rtol=0.05)
    again = [jacobian_norm(fz, z, generator=torch.Generator().manual_seed(7)) for _ in range(2)]
    assert torch.equal(*again)
    (grad,) = torch.autograd.grad(many.sum(), W)
    assert grad.norm() > 0
    with pytest.raises(ValueError, match="z must require a gradient"):
        jacobian_norm(fz, x)
    with pytest.raises(ValueError, match="probes"):
        jacobian_norm(fz, z, probes=0)
    with pytest.raises(ValueError, match=r"shape of z, \(2, 10\), got \(2, 9\)"):
        jacobian_norm(fz[:, :9], z)


# --------------------------------------------------------------------------------------------------------------
# check_gradient


def expansive(adjoint: object, **options: object) -> deqlib.DEQ:
    """A cell that Anderson solves although its Jacobian has eigenvalues near -4."""
    cell = DenseCell(10, gain=0.1)
    A = torch.randn(10, 10, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        cell.W.weight.copy_(-4 * A @ A.T / torch.linalg.matrix_norm(A @ A.T, 2))
    return deqlib.DEQ(cell, adjoint=adjoint, rtol=1e-6, max_calls=100, **options)


def test_check_gradient_is_small_for_the_exact_adjoint_and_not_for_the_others() -> None:
    x = 0.1 * torch.randn(5, 10, generator=torch.Generator().manual_seed(1))
    assert deqlib.check_gradient(expansive(deqlib.Implicit(rtol=1e-6)), x).relative_error < 1e-4
    bad = deqlib.check_gradient(expansive(deqlib.Neumann(3)), x)
    assert bad.relative_error > 1
    assert abs(bad.cosine) < 0.9
    loose = deqlib.check_gradient(expansive(deqlib.Implicit(), eval_solver=deqlib.Broyden()), x)
    assert 1e-6 < loose.relative_error < 1e-2


def test_check_gradient_counts_inputs_that_want_one_and_leaves_the_layer_alone() -> None:
    deq, x = expansive(deqlib.Neumann(0)), 0.1 * torch.ones(3, 10)
    deq(x)
    last, weight = deq.last, deq.cell.W.weight.clone()
    without = deqlib.check_gradient(deq, x)
    wanted = x.clone().requires_grad_()
    assert deqlib.check_gradient(deq, wanted) != without
    assert wanted.grad is None
    assert deq.last.z is last.z
    assert torch.equal(deq.cell.W.weight, weight)
    assert all(p.grad is None for p in deq.parameters())
    assert deqlib.check_gradient(deq, x) == without, "the same seed, the same loss"
    assert deqlib.check_gradient(deq, x, seed=1) != without


def test_check_gradient_says_when_there_is_no_equilibrium_to_compare_with() -> None:
    class Drift(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.b = torch.nn.Parameter(torch.ones(3))

        def forward(self, z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            return z + x + self.b

    with pytest.raises(RuntimeError, match="no exact gradient to compare with: the forward solve did not converge"):
        deqlib.check_gradient(deqlib.DEQ(Drift()), torch.ones(2, 3))


@pytest.mark.parametrize(
    ("make", "coupled"),
    [
        (lambda: nn.BatchNorm2d(4), True),
        (lambda: nn.BatchNorm2d(4).eval(), False),
        (lambda: nn.GroupNorm(2, 4), False),
        (lambda: nn.InstanceNorm2d(4), False),
        (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.Dropout(0.5), nn.ReLU(inplace=True)), False),
        (lambda: nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(4)), True),
    ],
)
def test_coupling_is_seen_and_everything_left_as_it_was(make: object, coupled: bool) -> None:
    torch.manual_seed(0)
    module, x = make(), torch.randn(5, 4, 3, 3)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    modes, kept, rng = [part.training for part in module.modules()], x.clone(), torch.get_rng_state()
    assert is_batch_coupled(module, x) is coupled
    assert is_batch_coupled(module, x[:1].expand(5, 4, 3, 3).clone()) is coupled, "also where all samples are equal"
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert modes == [part.training for part in module.modules()]
    assert torch.equal(x, kept)
    assert torch.equal(rng, torch.get_rng_state())


def test_coupling_of_one_sample_and_of_a_cell_with_an_input() -> None:
    class Last(nn.Module):
        def forward(self, z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([z[:-1] + x[:-1], z[-1:] + x[:1]])

    z, x = torch.zeros(4, 3), torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    assert is_batch_coupled(Last(), z, x)
    assert not is_batch_coupled(DenseCell(3), z, x)
    with pytest.raises(ValueError, match="at least 2 samples, got 1"):
        is_batch_coupled(DenseCell(3), z[:1], x[:1])
