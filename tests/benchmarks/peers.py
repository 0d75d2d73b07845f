"""Every solver of the benchmark behind one function: `run(peer, problem, rtol, max_calls) -> Outcome`.

Calls are counted by wrapping f, whatever a solver says of itself. All stop on the same test, the worst sample's
‖f(z) - z‖ / ‖f(z)‖ against rtol, and all may spend the same budget of calls:

    ours      every solver that deqlib exports, with its defaults, through `deqlib.solve`, and Anderson(memory=7,
              every=2), which solves its small problem at every second call.
    torchdeq  its solver functions called directly (less work than its DEQ module), stop_mode="rel", defaults else.
    naive     the Anderson of the tutorials: memory 5 and a ridge of 1e-4 that does not scale.
    SciPy     `anderson` and `broyden1` on the whole batch as one vector, alpha=1 (its first step is then Picard's),
              no line search (it costs calls), stopped by a callback on our test; float64 inside, f in float32.
"""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from problems import BudgetSpent, Map, Problem
from torch import Tensor

import deqlib

__all__ = ["Outcome", "Peer", "naive_anderson", "peers", "run", "torchdeq_peers", "worst"]

Method = Callable[[Map, Tensor, float, int], Tensor]


@dataclass(frozen=True)
class Peer:
    """A solver with a name: `method(f, z0, rtol, max_calls)` returns its answer."""

    name: str
    family: str
    method: Method

    def applies(self, problem: Problem) -> bool:
        """Whether this solver is run on the problem."""
        return problem.scipy or self.family != "scipy"


@dataclass(frozen=True)
class Outcome:
    """What one run gave.

    Attributes:
        z: the returned iterate, None if the solver raised or spent its budget without returning.
        calls: calls of f.
        seconds: wall time of the solve.
        failure: the name of what was raised, empty if nothing was.
    """

    z: Tensor | None
    calls: int
    seconds: float
    failure: str


def run(peer: Peer, problem: Problem, rtol: float, max_calls: int) -> Outcome:
    """Solve once, counting calls and time; a solver that raises is an outcome, not the end of the benchmark."""
    f = problem.counted(max_calls)
    z, failure = None, ""
    start = time.perf_counter()
    try:
        with torch.no_grad():
            z = peer.method(f, problem.z0, rtol, max_calls)
    except BudgetSpent:
        pass
    except (RuntimeError, ValueError, ArithmeticError) as error:  # LinAlgError and SciPy's own among them
        failure = type(error).__name__.lstrip("_")
    return Outcome(z, f.calls, time.perf_counter() - start, failure)


def worst(z: Tensor, fz: Tensor) -> float:
    """Measure the worst sample's relative residual."""
    return deqlib.relative_residual(z, fz).max().item()


def peers() -> list[Peer]:
    """Collect all solvers: ours by inspection, so that a new one joins by being exported."""
    return [*_ours(), *torchdeq_peers(), Peer("naive Anderson", "naive", naive_anderson), *_scipy()]


def _ours() -> list[Peer]:
    found = []
    for name in deqlib.__all__:
        kind = getattr(deqlib, name)
        solves = all(hasattr(kind, method) for method in ("init", "step"))
        if inspect.isclass(kind) and dataclasses.is_dataclass(kind) and solves:
            found.append(Peer(name, "ours", _our_method(cast(deqlib.Solver, kind()))))
    return [*found, Peer("Anderson, every 2", "ours", _our_method(deqlib.Anderson(memory=7, every=2)))]


def _our_method(solver: deqlib.Solver) -> Method:
    return lambda f, z0, rtol, max_calls: deqlib.solve(f, z0, solver=solver, rtol=rtol, max_calls=max_calls).z


def torchdeq_peers() -> list[Peer]:
    """Collect torchdeq's solver functions, called directly."""
    # Imported here: pytest's collection of doctests reads this file where the peers need not be installed.
    from torchdeq.solver import anderson, broyden, fp_iter

    def method(solver: Callable[..., tuple[Tensor, object, object]], first: int) -> Method:
        # Broyden's max_iter does not count its first call of f; the others' does.
        return lambda f, z0, rtol, max_calls: solver(f, z0, max_iter=max_calls - first, tol=rtol, stop_mode="rel")[0]

    return [
        Peer("torchdeq Anderson", "torchdeq", method(anderson.anderson_solver, 0)),
        Peer("torchdeq Broyden", "torchdeq", method(broyden.broyden_solver, 1)),
        Peer("torchdeq fixed point", "torchdeq", method(fp_iter.fixed_point_iter, 0)),
    ]


def naive_anderson(f: Map, z0: Tensor, rtol: float, max_calls: int, memory: int = 5, ridge: float = 1e-4) -> Tensor:
    """Iterate Anderson's method as tutorials write it: constrained least squares with an absolute ridge."""
    batch = len(z0)
    Z, G = z0.new_zeros(2, batch, memory, z0[0].numel())
    z = z0
    for k in range(max_calls):
        fz = f(z)
        if worst(z, fz) <= rtol:
            break
        Z[:, k % memory], G[:, k % memory] = z.flatten(1), (fz - z).flatten(1)
        n = min(k + 1, memory)
        H = torch.bmm(G[:, :n], G[:, :n].mT) + ridge * torch.eye(n)
        alpha = torch.linalg.solve(H, torch.ones(batch, n, 1))
        alpha = alpha / alpha.sum(1, keepdim=True)
        z = (alpha.mT @ (Z + G)[:, :n]).view_as(z0)
    return z


class _Reached(Exception):
    """Carries the point that met the tolerance: SciPy has no other way out of a solve that is good enough."""


def _scipy() -> list[Peer]:
    from scipy import optimize

    return [
        Peer(f"SciPy {name}", "scipy", _scipy_method(getattr(optimize, name))) for name in ("anderson", "broyden1")
    ]


def _scipy_method(solver: Callable[..., object]) -> Method:
    def method(f: Map, z0: Tensor, rtol: float, max_calls: int) -> Tensor:
        def tensor(flat: object) -> Tensor:
            return torch.as_tensor(flat, dtype=z0.dtype).view_as(z0)

        def gap(flat: object) -> object:
            z = tensor(flat)
            return (f(z) - z).flatten().double().numpy()

        def stop(flat: object, residual: object) -> None:
            z = tensor(flat)
            if worst(z, z + tensor(residual)) <= rtol:
                raise _Reached(z)

        try:
            solver(gap, z0.flatten().double().numpy(), alpha=1.0, line_search=None, f_tol=0.0, f_rtol=0.0,
                   maxiter=max_calls, callback=stop)  # fmt: skip
        except _Reached as reached:
            z: Tensor = reached.args[0]
            return z
        raise BudgetSpent

    return method
