"""Figures of chapter 03: what Newton's step costs, what a secant fixes, and the paths of Broyden's two methods."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from deqlib.plots.draw import COLOURS, MARKS, STYLES, Picture, canvas, numbers, styled
from deqlib.solve import solve
from deqlib.solvers import Broyden, Picard

Map = Callable[[Tensor], Tensor]
_START = (1.0, -1.0)


def h_equation(c: float = 0.99, size: int = 50) -> tuple[Map, Tensor]:
    """Return Chandrasekhar's H-equation by the midpoint rule as a map, and the start 1 (1, size), float64.

        z_i = 1 / (1 - c/(2n) Σ_j μ_i z_j / (μ_i + μ_j)) ,   μ_i = (i - 1/2) / n ,   0 < c <= 1 .

    Source: C. T. Kelley (1995), SIAM, where it is a standing example.
    """
    mu = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    kernel = c / (2 * size) * mu[:, None] / (mu[:, None] + mu)
    return lambda z: 1 / (1 - z @ kernel.T), torch.ones(1, size, dtype=torch.float64)


def newton_residuals(f: Map, z: Tensor, tol: float, steps: int = 30) -> tuple[Tensor, list[int]]:
    """Run Newton's method with whole Jacobians; return its residuals, and the calls spent when each was measured.

    Args:
        f, z: a map of one sample (1, n), and the start.
        tol: stop at this relative residual.
        steps: the largest number of steps; each is charged n calls for its Jacobian and 1 for the next residual.
    """
    n, residuals, calls = z.shape[1], [], [1]
    for _ in range(steps + 1):
        g = f(z) - z
        residuals.append((g.norm() / (g + z).norm()).item())
        if not residuals[-1] > tol:
            break
        jacobian = torch.autograd.functional.jacobian(lambda x: f(x[None])[0], z[0])  # type: ignore[no-untyped-call]
        z = z + torch.linalg.solve(torch.eye(n, dtype=z.dtype) - jacobian, g[0])
        calls.append(calls[-1] + n + 1)
    return torch.tensor(residuals), calls[: len(residuals)]


@styled
def newton_race() -> Picture:
    """Draw the question of chapter 03: the same three runs against steps, and against calls of f."""
    f, z0 = h_equation()
    runs = {}
    for name, solver in (("Picard", Picard()), ("Broyden", Broyden(memory=20))):
        trace = solve(f, z0, solver=solver, rtol=1e-12, max_calls=150, trace=True).trace
        assert trace is not None
        runs[name] = (trace[:, 0], list(range(1, len(trace) + 1)))
    runs["Newton"] = newton_residuals(f, z0, 1e-12)
    figure, axes = canvas(
        "The same three runs twice, on 50 unknowns. Against steps Newton plunges, Broyden follows closely and Picard "
        "trails far behind. Against calls of f Broyden is first, Picard second, and Newton last by far.",
        2, width=8.4, height=3.6,
    )  # fmt: skip
    for i, (name, (residuals, calls)) in enumerate(runs.items()):
        for ax, at in zip(axes, (range(len(calls)), calls), strict=True):
            shown = np.maximum(numbers(residuals), 1e-16)
            ax.plot(at, shown, color=COLOURS[i], linestyle=STYLES[i], marker=MARKS[i],
                    markevery=max(1, len(calls) // 8), markersize=4.5, label=name)  # fmt: skip
    axes[0].set(xlabel="steps", ylabel="relative residual", yscale="log", title="By steps")
    axes[1].set(xlabel="calls of f (a Jacobian: 50)", yscale="log", title="By what they pay")
    axes[1].set_xscale("log")
    axes[0].legend(fontsize=9)
    return figure


@styled
def secant_line() -> Picture:
    """Draw g(z) = cos z - z with the tangent that Newton follows, and the secant that Broyden follows in 1-D."""
    z = np.linspace(0.0, 1.25, 200)
    old, new = 0.25, 1.1
    g: Callable[[float], float] = lambda x: float(np.cos(x) - x)  # noqa: E731
    slopes = {"tangent": -np.sin(new) - 1, "secant": (g(new) - g(old)) / (new - old)}
    hits = {name: new - g(new) / slope for name, slope in slopes.items()}
    figure, (ax,) = canvas(
        f"The curve cos z - z with two points on it. The secant through both reaches 0 at z = {hits['secant']:.3f}, "
        f"the tangent at the newer point at z = {hits['tangent']:.3f}; the curve does at 0.739."
    )
    ax.plot(z, np.cos(z) - z, color="#000000", label="g(z) = cos z - z")
    for i, (name, slope) in enumerate(slopes.items()):
        label = f"{name}, zero at {hits[name]:.3f}"
        ax.plot(z, g(new) + slope * (z - new), color=COLOURS[i], linestyle=STYLES[i + 1], label=label)
        ax.plot(hits[name], 0, MARKS[i + 1], color=COLOURS[i], markersize=8)
    for name, at in (("older point", old), ("newer point", new)):
        ax.plot(at, g(at), "o", color="#000000", markersize=7)
        ax.annotate(name, (at, g(at)), (-64, -12), textcoords="offset points", fontsize=9)
    ax.axhline(0, color="#777777", linewidth=1)
    ax.set(xlabel="z", ylabel="g(z)", ylim=(-0.95, 1.1), title="A secant costs no derivative")
    ax.legend(fontsize=9)
    return figure


@styled
def kept_direction(before: Tensor, after: Tensor | None, along: Tensor, pinned: Tensor, name: str = "B") -> Picture:
    """Draw the image of the unit circle under a 2 x 2 matrix before and after an update.

    Args:
        before, after: (2, 2); None draws no image after.
        along: (2,) the direction that the new pair speaks of.
        pinned: (2,) where the updated matrix has to send it.
        name: of the matrix.
    """
    unit = along / along.norm()
    across = torch.stack([-unit[1], unit[0]])
    angle = torch.linspace(0, 2 * torch.pi, 200, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()])
    figure, (ax,) = canvas("", width=6.8, height=3.8)
    images = [(f"image of the unit circle under {name}", before), (f"the same under {name}⁺ (yours)", after)]
    for i, (label, matrix) in enumerate(images):
        if matrix is not None:
            xs, ys = numbers(matrix.to(circle) @ circle)
            ax.plot(xs, ys, color=COLOURS[i], linestyle=STYLES[i], label=label)
    for label, point, mark, colour in (
        ("across: has to stay", before @ across, "o", "#000000"),
        ("along: where it was", before @ unit, "s", COLOURS[0]),
        ("along: where the secant wants it", pinned / along.norm(), "^", COLOURS[1]),
    ):
        ax.plot(*numbers(point), mark, color=colour, markersize=9, fillstyle="none", markeredgewidth=1.8, label=label)
    ax.plot(0, 0, "+", color="#777777")
    ax.set_aspect("equal")
    ax.set(title=f"What one pair tells {name}")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right center", fontsize=9)
    figure.alt = (
        f"Ellipses, the images of the unit circle under {name} before and after one update. They share the image of "
        "the direction across; the image of the direction along has moved to where the secant puts it."
        if after is not None
        else f"One ellipse, the image of the unit circle under {name}; there is no update yet."
    )
    return figure


def waves(strength: float) -> Map:
    """Return the map of the plane (z₁, z₂) ↦ (cos s z₂, sin s z₁); plain iteration contracts it for s < 1."""
    return lambda z: torch.stack([torch.cos(strength * z[1]), torch.sin(strength * z[0])])


def broyden_path(kind: str, strength: float, calls: int = 60, tol: float = 1e-8) -> tuple[Tensor, bool]:
    """Walk from (1, -1) on the map `waves` with one of Broyden's methods, or Picard's.

    Args:
        kind: "good", "bad" or "Picard".
        strength: the s of the map.
        calls: the largest number of calls of f.
        tol: relative residual at which the walk ends.

    Returns:
        the states (K, 2), one a call, and whether the last is a fixed point to tol.
    """
    f, z, inverse = waves(strength), torch.tensor(_START, dtype=torch.float64), -torch.eye(2, dtype=torch.float64)
    states: list[Tensor] = []
    old = None
    for _ in range(calls):
        fz = f(z)
        g = fz - z
        states.append(z)
        if g.norm() <= tol * fz.norm():
            return torch.stack(states), True
        if old is not None and kind != "Picard":
            dz, dg = z - states[-2], g - old
            row = inverse.T @ dz if kind == "good" else dg
            inverse = inverse + torch.outer(dz - inverse @ dg, row) / (row @ dg)
        old = g
        z = z - inverse @ g
    return torch.stack(states), False


def _walk(ax: Axes, kind: str, strength: float) -> tuple[str, Tensor, bool]:
    """Draw ‖g‖ as grey levels and a walk over it; return what to say of it."""
    states, found = broyden_path(kind, strength)
    reach = 2.2
    axis = torch.linspace(-reach, reach, 121, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
    height = torch.log10((waves(strength)(grid) - grid).square().sum(0).sqrt())
    ax.contourf(numbers(axis), numbers(axis), numbers(height.clamp(-1.5, 1)), levels=12, cmap="Greys_r", alpha=0.6)
    xs, ys = numbers(states.T)
    ax.plot(xs, ys, color=COLOURS[1], linewidth=1.5, marker="o", markersize=4)
    ax.plot(*_START, "s", color=COLOURS[0], markersize=8)
    if found:
        ax.plot(xs[-1], ys[-1], "*", color="#FFFFFF", markeredgecolor="#000000", markersize=14)
    end = f"{len(states)} calls" if found else f"not within {len(states)} calls"
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=f"{kind}, s = {strength:g}: {end}")
    ax.grid(visible=False)
    return end, states, found


@styled
def broyden_walk(kind: str = "good", strength: float = 1.0) -> Picture:
    """Draw the path of a method on the plane map of the given strength, over the length of its residual vector."""
    figure, (ax,) = canvas("", width=5.4, height=4.8)
    end, states, found = _walk(ax, kind, strength)
    ax.set(xlabel="z₁", ylabel="z₂")
    where = f"at ({states[-1, 0]:.2f}, {states[-1, 1]:.2f})" if found else "without a fixed point"
    out = int((states.abs() > 2.2).any(1).sum())
    figure.alt = (
        f"Path of {kind} on (cos s z2, sin s z1) with s = {strength:g} from (1, -1): {end}, ends {where}; {out} of "
        "its points lie outside the picture. Dark ground: short residual."
    )
    return figure


@styled
def broyden_walks() -> Picture:
    """Draw the explorer of chapter 03 at four settings, for a page without a kernel."""
    settings = [("good", 2.5), ("bad", 2.5), ("good", 2.7), ("bad", 2.7)]
    figure, axes = canvas("", 4, width=12.0, height=3.4)
    said = [f"{kind}, s = {s:g}: {_walk(ax, kind, s)[0]}" for ax, (kind, s) in zip(axes, settings, strict=True)]
    figure.alt = f"Four paths from (1, -1) over the length of the residual vector. {'; '.join(said)}."
    return figure
