"""What a solver does between two calls of f: each is a small frozen object with `init` and `step`.

    Picard      z⁺ = z + β g                                g = f(z) - z
    Anderson    z⁺ = z + β g - (ΔZ + β ΔG) γ,               γ = argmin ‖g - ΔG γ‖

A solver sees flat states (B, D) and never calls f: `deqlib.solve` calls f, counts the calls, stops and freezes
samples, and keeps the best iterate. Every sample is advanced by itself, from its own history alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["Anderson", "Picard", "Solver"]


class Solver(Protocol):
    """What `solve` needs of a solver: a first state, and the next iterate with the next state."""

    def init(self, z: Tensor, fz: Tensor) -> Any:
        """Make the solver's state from the first pair z, f(z), both (B, D)."""
        ...

    def step(self, state: Any, z: Tensor, fz: Tensor) -> tuple[Any, Tensor]:
        """Return the next state and the next iterate (B, D) after the pair z, f(z)."""
        ...


def _check_damping(damping: float) -> None:
    if not (isinstance(damping, (int, float)) and math.isfinite(damping) and damping > 0):
        raise ValueError(f"damping must be a positive number (1.0 takes the full step), got {damping!r}")


@dataclass(frozen=True)
class Picard:
    """Fixed-point iteration, damped by β: z⁺ = z + β (f(z) - z).

    Converges when every eigenvalue of I - β (I - J) lies inside the unit circle, J = ∂f/∂z at the fixed point;
    with β = 1 that asks the spectral radius of J to be below 1.

    Source: É. Picard (1890), J. Math. Pures Appl.; S. Banach (1922), Fund. Math.

    Args:
        damping: the step β > 0, no unit; 1.0 is the plain iteration.

    Raises:
        ValueError: if `damping` is not a positive finite number.

    >>> import torch, deqlib
    >>> s = deqlib.solve(torch.cos, torch.ones(1, 1), solver=deqlib.Picard(), rtol=1e-5)
    >>> round(s.z.item(), 4)
    0.7391
    """

    damping: float = 1.0

    def __post_init__(self) -> None:
        _check_damping(self.damping)

    def init(self, z: Tensor, fz: Tensor) -> None:
        """Return None: Picard iteration remembers nothing."""

    def step(self, state: None, z: Tensor, fz: Tensor) -> tuple[None, Tensor]:
        """Return (None, z + β (f(z) - z)), the iterate of shape (B, D)."""
        return None, fz if self.damping == 1 else torch.lerp(z, fz, self.damping)


@dataclass
class _History:
    """The last differences of z and of g = f(z) - z, their Gram matrix, and which slots are filled."""

    z: Tensor  # (B, D) the point before this one
    g: Tensor  # (B, D) its residual vector
    dz: Tensor  # (B, m, D)
    dg: Tensor  # (B, m, D)
    gram: Tensor  # (B, m, m) dg dgᵀ, kept up to date row by row: m D work a step instead of m² D
    filled: int  # how many slots hold a difference
    head: int  # the slot that the next difference overwrites


@dataclass(frozen=True)
class Anderson:
    """Anderson acceleration in difference form, a small least-squares problem per sample and step.

    With g = f(z) - z and the last `memory` - 1 differences ΔZ, ΔG as columns,

        γ = argmin ‖g - ΔG γ‖² ,   z⁺ = z + β g - (ΔZ + β ΔG) γ .

    The normal equations are solved with the columns scaled to norm 1 and a ridge of a few eps added to a
    diagonal of ones. A ridge of fixed absolute size, as in most published code, swamps the Gram matrix once the
    squared residual falls below it: the weights become uniform and the residual stops falling.

    Source: D. G. Anderson (1965), J. ACM; difference form: H. Fang and Y. Saad (2009), Numer. Linear Algebra Appl.;
    H. F. Walker and P. Ni (2011), SIAM J. Numer. Anal.

    Args:
        memory: pairs (z, f(z)) kept, the current one included; 1 is Picard iteration.
        damping: the step β > 0 along the mixed residual; 1.0 is the usual choice.
        ridge: added to the scaled Gram matrix, no unit; None takes 10 eps of the arithmetic in use.

    Raises:
        ValueError: if `memory` is not an integer of at least 1, `damping` not positive or `ridge` negative.

    >>> import torch, deqlib
    >>> s = deqlib.solve(torch.cos, torch.ones(1, 1), solver=deqlib.Anderson(memory=2), rtol=1e-5)
    >>> round(s.z.item(), 4), bool(s.calls.item() < 8)
    (0.7391, True)
    """

    memory: int = 6
    damping: float = 1.0
    ridge: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.memory, int) or self.memory < 1:
            raise ValueError(f"memory must be an integer of at least 1, got {self.memory!r}")
        _check_damping(self.damping)
        if self.ridge is not None and not self.ridge >= 0:
            raise ValueError(f"ridge must be at least 0, or None for 10 eps, got {self.ridge!r}")

    def init(self, z: Tensor, fz: Tensor) -> _History:
        """Return an empty history whose buffers fit states of shape (B, D)."""
        slots = self.memory - 1
        batch, size = z.shape
        # Gram matrices of half-precision states are summed and solved in float32: their squares leave the range.
        precise = torch.promote_types(z.dtype, torch.float32)
        dz = z.new_zeros(batch, slots, size)
        gram = z.new_zeros((batch, slots, slots), dtype=precise)
        return _History(z, fz - z, dz, torch.zeros_like(dz), gram, filled=0, head=-1)

    def step(self, state: _History, z: Tensor, fz: Tensor) -> tuple[_History, Tensor]:
        """Return the history with this pair added and the next iterate (B, D)."""
        g = fz - z
        plain = z + self.damping * g
        if state.head < 0:  # the pair that `init` saw: no difference yet
            state.head = 0
            return state, plain
        if self.memory == 1:
            return state, plain
        _remember(state, z, g)
        n = state.filled
        dz, dg, gram = state.dz[:, :n], state.dg[:, :n], state.gram[:, :n, :n]
        rhs = torch.einsum("bmd,bd->bm", dg.to(gram.dtype), g.to(gram.dtype))
        gamma, ok = _least_squares(gram, rhs, self.ridge)
        gamma = gamma.to(z.dtype).unsqueeze(1)
        mixed = plain - torch.bmm(gamma, dz).squeeze(1) - self.damping * torch.bmm(gamma, dg).squeeze(1)
        # A sample whose small system could not be solved takes a damped step; its neighbours keep theirs.
        ok = ok & mixed.isfinite().all(1)
        return state, torch.where(ok.unsqueeze(1), mixed, plain)


def _remember(state: _History, z: Tensor, g: Tensor) -> None:
    """Write the newest difference over the oldest and refresh its row and column of the Gram matrix."""
    i = state.head
    state.dz[:, i], state.dg[:, i] = z - state.z, g - state.g
    precise = state.gram.dtype
    row = torch.einsum("bmd,bd->bm", state.dg.to(precise), state.dg[:, i].to(precise))
    state.gram[:, i, :] = row
    state.gram[:, :, i] = row
    state.z, state.g = z, g
    state.head = (i + 1) % state.dz.shape[1]
    state.filled = max(state.filled, i + 1)


def _least_squares(gram: Tensor, rhs: Tensor, ridge: float | None) -> tuple[Tensor, Tensor]:
    """Solve (S⁻¹ gram S⁻¹ + ridge I) S γ = S⁻¹ rhs, S the columns' norms; also say for which samples it worked."""
    scale = gram.diagonal(dim1=1, dim2=2).sqrt()
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))  # a zero column gets the weight 0
    unit = gram / (scale.unsqueeze(1) * scale.unsqueeze(2))
    shift = 10 * torch.finfo(gram.dtype).eps if ridge is None else ridge
    eye = torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device)
    factor, info = torch.linalg.cholesky_ex(unit + shift * eye)
    gamma = torch.cholesky_solve((rhs / scale).unsqueeze(2), factor).squeeze(2) / scale
    return gamma, (info == 0) & gamma.isfinite().all(1)
