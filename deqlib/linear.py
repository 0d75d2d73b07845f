"""Solve u = A u + g for every sample of a batch, A given by what it does to a vector.

    gmres      u = argmin ‖g - (I - A) u‖ over span{g, A g, A² g, ...}
    neumann    u = g + A g + ... + Aᵏ g

A maps (B, D) to (B, D) and treats samples one by one, as the transposed Jacobian of a batch does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from deqlib.batch import dot, minus, norm, precise, safe_norm
from deqlib.solve import Result, solve
from deqlib.solvers import Solver

__all__ = ["LinearSolution", "MatVec", "gmres", "neumann", "stationary"]

MatVec = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LinearSolution:
    """What a linear solver returns.

    Attributes:
        u: (B, D) the solution.
        residual: (B,) ‖A u + g - u‖ / ‖g‖, no unit; 0 where g = 0.
        calls: (B,) products with A until the sample was done.
        result: (B,) codes of `deqlib.Result`.
    """

    u: Tensor
    residual: Tensor
    calls: Tensor
    result: Tensor

    @property
    def converged(self) -> bool:
        """Whether every sample reached the tolerance."""
        return bool((self.result == Result.CONVERGED).all())


def neumann(matvec: MatVec, g: Tensor, terms: int) -> LinearSolution:
    """Sum the first terms of the Neumann series: u = g + A g + ... + A^terms g.

    It tends to the solution where the spectral radius of A is below 1, and grows without bound where it is above.

    Args:
        matvec: A, maps (B, D) to (B, D).
        g: (B, D) the right-hand side.
        terms: products with A, at least 0.

    Returns:
        A `LinearSolution`. Its residual ‖A^terms g‖ / ‖g‖ is that of the sum before its last term, the best that is
        known without one more product; its result is MAX_CALLS, or DIVERGED where u is not finite.

    >>> import torch
    >>> neumann(lambda u: 0.5 * u, torch.ones(1, 1), 3).u.item()
    1.875
    """
    u = term = g
    for _ in range(terms):
        term = matvec(term)
        u = u + term
    unit, size = safe_norm(g), safe_norm(term)
    residual = torch.where(unit > 0, size / unit, torch.zeros_like(size))
    result = torch.where(u.isfinite().all(1), Result.MAX_CALLS, Result.DIVERGED)
    return LinearSolution(u, residual, torch.full_like(result, terms), result)


def stationary(matvec: MatVec, g: Tensor, *, solver: Solver, rtol: float, max_calls: int) -> LinearSolution:
    """Solve u = A u + g as a fixed point with a solver of `deqlib.solve`, such as `Anderson()`.

    Args:
        matvec: A, maps (B, D) to (B, D).
        g: (B, D) the right-hand side, also the start.
        solver: any solver object.
        rtol: ends a sample where ‖A u + g - u‖ ≤ rtol ‖g‖.
        max_calls: budget of products with A.

    >>> import torch, deqlib
    >>> s = stationary(lambda u: 0.5 * u, torch.ones(1, 1), solver=deqlib.Anderson(), rtol=1e-6, max_calls=9)
    >>> round(s.u.item(), 4)
    2.0
    """
    unit = safe_norm(g).unsqueeze(1)
    unit = torch.where(unit.isfinite() & (unit > 0), unit, 1).to(g.dtype)
    b = torch.where(g.isfinite(), g / unit, 0)  # of norm 1, so that an absolute tolerance is relative to g
    found = solve(lambda u: matvec(u) + b, b, solver=solver, rtol=0, atol=rtol, max_calls=max_calls)
    scale = norm(found.z)
    residual = found.residual * scale
    # `solve` allows for rounding, a few eps ‖u‖; a u so large that this is more than the tolerance solves nothing.
    real = residual <= 2 * rtol + torch.finfo(g.dtype).eps ** 0.5
    result = torch.where((found.result == Result.CONVERGED) & ~real, Result.MAX_CALLS, found.result)
    result = torch.where(g.isfinite().all(1), result, Result.DIVERGED)
    return LinearSolution(found.z * unit, residual, found.calls, result)


def gmres(
    matvec: MatVec, g: Tensor, *, rtol: float = 1e-6, max_calls: int = 50, restart: int = 40, check_every: int = 1
) -> LinearSolution:
    """Solve u = A u + g by GMRES on (I - A) u = g, every sample with its own Krylov space, from u = 0.

    Unlike Picard iteration it does not need A to contract. A sample that is done is frozen: it costs no more
    products of its own, and its answer does not depend on its neighbours.

    Args:
        matvec: A, maps (B, D) to (B, D), sample by sample.
        g: (B, D) the right-hand side. Half precision is solved in float32, with products in the dtype of g.
        rtol: ends a sample where ‖g - (I - A) u‖ ≤ rtol ‖g‖, no unit; below 4 eps it is raised to that.
        max_calls: budget of products with A; every product counts.
        restart: vectors kept before starting again from the best u; memory (restart + 1) B D.
        check_every: after how many products to look whether all samples are done; a look makes a GPU wait.

    Returns:
        A `LinearSolution`; DIVERGED marks a sample whose products or g are not finite. A singular sample ends with
        the least residual there is and MAX_CALLS; it raises nothing.

    Raises:
        ValueError: if `max_calls`, `restart` or `check_every` is below 1.

    Source: Y. Saad and M. H. Schultz (1986), SIAM J. Sci. Stat. Comput.

    >>> import torch
    >>> s = gmres(lambda u: -3 * u, torch.ones(2, 5))
    >>> s.u[0, 0].item(), s.calls.tolist(), s.converged
    (0.25, [1, 1], True)
    """
    for name, value in (("max_calls", max_calls), ("restart", restart), ("check_every", check_every)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value!r}")
    kind = precise(g.dtype)
    b = g.to(kind)
    size = safe_norm(b)
    bad, zero = ~size.isfinite(), size == 0
    unit = torch.where(bad | zero, 1, size).unsqueeze(1)
    b = torch.where(bad.unsqueeze(1), 0, b / unit)
    rtol = max(rtol, 4 * torch.finfo(g.dtype).eps)
    run = _Krylov(lambda u: matvec(u.to(g.dtype)).to(kind), b, rtol, max_calls, restart, check_every)
    run.result = torch.where(zero, Result.CONVERGED, torch.where(bad, Result.DIVERGED, run.result))
    run.residual = torch.where(zero, 0, torch.where(bad, torch.inf, run.residual))
    run.open = ~(zero | bad)
    while run.left > 0 and run.open.any():
        run.cycle()
    return LinearSolution((run.u * unit).to(g.dtype), run.residual, run.calls, run.result)


class _Krylov:
    """One batched solve: the best u of each sample so far, and what is left of the budget."""

    def __init__(
        self, apply: MatVec, b: Tensor, rtol: float, max_calls: int, restart: int, check_every: int
    ) -> None:
        self.apply, self.b, self.rtol, self.left, self.restart = apply, b, rtol, max_calls, restart
        self.check_every, self.begun = check_every, False
        self.u = torch.zeros_like(b)
        self.residual = torch.ones_like(b[:, 0])
        self.calls = torch.zeros_like(self.residual, dtype=torch.int64)
        self.result = torch.full_like(self.calls, Result.MAX_CALLS)
        self.open = self.result == Result.MAX_CALLS

    def cycle(self) -> None:
        """Build a Krylov space from the present residual and add the best vector in it to u."""
        open_ = self.open
        r = self.b
        if self.begun:
            r = self.b - self._times(self.u, open_)
            if self.left == 0:
                return
        self.begun = True
        beta = torch.where(open_, norm(r), 0)
        open_ = open_ & (beta > 0) & beta.isfinite()
        columns = min(self.restart, self.left)
        basis = r.new_zeros(len(r), columns + 1, r.shape[1])
        hess = r.new_zeros(len(r), columns + 1, columns)
        basis[:, 0] = torch.where(open_[:, None], r / beta[:, None], 0)
        # t spans the left null space of the Hessenberg matrix, so the least residual is beta / ‖t‖: no QR a step.
        t = torch.zeros_like(hess[:, :, 0])
        t[:, 0] = 1
        for j in range(columns):
            open_ = self._column(basis, hess, t, j, open_)
            open_ = open_ & (beta > self.rtol * norm(t[:, : j + 2]))
            if (j + 1) % self.check_every == 0 and not open_.any():
                break
        self._close(basis, hess, beta, j + 1)

    def _times(self, u: Tensor, open_: Tensor) -> Tensor:
        """Return (I - A) u and count the product for the samples that need it."""
        self.left -= 1
        self.calls += open_
        return u - self.apply(u)

    def _column(self, basis: Tensor, hess: Tensor, t: Tensor, j: int, open_: Tensor) -> Tensor:
        """Add column j: orthogonalise twice, classically, since once loses digits; say who goes on."""
        w = self._times(basis[:, j], open_)
        before = norm(w)
        self.result = torch.where(open_ & ~before.isfinite(), Result.DIVERGED, self.result)
        open_ = open_ & before.isfinite()
        w = torch.where(open_[:, None], w, 0)
        kept = basis[:, : j + 1]
        for _ in range(2):
            h = dot(kept, w)
            w = minus(w, h, kept)
            hess[:, : j + 1, j] += h
        below = norm(w)
        # A happy breakdown: nothing new is left, and the sample's space holds its solution, if it has one.
        ended = below <= 10 * torch.finfo(w.dtype).eps * before
        pull = -(hess[:, : j + 1, j] * t[:, : j + 1]).sum(1)
        singular = ended & (pull.abs() <= 10 * torch.finfo(w.dtype).eps * before * norm(t[:, : j + 1]))
        lone = ~open_ | singular  # a lone 1 under the diagonal makes this column's weight 0
        hess[:, : j + 1, j] = torch.where(lone[:, None], 0, hess[:, : j + 1, j])
        hess[:, j + 1, j] = torch.where(lone, 1, torch.where(ended, 0, below))
        t[:, j + 1] = torch.where(lone, 0, torch.where(ended, torch.inf, pull / below))
        open_ = open_ & ~ended
        basis[:, j + 1] = torch.where(open_[:, None], w / below[:, None], 0)
        return open_

    def _close(self, basis: Tensor, hess: Tensor, beta: Tensor, n: int) -> None:
        """Solve the small least-squares problems and judge the result by the residual that it really leaves."""
        basis, hess = basis[:, :n], hess[:, : n + 1, :n]
        e = torch.zeros_like(hess[:, :, 0])
        e[:, 0] = beta
        q, r = torch.linalg.qr(hess)
        y = torch.linalg.solve_triangular(r, q.mT @ e.unsqueeze(2), upper=True)
        gap = norm(e - (hess @ y).squeeze(2))
        size = norm(y.squeeze(2))
        # A y so large that rounding alone may exceed the tolerance comes from a singular sample: not to be trusted.
        eps = torch.finfo(hess.dtype).eps
        sound = y.isfinite().all(1).squeeze(1) & (eps * size <= max(self.rtol, eps**0.5))
        better = sound & (gap <= self.residual) & (beta > 0)
        step = torch.bmm(y.mT, basis).squeeze(1)
        better &= self.open | (self.result == Result.DIVERGED)
        # A sample that a whole cycle has not moved would go through the same cycle again.
        moved = better & (gap < (1 - 100 * eps) * self.residual)
        self.u = torch.where(better[:, None], self.u + step, self.u)
        self.residual = torch.where(better, gap, self.residual)
        done = self.open & better & (self.residual <= self.rtol)
        self.result = torch.where(done, Result.CONVERGED, self.result)
        self.open = self.open & moved & (self.result == Result.MAX_CALLS)
