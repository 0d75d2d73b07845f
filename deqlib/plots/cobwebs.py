"""Figures of chapter 01: cobwebs, rates and damping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from torch import Tensor

from deqlib.plots.draw import COLOURS, Picture, canvas, numbers, styled


def _draw_cobweb(ax: Axes, f: Callable[[Tensor], Tensor], path: Tensor | None, span: tuple[float, float]) -> None:
    grid = torch.linspace(*span, 200)
    ax.plot(grid, grid, color="#777777", linewidth=1.2, linestyle="--", label="diagonal: out = in")
    ax.plot(grid, f(grid), color=COLOURS[0], label="graph of f")
    if path is not None:
        points = numbers(path)
        ax.plot(points[:, 0], points[:, 1], color=COLOURS[1], linewidth=1.1, label="path of the iteration")
        ax.plot(*points[0], marker="o", color=COLOURS[1], markersize=6)
    ax.set(xlabel="z", ylabel="f(z)", xlim=span, ylim=span)
    ax.set_aspect("equal")


@styled
def cobweb(
    f: Callable[[Tensor], Tensor],
    path: Tensor | None,
    *,
    span: tuple[float, float] = (0.0, 1.2),
    title: str = "",
    alt: str = "",
) -> Picture:
    """Draw the graph of f, the diagonal, and a cobweb's corners (2n + 1, 2); None draws the target alone."""
    drawn = "with" if path is not None else "without"
    alt = alt or f"Cobweb diagram {drawn} the path of the iteration. {title}"
    figure, (ax,) = canvas(alt, width=6.4, height=4.0)
    _draw_cobweb(ax, f, path, span)
    ax.set_title(title)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right center", fontsize=9)
    return figure


def _staircase(f: Callable[[float], float], start: float, steps: int, limit: float = 1e3) -> Tensor:
    corners, z = [(start, 0.0)], start
    for _ in range(steps):
        y = f(z)
        corners += [(z, y), (y, y)]
        z = y
        if abs(z) > limit:
            break
    return torch.tensor(corners)


def _linear_web(ax: Axes, slope: float, damping: float, start: float, steps: int) -> float:
    """Draw the damped iteration for f(z) = 1 + slope (z - 1); return the factor by which it shrinks the error."""

    def damped(z: Any) -> Any:
        return (1 - damping) * z + damping * (1 + slope * (z - 1))

    _draw_cobweb(ax, damped, _staircase(damped, start, steps), (-1.0, 3.0))
    return abs(1 - damping * (1 - slope))


@styled
def linear_cobweb(slope: float, damping: float = 1.0, start: float = 1.6, steps: int = 25) -> Picture:
    """Draw the damped iteration z⁺ = (1 - β) z + β f(z) for the line f(z) = 1 + slope (z - 1)."""
    figure, (ax,) = canvas("", width=6.4, height=4.4)
    rate = _linear_web(ax, slope, damping, start, steps)
    verdict = "settles at 1" if rate < 1 else "never settles"
    ax.set_title(f"slope {slope:+.2f}, damping {damping:.2f}: the error is multiplied by {rate:.2f}, it {verdict}")
    ax.set_ylabel("(1 - β) z + β f(z)")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", fontsize=9, ncols=2)
    figure.alt = (
        f"Cobweb of a line with slope {slope:+.2f} iterated with damping {damping:.2f}. Each step multiplies "
        f"the distance to the fixed point 1 by {rate:.2f}, so the path {verdict}."
    )
    return figure


@styled
def cobweb_pair(slopes: Sequence[float] = (-0.8, -1.2), start: float = 1.3, steps: int = 14) -> Picture:
    """Draw the question of chapter 01: the same recipe on two lines, one path winds in, the other winds out."""
    alt = (
        "Two cobweb diagrams side by side, both started at z = 1.3. On the left a line of slope -0.8: the path "
        "winds inwards to the fixed point at 1. On the right a line of slope -1.2: the path winds outwards."
    )
    figure, axes = canvas(alt, len(slopes), width=8.4, height=4.3)
    for ax, slope in zip(axes, slopes, strict=True):
        rate = _linear_web(ax, slope, 1.0, start, steps)
        ax.set_title(f"slope {slope:+.1f}: {'winds in' if rate < 1 else 'winds out'}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", fontsize=9, ncols=3)
    return figure


@styled
def cobweb_grid(slopes: Sequence[float] = (-1.5, 0.5, 1.2), dampings: Sequence[float] = (1.0, 0.5)) -> Picture:
    """Draw the explorer of chapter 01 at six settings, for a page without a kernel."""
    alt = (
        "Six cobweb diagrams of the damped map. Slope -1.5 winds out at damping 1.0 and settles at 0.5; slope 0.5 "
        "settles at both, slower at 0.5; slope 1.2 leaves the fixed point at both."
    )
    figure, _ = canvas(alt, 0, width=9.0, height=7.0)
    for i, (damping, slope) in enumerate((b, s) for b in dampings for s in slopes):
        ax = figure.add_subplot(len(dampings), len(slopes), i + 1)
        rate = _linear_web(ax, slope, damping, 1.6, 25)
        ax.set(title=f"slope {slope:+.1f}, β = {damping:.1f}\nfactor {rate:.2f}", ylabel="(1 - β) z + β f(z)")
    return figure


@styled
def rate_map(best: Callable[[float, float], tuple[float, float]] | None = None) -> Picture:
    """Draw the factor |1 - β (1 - λ)| over eigenvalue λ and damping β; `best(lo, hi)` marks β for each lo, hi = 0.5.

    Args:
        best: returns (β, rate) for eigenvalues in [lo, hi]; None leaves the line out.
    """
    figure, (ax,) = canvas(
        "Heat map of the factor per step over eigenvalue (-4 to 1.5) and damping (0 to 1). The factor is below 1 in "
        "a region that narrows towards damping 0.4 as the eigenvalue falls to -4, and is above 1 for every "
        "eigenvalue above 1.",
        width=7.2,
        height=4.2,
    )
    eig, beta = torch.linspace(-4, 1.5, 240), torch.linspace(0.01, 1, 200)
    rate = (1 - beta[:, None] * (1 - eig[None, :])).abs().clamp(1e-2, 1e1)
    mesh = ax.pcolormesh(eig, beta, rate, cmap="cividis", norm=LogNorm(0.05, 4), shading="gouraud", rasterized=True)
    lines = ax.contour(eig, beta, rate, levels=[0.5, 1.0], colors="white", linestyles=["dotted", "solid"])
    ax.clabel(lines, fmt={0.5: "0.5", 1.0: "1: no progress"}, fontsize=9)
    figure.colorbar(mesh, ax=ax, label="factor per step (dark is fast)")
    if best is not None:
        lows = np.linspace(-4, 0.4, 30)
        betas = [best(float(lo), 0.5)[0] for lo in lows]
        ax.plot(lows, betas, color=COLOURS[1], linewidth=2.2, label="your β for eigenvalues in [λ, 0.5]")
        ax.legend(loc="lower left", fontsize=9, labelcolor="white")
    ax.set(xlabel="eigenvalue λ of the Jacobian", ylabel="damping β", xlim=(-4, 1.5), ylim=(0, 1))
    ax.grid(visible=False)
    return figure
