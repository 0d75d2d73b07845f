"""What a solver does between two calls of f: each is a small frozen object with `init` and `step`.

    Picard      z⁺ = z + β g                                g = f(z) - z
    Anderson    z⁺ = z + β g - (ΔZ + β ΔG) γ,               γ = argmin ‖g - ΔG γ‖
    Broyden     z⁺ = z - H g                                H ≈ (∂g/∂z)⁻¹, low rank

A solver sees flat states (B, D) and never calls f: `deqlib.solve` calls f, counts the calls, stops and freezes
samples, and keeps the best iterate. Every sample is advanced by itself, from its own history alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["Anderson", "Broyden", "Picard", "Solver"]

# A denominator this small beside its factors is rounding noise in float32.
_TINY = 1e-6


class Solver(Protocol):
    """What `solve` needs of a solver: a first state, and the next iterate with the next state."""

    def init(self, z: Tensor, fz: Tensor) -> Any:
        """Make the solver's state from the first pair z, f(z), both (B, D)."""
        ...

    def step(self, state: Any, z: Tensor, fz: Tensor) -> tuple[Any, Tensor]:
        """Return the next state and the next iterate (B, D) after the pair z, f(z)."""
        ...


def _check_memory(memory: int) -> None:
    if not isinstance(memory, int) or memory < 1:
        raise ValueError(f"memory must be an integer of at least 1, got {memory!r}")


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
        _check_memory(self.memory)
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


@dataclass
class _Factors:
    """The inverse Jacobian -I + Σ u_i v_iᵀ of g = f(z) - z, and the last pair; all in at least float32."""

    z: Tensor  # (B, D) the point before this one
    g: Tensor  # (B, D) its residual vector
    hg: Tensor  # (B, D) the inverse Jacobian times g
    u: Tensor  # (B, m, D)
    v: Tensor  # (B, m, D)
    used: int  # slots that are written; -1 before the first step


@dataclass(frozen=True)
class Broyden:
    """Broyden's good method on g(z) = f(z) - z, the inverse Jacobian H kept as -I plus `memory` rank-one terms.

    With s = z⁺ - z and y = g⁺ - g, the update that changes H least and obeys H⁺ y = s is

        H⁺ = H + (s - H y) sᵀH / (sᵀH y) ,   z⁺ = z - H g ,   H₀ = -I .

    When the slots are full, H starts again from -I. Overwriting the oldest term instead, as published code does,
    leaves an H that obeys no secant equation, since each term was built on those before it. An update whose
    denominator is rounding noise is left out, and that sample takes the step g / 2.

    Source: C. G. Broyden (1965), Math. Comp.; J. Sherman and W. J. Morrison (1950), Ann. Math. Statist.

    Args:
        memory: rank-one terms kept before starting again; two (B, D) buffers each.

    Raises:
        ValueError: if `memory` is not an integer of at least 1.

    >>> import torch, deqlib
    >>> s = deqlib.solve(lambda z: 1 - 3 * z, torch.ones(1, 1), solver=deqlib.Broyden(), rtol=1e-6)
    >>> round(s.z.item(), 4), s.calls.item()
    (0.25, 3)
    """

    memory: int = 24

    def __post_init__(self) -> None:
        _check_memory(self.memory)

    def init(self, z: Tensor, fz: Tensor) -> _Factors:
        """Return H = -I, with room for `memory` terms of shape (B, D)."""
        precise = torch.promote_types(z.dtype, torch.float32)
        u = torch.zeros(len(z), self.memory, z.shape[1], dtype=precise, device=z.device)
        g = (fz - z).to(precise)
        return _Factors(z.to(precise), g, -g, u, torch.zeros_like(u), used=-1)

    def step(self, state: _Factors, z: Tensor, fz: Tensor) -> tuple[_Factors, Tensor]:
        """Return the updated factors and the next iterate z - H g, shape (B, D)."""
        precise = state.g.dtype
        here, g = z.to(precise), (fz - z).to(precise)
        if state.used < 0:  # the pair that `init` saw
            state.used = 0
            return state, fz
        s = here - state.z
        moved = (s != 0).any(1)  # a frozen sample keeps its factors, whatever its neighbours do
        if state.used == self.memory:
            state.u[moved], state.v[moved] = 0, 0
            state.hg, state.used = -state.g, 0
        u, v = state.u[:, : state.used], state.v[:, : state.used]
        hg = _low_rank(v, u, g)
        hy, sh = hg - state.hg, _low_rank(u, v, s)
        dot, parts = (s * hy).sum(1), _norm(s) * _norm(hy)
        ok = moved & (dot.abs() > _TINY * parts) & parts.isfinite()
        a = torch.where(ok[:, None], (s - hy) * (_norm(s) / dot)[:, None], 0)
        b = torch.where(ok[:, None], sh / _norm(s)[:, None], 0)
        i = state.used
        state.u[:, i] = torch.where(moved[:, None], a, state.u[:, i])
        state.v[:, i] = torch.where(moved[:, None], b, state.v[:, i])
        state.used += 1
        state.z, state.g, state.hg = here, g, hg + a * (b * g).sum(1, keepdim=True)
        after = here - state.hg
        ok = ok & after.isfinite().all(1)
        return state, torch.where(ok[:, None], after, here + g / 2).to(z.dtype)

    def transposed(self, state: _Factors, v: Tensor) -> Tensor:
        """Return -Hᵀ v, an estimate of (I - J)⁻ᵀ v with J = ∂f/∂z, shape (B, D)."""
        return -_low_rank(state.u, state.v, v.to(state.u.dtype)).to(v.dtype)


def _low_rank(left: Tensor, right: Tensor, x: Tensor) -> Tensor:
    """Return -x + rightᵀ (left x) for each sample."""
    if left.shape[1] == 0:
        return -x
    return torch.baddbmm(x.unsqueeze(1), torch.bmm(left, x.unsqueeze(2)).mT, right, beta=-1).squeeze(1)


def _norm(x: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(x, dim=1)
    return norm
