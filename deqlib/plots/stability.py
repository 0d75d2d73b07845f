"""Figures of chapter 07: where eigenvalues may lie, which method survives, and a training run about to break."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from deqlib.adjoint import Implicit
from deqlib.cells import DenseCell
from deqlib.layer import DEQ, DeqWarning
from deqlib.plots.draw import COLOURS, MARKS, STYLES, Picture, canvas, styled
from deqlib.solve import solve
from deqlib.solvers import Anderson, Picard
from deqlib.splitting import PeacemanRachford

CALLS = 300
TOLERANCE = 1e-6
METHODS = ("Picard", "Picard, β = 0.3", "forward-backward", "Peaceman-Rachford", "Anderson")


@styled
def warning_signs() -> Picture:
    """Draw the question of chapter 07: a loss that falls while the worst sample's forward residual climbs."""
    losses, residuals = _doomed_run()
    figure, (left, right) = canvas(
        f"Two panels over {len(losses)} training steps. The loss falls from {losses[0]:.1f} to {losses[-1]:.3f}. The "
        f"worst sample's forward residual stays near the tolerance of 1e-3, then climbs to {residuals[-1]:.1g}.",
        2,
        width=8.0,
        height=3.2,
    )
    steps = np.arange(1, len(losses) + 1)
    left.semilogy(steps, losses, color=COLOURS[0])
    left.set(xlabel="training step", ylabel="loss", title="The loss falls …")
    right.semilogy(steps, residuals, color=COLOURS[1])
    right.axhline(1e-3, color="#777777", linewidth=1, linestyle=":", label="tolerance of the solve")
    right.set(xlabel="training step", ylabel="worst relative residual", title="… and the forward solve?")
    right.legend(fontsize=9, loc="upper left")
    return figure


@functools.cache
def _doomed_run(steps: int = 30) -> tuple[list[float], list[float]]:
    """Train a small tanh layer to spread values around a ring, and stop before it breaks."""
    n, size = 16, 32
    ring = torch.eye(n, dtype=torch.float64).roll(1, 0)
    target = torch.linalg.inv(torch.eye(n) - 0.97 * (ring + ring.T) / 2)
    target = target / target.square().sum(1).mean().sqrt()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        cell, head = DenseCell(size, n).double(), nn.Linear(size, n).double()
    adjoint = Implicit(rtol=1e-3, max_calls=15, on_failure="ignore")
    deq = DEQ(
        cell, solver=Picard(), adjoint=adjoint, rtol=1e-3, max_calls=30, init=lambda x: x.new_zeros(len(x), size)
    )
    optimiser = torch.optim.Adam([*deq.parameters(), *head.parameters()], 0.02)
    gen, losses, residuals = torch.Generator().manual_seed(1), [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeqWarning)
        for _ in range(steps):
            x = torch.randn(64, n, generator=gen, dtype=torch.float64)
            loss = (head(deq(x)) - x @ target.T).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            assert deq.last is not None
            losses.append(loss.item())
            residuals.append(deq.last.residual.max().item())
    return losses, residuals


# --------------------------------------------------------------------------------------------------------------
# The complex plane


def _range_boundary(W: Tensor) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """Return points on the boundary of {x* W x : ‖x‖ = 1}: each direction's extreme eigenvector gives one."""
    A = W.detach().to(torch.complex128)
    points = []
    for angle in np.linspace(0, 2 * np.pi, 121):
        turned = A * complex(math.cos(angle), -math.sin(angle))
        x = torch.linalg.eigh((turned + turned.mH) / 2)[1][:, -1]
        points.append((x.conj() @ (A @ x)).item())
    return np.array(points)


@styled
def spectrum(matrices: Mapping[str, Tensor | None], *, title: str = "", alt: str = "") -> Picture:
    """Draw each matrix's eigenvalues and numerical range beside the unit circle and the line Re = 1.

    Args:
        matrices: name to a square matrix (n, n), a panel each, with common axes; None is left out.
        title: above all panels.
        alt: what the reader should see, for those who cannot.
    """
    shown = {name: W for name, W in matrices.items() if W is not None}
    facts = []
    for name, W in shown.items():
        radius = torch.linalg.eigvals(W.detach()).abs().max().item()
        right = torch.linalg.eigvalsh((W + W.T).detach() / 2).max().item()
        facts.append(f"{name}: spectral radius {radius:.2f}, numerical range up to Re = {right:.2f}")
    text = f"{alt or title} {'; '.join(facts)}.".strip()
    figure, axes = canvas(text, max(1, len(shown)), width=max(4.2, 2.9 * len(shown)), height=3.6)
    for ax, (name, W) in zip(axes, shown.items(), strict=False):
        turn, hull = np.exp(1j * np.linspace(0, 2 * np.pi, 200)), _range_boundary(W)
        values = torch.linalg.eigvals(W.detach()).numpy()
        ax.plot(turn.real, turn.imag, color="#000000", linewidth=1, label="unit circle")
        ax.axvline(1, color="#777777", linewidth=1.2, linestyle="--", label="Re = 1")
        ax.fill(hull.real, hull.imag, color=COLOURS[6], alpha=0.35, label="numerical range", linewidth=3)
        ax.plot(values.real, values.imag, "o", color=COLOURS[1], markersize=4.5, label="eigenvalues")
        ax.set(title=name, xlabel="real part", aspect="equal")
    if not shown:
        axes[0].text(0.5, 0.5, "nothing to show yet", ha="center", transform=axes[0].transAxes, color="#555555")
        return figure
    low = min(-2.2, *(ax.get_xlim()[0] for ax in axes)), min(ax.get_ylim()[0] for ax in axes)
    high = max(2.2, *(ax.get_xlim()[1] for ax in axes)), max(ax.get_ylim()[1] for ax in axes)
    for ax in axes:
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes[0].set_ylabel("imaginary part")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


# --------------------------------------------------------------------------------------------------------------
# Which method survives


def _matrix(real: float, imag: float, lone: float) -> tuple[Tensor, Tensor]:
    """Return a normal W (13, 13) with pairs k/6 (real ± imag i), k = 1..6, and one real eigenvalue; and b (1, 13)."""
    gen = torch.Generator().manual_seed(5)
    Q = torch.linalg.qr(torch.randn(13, 13, generator=gen, dtype=torch.float64))[0]
    blocks = [k / 6 * torch.tensor([[real, -imag], [imag, real]], dtype=torch.float64) for k in range(1, 7)]
    D = torch.block_diag(*blocks, torch.tensor([[lone]], dtype=torch.float64))  # type: ignore[no-untyped-call]
    # b leaves the equilibrium all positive, so that relu does not hide the eigenvalues near it.
    z = 1 + torch.rand(13, generator=gen, dtype=torch.float64)
    W = Q @ D @ Q.T
    return W, (z - W @ z)[None]


@functools.cache
def _traces(real: float, imag: float, lone: float) -> dict[str, Sequence[float]]:
    """Return each method's relative residual ‖relu(W z + b) - z‖ / ‖relu(W z + b)‖ per call, from z = 0."""
    W, b = _matrix(real, imag, lone)
    eye = torch.eye(13, dtype=torch.float64)
    L = torch.linalg.matrix_norm(eye - W, 2).item()
    m = torch.linalg.eigvalsh(eye - (W + W.T) / 2).min().item()
    step = m / L**2 if m > 0 else 1 / L**2  # without a margin there is no safe step
    pr = PeacemanRachford(step=1 / L)
    runs: dict[str, tuple[Callable[..., Tensor], tuple[Tensor, ...], Picard | Anderson]] = {
        METHODS[0]: (lambda z: torch.relu(z @ W.T + b), (), Picard()),
        METHODS[1]: (lambda z: torch.relu(z @ W.T + b), (), Picard(0.3)),
        METHODS[2]: (lambda z: torch.relu(z - step * (z - z @ W.T - b)), (), Picard()),
        METHODS[3]: (pr, pr.prepare(W, b), Picard()),
        METHODS[4]: (lambda z: torch.relu(z @ W.T + b), (), Anderson()),
    }
    found = {}
    for name, (f, args, solver) in runs.items():
        states = _Recorder(f)
        solve(states, torch.zeros_like(b), *args, solver=solver, rtol=0.0, max_calls=CALLS)
        zs = torch.cat(states.seen)
        z = torch.relu(zs) if f is pr else zs
        fz = torch.relu(z @ W.T + b)
        residual = ((fz - z).norm(dim=1) / fz.norm(dim=1)).nan_to_num(
            nan=0.0 if f is pr else torch.inf, posinf=torch.inf
        )
        found[name] = residual.clamp(1e-15, 1e15).tolist()
    return found


class _Recorder:
    """Call a map and keep the states that it was called with."""

    def __init__(self, f: Callable[..., Tensor]) -> None:
        self.f, self.seen = f, list[Tensor]()

    def __call__(self, z: Tensor, *args: Tensor) -> Tensor:
        self.seen.append(z)
        return self.f(z, *args)


def _arrival(residuals: Sequence[float]) -> int | None:
    return next((k for k, r in enumerate(residuals, 1) if r <= TOLERANCE), None)


@styled
def survival(real: float, imag: float, lone: float) -> Picture:
    """Draw W's eigenvalues, and the residuals of five methods for z = relu(W z + b) with them.

    Args:
        real, imag: the outermost of six complex pairs, k/6 (real ± imag i).
        lone: a real eigenvalue.
    """
    real, imag, lone = round(real, 2), round(imag, 2), round(lone, 2)
    traces = _traces(real, imag, lone)
    ends = {name: _arrival(r) for name, r in traces.items()}
    verdict = "; ".join(f"{name}: {f'{k} calls' if k else f'not in {CALLS} calls'}" for name, k in ends.items())
    figure, (left, right) = canvas(
        f"Eigenvalues up to {real} ± {imag}i and one at {lone}. To a residual of {TOLERANCE:.0e}: {verdict}.",
        2, width=9.4, height=3.8,
    )  # fmt: skip
    values = [k / 6 * complex(real, s * imag) for k in range(1, 7) for s in (1, -1)]
    turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
    left.axvspan(-8, 1, color=COLOURS[6], alpha=0.18, linewidth=0, label="Re < 1: monotone")
    left.plot(turn.real, turn.imag, color=COLOURS[0], label="|λ| < 1: Picard")
    damped = 1 - (1 - turn) / 0.3
    left.plot(damped.real, damped.imag, color=COLOURS[1], linestyle="--", label="β = 0.3")
    left.plot([v.real for v in values], [v.imag for v in values], "o", color="#000000", markersize=5)
    left.plot(lone, 0, "X", color="#000000", markersize=9)
    left.set(xlim=(-6.5, 2), ylim=(-5.2, 5.2), aspect="equal")
    left.set(xlabel="real part", ylabel="imaginary part", title="eigenvalues of W")
    left.legend(fontsize=8, loc="upper left")
    for i, (name, residuals) in enumerate(traces.items()):
        style = {"color": COLOURS[i], "linestyle": STYLES[i], "marker": MARKS[i], "markevery": 25, "markersize": 4}
        right.semilogy(range(1, len(residuals) + 1), residuals, label=name, **style)
    right.axhline(TOLERANCE, color="#777777", linewidth=1, linestyle=":")
    right.set(ylim=(1e-10, 1e4), xlabel="calls", ylabel="relative residual", title="who arrives?")
    figure.legend(*right.get_legend_handles_labels(), loc="outside right center", fontsize=8.5)
    return figure


SETTINGS = (
    (0.5, 0.3, 0.5, "all inside the circle"),
    (-3.0, 0.0, 0.5, "negative, real"),
    (0.2, 1.5, 0.5, "a pair above the circle"),
    (0.5, 3.0, 0.5, "a pair far out, Re < 1"),
    (0.5, 0.3, 0.98, "one just below 1"),
    (0.5, 0.3, 1.3, "one beyond 1"),
)


@styled
def survival_table() -> Picture:
    """Draw the explorer of chapter 07 at six settings, for a page without a kernel."""
    rows = [[_arrival(r) for r in _traces(a, b, c).values()] for a, b, c, _ in SETTINGS]
    said = "; ".join(
        f"{s[3]}: " + ", ".join(f"{name} {k or 'no'}" for name, k in zip(METHODS, row, strict=True))
        for s, row in zip(SETTINGS, rows, strict=True)
    )
    figure, (ax,) = canvas(f"Table of calls to a residual of 1e-6, {CALLS} at most. {said}.", width=8.4, height=3.6)
    cost = np.array([[math.log10(k) if k else np.nan for k in row] for row in rows])
    ax.imshow(cost, cmap="cividis", aspect="auto", vmin=0.5, vmax=2.4)
    for (i, j), value in np.ndenumerate(cost):
        known = not np.isnan(value)
        tone = "black" if not known or value > 1.6 else "white"
        ax.text(j, i, str(rows[i][j]) if known else "no", ha="center", va="center", fontsize=10, color=tone)
    ax.set_xticks(range(len(METHODS)), [m.replace(", ", ",\n") for m in METHODS], fontsize=9)
    ax.set_yticks(range(len(SETTINGS)), [f"{s[3]}\n{s[0]} ± {s[1]}i, {s[2]}" for s in SETTINGS], fontsize=9)
    ax.set_title(f"Calls to a residual of 1e-6 ({CALLS} at most)")
    ax.grid(visible=False)
    return figure
