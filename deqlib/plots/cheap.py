"""Figures of chapter 06: where gradient descent with a cheap gradient ends, and what each truncation keeps."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deqlib.plots.draw import COLOURS, MARKS, STYLES, Picture, canvas, styled

Array = np.ndarray[Any, Any]

# --------------------------------------------------------------------------------------------------------------
# Two knobs, a linear equilibrium, and two gradients


@dataclass(frozen=True)
class Tug:
    """A linear equilibrium z = W z + M θ that two knobs θ pull towards a target t, with the loss ‖z - t‖² / 2.

    Attributes:
        W, M, t: the state's matrix (n, n), the knobs' (n, 2), and the target (n,).
        start: (2,) where the knobs begin.
        rate: step size of the descent.
    """

    W: Array
    M: Array
    t: Array
    start: Array
    rate: float

    @property
    def response(self) -> Array:
        """The equilibrium's derivative by the knobs, (I - W)⁻¹ M, shape (n, 2)."""
        solved: Array = np.linalg.solve(np.eye(len(self.W)) - self.W, self.M)
        return solved

    def loss(self, knobs: Array) -> Array:
        """Return the loss at knobs (..., 2)."""
        off = knobs @ self.response.T - self.t
        half: Array = (off**2).sum(-1) / 2
        return half

    def walk(self, *, cheap: bool, steps: int) -> Array:
        """Descend from the start with the exact or the Jacobian-free gradient; return the knobs (steps + 1, 2)."""
        pull = self.M if cheap else self.response  # what v = z - t is multiplied with
        path = [self.start]
        for _ in range(steps):
            path.append(path[-1] - self.rate * (self.response @ path[-1] - self.t) @ pull)
        return np.array(path)


def tugs() -> dict[str, Tug]:
    """Return the three equilibria of chapter 06's opening, named by how the Jacobian-free walk ends."""
    c, s = 0.9, math.sqrt(1 - 0.9**2)
    turn = 0.9 * np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 0.2]])
    knobs = np.array([[-1.4, 0.1], [-0.7, 0.1], [-0.6, 1.6]])
    shear, slanted = np.array([[0.5, 2.5], [0.0, 0.5]]), np.array([[1.0, 0.0], [-0.6, 0.8]])
    mild = np.array([[0.3, -0.4], [0.5, 0.3]])
    return {
        "it arrives": Tug(mild, np.eye(2), np.array([1.0, 1.0]), np.array([-1.5, 2.0]), 0.05),
        "it stops elsewhere": Tug(turn, knobs, np.array([-2.8, 0.0, 0.1]), np.array([-2.0, 2.0]), 0.01),
        "it climbs": Tug(shear, slanted, np.array([1.0, -0.5]), np.array([1.2, 1.2]), 0.004),
    }


@styled
def three_endings() -> Picture:
    """Draw the question of chapter 06: the same descent with an exact and a Jacobian-free gradient, three times."""
    figure, axes = canvas(
        "Three maps of a loss over two knobs with contour lines. In each, a solid path with the exact gradient runs "
        "to the lowest point. The dashed path with a gradient of one backward call arrives there too in the first "
        "map, stops at another place in the second, and runs uphill out of the picture in the third.",
        3,
        width=9.6,
        height=3.9,
    )
    for ax, (name, tug) in zip(axes, tugs().items(), strict=True):
        exact, cheap = tug.walk(cheap=False, steps=4000), tug.walk(cheap=True, steps=4000)
        inside = np.abs(cheap - exact[-1]).max(1) < 4.0
        cheap = cheap[: len(cheap) if inside.all() else int(inside.argmin())]
        both = np.concatenate([exact, cheap])
        centre, half = (both.min(0) + both.max(0)) / 2, 0.58 * (both.max(0) - both.min(0)).max()
        sides = [np.linspace(m - half, m + half, 120) for m in centre]
        grid = np.stack(np.meshgrid(*sides), axis=-1)
        ax.contour(*sides, np.sqrt(tug.loss(grid)), levels=12, colors="#BBBBBB", linewidths=0.8)
        ax.plot(*exact.T, color=COLOURS[0], linewidth=2, label="exact gradient")
        ax.plot(*cheap.T, color=COLOURS[1], linewidth=2, linestyle="--", label="one backward call (JFB)")
        ax.plot(*tug.start, "o", color="#000000", markersize=7, label="start")
        ax.plot(*exact[-1], "*", color=COLOURS[0], markersize=15, label="lowest loss")
        ax.plot(*cheap[-1], "X", color=COLOURS[1], markersize=8, label="where JFB is at the end")
        norm = np.linalg.norm(tug.W, 2)
        ax.set(title=f"{name}\nspectral norm {norm:.2f}", xlabel="knob 1", aspect="equal")
        ax.grid(visible=False)
    axes[0].set_ylabel("knob 2")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)
    return figure


# --------------------------------------------------------------------------------------------------------------
# Truncation and damping, seen in the spectrum

STEPS = tuple(range(1, 13))
DAMPINGS = tuple(round(0.1 * i, 1) for i in range(1, 11))


@functools.cache
def _jacobians(n: int = 24) -> dict[str, tuple[Array, Array]]:
    """Return Jacobians (n, n) and an incoming gradient (n,) for each, all of one seed."""
    gen = np.random.default_rng(6)
    A, v = gen.standard_normal((n, n)), gen.standard_normal(n)
    Q = np.linalg.qr(gen.standard_normal((n, n)))[0]
    c, s = 0.95, math.sqrt(1 - 0.95**2)
    turn = np.kron(np.eye(n // 2), 0.95 * np.array([[c, -s], [s, c]]))
    return {
        "random, norm 0.95": (0.95 * A / np.linalg.norm(A, 2), v),
        "rotation, norm 0.95": (Q @ turn @ Q.T, v),
        "slow, eigenvalues up to 0.95": (Q @ np.diag(np.linspace(-0.3, 0.95, n)) @ Q.T, v),
        "expanding, eigenvalues down to -2": (Q @ np.diag(np.linspace(-2.0, 0.5, n)) @ Q.T, v),
    }


JACOBIANS = tuple(_jacobians())


@functools.cache
def _quality(kind: str, steps: int, damping: float) -> tuple[float, float, float]:
    """Return the cosine, relative error and norm ratio of u = τ Σ_{i < steps} ((1 - τ) I + τ Jᵀ)ⁱ v."""
    J, v = _jacobians()[kind]
    exact = np.linalg.solve(np.eye(len(v)) - J.T, v)
    u = damping * v
    for _ in range(steps - 1):
        u = (1 - damping) * u + damping * (J.T @ u + v)
    size, true = np.linalg.norm(u), np.linalg.norm(exact)
    return float(u @ exact / (size * true)), float(np.linalg.norm(u - exact) / true), float(size / true)


@styled
def truncation(kind: str = JACOBIANS[0], steps: int = 4, damping: float = 1.0) -> Picture:
    """Draw what `steps` damped steps keep of the exact adjoint: per eigenvalue, and in three numbers.

    Args:
        kind: one of `JACOBIANS`.
        steps: terms of the sum, from 1 to 12; steps - 1 products with Jᵀ.
        damping: τ in (0, 1], no unit.
    """
    eigenvalues = np.linalg.eigvals(_jacobians()[kind][0])
    cosine, error, ratio = _quality(kind, steps, damping)
    verdict = f"cosine {cosine:.2f}, relative error {error:.2g}, norm ratio {ratio:.2g}, for {steps - 1} products"
    alt = f"{kind}, {steps} steps, damping {damping:.1f}: {verdict}. Left, eigenvalues over a map of the lost share."
    figure, (plane, race) = canvas(alt, 2, width=9.0, height=4.0)
    x, y = np.meshgrid(np.linspace(-2.4, 1.4, 160), np.linspace(-1.6, 1.6, 140))
    lost = np.abs(1 - damping + damping * (x + 1j * y)) ** steps
    greys = ["#FFFFFF", "#E4E4E4", "#BDBDBD", "#8A8A8A"]
    shade = plane.contourf(x, y, lost, levels=[0, 0.1, 0.3, 1.0, 1e9], colors=greys)
    plane.contour(x, y, lost, levels=[1.0], colors="#000000", linewidths=1.2)
    plane.plot(eigenvalues.real, eigenvalues.imag, "o", color=COLOURS[1], markeredgecolor="#FFFFFF")
    plane.plot(1, 0, "x", color="#000000", markersize=9, markeredgewidth=2)
    plane.annotate("1", (1, 0), (1.08, 0.1), fontsize=10)
    plane.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
    plane.set_title("eigenvalues of J, and what is lost there")
    plane.grid(visible=False)
    bar = figure.colorbar(shade, ax=plane, ticks=[0, 0.1, 0.3, 1.0], shrink=0.8, spacing="uniform")
    bar.set_label("lost share |1 - τ + τλ|ᵏ")
    lines = np.array([_quality(kind, k, damping) for k in STEPS]).T
    for i, (name, values) in enumerate(zip(("cosine", "relative error", "norm ratio"), lines, strict=True)):
        look: Any = {"color": COLOURS[i], "linestyle": STYLES[i], "marker": MARKS[i], "markersize": 4}
        race.plot([k - 1 for k in STEPS], np.clip(values, -1.2, 3), label=name, **look)
    race.axvline(steps - 1, color="#777777", linewidth=1.5, linestyle=":", label="you are here")
    race.axhline(0, color="#000000", linewidth=0.8)
    race.set(xlabel="products with Jᵀ", ylabel="value, cut off at 3", ylim=(-1.25, 3.1))
    race.set_title("the three numbers")
    race.legend(fontsize=9, loc="upper right")
    figure.suptitle(f"{kind}; k = {steps}, τ = {damping:.1f}\n{verdict}", fontsize=11)
    return figure


@styled
def truncation_map() -> Picture:
    """Draw the explorer of chapter 06 at every setting at once, for a page without a kernel."""
    figure, axes = canvas(
        "Four tables of the relative error of u for 1 to 12 steps and damping 0.1 to 1. On the random Jacobian the "
        "error falls quickly for damping near 0.7 to 1. On the rotation and the slow one it stays large throughout. "
        "On the expanding one it explodes without damping and falls with a damping of 0.6 or less.",
        4,
        width=11.0,
        height=3.9,
    )
    for ax, kind in zip(axes, JACOBIANS, strict=True):
        table = np.array([[_quality(kind, k, t)[1] for k in STEPS] for t in DAMPINGS])
        image = ax.imshow(np.log10(table), cmap="cividis", origin="lower", aspect="auto", vmin=-3, vmax=2)
        for (row, column), value in np.ndenumerate(table):
            if column % 3 == 1 and row % 3 == 0:
                text = f"{value:.1g}" if value < 1 else f"{value:.0f}" if value < 100 else "> 99"
                tone = "white" if value < 0.3 else "black"
                ax.text(column, row, text, ha="center", va="center", fontsize=8, color=tone)
        ax.set_xticks(range(1, 12, 3), [str(k) for k in STEPS[1::3]])
        ax.set_yticks(range(0, 10, 3), [str(t) for t in DAMPINGS[::3]])
        ax.set_title(kind.replace(", ", ",\n"), fontsize=10)
        ax.set_xlabel("steps k")
        ax.grid(visible=False)
    axes[0].set_ylabel("damping τ")
    bar = figure.colorbar(image, ax=axes, ticks=[-3, -2, -1, 0, 1, 2], shrink=0.9)
    bar.set_ticklabels(["0.001", "0.01", "0.1", "1", "10", "100"])
    bar.set_label("relative error of u")
    return figure


# --------------------------------------------------------------------------------------------------------------
# Bias against cost


@styled
def bias_and_cost(
    points: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]] | None], *, title: str = ""
) -> Picture:
    """Draw cosine and relative error against products with Jᵀ, one line a method; None is left out.

    Args:
        points: name to (products, cosines, relative errors), as many numbers each.
        title: of the whole figure.
    """
    shown = {name: values for name, values in points.items() if values is not None}
    ends = "; ".join(f"{n} ends at cosine {c[-1]:.2f}, error {e[-1]:.1e}" for n, (_, c, e) in shown.items())
    alt = f"{title}, cosine and relative error against products: {ends}."
    figure, (left, right) = canvas(alt, 2, width=9.4, height=3.8)
    for i, (name, (products, cosines, errors)) in enumerate(shown.items()):
        look: Any = {"color": COLOURS[i % 7], "linestyle": STYLES[i % 7], "marker": MARKS[i % 7], "markersize": 5}
        left.plot(products, cosines, label=name, **look)
        right.plot(products, errors, **look)
    left.set(xlabel="products with Jᵀ", ylabel="cosine with the exact gradient", title="what a cosine shows")
    right.set(xlabel="products with Jᵀ", ylabel="relative error", yscale="log", title="what a relative error shows")
    left.axhline(0, color="#000000", linewidth=0.8)
    right.axhline(1, color="#444444", linewidth=1.4, linestyle=":", label="1: as far off as no gradient")
    right.legend(fontsize=9, loc="lower left")
    if len(shown):
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure
