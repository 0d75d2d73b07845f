"""Ten thousand random maps for every solver: no exception, no value that is not finite, no wrong CONVERGED.

A batch holds a map a sample, so this is a few thousand solves and not a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from deqlib import Anderson, Broyden, Newton, Picard, Result, Solver, gmres, relative_residual, solve

MAPS = 10_000
BATCH = 250
SIZES = [1, 2, 3, 5, 8, 13, 21, 34, 50, 64]
SOLVERS = [Picard(), Anderson(), Anderson(restart=False), Anderson(memory=7, every=2), Broyden(), Newton()]


def draw(seed: int, size: int, dtype: torch.dtype) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """A batch of maps of all kinds: contractions and not, scales from 1e-8 to 1e8, drifts, rank-one residuals."""
    gen = torch.Generator().manual_seed(seed)
    W = torch.randn(BATCH, size, size, generator=gen, dtype=torch.float64) / size**0.5
    W = (W * 10 ** (2 * torch.rand(BATCH, 1, 1, generator=gen, dtype=torch.float64) - 1)).to(dtype)
    c = (10 ** (16 * torch.rand(BATCH, 1, generator=gen, dtype=torch.float64) - 8)).to(dtype)
    b = torch.randn(BATCH, size, generator=gen, dtype=torch.float64).to(dtype)
    kind = torch.randint(4, (BATCH, 1), generator=gen)

    def f(z: Tensor) -> Tensor:
        linear = torch.einsum("bij,bj->bi", W, z)
        kinds = [
            c * torch.tanh(linear / c + b),
            linear + c * b,
            z + c * b,
            z + c * b * (1 + z.sum(1, keepdim=True).sign()),
        ]
        out = kinds[3]
        for i in range(3):
            out = torch.where(kind == i, kinds[i], out)
        return out

    return f, torch.zeros_like(b)


def spoiled(f: Callable[[Tensor], Tensor], seed: int) -> Callable[[Tensor], Tensor]:
    """Return f with a NaN in a third of the samples, each at a call of its own."""
    gen = torch.Generator().manual_seed(seed)
    at = torch.where(torch.rand(BATCH, generator=gen) < 1 / 3, torch.randint(0, 30, (BATCH,), generator=gen), -1)
    calls = iter(range(1_000))

    def g(z: Tensor) -> Tensor:
        return torch.where((at == next(calls))[:, None], torch.nan, f(z))

    return g


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_ten_thousand_maps(solver: Solver, dtype: torch.dtype) -> None:
    ended = torch.zeros(3, dtype=torch.int64)
    for i in range(MAPS // BATCH):
        f, z0 = draw(i, SIZES[i % len(SIZES)], dtype)
        s = solve(spoiled(f, i), z0, solver=solver, rtol=1e-5, max_calls=30)
        assert s.z.isfinite().all()
        assert not s.residual.isnan().any()
        done = s.result == Result.CONVERGED
        # The map in float64 at the point returned; 5 % for what float32 cannot tell.
        assert (relative_residual(s.z, f(s.z))[done] <= 1.05e-5).all(), "a wrong CONVERGED"
        ended += torch.bincount(s.result, minlength=3)
    assert (ended > MAPS // 20).all(), f"not all kinds of end were met: {ended.tolist()}"


@pytest.mark.slow
def test_ten_thousand_linear_systems() -> None:
    for i in range(MAPS // BATCH):
        gen, size = torch.Generator().manual_seed(i), SIZES[i % len(SIZES)]
        A = torch.randn(BATCH, size, size, generator=gen) * 10 ** (4 * torch.rand(BATCH, 1, 1, generator=gen) - 3)
        A[: BATCH // 10] = torch.eye(size)  # I - A singular, as singular as can be
        g = torch.randn(BATCH, size, generator=gen) * 10 ** (16 * torch.rand(BATCH, 1, generator=gen) - 8)
        g[-1], g[-2, 0], A[-3] = 0, torch.nan, torch.inf
        matvec = lambda u, A=A: torch.einsum("bij,bj->bi", A, u)  # noqa: E731
        s = gmres(matvec, g, rtol=1e-4, max_calls=70)
        assert s.u.isfinite().all()
        done = s.result == Result.CONVERGED
        u, right, left = s.u.double(), g.double(), A.double()
        true = (torch.einsum("bij,bj->bi", left, u) + right - u).norm(dim=1) / right.norm(dim=1).clamp_min(1e-300)
        rounding = (
            1e-6
            * (1 + torch.linalg.matrix_norm(left[done]))
            * u.norm(dim=1)[done]
            / right.norm(dim=1)[done].clamp_min(1e-300)
        )
        assert (true[done] <= 1e-4 + rounding).all(), "a wrong CONVERGED"
        assert done.sum() > BATCH // 3
        assert s.result[-2] == s.result[-3] == Result.DIVERGED
        assert s.result[-1] == Result.CONVERGED
