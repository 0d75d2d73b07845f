"""The backward half of the benchmark: u = Jᵀu + v at the fixed point of each problem, by ours and by torchdeq's.

v is drawn once; u is then the gradient of ⟨v, z⟩ with respect to a bias added to f, and every other gradient is a
product with it. All methods work in float32 at the same point and may spend the same budget of products.

    products    with Jᵀ, one backward pass through f each, counted by wrapping it;
    error       ‖u - u*‖ / ‖u*‖ over the batch, u* solved in float64 at the float64 fixed point;
    residual    ‖Jᵀu + v - u‖ / ‖u‖ of the worst sample, with f in float64. An exact method has reached the tolerance
                if this is within 5 % of it. It is torchdeq's own test; ours look at ‖Jᵀu + v - u‖ / ‖v‖, and get the
                tolerance that means the same for the sample whose ‖u‖ / ‖v‖ is least, so that all do the same job;
    time, peak  as for the forward solves. The graph of one call of f, which all share, is made outside the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from peers import naive_anderson
from problems import BudgetSpent, Counted, Map, make
from torch import Tensor

import deqlib
from deqlib import Anderson, Broyden, Implicit, Neumann, Phantom, Reuse

__all__ = ["Backward", "Equation", "Outcome", "equation", "methods", "run"]

EXACT, CHEAP = "exact", "cheap"


@dataclass(frozen=True)
class Equation:
    """The adjoint equation of a problem at its fixed point.

    Attributes:
        matvec: u ↦ Jᵀu in float32, on flat states (B, D).
        v: (B, D) the right-hand side.
        u: (B, D) the solution, float64.
        precise: u ↦ Jᵀu in float64, at the same equilibrium found in float64.
        inverse: v ↦ -Hᵀv with the factors that a forward solve by Broyden left, for `Reuse`.
    """

    matvec: Map
    v: Tensor
    u: Tensor
    precise: Map
    inverse: Map

    def error(self, u: Tensor) -> float:
        """Measure the gradient's relative error."""
        return ((u.double() - self.u).norm() / self.u.norm()).item()

    def residual(self, u: Tensor) -> float:
        """Measure ‖Jᵀu + v - u‖ / ‖u‖ of the worst sample."""
        u = u.double()
        return ((self.precise(u) + self.v.double() - u).norm(dim=1) / u.norm(dim=1)).max().item()

    def growth(self) -> float:
        """Return the least ‖u‖ / ‖v‖ of a sample."""
        return (self.u.norm(dim=1) / self.v.double().norm(dim=1)).min().item()


@dataclass(frozen=True)
class Backward:
    """A way to get u, with a name: `method(matvec, equation, rtol, max_calls)`."""

    name: str
    family: str
    kind: str
    method: Callable[[Map, Equation, float, int], Tensor]


@dataclass(frozen=True)
class Outcome:
    """What one run gave; u is None if the method raised or ran past its budget."""

    u: Tensor | None
    calls: int
    seconds: float
    failure: str


def equation(name: str) -> Equation:
    """Solve the problem, and its adjoint equation in float64 by GMRES, to a residual that is checked here."""
    single, double = make(name), make(name, torch.float64)
    z = _solved(double.f, double.z0, 1e-12)
    matvec, precise = _vjp(single.f, z.to(single.z0.dtype)), _vjp(double.f, z)
    gen = torch.Generator().manual_seed(7)
    v = torch.randn(z.flatten(1).shape, generator=gen)
    found = deqlib.gmres(precise, v.double(), rtol=1e-12, max_calls=2000, restart=200)
    broyden = Broyden(memory=200)
    forward = deqlib.solve(single.f, single.z0, solver=broyden, rtol=1e-6, max_calls=200, keep_state=True)
    made = Equation(matvec, v, found.u, precise, lambda v: broyden.transposed(forward.state, v))
    if not made.residual(found.u) < 1e-10:
        raise RuntimeError(f"{name}: no reference solution of the adjoint equation was found")
    return made


def _solved(f: Map, z0: Tensor, rtol: float) -> Tensor:
    """Return the fixed point, by whichever solver gets there: none gets everywhere."""
    for solver in (Anderson(memory=20), Broyden(memory=60), deqlib.Picard()):
        found = deqlib.solve(f, z0, solver=solver, rtol=rtol, max_calls=2000)
        if found.converged:
            return found.z
    raise RuntimeError("no solver of ours found the fixed point in float64")


def _vjp(f: Map, z: Tensor) -> Map:
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        out = f(at)
    return lambda u: torch.autograd.grad(out, at, u.view_as(z), retain_graph=True)[0].flatten(1)


def methods() -> list[Backward]:
    """Collect the exact ways, ours and torchdeq's, then the cheap ones, which are one formula in every library."""
    return [
        _ours("Implicit, GMRES", lambda rtol, most: Implicit(rtol=rtol, max_calls=most)),
        _ours("Implicit, Anderson", lambda rtol, most: Implicit(Anderson(), rtol=rtol, max_calls=most)),
        _ours("Implicit, Broyden", lambda rtol, most: Implicit(Broyden(), rtol=rtol, max_calls=most)),
        *_torchdeq(),
        Backward("naive Anderson", "naive", EXACT, _affine(naive_anderson)),
        _ours("Reuse (SHINE)", lambda rtol, most: Reuse(), CHEAP),
        _ours("Neumann(0) (JFB)", lambda rtol, most: Neumann(0), CHEAP),
        _ours("Neumann(5)", lambda rtol, most: Neumann(5), CHEAP),
        _ours("Phantom(5, 0.5)", lambda rtol, most: Phantom(5, 0.5), CHEAP),
    ]


def _ours(name: str, adjoint: Callable[[float, int], deqlib.Adjoint], kind: str = EXACT) -> Backward:
    def method(matvec: Map, made: Equation, rtol: float, max_calls: int) -> Tensor:
        return adjoint(rtol * made.growth(), max_calls).solve(matvec, made.v, made.inverse).u

    return Backward(name, "ours", kind, method)


def _affine(solver: Callable[[Map, Tensor, float, int], Tensor]) -> Callable[[Map, Equation, float, int], Tensor]:
    """Hand the equation to a fixed-point solver, from zero, as torchdeq's own backward hook does."""
    return lambda matvec, made, rtol, max_calls: solver(
        lambda u: matvec(u) + made.v, torch.zeros_like(made.v), rtol, max_calls
    )


def _torchdeq() -> list[Backward]:
    from peers import torchdeq_peers

    return [Backward(peer.name, peer.family, EXACT, _affine(peer.method)) for peer in torchdeq_peers()]


def run(way: Backward, made: Equation, rtol: float, max_calls: int) -> Outcome:
    """Solve once, counting products and time."""
    matvec = Counted(made.matvec, max_calls)
    u, failure = None, ""
    start = time.perf_counter()
    try:
        with torch.no_grad():
            u = way.method(matvec, made, rtol, max_calls)
    except BudgetSpent:
        pass
    except (RuntimeError, ValueError, ArithmeticError) as error:
        failure = type(error).__name__.lstrip("_")
    return Outcome(u, matvec.calls, time.perf_counter() - start, failure)
