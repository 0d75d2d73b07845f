"""What the choices around a solve do, as small tables: tolerance, budget, warm start, samples that leave.

Everything but the times is the same at every run. Each table says what it measures and on what.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from memory import peak_bytes
from rich.table import Table
from torch import Tensor, nn

import deqlib
from deqlib import DEQ, Anderson, Broyden, Implicit, Newton, Picard, Unroll, compare, solve
from deqlib.cells import ConvCell, DenseCell, MonotoneCell

__all__ = ["Effect", "step_bytes", "tables"]


@dataclass(frozen=True)
class Effect:
    """A table with a name: a head of column titles and rows of words."""

    name: str
    title: str
    head: list[str]
    rows: list[list[str]]

    def rich(self) -> Table:
        """Lay the table out for a terminal."""
        table = Table(*self.head, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        return table


def tables() -> list[Effect]:
    """Measure everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", deqlib.DeqWarning)
        return [tolerance(), memory(), warm(), compact()]


def _cells() -> dict[str, tuple[nn.Module, Tensor]]:
    gen = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    images = torch.randn(8, 16, 8, 8, generator=gen)
    return {
        "dense, gain 0.9": (DenseCell(64, gain=0.9), torch.randn(32, 64, generator=gen)),
        "convolutional": (ConvCell(16, std=0.05), images),
        "convolutional, residual": (ConvCell(16, std=0.05, identity=True), images),
        "monotone": (MonotoneCell(64), torch.randn(32, 64, generator=gen)),
    }


def tolerance() -> Effect:
    """Measure how far a loose forward solve bends the exact gradient."""
    levels, rows = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6], []
    for name, (cell, x) in _cells().items():
        errors = []
        exact = _gradients(DEQ(cell.double(), rtol=1e-11, max_calls=2000, adjoint=_tight(1e-11)), x.double())
        cell.float()
        for rtol in levels:
            deq = DEQ(cell, rtol=rtol, max_calls=500, adjoint=_tight(1e-6))
            errors.append(f"{compare(_gradients(deq, x), exact).relative_error:.1e}")
        rows.append([name, *errors])
    title = "Relative error of the parameters' gradient by the forward rtol (backward rtol 1e-6)"
    return Effect("tolerance", title, ["cell", *(f"{rtol:.0e}" for rtol in levels)], rows)


def _tight(rtol: float) -> Implicit:
    return Implicit(rtol=rtol, max_calls=2000)


def _gradients(deq: DEQ, x: Tensor) -> list[Tensor]:
    z = deq(x)
    v = torch.randn(z.shape, generator=torch.Generator().manual_seed(3)).to(z)
    return list(torch.autograd.grad((z * v).sum(), list(deq.cell.parameters()), materialize_grads=True))


def memory() -> Effect:
    """Measure the most bytes alive at once in a forward and a backward pass, for 10 and for 200 forward calls."""
    rows = []
    backward = Implicit(rtol=0, max_calls=20, on_failure="ignore")
    for solver in (Picard(), Anderson(), Broyden(), Newton()):
        few, many = (step_bytes(solver, backward, calls) for calls in (10, 200))
        rows.append([f"{type(solver).__name__}, implicit", *_sizes(few, many)])
    few, many = (step_bytes(Picard(), Unroll(calls), calls) for calls in (10, 200))
    rows.append(["Picard, unrolled", *_sizes(few, many)])
    return Effect("memory", "Peak bytes of forward and backward by forward calls: ConvCell(16), 8 images of 8×8",
                  ["solver and gradient", "10 calls, kB", "200 calls, kB", "ratio"], rows)  # fmt: skip


def _sizes(few: int, many: int) -> list[str]:
    return [f"{few / 1e3:.0f}", f"{many / 1e3:.0f}", f"{many / few:.2f}"]


def step_bytes(solver: deqlib.Solver, adjoint: Implicit | Unroll, calls: int) -> int:
    """Measure the most bytes alive at once in a forward pass of `calls` calls and its backward pass."""
    cell, x = _cells()["convolutional"]
    deq = DEQ(cell, solver=solver, adjoint=adjoint, rtol=0, max_calls=calls)
    return peak_bytes(lambda: deq(x).sum().backward())


def warm() -> Effect:
    """Measure the calls from zero and from the last solution, after a change of the input."""
    rows = []
    for name, (cell, x) in _cells().items():
        for change in (0.1, 0.01, 0.001):
            noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
            moved = x + change * x.norm() / noise.norm() * noise
            options = {"rtol": 1e-4, "max_calls": 500}
            with torch.no_grad():
                before = solve(cell, torch.zeros_like(x), x, **options)
                cold, hot = (solve(cell, z0, moved, **options) for z0 in (torch.zeros_like(x), before.z))
            calls = [solution.calls.double().mean().item() for solution in (cold, hot)]
            rows.append([name, f"{100 * change:g} %", *(f"{c:.1f}" for c in calls), f"{1 - calls[1] / calls[0]:.0%}"])
    return Effect("warm", "Mean calls a sample to 1e-4, from zero and from the solution before the input changed",
                  ["cell", "change", "from zero", "warm", "saved"], rows)  # fmt: skip


def compact() -> Effect:
    """Measure what is saved when samples that are done leave the batch, from an even batch to a very uneven one."""
    rows = []
    for name, low in (("all alike", 0.9), ("a little uneven", 0.5), ("very uneven", 0.05)):
        rows.append([name, f"{low:g} to 0.97", *_leaving(low)])
    return Effect("compact", "compact=True: rows of the batch still computed, and wall time over compact=False",
                  ["batch of 256", "rates", "rows computed", "time ratio"], rows)  # fmt: skip


def _leaving(low: float) -> list[str]:
    f, x, scale = _uneven(low)
    sizes: list[int] = []

    def watched(z: Tensor, x: Tensor, scale: Tensor) -> Tensor:
        sizes.append(len(z))
        return f(z, x, scale)

    def run(f: Callable[..., Tensor], compact: bool) -> None:
        solve(f, torch.zeros_like(x), x, scale, solver=Picard(), rtol=1e-5, max_calls=300, compact=compact)

    run(watched, compact=True)
    ratio = _paired(lambda: run(f, compact=True), lambda: run(f, compact=False))
    return [f"{sum(sizes) / (len(x) * len(sizes)):.0%}", f"{ratio:.2f}"]


def _uneven(low: float, batch: int = 256, size: int = 256) -> tuple[Callable[..., Tensor], Tensor, Tensor]:
    gen = torch.Generator().manual_seed(0)
    W = torch.randn(size, size, generator=gen)
    W = (W + W.T) / torch.linalg.matrix_norm(W + W.T, 2)
    scale = torch.linspace(low, 0.97, batch)[:, None]
    return lambda z, x, scale: torch.tanh(scale * (z @ W) + x), 0.1 * torch.randn(batch, size, generator=gen), scale


def _paired(mine: Callable[[], object], other: Callable[[], object], rounds: int = 7) -> float:
    ratios = []
    for _ in range(rounds):
        took = []
        for job in (mine, other):
            start = time.perf_counter()
            with torch.no_grad():
                job()
            took.append(time.perf_counter() - start)
        ratios.append(took[0] / took[1])
    return statistics.median(ratios)
