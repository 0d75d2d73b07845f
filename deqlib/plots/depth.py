"""Figures of chapter 05: what depth buys and costs, two counts of depth, and a plane of inputs."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from deqlib.diagnose import saved_bytes
from deqlib.layer import DEQ
from deqlib.plots.draw import COLOURS, MARKS, STYLES, Picture, canvas, numbers, styled
from deqlib.solve import solve
from deqlib.solvers import Picard

BUDGET = 60


class _Tied(torch.nn.Module):
    """z ← tanh(W z + x) with W of spectral norm 0.95; 16 samples of 50 entries, float64."""

    def __init__(self) -> None:
        super().__init__()
        gen = torch.Generator().manual_seed(1)
        W = torch.randn(50, 50, generator=gen, dtype=torch.float64)
        self.W = torch.nn.Parameter(W * (0.95 / torch.linalg.matrix_norm(W, 2)))
        self.x = 0.2 * torch.randn(16, 50, generator=gen, dtype=torch.float64)

    def forward(self, z: Tensor, x: Tensor) -> Tensor:
        return torch.tanh(z @ self.W.T + x)


@styled
def two_roads() -> Picture:
    """Draw the question of chapter 05: depth stops mattering for the output, and goes on costing memory."""
    cell = _Tied()
    x = cell.x
    steps = (1, 2, 5, 10, 20, 30, 50, 70, 100)

    def unrolled(count: int) -> Tensor:
        z = torch.zeros_like(x)
        for _ in range(count):
            z = cell(z, x)
        return z

    star = solve(cell, torch.zeros_like(x), x, rtol=1e-14, max_calls=500).z
    with torch.no_grad():
        gaps = [((unrolled(k) - star).norm() / star.norm()).item() for k in steps]
    kept = [saved_bytes(lambda k=k: unrolled(k)) / 1e3 for k in steps]  # type: ignore[misc]
    flat = saved_bytes(lambda: DEQ(cell, rtol=1e-6, max_calls=100)(x)) / 1e3
    figure, axes = canvas(
        f"Left: the output's distance to the equilibrium falls from {gaps[0]:.1f} to below 1e-9 within 30 steps. "
        f"Right: the unrolled network keeps {kept[0]:.0f} kB for one step and {kept[-1]:.0f} kB for 100; the DEQ "
        f"keeps {flat:.0f} kB.",
        2,
        width=8.4,
        height=3.6,
    )
    axes[0].semilogy(steps, gaps, color=COLOURS[0], marker=MARKS[0])
    axes[0].set(xlabel="steps of the same cell", ylabel="relative distance to z*", title="What depth still changes")
    axes[1].plot(steps, kept, color=COLOURS[0], marker=MARKS[0], label="unrolled network")
    axes[1].plot((1, 100), (flat, flat), color=COLOURS[1], linestyle=STYLES[1], label="DEQ, any number of steps")
    axes[1].set(xlabel="steps of the same cell", ylabel="kB kept for training", title="What depth costs")
    axes[1].legend(fontsize=9)
    return figure


@styled
def two_depths(solved: Tensor, settled: Tensor) -> Picture:
    """Draw how many samples are solved, and how many have settled, at each call.

    Args:
        solved, settled: (B,) calls until the residual met the tolerance, and until the answer stayed.
    """
    last = int(max(solved.max(), settled.max()))
    edges = np.arange(0.5, last + 1.5)
    figure, (ax,) = canvas(
        f"Histogram of two depths. The answer settles after {settled.double().mean():.1f} calls on average, the "
        f"residual meets its tolerance after {solved.double().mean():.1f}.",
        width=7.2,
    )
    for i, (values, label) in enumerate(((settled, "answer settled"), (solved, "residual below 1e-4"))):
        ax.hist(numbers(values), bins=edges.tolist(), color=COLOURS[i], alpha=0.75, hatch=("", "//")[i],
                edgecolor="white", label=f"{label}: mean {values.double().mean():.1f}")  # fmt: skip
    ax.set(xlabel="calls of the cell", ylabel="test photographs", title="Two counts of depth")
    ax.legend(fontsize=9)
    return figure


# --------------------------------------------------------------------------------------------------------------
# A plane of inputs


def _turn(strength: float) -> Tensor:
    """A stretched rotation of spectral norm `strength`."""
    W = torch.tensor([[0.8, -0.5], [0.5, 0.7]], dtype=torch.float64)
    scaled: Tensor = W * (strength / torch.linalg.matrix_norm(W, 2))
    return scaled


def _calls(strength: float, inputs: Tensor) -> Tensor:
    W = _turn(strength)
    z0 = torch.zeros_like(inputs)
    return solve(lambda z: torch.tanh(z @ W.T + inputs), z0, solver=Picard(), rtol=1e-6, max_calls=BUDGET).calls


def _plane(ax: Axes, strength: float) -> None:
    side = torch.linspace(-3, 3, 61, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side)
    calls = _calls(strength, grid).reshape(61, 61).T
    extent = (-3.05, 3.05, -3.05, 3.05)
    image = ax.imshow(numbers(calls), origin="lower", extent=extent, cmap="cividis", vmin=0, vmax=BUDGET)
    ax.set(xlabel="input $x_1$", ylabel="input $x_2$", title="Calls to a residual of 1e-6")
    ax.figure.colorbar(image, ax=ax, shrink=0.85)
    ax.grid(visible=False)


@styled
def input_walk(x1: float, x2: float, strength: float) -> Picture:
    """Draw the paths of three starts to z = tanh(W z + x), and the calls that each input of a plane takes.

    Args:
        x1, x2: the input, from -3 to 3.
        strength: the spectral norm of W.
    """
    x, W = torch.tensor([[x1, x2]], dtype=torch.float64), _turn(strength)
    starts = torch.tensor([[0.0, 0.0], [-1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)
    path = [starts]
    for _ in range(BUDGET):
        path.append(torch.tanh(path[-1] @ W.T + x))
    walk = torch.stack(path)
    calls = int(_calls(strength, x)[0])
    moved = float((walk[-1] - walk[-2]).norm(dim=1).max())
    apart = float(torch.pdist(walk[-1]).max())
    arrived = f"{calls} calls from (0, 0)" if calls < BUDGET else f"not done after {BUDGET} calls"
    same = "still moving" if moved > 1e-3 else "one equilibrium" if apart < 1e-3 else "the starts disagree"
    figure, axes = canvas(
        f"Input ({x1:.1f}, {x2:.1f}), strength {strength:.2f}: {arrived}; {same}. The end of the first path is "
        f"({walk[-1, 0, 0]:.2f}, {walk[-1, 0, 1]:.2f}).",
        2,
        width=8.6,
        height=4.0,
    )
    for i in range(3):
        xs, ys = numbers(walk[:, i]).T
        axes[0].plot(xs, ys, color=COLOURS[i], linestyle=STYLES[i], linewidth=1.2, marker=".", markersize=4)
        axes[0].plot(xs[0], ys[0], MARKS[i], color=COLOURS[i], markersize=8, label=f"from ({xs[0]:.0f}, {ys[0]:.0f})")
    axes[0].plot(*numbers(walk[-1]).T, "X", color="#000000", markersize=10, label="after 60 steps")
    axes[0].set(xlabel="state $z_1$", ylabel="state $z_2$", title=f"{arrived}; {same}")
    axes[0].set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=4, fontsize=9)
    _plane(axes[1], strength)
    axes[1].plot(x1, x2, "X", color="white", markeredgecolor="black", markersize=13)
    return figure


def input_still() -> Picture:
    """Draw the explorer of chapter 05 at one small input, for a page without a kernel."""
    return input_walk(0.3, 0.2, 0.95)
