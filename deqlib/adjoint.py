"""How a gradient gets through a fixed point: each is a small frozen object that is passed to `fixed_point` or `DEQ`.

At z = f(z, θ) with J = ∂f/∂z, an incoming gradient v becomes

    u = Jᵀ u + v ,     dL/dθ = (∂f/∂θ)ᵀ u .

`Implicit` solves that equation; `Neumann`, `Phantom` and `Reuse` put something cheaper in the place of u;
`Unroll` differentiates the iteration itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import torch
from torch import Tensor

from deqlib.linear import LinearSolution, MatVec, gmres, neumann, stationary
from deqlib.solve import Result
from deqlib.solvers import Solver

__all__ = ["Adjoint", "Implicit", "Neumann", "Phantom", "Reuse", "Unroll"]


class Adjoint(Protocol):
    """What `fixed_point` needs of an adjoint: u from v, and whether u is exact."""

    @property
    def exact(self) -> bool:
        """Whether u solves the adjoint equation, so that the gradient may be differentiated again."""
        ...

    def solve(self, matvec: MatVec, v: Tensor, inverse: MatVec | None) -> LinearSolution:
        """Return u (B, D) for v (B, D); `matvec` is Jᵀ, `inverse` the forward solver's guess at (I - J)⁻ᵀ."""
        ...


@dataclass(frozen=True)
class Implicit:
    """The exact gradient, by the implicit function theorem: u = (I - J)⁻ᵀ v, to a tolerance.

    Its derivatives of every order are exact too. The gradient is that of the true fixed point only as far as the
    forward solve found it: on the residual `ConvCell` a forward `rtol` of 1e-3 leaves several per cent of error, and
    1e-6 less than a tenth of a per cent (`tests/test_cells.py` measures both).

    Source: L. B. Almeida (1987), IEEE Int. Conf. Neural Networks; F. J. Pineda (1987), Phys. Rev. Lett.;
    S. Bai, J. Z. Kolter and V. Koltun (2019), NeurIPS.

    Args:
        solver: `gmres`, a function with its arguments, or a solver object such as `Anderson()`.
        rtol: ends a sample where ‖Jᵀ u + v - u‖ ≤ rtol ‖v‖, no unit.
        max_calls: budget of products with Jᵀ (one backward pass through f each).
        on_failure: "warn" with a `DeqWarning`, "raise" a RuntimeError, or "ignore" where a sample does not get there.

    Raises:
        ValueError: if `rtol` is negative, `max_calls` below 1 or `on_failure` another word.

    >>> import torch, deqlib
    >>> a = torch.tensor([[0.5]], requires_grad=True)
    >>> z = deqlib.fixed_point(lambda z, a: a * z + 1, torch.zeros(1, 1), a, adjoint=Implicit())
    >>> round(torch.autograd.grad(z.sum(), a)[0].item(), 3)  # z = 1 / (1 - a)
    4.0
    """

    solver: Callable[..., LinearSolution] | Solver = gmres
    rtol: float = 1e-4
    max_calls: int = 50
    on_failure: Literal["warn", "raise", "ignore"] = "warn"
    exact: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.rtol >= 0 or self.max_calls < 1:
            raise ValueError(f"rtol must be at least 0, max_calls at least 1, got {self.rtol} and {self.max_calls}")
        if self.on_failure not in ("warn", "raise", "ignore"):
            raise ValueError(f'on_failure must be "warn", "raise" or "ignore", got {self.on_failure!r}')
        if isinstance(self.solver, type) or not (callable(self.solver) or hasattr(self.solver, "step")):
            raise TypeError(f"solver must be gmres or an object such as Anderson(), got {self.solver!r}")

    def solve(self, matvec: MatVec, v: Tensor, inverse: MatVec | None) -> LinearSolution:
        """Solve u = Jᵀ u + v for every sample, u and v (B, D)."""
        if callable(self.solver):
            return self.solver(matvec, v, rtol=self.rtol, max_calls=self.max_calls)
        return stationary(matvec, v, solver=self.solver, rtol=self.rtol, max_calls=self.max_calls)


@dataclass(frozen=True)
class Neumann:
    """The first terms of the Neumann series, u = Σ_{i ≤ terms} (Jᵀ)ⁱ v; `Neumann(0)`, u = v, is Jacobian-free.

    Where f does not contract, the series does not converge and u may point anywhere:
    `deq.last.backward.residual` tells.

    Source: S. Wu Fung and others (2022), AAAI (JFB); Z. Geng and others (2021), NeurIPS.

    Args:
        terms: products with Jᵀ, at least 0.

    Raises:
        ValueError: if `terms` is negative.

    >>> import torch, deqlib
    >>> a = torch.tensor([[0.5]], requires_grad=True)
    >>> z = deqlib.fixed_point(lambda z, a: a * z + 1, torch.zeros(1, 1), a, adjoint=Neumann(1), rtol=1e-6)
    >>> round(torch.autograd.grad(z.sum(), a)[0].item(), 3)  # (1 + a) z
    3.0
    """

    terms: int
    exact: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_count("terms", self.terms, 0)

    def solve(self, matvec: MatVec, v: Tensor, inverse: MatVec | None) -> LinearSolution:
        """Sum the series for u, with v of shape (B, D)."""
        return neumann(matvec, v, self.terms)


@dataclass(frozen=True)
class Phantom:
    """The phantom gradient: the damped iteration differentiated for a few steps at the fixed point.

        u = λ Σ_{i < steps} ((1 - λ) I + λ Jᵀ)ⁱ v

    The Neumann form of the paper, taken at z itself: one graph of f, however many steps. `Phantom(1, 1.0)` is
    `Neumann(0)`; with one step, λ scales the whole gradient.

    Source: Z. Geng, X.-Y. Zhang, S. Bai, Y. Wang and Z. Lin (2021), NeurIPS.

    Args:
        steps: terms of the sum, at least 1; steps - 1 products with Jᵀ.
        damping: λ in (0, 1], no unit.

    Raises:
        ValueError: if `steps` is below 1 or `damping` outside (0, 1].

    >>> import torch
    >>> Phantom(2, 0.5).solve(lambda u: 0 * u, torch.ones(1, 1), None).u.item()  # λ + λ (1 - λ)
    0.75
    """

    steps: int
    damping: float = 1.0
    exact: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_count("steps", self.steps, 1)
        if not 0 < self.damping <= 1:
            raise ValueError(f"damping must lie in (0, 1], got {self.damping!r}")

    def solve(self, matvec: MatVec, v: Tensor, inverse: MatVec | None) -> LinearSolution:
        """Sum the damped series for u, with v of shape (B, D)."""
        return neumann(lambda u: torch.lerp(u, matvec(u), self.damping), self.damping * v, self.steps - 1)


@dataclass(frozen=True)
class Reuse:
    """Reuse the inverse Jacobian that the forward solve by `Broyden` has built: u = -Hᵀ v, no product with Jᵀ at all.

    H obeys the secant equations of the forward path alone, so how good u is depends on v: see
    `deq.last.backward.residual`. A full memory starts again from -I: give `Broyden` one that holds the whole solve.

    Source: Z. Ramzi and others (2022), ICLR (SHINE).

    >>> import torch, deqlib
    >>> a = torch.tensor([[0.5]], requires_grad=True)
    >>> options = {"solver": deqlib.Broyden(), "adjoint": Reuse(), "rtol": 1e-6}
    >>> z = deqlib.fixed_point(lambda z, a: a * z + 1, torch.zeros(1, 1), a, **options)
    >>> round(torch.autograd.grad(z.sum(), a)[0].item(), 3)  # one dimension: H is exact
    4.0
    """

    exact: ClassVar[bool] = False

    def solve(self, matvec: MatVec, v: Tensor, inverse: MatVec | None) -> LinearSolution:
        """Apply the forward solver's inverse to v, shape (B, D)."""
        if inverse is None:
            raise TypeError("Reuse() needs the factors of a forward solve by Broyden()")
        u = inverse(v)
        result = torch.where(u.isfinite().all(1), Result.MAX_CALLS, Result.DIVERGED)
        return LinearSolution(u, torch.full_like(u[:, 0], torch.nan), torch.zeros_like(result), result)


@dataclass(frozen=True)
class Unroll:
    """Apply f `steps` times from z0 and let autograd differentiate every step; no solver is used.

    The reference for tests and teaching: memory grows with `steps`, unless `checkpoint` trades it for a second
    evaluation of each step in the backward pass. It costs one more call of f to know the residual.

    Args:
        steps: calls of f, at least 1.
        checkpoint: keep only the state of each step, and compute its inside again when it is needed.

    Raises:
        ValueError: if `steps` is below 1.

    >>> import torch, deqlib
    >>> a = torch.tensor([[0.5]], requires_grad=True)
    >>> z = deqlib.fixed_point(lambda z, a: a * z + 1, torch.zeros(1, 1), a, adjoint=Unroll(30))
    >>> round(torch.autograd.grad(z.sum(), a)[0].item(), 3)
    4.0
    """

    steps: int
    checkpoint: bool = False

    def __post_init__(self) -> None:
        _check_count("steps", self.steps, 1)


def _check_count(name: str, value: int, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
