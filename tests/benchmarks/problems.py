"""The problems of the benchmark: seeded fixed-point maps, in float32 and in float64 from the same draws.

Seven were set down by their sizes, their norms and the calls that Picard should take. What that leaves open is
chosen here so that those calls come out within 3 %:

    dense-*      z⁺ = tanh(W z + x), d = 256, batch 64. W is a symmetric Gaussian matrix scaled to the norm, x is
                 s N(0, 1). The scale s decides how far tanh saturates: a larger x makes the map contract faster than
                 the norm of W says. s = 0.35 gives Picard 51 calls at norm 0.9, s = 0.153 gives it 172 at 0.99.
    noncontr     the same map with W = -A A, negative semidefinite of norm 4: Picard oscillates for ever.
    conv-*       z⁺ = n(relu(z + n(u + W2 n(relu(W1 z))))), n a GroupNorm of 8 groups, 3×3 kernels. The norms make
                 the scale of the input u decide how much the weights matter: u = 0.865 N(0, 1) gives Picard 54
                 calls with weights N(0, 0.01²) and 126 with N(0, 0.02²).

The others are ours: `shear`, `scaled`, `rotation`, `flood` and `spirals` (two cells trained here) and `sqrt`, on
which acceleration loses. `flood`, `spirals` and `sqrt` are there because Picard is hard to beat on them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, conv1d, conv2d, group_norm

__all__ = ["PROBLEMS", "BudgetSpent", "Counted", "Map", "Problem", "make"]

Map = Callable[[Tensor], Tensor]


class Counted:
    """A map that counts its calls, and refuses the one that the budget no longer covers."""

    def __init__(self, f: Map, budget: int) -> None:
        self.f, self.budget, self.calls = f, budget, 0

    def __call__(self, z: Tensor) -> Tensor:
        if self.calls >= self.budget:
            raise BudgetSpent
        self.calls += 1
        return self.f(z)


class BudgetSpent(Exception):
    """The solver asked for more calls than it was given."""


@dataclass(frozen=True)
class Problem:
    """A fixed-point map with its start.

    Attributes:
        name: what it is called in the tables.
        f: the map, batch first.
        z0: the start, (B, ...).
        about: one line for the reader of the table.
        picard: calls that Picard takes to 1e-6 on the worst sample as built here; None if it does not get there.
        at_most: calls that the design asks of our best solver at 1e-6, None where it asks nothing.
        scipy: whether SciPy's solvers, which see the whole batch as one vector, are run on it.
    """

    name: str
    f: Map
    z0: Tensor
    about: str
    picard: int | None
    at_most: int | None = None
    scipy: bool = True

    def counted(self, budget: int) -> Counted:
        """Make a copy of the map that counts from zero."""
        return Counted(self.f, budget)


def make(name: str, dtype: torch.dtype = torch.float32) -> Problem:
    """Build a problem: the draws are made in float64 and rounded, so the float64 twin is the same problem."""
    return PROBLEMS[name](dtype)


def _normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _symmetric(size: int, norm: float, seed: int) -> Tensor:
    a = _normal(size, size, seed=seed)
    a = a + a.T
    return a * (norm / torch.linalg.matrix_norm(a, 2))


def _tanh_map(W: Tensor, x: Tensor, dtype: torch.dtype) -> tuple[Map, Tensor]:
    W, x = W.to(dtype), x.to(dtype)
    return lambda z: torch.tanh(z @ W.T + x), torch.zeros_like(x)


def _dense(
    name: str, norm: float, scale: float, picard: int, at_most: int | None, dtype: torch.dtype, size: int = 256
) -> Problem:
    f, z0 = _tanh_map(_symmetric(size, norm, seed=1), scale * _normal(64, size, seed=101), dtype)
    return Problem(name, f, z0, f"tanh(Wz + x), d = {size}, W symmetric of norm {norm}", picard, at_most)


def _noncontractive(dtype: torch.dtype, size: int = 256) -> Problem:
    a = _symmetric(size, 2.0, seed=0)
    f, z0 = _tanh_map(-a @ a, 0.1 * _normal(64, size, seed=100), dtype)
    return Problem("noncontr", f, z0, "tanh(Wz + x), W negative semidefinite of norm 4", None, 25)


def _conv(name: str, deviation: float, picard: int, at_most: int, dtype: torch.dtype) -> Problem:
    channels, side, batch = 48, 16, 16
    w1, w2 = (deviation * _normal(channels, channels, 3, 3, seed=s).to(dtype) for s in (41, 42))
    u = (0.865 * _normal(batch, channels, side, side, seed=43)).to(dtype)

    def norm(h: Tensor) -> Tensor:
        return group_norm(h, 8)

    def f(z: Tensor) -> Tensor:
        inner = norm(torch.relu(conv2d(z, w1, padding=1)))
        return norm(torch.relu(z + norm(u + conv2d(inner, w2, padding=1))))

    about = f"residual GroupNorm cell, {channels} channels, {side}×{side}, weights N(0, {deviation}²)"
    return Problem(name, f, torch.zeros_like(u), about, picard, at_most, scipy=False)


def _shear(dtype: torch.dtype, size: int = 256) -> Problem:
    above = torch.triu(_normal(size, size, seed=3), diagonal=1) * (2 / math.sqrt(size))
    W = above + 0.5 * torch.eye(size, dtype=torch.float64)
    f, z0 = _tanh_map(W, 0.3 * _normal(64, size, seed=7), dtype)
    norm = torch.linalg.matrix_norm(W, 2).item()
    return Problem("shear", f, z0, f"tanh(Wz + x), W upper triangular: norm {norm:.1f}, spectral radius 0.5", 54)


def _scaled(dtype: torch.dtype, size: int = 256) -> Problem:
    D = torch.logspace(-4, 4, size, dtype=torch.float64).to(dtype)
    inner, z0 = _tanh_map(_symmetric(size, 0.9, seed=5), 0.3 * _normal(64, size, seed=7), dtype)
    about = "D tanh(W D⁻¹ z + x): entries of the state from 1e-4 to 1e4"
    return Problem("scaled", lambda z: D * inner(z / D), z0, about, 53)


def _rotation(dtype: torch.dtype, size: int = 256) -> Problem:
    Q, _ = torch.linalg.qr(_normal(size, size, seed=4))
    f, z0 = _tanh_map(0.95 * Q, 0.2 * _normal(64, size, seed=7), dtype)
    return Problem("rotation", f, z0, "tanh(0.95 Q z + x), Q orthogonal: eigenvalues all round a circle", 114)


def _sqrt(dtype: torch.dtype, size: int = 64) -> Problem:
    a = torch.exp(3 * _normal(64, size, seed=2)).to(dtype)
    return Problem(
        "sqrt", lambda z: 0.5 * (z + a / z), torch.ones_like(a), "Newton's square roots: already quadratic", 12
    )


def _flood(dtype: torch.dtype) -> Problem:
    w, inject, bias, _ = (p.to(dtype) for p in _train_flood())
    marks = _marks(64, seed=99).to(dtype)
    x = conv1d(marks, inject, bias, padding=1)
    about = "1-d cell trained to say at each place whether a mark stands to its left: a front that travels"
    return Problem("flood", lambda z: torch.tanh(conv1d(z, w, padding=1) + x), torch.zeros_like(x), about, 52)


def _marks(batch: int, seed: int, length: int = 32) -> Tensor:
    draw = torch.rand(batch, 1, length, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return (draw < 2 / length).double()


@functools.cache
def _train_flood(steps: int = 60, channels: int = 16) -> tuple[Tensor, ...]:
    """Train by unrolling 40 steps in float64; about a second."""
    w, inject = 0.1 * _normal(channels, channels, 3, seed=21), 0.5 * _normal(channels, 1, 3, seed=22)
    bias, readout = torch.zeros(channels, dtype=torch.float64), 0.3 * _normal(channels, seed=23)
    params = [p.requires_grad_() for p in (w, inject, bias, readout)]
    optimizer = torch.optim.Adam(params, lr=1e-2)
    for step in range(steps):
        marks = _marks(32, seed=1000 + step)
        seen = marks.cumsum(-1).clamp(max=1)[:, 0]
        x = conv1d(marks, inject, bias, padding=1)
        z = torch.zeros_like(x)
        for _ in range(40):
            z = torch.tanh(conv1d(z, w, padding=1) + x)
        loss = binary_cross_entropy_with_logits(4 * torch.einsum("bcl,c->bl", z, readout), seen)
        _update(optimizer, params, loss)
    return tuple(p.detach() for p in params)


def _spirals(dtype: torch.dtype) -> Problem:
    w, inject, bias, _ = (p.to(dtype) for p in _train_spirals())
    x = _two_spirals(64, seed=98)[0].to(dtype) @ inject.T + bias
    f, z0 = _tanh_map(w, x, dtype)
    return Problem("spirals", f, z0, f"tanh(Wz + Ux + b), d = {len(w)}, trained to tell two spirals apart", 44)


def _two_spirals(batch: int, seed: int) -> tuple[Tensor, Tensor]:
    draw = torch.rand(batch, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    side, turn = (draw[:, 0] < 0.5).double(), 0.3 + 1.4 * draw[:, 1]
    angle = math.tau * turn * 0.75 + math.pi * side
    return turn.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], dim=1), side


@functools.cache
def _train_spirals(steps: int = 300, size: int = 64) -> tuple[Tensor, ...]:
    """Train by unrolling 20 steps in float64; about two seconds."""
    w, inject = 0.5 / math.sqrt(size) * _normal(size, size, seed=31), _normal(size, 2, seed=32)
    bias, readout = torch.zeros(size, dtype=torch.float64), 0.1 * _normal(size, seed=33)
    params = [p.requires_grad_() for p in (w, inject, bias, readout)]
    optimizer = torch.optim.Adam(params, lr=1e-2)
    for step in range(steps):
        points, side = _two_spirals(64, seed=5000 + step)
        x = points @ inject.T + bias
        z = torch.zeros_like(x)
        for _ in range(20):
            z = torch.tanh(z @ w.T + x)
        _update(optimizer, params, binary_cross_entropy_with_logits(z @ readout, side))
    return tuple(p.detach() for p in params)


def _update(optimizer: torch.optim.Optimizer, params: list[Tensor], loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(params, 1.0)
    optimizer.step()


PROBLEMS: dict[str, Callable[[torch.dtype], Problem]] = {
    "dense-0.5": functools.partial(_dense, "dense-0.5", 0.5, 0.35, 17, None),
    "dense-0.9": functools.partial(_dense, "dense-0.9", 0.9, 0.35, 51, 23),
    "dense-0.99": functools.partial(_dense, "dense-0.99", 0.99, 0.153, 172, 44),
    "noncontr": _noncontractive,
    "conv-init": functools.partial(_conv, "conv-init", 0.01, 54, 25),
    "conv-stiff": functools.partial(_conv, "conv-stiff", 0.02, 126, 55),
    "shear": _shear,
    "scaled": _scaled,
    "rotation": _rotation,
    "flood": _flood,
    "spirals": _spirals,
    "sqrt": _sqrt,
}
