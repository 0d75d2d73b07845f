"""Figures of chapter 04: echoes of a nudge, and what each tolerance leaves in a gradient."""

from __future__ import annotations

import functools
import math
import warnings

import numpy as np
import torch
from torch import Tensor, nn

from deqlib.adjoint import Implicit
from deqlib.diagnose import compare
from deqlib.layer import DeqWarning, fixed_point
from deqlib.plots.draw import COLOURS, Picture, canvas, styled
from deqlib.solvers import Picard

EXPONENTS = tuple(range(-9, 0))


@styled
def echoes() -> Picture:
    """Draw the question of chapter 04: a nudge of b moves tanh(a z + b) a little and its fixed point much more."""
    a, b, db = 1.0, 0.05, 0.01
    z = _equilibrium(a, b)
    z_new = _equilibrium(a, b + db)
    first = math.tanh(a * z + b + db) - z
    figure, (ax,) = canvas(
        "The graph of tanh(a z + b) before and after a nudge of b, with the diagonal. A staircase climbs from the "
        "old fixed point to the new one: the first riser is the direct effect, every further riser an echo, each "
        f"shorter than the last. The first riser is {first / (z_new - z):.0%} of the whole way.",
        width=7.2,
        height=4.2,
    )
    grid = np.linspace(z - 0.01, z_new + 0.01, 200)
    ax.plot(grid, grid, color="#777777", linewidth=1.2, linestyle="--", label="diagonal: output = state")
    ax.plot(grid, np.tanh(a * grid + b), color=COLOURS[0], label="f, before the nudge")
    ax.plot(grid, np.tanh(a * grid + b + db), color=COLOURS[1], linestyle="-.", label="f, after the nudge")
    corners, at = [(z, z)], z
    for _ in range(14):
        following = math.tanh(a * at + b + db)
        corners += [(at, following), (following, following)]
        at = following
    xs, ys = zip(*corners, strict=True)
    ax.plot(xs[1:], ys[1:], color="#000000", linewidth=1.2, label="echo after echo")
    ax.plot(xs[:2], ys[:2], color=COLOURS[2], linewidth=4, label=f"direct effect, {first:.3f}")
    ax.plot(z, z, "o", color=COLOURS[0], markersize=9, label="old fixed point")
    ax.plot(z_new, z_new, "s", color=COLOURS[1], markersize=9, label=f"new fixed point, {z_new - z:.3f} higher")
    ax.set(xlabel="state z", ylabel="f(z)", title="One nudge, and how far the fixed point moves")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right center", fontsize=9)
    return figure


def _equilibrium(a: float, b: float) -> float:
    z = 0.0
    for _ in range(2000):
        z = math.tanh(a * z + b)
    return z


# --------------------------------------------------------------------------------------------------------------
# Two tolerances


class _Layer(nn.Module):
    """z ← tanh(W z + x) with W of spectral norm 0.95; 4 samples of 20 entries, float64."""

    def __init__(self) -> None:
        super().__init__()
        gen = torch.Generator().manual_seed(1)
        W = torch.randn(20, 20, generator=gen, dtype=torch.float64)
        self.W = nn.Parameter(W * (0.95 / torch.linalg.matrix_norm(W, 2)))
        self.x = 0.3 * torch.randn(4, 20, generator=gen, dtype=torch.float64)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z @ self.W.T + self.x)


@functools.cache
def _gradient(forward: float, backward: float) -> Tensor:
    layer = _Layer()
    adjoint = Implicit(Picard(), rtol=backward, max_calls=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeqWarning)
        z = fixed_point(
            layer, torch.zeros_like(layer.x), params=layer.parameters(),
            solver=Picard(), adjoint=adjoint, rtol=forward, max_calls=1000,
        )  # fmt: skip
        return torch.autograd.grad(z.square().sum() / 2, layer.W)[0]


@functools.cache
def _error(forward: int, backward: int) -> float:
    return compare([_gradient(10.0**forward, 10.0**backward)], [_gradient(1e-14, 1e-14)]).relative_error


@styled
def tolerances(log_forward: float, log_backward: float) -> Picture:
    """Draw the gradient's error against each tolerance while the other stays where it is set.

    Args:
        log_forward, log_backward: exponents of ten, whole numbers from -9 to -1.
    """
    forward, backward = round(log_forward), round(log_backward)
    here = _error(forward, backward)
    gains = {
        "forward": here / _error(max(forward - 1, EXPONENTS[0]), backward),
        "backward": here / _error(forward, max(backward - 1, EXPONENTS[0])),
    }
    verdict = " and ".join(f"a tighter {name} tolerance helps" for name, gain in gains.items() if gain > 2)
    verdict = verdict or "neither alone helps much"
    alt = (
        f"Error of the gradient at forward tolerance 1e{forward} and backward tolerance 1e{backward}: {here:.0e}; "
        f"{verdict}."
    )
    figure, axes = canvas(alt, 2, width=8.0, height=3.6)
    tols = [10.0**e for e in EXPONENTS]
    lines = {
        "forward": ([_error(e, backward) for e in EXPONENTS], forward, f"backward held at 1e{backward}"),
        "backward": ([_error(forward, e) for e in EXPONENTS], backward, f"forward held at 1e{forward}"),
    }
    for i, (ax, (name, (errors, at, held))) in enumerate(zip(axes, lines.items(), strict=True)):
        ax.loglog(tols, errors, color=COLOURS[i], marker="os"[i], linestyle=("-", "--")[i], label=held)
        ax.plot(10.0**at, here, "X", color="#000000", markersize=12, label=f"you are here, {here:.0e}")
        ax.set(xlabel=f"{name} tolerance", ylim=(1e-11, 3))
        ax.legend(fontsize=9, loc="upper left")
    axes[0].set(ylabel="relative error of the gradient")
    figure.suptitle(verdict, fontsize=11)
    return figure


@styled
def tolerance_map() -> Picture:
    """Draw the explorer of chapter 04 at every setting at once, for a page without a kernel."""
    grid = np.array([[math.log10(_error(f, b)) for b in EXPONENTS] for f in EXPONENTS])
    figure, (ax,) = canvas(
        "Table of the gradient's error for forward and backward tolerances from 1e-9 to 1e-1, coloured by its power "
        "of ten. The numbers form an L: in each cell the looser of the two tolerances decides.",
        width=7.2,
        height=4.6,
    )
    image = ax.imshow(grid, cmap="cividis", origin="lower", aspect="auto", vmin=-10, vmax=0)
    for (row, column), value in np.ndenumerate(grid):
        tone = "white" if value < -5 else "black"
        ax.text(column, row, f"{10**value:.0e}", ha="center", va="center", fontsize=7.5, color=tone)
    ticks = [f"1e{e}" for e in EXPONENTS]
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_yticks(range(len(ticks)), ticks)
    ax.set(xlabel="backward tolerance", ylabel="forward tolerance", title="Relative error of the gradient")
    figure.colorbar(image, ax=ax, label="power of ten")
    ax.grid(visible=False)
    return figure
