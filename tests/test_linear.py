"""Properties of the batched linear solvers for u = A u + g."""

from __future__ import annotations

import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from deqlib import Anderson, Broyden, Picard, Result, gmres, neumann
from deqlib.linear import MatVec, stationary


def problem(seed: int, size: int = 12, batch: int = 4, norm: float = 0.9) -> tuple[Tensor, MatVec, Tensor]:
    """One random matrix a sample, of this spectral norm, and a right-hand side."""
    draw = torch.Generator().manual_seed(seed)
    A = torch.randn(batch, size, size, generator=draw, dtype=torch.float64)
    A = A * norm / torch.linalg.matrix_norm(A, 2)[:, None, None]
    g = torch.randn(batch, size, generator=draw, dtype=torch.float64)
    # One product a sample: a batched one may sum in an order that depends on the size of the batch.
    return A, lambda u: torch.stack([A[i] @ u[i] for i in range(len(u))]), g


def exact(A: Tensor, g: Tensor) -> Tensor:
    return torch.linalg.solve(torch.eye(A.shape[1], dtype=A.dtype) - A, g)


def true_residual(A: Tensor, u: Tensor, g: Tensor) -> Tensor:
    return ((A @ u.unsqueeze(2)).squeeze(2) + g - u).norm(dim=1) / g.norm(dim=1)


@pytest.mark.parametrize("norm", [0.5, 0.99, 5.0])
@pytest.mark.parametrize("restart", [5, 40])
def test_gmres_solves_and_reports_the_residual_of_what_it_returns(norm: float, restart: int) -> None:
    A, matvec, g = problem(0, norm=norm)
    s = gmres(matvec, g, rtol=1e-11, max_calls=400, restart=restart)
    true = true_residual(A, s.u, g)
    if restart == 40:
        assert s.converged
        assert (s.calls <= 12).all(), "as many products as dimensions"
        assert torch.allclose(s.u, exact(A, g), rtol=1e-8)
    assert (true[s.result == Result.CONVERGED] <= 1.1e-11).all()
    assert torch.allclose(true, s.residual, rtol=1e-3, atol=1e-12)


def test_gmres_is_optimal_in_its_krylov_space() -> None:
    A, matvec, g = problem(1, norm=2.0)
    for n in (1, 3, 6):
        s = gmres(matvec, g, rtol=0, max_calls=n)
        assert (s.calls == n).all()
        powers = [g]
        for _ in range(n - 1):
            powers.append(matvec(powers[-1]))
        K = torch.stack(powers, 2)
        AK = K - A @ K
        best = (g.unsqueeze(2) - AK @ torch.linalg.lstsq(AK, g.unsqueeze(2)).solution).squeeze(2).norm(dim=1)
        assert torch.allclose(s.residual, best / g.norm(dim=1), rtol=1e-6)


@pytest.mark.parametrize("max_calls", [1, 2, 7, 20])
@pytest.mark.parametrize("restart", [1, 3, 40])
def test_the_budget_counts_every_product(max_calls: int, restart: int) -> None:
    _, matvec, g = problem(2, size=40, norm=0.99)
    seen = 0

    def counted(u: Tensor) -> Tensor:
        nonlocal seen
        seen += 1
        return matvec(u)

    s = gmres(counted, g, rtol=1e-14, max_calls=max_calls, restart=restart)
    assert seen == max_calls
    assert (s.calls == max_calls).all()
    assert (s.result == Result.MAX_CALLS).all()


def test_an_ill_conditioned_system_is_orthogonalised_twice() -> None:
    """Singular values from 1 to 1e6: after one pass of classical Gram-Schmidt the residual stays above 1e-3."""
    gen = torch.Generator().manual_seed(30)
    Q = torch.linalg.qr(torch.randn(30, 30, generator=gen, dtype=torch.float64))[0]
    M = (Q * torch.logspace(0, 6, 30, dtype=torch.float64)) @ torch.randn(30, 30, generator=gen, dtype=torch.float64)
    A = (torch.eye(30, dtype=torch.float64) - M / 30**0.5).expand(3, 30, 30)
    g = torch.randn(3, 30, generator=gen, dtype=torch.float64)
    s = gmres(lambda u: (A @ u.unsqueeze(2)).squeeze(2), g, rtol=1e-7, max_calls=30)
    assert s.converged
    assert (true_residual(A, s.u, g) <= 1.1e-7).all()


@pytest.mark.parametrize("gap", [1e-4, 1e-6])
def test_a_solution_so_large_that_rounding_spoils_it_is_not_called_converged(gap: float) -> None:
    """In float32 the small problem of 1 - A = gap looks solved; u = g / gap leaves a residual of eps / gap."""
    g = torch.randn(2, 6, generator=torch.Generator().manual_seed(0))
    s = gmres(lambda u: (1 - gap) * u, g, rtol=1e-6)
    true = ((1 - gap) * s.u.double() + g - s.u).norm(dim=1) / g.norm(dim=1)
    assert (s.result[true > 1e-5] != Result.CONVERGED).all()
    assert (true > 1e-5).all(), "nothing was tested"


def test_restarts_never_make_it_worse() -> None:
    A, matvec, g = problem(3, size=30, norm=3.0)
    found = [gmres(matvec, g, rtol=1e-12, max_calls=n, restart=4) for n in (4, 8, 12, 30, 60)]
    worst = [s.residual.max().item() for s in found]
    assert worst == sorted(worst, reverse=True)
    assert torch.allclose(true_residual(A, found[-1].u, g), found[-1].residual, rtol=1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_a_sample_does_not_notice_its_neighbours(dtype: torch.dtype, tolerance: float) -> None:
    A, _, g = problem(4, size=20, batch=5)
    A = A * torch.tensor([0.05, 0.6, 1.0, 3.0, 1e-9], dtype=A.dtype)[:, None, None]

    def product(rows: list[int]) -> MatVec:
        return lambda u: torch.stack([A[row].to(dtype) @ u[i] for i, row in enumerate(rows)])

    batch = gmres(product([0, 1, 2, 3, 4]), g.to(dtype), rtol=1e-5, max_calls=30, restart=8)
    assert batch.calls.unique().numel() >= 4, "they end at different times, or the test shows nothing"
    for i in range(5):
        alone = gmres(product([i]), g[i : i + 1].to(dtype), rtol=1e-5, max_calls=30, restart=8)
        assert (alone.u[0] - batch.u[i]).norm() <= tolerance * alone.u[0].norm()
        assert alone.calls[0] == batch.calls[i]
        assert alone.result[0] == batch.result[i]


def test_singular_and_non_finite_samples_stay_alone_and_raise_nothing() -> None:
    A, _, g = problem(5, size=8, batch=6)
    A[1] = torch.eye(8)  # I - A = 0
    A[2] = torch.eye(8) - torch.outer(g[2], g[2]) / g[2].norm() ** 2 * 1e-17  # singular in rounding
    A[3, 0, 0] = torch.nan
    A[4] = torch.diag(torch.tensor([1.0, 1, 1, 1, 0, 0, 0, 0], dtype=A.dtype))  # singular: half of g is out of reach
    g[5] = torch.inf
    s = gmres(lambda u: (A @ u.unsqueeze(2)).squeeze(2), g, rtol=1e-8, max_calls=20)
    expected = [Result.CONVERGED] + [Result.MAX_CALLS] * 2 + [Result.DIVERGED, Result.MAX_CALLS, Result.DIVERGED]
    assert s.result.tolist() == expected
    assert s.u.isfinite().all()
    assert s.residual[1].item() == pytest.approx(1)
    assert (s.calls[1:5] <= 10).all(), "no budget is spent where nothing is to be gained"
    reach = (g[4, :4].norm() / g[4].norm()).item()
    assert s.residual[4].item() == pytest.approx(reach), "the best there is"
    assert (s.u[0] - exact(A[:1], g[:1])[0]).norm() <= 1e-6


def test_zero_and_extreme_right_hand_sides() -> None:
    A, _, g = problem(6, batch=4)
    A, scale = A.float(), torch.tensor([0.0, 1e-36, 1.0, 1e36])[:, None]
    s = gmres(lambda u: (A @ u.unsqueeze(2)).squeeze(2), g.float() * scale, rtol=1e-5)
    assert s.converged
    assert s.calls[0] == 0
    assert (s.u[0] == 0).all()
    for i in (1, 2, 3):
        assert torch.allclose(s.u[i] / scale[i], exact(A.double()[i : i + 1], g[i : i + 1])[0].float(), rtol=1e-2)


def test_happy_breakdown_is_exact() -> None:
    s = gmres(lambda u: 0.5 * u, torch.randn(3, 50), rtol=1e-6, max_calls=30)
    assert s.converged
    assert (s.calls == 1).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_solved_in_float32(dtype: torch.dtype) -> None:
    A, _, g = problem(7, norm=0.5)
    given_types = set()

    def matvec(u: Tensor) -> Tensor:
        given_types.add(u.dtype)
        return (A @ u.double().unsqueeze(2)).squeeze(2).to(dtype)

    s = gmres(matvec, g.to(dtype), rtol=1e-6)
    assert given_types == {dtype}
    assert s.u.dtype == dtype
    assert s.residual.dtype == torch.float32
    assert (s.u.double() - exact(A, g)).norm() <= 0.03 * g.norm()


def test_picard_diverges_where_gmres_does_not() -> None:
    _, matvec, g = problem(8, norm=5.0)
    assert gmres(matvec, g, rtol=1e-8).converged
    bad = stationary(matvec, g, solver=Picard(), rtol=1e-8, max_calls=50)
    assert (bad.result != Result.CONVERGED).all()
    assert bad.u.isfinite().all()


@pytest.mark.parametrize("solver", [Picard(), Anderson(memory=9), Broyden()], ids=str)
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_stationary_measures_relative_to_g(solver: object, scale: float) -> None:
    A, matvec, g = problem(9, norm=0.9)
    s = stationary(matvec, scale * g, solver=solver, rtol=1e-8, max_calls=300)
    assert s.converged
    assert (true_residual(A, s.u, scale * g) <= 1.1e-8).all()


def test_neumann_sums_the_series() -> None:
    A, matvec, g = problem(10)
    assert torch.equal(neumann(matvec, g, 0).u, g)
    s = neumann(matvec, g, 3)
    assert torch.allclose(s.u, g + matvec(g + matvec(g + matvec(g))))
    before = neumann(matvec, g, 2).u
    assert torch.allclose(s.residual, true_residual(A, before, g))
    assert neumann(matvec, g, 200).residual.max() < 1e-8
    big = neumann(lambda u: 1e300 * u, g, 3)
    assert (big.result == Result.DIVERGED).all()


def test_bad_budgets_are_refused() -> None:
    for options in ({"max_calls": 0}, {"restart": 0}):
        with pytest.raises(ValueError, match="must be at least 1"):
            gmres(lambda u: u, torch.ones(1, 2), **options)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**31), size=st.integers(1, 40), norm=st.floats(0, 100), scale=st.floats(-8, 8),
    restart=st.integers(1, 50), kind=st.sampled_from(["full", "rank one", "identity", "rotation"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)  # fmt: skip
def test_no_matrix_breaks_it(
    seed: int, size: int, norm: float, scale: float, restart: int, kind: str, dtype: torch.dtype
) -> None:
    A, _, g = problem(seed, size, 3, norm)
    if kind == "rank one":
        A = norm * g.unsqueeze(2) * g.unsqueeze(1)
    elif kind == "identity":
        A = torch.eye(size).expand_as(A) * (1 + 1e-9 * norm)
    elif kind == "rotation":
        A = torch.linalg.qr(A + torch.eye(size))[0]
    A, g = A.to(dtype), (10.0**scale * g).to(dtype)
    rtol = 1e-4
    s = gmres(lambda u: (A @ u.unsqueeze(2)).squeeze(2), g, rtol=rtol, max_calls=45, restart=restart)
    assert s.u.isfinite().all()
    assert not s.residual.isnan().any()
    assert (s.residual <= 1 + 1e-3).all(), "never worse than u = 0"
    done = s.result == Result.CONVERGED
    # What rounding in the products alone may leave: eps ‖I - A‖ ‖u‖.
    noise = 50 * torch.finfo(dtype).eps * (1 + norm * size) * s.u.norm(dim=1) / g.norm(dim=1)
    assert (true_residual(A, s.u, g)[done] <= (1.1 * rtol + noise)[done]).all(), "a wrong CONVERGED"


def test_options_can_be_bound() -> None:
    _, matvec, g = problem(11)
    assert functools.partial(gmres, restart=3)(matvec, g, rtol=1e-3).residual.max() < 1
