"""Figures of chapter 02: what a memory buys, and the weights of Anderson acceleration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.colors import SymLogNorm
from torch import Tensor

from deqlib.plots.draw import COLOURS, Picture, canvas, curves, numbers, styled
from deqlib.solve import solve
from deqlib.solvers import Anderson, Picard


def slow_map(size: int = 30) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """Return f(z) = λ z + 1 with eigenvalues λ from 0.2 to 0.99, and the start 0 (1, size), float64."""
    eigenvalues = torch.linspace(0.2, 0.99, size, dtype=torch.float64)
    return lambda z: z * eigenvalues + 1, torch.zeros(1, size, dtype=torch.float64)


def _run(solver: Any, calls: int = 300) -> Tensor:
    f, z0 = slow_map()
    trace = solve(f, z0, solver=solver, rtol=1e-12, max_calls=calls, trace=True).trace
    assert trace is not None
    return trace[:, 0]


@styled
def memory_race() -> Picture:
    """Draw the question of chapter 02: the same map and the same calls, without a memory and with one."""
    return curves(
        {
            "no memory: Picard": _run(Picard()),
            "remembers 2 pairs": _run(Anderson(memory=2, restart=False)),
            "remembers 10 pairs": _run(Anderson(memory=10, restart=False)),
        },
        title="The same slow map, the same calls of f",
        alt="Three falling lines over 300 calls: without memory the residual barely falls, with 2 pairs somewhat "
        "faster, with 10 pairs it falls steeply.",
    )


@styled
def anderson_run(memory: int, damping: float = 1.0, log_ridge: float = -14.0) -> Picture:
    """Draw Anderson acceleration with the given options on the slow map, beside plain Picard iteration."""
    ours = Anderson(memory=memory, damping=damping, ridge=10.0**log_ridge, restart=False)
    return curves(
        {"Picard": _run(Picard()), "Anderson": _run(ours)},
        title=f"memory {memory}, damping {damping:.1f}, relative ridge 1e{log_ridge:.0f}",
        ylim=(1e-13, 2),
        alt=f"Anderson with memory {memory}, damping {damping:.1f} and ridge 1e{log_ridge:.0f} beside Picard.",
    )


@styled
def anderson_grid() -> Picture:
    """Draw the explorer of chapter 02 at six settings, for a page without a kernel."""
    settings = [(1, 1.0, -14), (2, 1.0, -14), (5, 1.0, -14), (10, 1.0, -14), (10, 0.3, -14), (10, 1.0, 0)]
    return curves(
        {f"memory {m}, β {b:.1f}, ridge 1e{r}": _run(Anderson(m, b, 10.0**r, restart=False)) for m, b, r in settings},
        title="Anderson acceleration on the slow map",
        ylim=(1e-13, 2),
        alt="Six settings on the slow map. Memory 1 is Picard and hardly falls; memory 2, 5 and 10 fall ever faster; "
        "damping 0.3 makes memory 10 a little faster, a ridge of 1 slower.",
    )


@styled
def closest_point(residuals: Tensor, alpha: Tensor | None) -> Picture:
    """Draw two residual vectors in the plane, the line of all their mixtures, and the mixture nearest to 0.

    Args:
        residuals: (2, 2), one residual vector a row.
        alpha: (2,) weights whose mixture is drawn as a cross; None leaves it out.
    """
    a, b = numbers(residuals)
    figure, (ax,) = canvas("", width=6.4, height=4.0)
    weight = float(-(a @ (b - a)) / ((b - a) @ (b - a)))
    line = np.stack([a + t * (b - a) for t in (min(weight, 0) - 0.4, max(weight, 1) + 0.4)])
    best = a + weight * (b - a)
    ax.plot(line[:, 0], line[:, 1], color="#777777", linestyle="--", label="all mixtures with weights that sum to 1")
    for name, g, colour in (("older residual", a, COLOURS[0]), ("newer residual", b, COLOURS[2])):
        ax.annotate("", g, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        ax.plot(*g, "o", color=colour, label=f"{name}, length {np.hypot(*g):.2f}")
    target = f"target, length {np.hypot(*best):.2f}"
    ax.plot(*best, "s", color="#000000", markersize=9, fillstyle="none", label=target)
    if alpha is not None:
        yours = numbers(alpha) @ np.stack([a, b])
        ax.plot(*yours, "x", color=COLOURS[1], markersize=10, markeredgewidth=2.5, label="your mixture")
    ax.axhline(0, color="#BBBBBB", linewidth=0.8)
    ax.axvline(0, color="#BBBBBB", linewidth=0.8)
    ax.set_aspect("equal")
    ax.set(xlabel="first entry", ylabel="second entry", title="The mixture of least length")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right center", fontsize=9)
    figure.alt = (
        f"Two residual vectors of length {np.hypot(*a):.2f} and {np.hypot(*b):.2f}, the line through their tips, and "
        f"the point of that line nearest to the origin, at distance {np.hypot(*best):.2f}."
    )
    return figure


@styled
def weights(alphas: Sequence[Tensor] | None) -> Picture:
    """Draw the mixing weights of one sample over time: a column a step, a row for the age of the pair.

    Args:
        alphas: one tensor (k,) a step, oldest pair first; None draws empty axes.
    """
    figure, (ax,) = canvas("No weights yet." if alphas is None else "", width=7.2, height=3.6)
    if alphas is not None:
        ages = max(len(a) for a in alphas)
        grid = np.full((ages, len(alphas)), np.nan)
        for step, a in enumerate(alphas):
            grid[: len(a), step] = numbers(a)[::-1]
        limit = float(np.nanmax(np.abs(grid)))
        norm = SymLogNorm(1.0, vmin=-limit, vmax=limit)
        image = ax.imshow(grid, cmap="PuOr", norm=norm, aspect="auto", origin="lower")
        for row, column in np.argwhere(np.isfinite(grid)):
            value = grid[row, column]
            tone = "white" if abs(norm(value) - 0.5) > 0.3 else "black"
            text = f"{value:.1f}" if abs(value) >= 0.05 else "0"
            ax.text(column, row, text, ha="center", va="center", fontsize=7.5, color=tone)
        figure.colorbar(image, ax=ax, label="weight α", format="{x:g}")
        figure.alt = (
            f"Table of mixing weights over {len(alphas)} steps for up to {ages} pairs, coloured by size. Every "
            f"column sums to 1; entries reach {limit:.1f} in size and many are negative."
        )
        ax.set_xticks(range(len(alphas)), [str(i + 1) for i in range(len(alphas))])
    ax.set(xlabel="step", ylabel="age of the pair (0 = newest)", title="The weights of one sample: many are negative")
    ax.grid(visible=False)
    return figure
