"""Find z = f(z) for every sample of a batch: one loop that all solvers share.

    relative residual of sample i   r_i = ‖f(z_i) - z_i‖ / ‖f(z_i)‖

The loop calls f, measures, freezes the samples that are done, keeps each sample's best iterate, and asks the
solver for the next one. What a sample gets does not depend on which other samples stand in its batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from deqlib.batch import may_look, norm, precise, safe_norm, taken
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


# Plain numbers for the loop: a compiler does not see through an enumeration.
_CONVERGED, _OPEN, _DIVERGED = (int(code) for code in Result)


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
    return torch.nan_to_num(_measure(z.flatten(1), fz.flatten(1), may_look(z))[1], nan=torch.inf, posinf=torch.inf)


def _measure(z: Tensor, fz: Tensor, eager: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return g = f(z) - z, the relative residual (inf or NaN where not finite), ‖g‖ and ‖f(z)‖; `eager` may look."""
    g = fz - z
    if eager:
        top, bottom = norm(g), norm(fz)
        low = torch.finfo(bottom.dtype).tiny ** 0.3  # beyond it squares of entries would lose digits
        least, most = torch.aminmax(bottom)
        if least.item() > low and most.item() < 1 / low:
            return g, top / bottom, top, bottom
    top, bottom = safe_norm(g), safe_norm(fz)
    ratio = torch.where(top == 0, 0, top / bottom)
    return g, torch.where(ratio.isfinite() & bottom.isfinite(), ratio, torch.inf), top, bottom


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
    check_every: int | None = 1,
    compact: bool = False,
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
        check_every: after how many calls to look whether all samples are done. A look makes a GPU wait; a sample
            that is done between two looks is frozen all the same. None never looks: every solve makes `max_calls`
            calls, nothing is checked or warned of, and `torch.compile` turns it into one graph.
        compact: whether samples that are done leave the batch, so that f is called on the others alone. Tensors in
            `args` whose first dimension is B are then taken to hold one entry a sample; f must get all that belongs
            to a sample through `args`.

    Returns:
        A `Solution` with the iterate, its residual, the calls and a result code for each sample.

    Raises:
        ValueError: z0 without a batch dimension, empty or not finite; f(z0) of another shape, dtype or device; a
            tolerance below 0; max_calls or check_every below 1; compact with check_every None or keep_state.
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
    _check_arguments(f, solver, rtol, atol, max_calls)
    _check_looks(check_every, compact, keep_state)
    if check_every is not None:
        _check_finite(flat)
    begin = 0.0 if torch.compiler.is_compiling() else time.perf_counter()
    with torch.no_grad(), torch.autocast(flat.device.type, enabled=False):
        loop = _Loop(layout.flat(f, flat), args, flat, solver, rtol, atol)
        found = loop.run(max_calls, check_every, compact, trace, keep_state)
    seconds = 0.0 if torch.compiler.is_compiling() else time.perf_counter() - begin
    return replace(found, z=layout.restore(found.z), seconds=seconds)


class _Loop:
    """The samples in the batch, and of each its best iterate, the residual there, and whether it is done."""

    def __init__(
        self, f: Callable[..., Tensor], args: tuple[object, ...], z0: Tensor, solver: Solver, rtol: float, atol: float
    ) -> None:
        self.f, self.args, self.solver = f, args, solver
        self.rtol, self.atol, self.floor = rtol, atol, 4 * torch.finfo(z0.dtype).eps
        self.best = z0
        self.least = torch.full((len(z0),), torch.inf, device=z0.device, dtype=precise(z0.dtype))
        self.last = self.least
        self.result = torch.full_like(self.least, _OPEN, dtype=torch.int64)
        self.calls = torch.zeros_like(self.result)
        self.active = self.result == _OPEN
        # A look at values costs nothing on a CPU, and spares the copies that masks make.
        self.eager = may_look(z0)
        self.everyone = True  # whether all are known to be active

    def run(self, max_calls: int, check_every: int | None, compact: bool, trace: bool, keep_state: bool) -> Solution:
        """Call f, record, step, until all are done or the budget is spent."""
        z, state, kept = self.best, None, []
        gone = _Gone(self) if compact else None
        for call in range(1, max_calls + 1):
            fz = self.f(z, *self.args)
            g = self.record(z, fz, call)
            if trace:
                kept.append(gone.all(self, "last") if gone else self.last)
            look = check_every is not None and call % check_every == 0
            last = call == max_calls or (look and not self.everyone and not bool(self.active.any()))
            if last and not keep_state:  # a state that is kept knows the last pair too
                break
            state = self.solver.init(z, fz) if state is None and call == 1 else state
            state, after = self.solver.step(state, z, fz, g)
            if last:
                break
            z = after if self.everyone else taken(self.active, after, self.best)
            if gone and look and not self.everyone:
                z, state = gone.leave(self, z, state)
        self.calls = torch.where(self.active, call, self.calls)
        if gone:
            gone.back(self)
        residuals = torch.stack(kept) if trace else None
        return Solution(self.best, self.least, self.calls, self.result, residuals, state if keep_state else None)

    def record(self, z: Tensor, fz: Tensor, call: int) -> Tensor:
        """Measure, keep what is better, freeze what is done; return f(z) - z."""
        g, residual, top, bottom = _measure(z, fz, self.eager)
        enough = max(self.rtol, self.floor)
        usual = self.eager and self.everyone and self.atol == 0
        if usual and bool((residual < self.least).all()) and residual.amin().item() > enough:
            self.best, self.least, self.last = z, residual, residual  # nobody is done, all are better than before
            return g
        residual = torch.nan_to_num(residual, nan=torch.inf, posinf=torch.inf)
        close = residual <= enough
        if self.atol > 0:
            close |= (top <= self.atol + self.rtol * bottom) & residual.isfinite()
        self.calls = torch.where(self.active, call, self.calls)
        done = self.active & close
        better = done | (self.active & (residual < self.least))  # done by atol need not have the least residual
        self.best, self.least = taken(better, z, self.best), torch.where(better, residual, self.least)
        self.last = torch.where(self.active, residual, self.last)
        self.result = torch.where(self.active & residual.isinf(), _DIVERGED, self.result)
        self.result = torch.where(done, _CONVERGED, self.result)
        self.active = self.result == _OPEN
        self.everyone = self.eager and bool(self.active.all())
        return g


class _Gone:
    """The samples that have left the batch: where they stood, and what was found for them."""

    names = ("best", "least", "last", "result", "calls")

    def __init__(self, loop: _Loop) -> None:
        self.rows = torch.arange(len(loop.least), device=loop.least.device)
        self.found = {name: getattr(loop, name) for name in self.names}

    def all(self, loop: _Loop, name: str) -> Tensor:
        """Return a quantity of the whole batch."""
        present: Tensor = getattr(loop, name)
        whole: Tensor = self.found[name].index_copy(0, self.rows, present)
        return whole

    def leave(self, loop: _Loop, z: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Let the samples that are done go once they are a quarter of the batch: each time everything is copied."""
        stay = loop.active.nonzero()[:, 0]
        before = len(loop.active)
        if len(stay) > 0.75 * before:
            return z, state
        self.found = {name: self.all(loop, name) for name in self.names}
        self.rows = self.rows[stay]
        for name in (*self.names, "active"):
            setattr(loop, name, getattr(loop, name)[stay])
        loop.args, state = _rows((loop.args, state), stay, before)
        loop.everyone = loop.eager
        return z[stay], state

    def back(self, loop: _Loop) -> None:
        """Put everyone in their old place."""
        for name in self.names:
            setattr(loop, name, self.all(loop, name))


def _rows(tree: Any, keep: Tensor, batch: int) -> Any:
    """Take these rows of every tensor of `batch` rows in nested tuples, lists, dicts and dataclasses."""
    if isinstance(tree, Tensor):
        return tree[keep] if tree.dim() and len(tree) == batch else tree
    if isinstance(tree, (tuple, list)):
        return type(tree)(_rows(part, keep, batch) for part in tree)
    if isinstance(tree, dict):
        return {name: _rows(part, keep, batch) for name, part in tree.items()}
    if is_dataclass(tree) and not isinstance(tree, type):
        return replace(tree, **{part.name: _rows(getattr(tree, part.name), keep, batch) for part in fields(tree)})
    return tree


def _check_finite(z0: Tensor) -> None:
    if not z0.isfinite().all():
        bad = (~z0.isfinite()).any(1).nonzero()[:, 0].tolist()
        raise ValueError(f"z0 must be finite, but holds NaN or inf in samples {bad[:5]}")


def _check_arguments(f: object, solver: object, rtol: float, atol: float, max_calls: int) -> None:
    if not callable(f):
        raise TypeError(f"f must be callable, got {type(f).__name__}")
    if not (hasattr(solver, "init") and hasattr(solver, "step")) or isinstance(solver, type):
        raise TypeError(f"solver must be an object such as Picard() or Anderson(), got {solver!r}")
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"rtol and atol must be at least 0, got rtol={rtol!r}, atol={atol!r}")
    if not isinstance(max_calls, int) or isinstance(max_calls, bool) or max_calls < 1:
        raise ValueError(f"max_calls must be an integer of at least 1 (one call measures z0), got {max_calls!r}")


def _check_looks(check_every: int | None, compact: bool, keep_state: bool) -> None:
    whole = isinstance(check_every, int) and not isinstance(check_every, bool)
    if check_every is not None and not (whole and check_every >= 1):
        raise ValueError(f"check_every must be an integer of at least 1, or None to never look, got {check_every!r}")
    if compact and (check_every is None or keep_state):
        raise ValueError("compact=True lets samples leave: it needs check_every, and no solver's state can be kept")
