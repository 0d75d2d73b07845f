"""Every figure of the course: functions that take numbers and return a matplotlib Figure with its alt text.

Colours are Okabe and Ito's, which survive colour blindness; line styles and markers differ too, so a grey print
says the same. Nothing here touches pyplot's global state.
"""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, SymLogNorm
from matplotlib.figure import Figure
from torch import Tensor

from deqlib.solve import solve
from deqlib.solvers import Anderson, Picard

__all__ = [
    "COLOURS",
    "Picture",
    "anderson_grid",
    "anderson_run",
    "closest_point",
    "cobweb",
    "cobweb_grid",
    "cobweb_pair",
    "curves",
    "linear_cobweb",
    "memory_race",
    "rate_map",
    "scatter",
    "slow_map",
    "weights",
]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
_MARKS = ("o", "s", "^", "D", "v", "P", "X")
_RC: Any = {
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.titlesize": 11,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}

Curves = Mapping[str, Tensor | Sequence[float] | None]
P = ParamSpec("P")


class Picture(Figure):
    """A Figure that carries a sentence for those who cannot see it and shows itself in a notebook.

    Attributes:
        alt: what the picture shows, in words; becomes the image's alt text.
    """

    alt: str = ""

    def png(self) -> bytes:
        """Render to PNG bytes, without the version that would change them from one release to the next."""
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=100, metadata={"Software": None})
        return file.getvalue()

    def html(self) -> str:
        """Return an <img> with the alt text: JupyterLab shows an image/png output without one."""
        data = base64.b64encode(self.png()).decode()
        return f'<img src="data:image/png;base64,{data}" alt="{escape(self.alt)}" style="max-width:100%">'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}


def _styled(draw: Callable[P, Picture]) -> Callable[P, Picture]:
    """Give a drawing function the course's style without changing matplotlib's settings for anyone else."""

    @functools.wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with mpl.rc_context(_RC):
            return draw(*args, **kwargs)

    return inner


def _figure(alt: str, columns: int = 1, *, width: float = 6.4, height: float = 3.6) -> tuple[Picture, list[Axes]]:
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)  # type: ignore[union-attr, call-arg]
    FigureCanvasAgg(figure)
    figure.alt = alt
    return figure, [figure.add_subplot(1, columns, i + 1) for i in range(columns)]


def _numbers(values: Tensor | Sequence[float] | range) -> np.ndarray[Any, Any]:
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values, dtype=float)


# --------------------------------------------------------------------------------------------------------------
# Shapes that serve every chapter


@_styled
def curves(
    lines: Curves,
    *,
    x: Mapping[str, Sequence[float] | range | Tensor] | None = None,
    xlabel: str = "calls of f",
    ylabel: str = "relative residual",
    title: str = "",
    log: str = "y",
    level: tuple[float, str] | None = None,
    ylim: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw one line a name, by default residuals on a logarithmic axis against calls; None is left out.

    Args:
        lines: name to values (K,).
        x: name to abscissae (K,); 1, 2, ... where a name is missing.
        log: which axes are logarithmic: "", "x", "y" or "xy".
        level: a horizontal line and its name, such as (1e-8, "tolerance").
        ylim: limits of the vertical axis.
        alt: what the reader should see, for those who cannot.
    """
    shown = {name: _numbers(values) for name, values in lines.items() if values is not None}
    ends = "; ".join(f"{name} ends at {v[-1]:.2g}" for name, v in shown.items() if len(v))
    figure, (ax,) = _figure(f"{alt or title} {ylabel} against {xlabel}: {ends}.".strip())
    for i, (name, values) in enumerate(shown.items()):
        at = _numbers(x[name]) if x and name in x else np.arange(1, len(values) + 1)
        drawn = np.where(values > 0, values, np.nan) if "y" in log else values
        ax.plot(at, drawn, color=COLOURS[i % 7], linestyle=_STYLES[i % 7], marker=_MARKS[i % 7],
                markevery=max(1, len(values) // 8), markersize=4.5, label=name)  # fmt: skip
    if level:
        ax.axhline(level[0], color="#777777", linewidth=1, linestyle=":", label=level[1])
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    if ylim:
        ax.set_ylim(*ylim)
    if len(shown) > 4:  # too many for the inside: they would cover a line
        figure.set_figwidth(8.4)
        figure.legend(loc="outside right center", fontsize=9)
    elif len(shown) > 1 or level:
        ax.legend(fontsize=9)
    return figure


@_styled
def scatter(
    groups: Mapping[str, tuple[Sequence[float] | Tensor, Sequence[float] | Tensor] | None],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    diagonal: str = "",
    log: str = "",
    alt: str = "",
) -> Picture:
    """Draw one cloud of points a name, empty ones left out; `diagonal` names the line y = x if it should be drawn."""
    shown = [(name, _numbers(g[0]), _numbers(g[1])) for name, g in groups.items() if g is not None and len(g[0])]
    figure, (ax,) = _figure(alt or title if shown else f"{title}: no points yet.")
    for i, (name, xs, ys) in enumerate(shown):
        ax.plot(xs, ys, _MARKS[i % 7], color=COLOURS[i % 7], markersize=6, label=name, alpha=0.85)
    if diagonal and shown:
        ends = [min(x.min() for _, x, _ in shown), max(x.max() for _, x, _ in shown)]
        ax.plot(ends, ends, color="#777777", linewidth=1.2, linestyle="--", label=diagonal)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    if shown:
        ax.legend(fontsize=9)
    else:
        ax.text(0.5, 0.5, "no points yet", ha="center", transform=ax.transAxes, color="#555555")
    return figure


# --------------------------------------------------------------------------------------------------------------
# Chapter 01


def _draw_cobweb(ax: Axes, f: Callable[[Tensor], Tensor], path: Tensor | None, span: tuple[float, float]) -> None:
    grid = torch.linspace(*span, 200)
    ax.plot(grid, grid, color="#777777", linewidth=1.2, linestyle="--", label="diagonal: out = in")
    ax.plot(grid, f(grid), color=COLOURS[0], label="graph of f")
    if path is not None:
        points = _numbers(path)
        ax.plot(points[:, 0], points[:, 1], color=COLOURS[1], linewidth=1.1, label="path of the iteration")
        ax.plot(*points[0], marker="o", color=COLOURS[1], markersize=6)
    ax.set(xlabel="z", ylabel="f(z)", xlim=span, ylim=span)
    ax.set_aspect("equal")


@_styled
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
    figure, (ax,) = _figure(alt, width=6.4, height=4.0)
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


@_styled
def linear_cobweb(slope: float, damping: float = 1.0, start: float = 1.6, steps: int = 25) -> Picture:
    """Draw the damped iteration z⁺ = (1 - β) z + β f(z) for the line f(z) = 1 + slope (z - 1)."""
    figure, (ax,) = _figure("", width=6.4, height=4.4)
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


@_styled
def cobweb_pair(slopes: Sequence[float] = (-0.8, -1.2), start: float = 1.3, steps: int = 14) -> Picture:
    """Draw the question of chapter 01: the same recipe on two lines, one path winds in, the other winds out."""
    alt = (
        "Two cobweb diagrams side by side, both started at z = 1.3. On the left a line of slope -0.8: the path "
        "winds inwards to the fixed point at 1. On the right a line of slope -1.2: the path winds outwards."
    )
    figure, axes = _figure(alt, len(slopes), width=8.4, height=4.3)
    for ax, slope in zip(axes, slopes, strict=True):
        rate = _linear_web(ax, slope, 1.0, start, steps)
        ax.set_title(f"slope {slope:+.1f}: {'winds in' if rate < 1 else 'winds out'}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", fontsize=9, ncols=3)
    return figure


@_styled
def cobweb_grid(slopes: Sequence[float] = (-1.5, 0.5, 1.2), dampings: Sequence[float] = (1.0, 0.5)) -> Picture:
    """Draw the explorer of chapter 01 at six settings, for a page without a kernel."""
    alt = (
        "Six cobweb diagrams of the damped map. Slope -1.5 winds out at damping 1.0 and settles at 0.5; slope 0.5 "
        "settles at both, slower at 0.5; slope 1.2 leaves the fixed point at both."
    )
    figure, _ = _figure(alt, 0, width=9.0, height=7.0)
    for i, (damping, slope) in enumerate((b, s) for b in dampings for s in slopes):
        ax = figure.add_subplot(len(dampings), len(slopes), i + 1)
        rate = _linear_web(ax, slope, damping, 1.6, 25)
        ax.set(title=f"slope {slope:+.1f}, β = {damping:.1f}\nfactor {rate:.2f}", ylabel="(1 - β) z + β f(z)")
    return figure


@_styled
def rate_map(best: Callable[[float, float], tuple[float, float]] | None = None) -> Picture:
    """Draw the factor |1 - β (1 - λ)| over eigenvalue λ and damping β; `best(lo, hi)` marks β for each lo, hi = 0.5.

    Args:
        best: returns (β, rate) for eigenvalues in [lo, hi]; None leaves the line out.
    """
    figure, (ax,) = _figure(
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


# --------------------------------------------------------------------------------------------------------------
# Chapter 02


def slow_map(size: int = 30) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """Return f(z) = λ z + 1 with eigenvalues λ from 0.2 to 0.99, and the start 0 (1, size), float64."""
    eigenvalues = torch.linspace(0.2, 0.99, size, dtype=torch.float64)
    return lambda z: z * eigenvalues + 1, torch.zeros(1, size, dtype=torch.float64)


def _run(solver: Any, calls: int = 300) -> Tensor:
    f, z0 = slow_map()
    trace = solve(f, z0, solver=solver, rtol=1e-12, max_calls=calls, trace=True).trace
    assert trace is not None
    return trace[:, 0]


@_styled
def memory_race() -> Picture:
    """Draw the question of chapter 02: the same map and the same calls, without a memory and with one."""
    return curves(
        {
            "no memory: Picard": _run(Picard()),
            "remembers 2 pairs": _run(Anderson(memory=2)),
            "remembers 10 pairs": _run(Anderson(memory=10)),
        },
        title="The same slow map, the same calls of f",
        alt="Three falling lines over 300 calls: without memory the residual barely falls, with 2 pairs somewhat "
        "faster, with 10 pairs it falls steeply.",
    )


@_styled
def anderson_run(memory: int, damping: float = 1.0, log_ridge: float = -14.0) -> Picture:
    """Draw Anderson acceleration with the given options on the slow map, beside plain Picard iteration."""
    ours = Anderson(memory=memory, damping=damping, ridge=10.0**log_ridge)
    return curves(
        {"Picard": _run(Picard()), "Anderson": _run(ours)},
        title=f"memory {memory}, damping {damping:.1f}, relative ridge 1e{log_ridge:.0f}",
        ylim=(1e-13, 2),
        alt=f"Anderson with memory {memory}, damping {damping:.1f} and ridge 1e{log_ridge:.0f} beside Picard.",
    )


@_styled
def anderson_grid() -> Picture:
    """Draw the explorer of chapter 02 at six settings, for a page without a kernel."""
    settings = [(1, 1.0, -14), (2, 1.0, -14), (5, 1.0, -14), (10, 1.0, -14), (10, 0.3, -14), (10, 1.0, 0)]
    return curves(
        {f"memory {m}, β {b:.1f}, ridge 1e{r}": _run(Anderson(m, b, 10.0**r)) for m, b, r in settings},
        title="Anderson acceleration on the slow map",
        ylim=(1e-13, 2),
        alt="Six settings on the slow map. Memory 1 is Picard and hardly falls; memory 2, 5 and 10 fall ever faster; "
        "damping 0.3 makes memory 10 a little faster, a ridge of 1 slower.",
    )


@_styled
def closest_point(residuals: Tensor, alpha: Tensor | None) -> Picture:
    """Draw two residual vectors in the plane, the line of all their mixtures, and the mixture nearest to 0.

    Args:
        residuals: (2, 2), one residual vector a row.
        alpha: (2,) weights whose mixture is drawn as a cross; None leaves it out.
    """
    a, b = _numbers(residuals)
    figure, (ax,) = _figure("", width=6.4, height=4.0)
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
        yours = _numbers(alpha) @ np.stack([a, b])
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


@_styled
def weights(alphas: Sequence[Tensor] | None) -> Picture:
    """Draw the mixing weights of one sample over time: a column a step, a row for the age of the pair.

    Args:
        alphas: one tensor (k,) a step, oldest pair first; None draws empty axes.
    """
    figure, (ax,) = _figure("No weights yet." if alphas is None else "", width=7.2, height=3.6)
    if alphas is not None:
        ages = max(len(a) for a in alphas)
        grid = np.full((ages, len(alphas)), np.nan)
        for step, a in enumerate(alphas):
            grid[: len(a), step] = _numbers(a)[::-1]
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
