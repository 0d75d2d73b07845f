"""Find z = f(z) for every sample of a batch: one loop that all solvers share.

    relative residual of sample i   r_i = ‖f(z_i) - z_i‖ / ‖f(z_i)‖

The loop calls f, measures, freezes the samples that are done, keeps each sample's best iterate, and asks the
solver for the next one. What a sample gets does not depend on which other samples stand in its batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from deqlib.solvers import Anderson, Solver
from deqlib.tree import Layout

if TYPE_CHECKING:
    from deqlib.linear import LinearSolution

__all__ = ["Result", "Solution", "relative_residual", "solve"]


class Result(IntEnum):
    """How the solve of one sample ended."""

    CONVERGED = 0
    MAX_CALLS = 1
    DIVERGED = 2


@dataclass(frozen=True)
class Solution:
    """What `solve` returns; every field speaks of the returned `z`.

    Attributes:
        z: the best iterate seen, shape of z0.
        residual: (B,) relative residual ‖f(z) - z‖ / ‖f(z)‖ measured at that iterate, no unit; inf where f never
            gave finite values.
        calls: (B,) calls of f until the sample was done, or all of them.
        result: (B,) codes of `Result`.
        trace: (calls, B) residual of the iterate at each call, a finished sample's last value repeated; None
            unless it was asked for.
        state: the solver's last state, such as Broyden's factors; None unless it was asked for.
        seconds: wall time of the solve.
        backward: how the last adjoint equation of this solve ended; see `DEQ.last`.
    """

    z: Any
    residual: Tensor
    calls: Tensor
    result: Tensor
    trace: Tensor | None = None
    state: Any = None
    seconds: float = 0.0
    backward: LinearSolution | None = None

    @property
    def converged(self) -> bool:
        """Whether every sample reached the tolerance."""
        return bool((self.result == Result.CONVERGED).all())

    @property
    def message(self) -> str:
        """One sentence for a person: how many samples ended how, and the worst residual."""
        ends = {
            Result.CONVERGED: "converged",
            Result.MAX_CALLS: "ran out of calls (raise max_calls, or choose a stronger solver)",
            Result.DIVERGED: "met a value that is not finite (f overflows, or its input holds NaN)",
        }
        counts = [(int((self.result == code).sum()), text) for code, text in ends.items()]
        said = "; ".join(f"{n} of {len(self.result)} samples {text}" for n, text in counts if n)
        return f"{said}; worst relative residual {self.residual.max().item():.1e}"


def relative_residual(z: Tensor, fz: Tensor) -> Tensor:
    """Measure how far each sample is from being a fixed point: ‖f(z) - z‖ / ‖f(z)‖.

    The ratio has no absolute floor, so it does not change when z and f are both scaled. It is 0 where f(z) = z
    exactly, zero included, and inf where a value is not finite.

    Args:
        z: (B, ...) the iterate.
        fz: (B, ...) the map at the iterate.

    Returns:
        (B,) in at least float32.

    >>> import torch
    >>> relative_residual(torch.tensor([[3.0, 4.0]]), torch.tensor([[3.0, 5.0]])).item() < 0.18
    True
    """
    precise = torch.promote_types(z.dtype, torch.float32)
    f, gap = fz.flatten(1).to(precise), (fz - z).flatten(1).to(precise)
    # Dividing by the largest entry first keeps squares inside the range at any scale of z.
    unit = torch.maximum(f.abs().amax(1, keepdim=True), gap.abs().amax(1, keepdim=True))
    unit = torch.where(unit > 0, unit, torch.ones_like(unit))
    top, bottom = torch.linalg.vector_norm(gap / unit, dim=1), torch.linalg.vector_norm(f / unit, dim=1)
    ratio = torch.where(top == 0, torch.zeros_like(top), top / bottom)
    return torch.where(ratio.isfinite() & unit[:, 0].isfinite(), ratio, torch.full_like(ratio, torch.inf))


def solve(
    f: Callable[..., Any],
    z0: Any,
    *args: object,
    solver: Solver | None = None,
    rtol: float = 1e-4,
    atol: float = 0.0,
    max_calls: int = 50,
    trace: bool = False,
    keep_state: bool = False,
) -> Solution:
    """Find a fixed point z = f(z, *args) of every sample, without a gradient.

    A sample is done when ‖f(z) - z‖ ≤ atol + rtol ‖f(z)‖; it is then frozen at that iterate. A sample that runs out
    of calls or meets a non-finite value gets the best iterate it has seen. `rtol` below 4 eps of the state's dtype
    cannot be measured and is raised to that.

    Args:
        f: the map; takes a state and `args`, returns the structure, shapes, dtype and device it was given. It must
            treat samples one by one: no batch statistics.
        z0: the state, a tensor (B, ...) or a tuple or dict of them with one B: where to start, floating point and
            finite; a good guess (a warm start) saves calls.
        args: passed on to f unchanged.
        solver: how to choose the next iterate, `Anderson()` if None.
        rtol: relative tolerance, no unit.
        atol: absolute tolerance in the unit of z's norm.
        max_calls: budget of calls of f, at least 1. Every call counts, the first included.
        trace: whether to keep the residual of every call.
        keep_state: whether to return the solver's last state, which `Reuse` needs.

    Returns:
        A `Solution` with the iterate, its residual, the calls and a result code for each sample.

    Raises:
        ValueError: z0 without a batch dimension, empty or not finite; f(z0) of another shape, dtype or device; a
            tolerance below 0; max_calls below 1.
        TypeError: z0 not of floating-point tensors; f(z0) of another structure; f not callable; solver without `init`
            and `step`.

    Source: stopping, freezing and result codes in the manner of optimistix (Rader, Lyons and Kidger).

    >>> import torch, deqlib
    >>> s = deqlib.solve(lambda z, x: torch.tanh(0.5 * z + x), torch.zeros(3, 1), torch.ones(3, 1))
    >>> s.converged, tuple(s.z.shape)
    (True, (3, 1))
    """
    solver = Anderson() if solver is None else solver
    layout, flat = Layout.of(z0)
    _check_arguments(f, flat, solver, rtol, atol, max_calls)
    begin = time.perf_counter()

    def call(z: Tensor) -> Tensor:
        return layout.flatten(f(layout.restore(z), *args), z)

    with torch.no_grad():
        found = _loop(call, flat, solver, rtol, atol, max_calls, trace, keep_state)
    return replace(found, z=layout.restore(found.z), seconds=time.perf_counter() - begin)


def _loop(
    f: Callable[[Tensor], Tensor],
    z0: Tensor,
    solver: Solver,
    rtol: float,
    atol: float,
    max_calls: int,
    keep_trace: bool,
    keep_state: bool,
) -> Solution:
    rtol = max(rtol, 4 * torch.finfo(z0.dtype).eps)
    z = best = z0
    least = torch.full((len(z0),), torch.inf, device=z0.device, dtype=torch.promote_types(z0.dtype, torch.float32))
    result = torch.full_like(least, Result.MAX_CALLS, dtype=torch.int64)
    calls = torch.zeros_like(result)
    trace: list[Tensor] = []
    state = None
    for call in range(max_calls):
        fz = f(z)
        residual = relative_residual(z, fz)
        active = result == Result.MAX_CALLS
        calls += active
        done = active & _within(z, fz, residual, rtol, atol)
        better = done | (active & (residual < least))  # done by atol need not have the least relative residual
        best, least = _where(better, z, best), torch.where(better, residual, least)
        result = torch.where(active & residual.isinf(), Result.DIVERGED, result)
        result = torch.where(done, Result.CONVERGED, result)
        trace.append(torch.where(active, residual, trace[-1] if trace else residual))
        active = result == Result.MAX_CALLS
        last = call + 1 == max_calls or not active.any()
        if last and not keep_state:  # a state that is kept knows the last pair too
            break
        if call == 0:
            state = solver.init(z, fz)
        state, after = solver.step(state, z, fz)
        if last:
            break
        z = _where(active, after, best)
    kept = torch.stack(trace) if keep_trace else None
    return Solution(best, least, calls, result, kept, state if keep_state else None)


def _where(mask: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """Choose per sample. Not mask * yes + ~mask * no: that lets one sample's NaN through."""
    return torch.where(mask.unsqueeze(1), yes, no)


def _within(z: Tensor, fz: Tensor, residual: Tensor, rtol: float, atol: float) -> Tensor:
    small = residual <= rtol
    if atol == 0:
        return small
    gap = torch.linalg.vector_norm((fz - z).flatten(1), dim=1, dtype=residual.dtype)
    size = torch.linalg.vector_norm(fz.flatten(1), dim=1, dtype=residual.dtype)
    close: Tensor = gap <= atol + rtol * size
    return small | close


def _check_arguments(f: object, z0: Tensor, solver: object, rtol: float, atol: float, max_calls: int) -> None:
    if not callable(f):
        raise TypeError(f"f must be callable, got {type(f).__name__}")
    if not z0.isfinite().all():
        bad = (~z0.isfinite()).any(1).nonzero()[:, 0].tolist()
        raise ValueError(f"z0 must be finite, but holds NaN or inf in samples {bad[:5]}")
    if not (hasattr(solver, "init") and hasattr(solver, "step")) or isinstance(solver, type):
        raise TypeError(f"solver must be an object such as Picard() or Anderson(), got {solver!r}")
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"rtol and atol must be at least 0, got rtol={rtol!r}, atol={atol!r}")
    if not isinstance(max_calls, int) or isinstance(max_calls, bool) or max_calls < 1:
        raise ValueError(f"max_calls must be an integer of at least 1 (one call measures z0), got {max_calls!r}")
