"""What a solver does between two calls of f: each is a small frozen object with `init` and `step`.

    Picard      z⁺ = z + β g                                g = f(z) - z
    Anderson    z⁺ = z + β g - (ΔZ + β ΔG) γ,               γ = argmin ‖g - ΔG γ‖
    Broyden     z⁺ = z - H g                                H ≈ (∂g/∂z)⁻¹, low rank
    Newton      z⁺ = z + d,                                 (I - J) d ≈ g in a Krylov space

A solver sees flat states (B, D) and never calls f: `deqlib.solve` calls f, counts the calls, stops and freezes
samples, and keeps the best iterate. Every sample is advanced by itself, from its own history alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from deqlib.batch import dot, may_look, minus, norm, precise, taken

__all__ = ["Anderson", "Broyden", "Newton", "Picard", "Solver"]

# A denominator this small beside its factors is rounding noise in float32.
_TINY = 1e-6
# Anderson looks back after this many calls, and where it has gained nothing iterates plainly for twice as many.
_PATIENCE = 8


class Solver(Protocol):
    """What `solve` needs of a solver: a first state, and the next iterate with the next state."""

    def init(self, z: Tensor, fz: Tensor) -> Any:
        """Make the solver's state from the first pair z, f(z), both (B, D)."""
        ...

    def step(self, state: Any, z: Tensor, fz: Tensor, g: Tensor) -> tuple[Any, Tensor]:
        """Return the next state and the next iterate (B, D) after the pair z, f(z), whose difference is g."""
        ...


def _check_count(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer of at least 1, got {value!r}")


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

    def step(self, state: None, z: Tensor, fz: Tensor, g: Tensor) -> tuple[None, Tensor]:
        """Return (None, z + β (f(z) - z)), the iterate of shape (B, D)."""
        return None, fz if self.damping == 1 else torch.lerp(z, fz, self.damping)


@dataclass
class _History:
    """Differences of plain steps and of g = f(z) - z, and the Gram matrix of the latter."""

    plain: Tensor  # (B, D) z + β g of the point before this one
    g: Tensor  # (B, D) its residual vector
    dp: Tensor  # (B, m, D)
    dg: Tensor  # (B, m, D)
    gram: Tensor  # (B, m, m) of the Δg, lower triangle, the ridge on its diagonal
    start: Tensor  # (B,) ‖g‖ when patience was last counted from
    rest: Tensor  # (B,) how many periods are still to be iterated plainly
    free: Tensor  # (B,) whether that is none
    all_free: bool  # whether that is known of all samples: where looking is free it spares a mask
    filled: int = -1  # how many slots hold a difference; -1 before the first step
    head: int = 0  # the slot of the next difference
    steps: int = 0


@dataclass(frozen=True)
class Anderson:
    """Anderson acceleration in difference form, a small least-squares problem per sample and step.

    With g = f(z) - z and the last differences ΔZ, ΔG as columns,

        γ = argmin ‖g - ΔG γ‖² ,   z⁺ = z + β g - (ΔZ + β ΔG) γ .

    Three things differ from the textbook. The ridge is a few eps of each diagonal entry of the Gram matrix: one of
    fixed absolute size, as in most published code, swamps the matrix once the squared residual falls below it. A full
    memory is emptied, where the usual window drops its oldest pair: on stiff maps that saves calls, and a step
    handles fewer pairs. And a sample whose residual has not fallen over 8 calls is iterated plainly for 16: far from
    the fixed point, extrapolation may lead nowhere for ever.

    Source: D. G. Anderson (1965), J. ACM; difference form: H. Fang and Y. Saad (2009), Numer. Linear Algebra Appl.;
    H. F. Walker and P. Ni (2011), SIAM J. Numer. Anal.; every: P. P. Pratapa, P. Suryanarayana and J. E. Pask
    (2016), J. Comput. Phys.

    Args:
        memory: pairs (z, f(z)) kept, the current one included; 1 is Picard iteration.
        damping: the step β > 0 along the mixed residual; 1.0 is the usual choice.
        ridge: added to each ‖Δg‖², as a fraction of it, no unit; None takes 10 eps of the arithmetic in use.
        restart: whether a full memory is emptied; False is the sliding window of the textbook, which never pauses.
        every: extrapolate at every so many calls and iterate plainly between: less work beside the calls, which pays
            where f is cheap. `make bench` shows 2, with memory 7, beside 1.

    Raises:
        ValueError: if `memory` or `every` is not an integer of at least 1, `damping` not positive, `ridge` negative.

    >>> import torch, deqlib
    >>> s = deqlib.solve(torch.cos, torch.ones(1, 1), solver=deqlib.Anderson(memory=2), rtol=1e-5)
    >>> round(s.z.item(), 4), bool(s.calls.item() < 8)
    (0.7391, True)
    """

    memory: int = 6
    damping: float = 1.0
    ridge: float | None = None
    restart: bool = True
    every: int = 1

    def __post_init__(self) -> None:
        _check_count("memory", self.memory)
        _check_count("every", self.every)
        _check_damping(self.damping)
        if self.ridge is not None and not self.ridge >= 0:
            raise ValueError(f"ridge must be at least 0, or None for 10 eps, got {self.ridge!r}")

    def init(self, z: Tensor, fz: Tensor) -> _History:
        """Return an empty history whose buffers fit states of shape (B, D)."""
        slots, kind = self.memory - 1, precise(z.dtype)
        dg = z.new_empty(len(z), slots, z.shape[1])  # read only where it was written
        gram = torch.zeros(len(z), slots, slots, dtype=kind, device=z.device)
        g = fz - z
        start = norm(g)
        rest = torch.zeros_like(start)
        return _History(self._plain(z, fz), g, torch.empty_like(dg), dg, gram, start, rest, rest == 0, may_look(z))

    def step(self, state: _History, z: Tensor, fz: Tensor, g: Tensor) -> tuple[_History, Tensor]:
        """Return the history with this pair added and the next iterate (B, D)."""
        plain = self._plain(z, fz)
        if state.filled < 0 or self.memory == 1:  # the pair that `init` saw: no difference yet
            state.filled = 0
            return state, plain
        self._remember(state, plain, g)
        if state.steps % self.every:
            return state, plain
        n, kind = state.filled, state.gram.dtype
        # Squares of half-precision states leave the range: their sums and small systems are in float32.
        rhs = dot(state.dg[:, :n].to(kind), g.to(kind))
        factor, info = torch.linalg.cholesky_ex(state.gram[:, :n, :n])
        gamma = torch.cholesky_solve(rhs.unsqueeze(2), factor).squeeze(2)
        if not state.all_free or bool(info.any()):
            # A sample whose small system could not be solved takes a plain step; its neighbours keep theirs.
            gamma = torch.where(((info == 0) & state.free)[:, None], gamma, 0)
        return state, minus(plain, gamma.to(z.dtype), state.dp[:, :n])

    def _plain(self, z: Tensor, fz: Tensor) -> Tensor:
        return fz if self.damping == 1 else torch.lerp(z, fz, self.damping)

    def _remember(self, state: _History, plain: Tensor, g: Tensor) -> None:
        """Write the newest difference into its slot, and its row of the Gram matrix."""
        i = state.head
        if i == 0 and self.restart:
            state.filled = 0
        state.filled = n = max(state.filled, i + 1)
        state.head, state.steps = (i + 1) % (self.memory - 1), state.steps + 1
        dg, kind = state.dg[:, :n], state.gram.dtype
        _difference(state.dg, i, g, state.g)
        _difference(state.dp, i, plain, state.plain)
        row = dot(dg.to(kind), dg[:, i].to(kind))
        state.gram[:, i, : i + 1] = row[:, : i + 1]
        ridge = 10 * torch.finfo(kind).eps if self.ridge is None else self.ridge
        # A sample that stands still adds a column of zeros, and its weight is 0.
        state.gram[:, i, i].mul_(1 + ridge).clamp_min_(torch.finfo(kind).tiny)
        if n > i + 1:
            state.gram[:, i + 1 : n, i] = row[:, i + 1 :]
        state.plain, state.g = plain, g
        if self.restart and state.steps % _PATIENCE == 0:
            _look_back(state)


def _difference(slots: Tensor, i: int, new: Tensor, old: Tensor) -> None:
    if torch.compiler.is_compiling():
        slots[:, i] = new - old
    else:
        torch.sub(new, old, out=slots[:, i])  # spares a copy


def _look_back(state: _History) -> None:
    """Let those samples go on extrapolating whose ‖g‖ fell over the last period; the others rest for two."""
    size = norm(state.g)
    stuck = (size > state.start) & state.free
    state.rest = torch.where(stuck, 2, (state.rest - 1).clamp_min(0))
    state.start, state.free = size, state.rest == 0
    state.all_free = may_look(size) and bool(state.free.all())


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

    memory: int = 10

    def __post_init__(self) -> None:
        _check_count("memory", self.memory)

    def init(self, z: Tensor, fz: Tensor) -> _Factors:
        """Return H = -I, with room for `memory` terms of shape (B, D)."""
        kind = precise(z.dtype)
        u = torch.zeros(len(z), self.memory, z.shape[1], dtype=kind, device=z.device)
        g = (fz - z).to(kind)
        return _Factors(z.to(kind), g, -g, u, torch.zeros_like(u), used=-1)

    def step(self, state: _Factors, z: Tensor, fz: Tensor, g: Tensor) -> tuple[_Factors, Tensor]:
        """Return the updated factors and the next iterate z - H g, shape (B, D)."""
        kind = state.g.dtype
        here, g = z.to(kind), g.to(kind)
        if state.used < 0:  # the pair that `init` saw
            state.used = 0
            return state, fz
        s = here - state.z
        size = norm(s)
        moved = size > 0  # a frozen sample keeps its factors, whatever its neighbours do
        if state.used == self.memory:
            for factors in (state.u, state.v):
                factors.masked_fill_(moved[:, None, None], 0)  # in place: a copy would double the memory
            state.hg, state.used = -state.g, 0
        i = state.used
        u, v = state.u[:, :i], state.v[:, :i]
        hg, sh = minus(-g, -dot(v, g), u), minus(-s, -dot(u, s), v)
        hy = hg - state.hg
        state.z, state.g, state.hg = here, g, hg
        along, parts = (s * hy).sum(1), size * norm(hy)
        ok = moved & (along.abs() > _TINY * parts) & parts.isfinite()
        # In place: here the memory of a solve is at its largest.
        a = hy.sub_(s).mul_((-size / along)[:, None]).masked_fill_(~ok[:, None], 0)
        b = sh.div_(size[:, None]).masked_fill_(~ok[:, None], 0)
        del s
        state.u[:, i] = taken(moved, a, state.u[:, i])
        state.v[:, i] = taken(moved, b, state.v[:, i])
        state.used += 1
        hg.add_(a.mul_((b * g).sum(1, keepdim=True)))
        after = here - hg
        return state, taken(ok & norm(after).isfinite(), after, here.add(g, alpha=0.5)).to(z.dtype)

    def transposed(self, state: _Factors, v: Tensor) -> Tensor:
        """Return -Hᵀ v, an estimate of (I - J)⁻ᵀ v with J = ∂f/∂z, shape (B, D)."""
        x = v.to(state.u.dtype)
        return minus(x, dot(state.u, x), state.v).to(v.dtype)


@dataclass
class _Inner:
    """A Newton step under way: its centre, the Krylov space of I - J there, and how far each sample has got."""

    centre: Tensor  # (B, D)
    g: Tensor  # (B, D) the residual vector at the centre
    size: Tensor  # (B,) its norm
    basis: Tensor  # (B, m + 1, D) orthonormal
    hess: Tensor  # (B, m + 1, m) Hessenberg; ones under the diagonal where no column is written
    empty: Tensor  # (B, m + 1, m) what hess is at the start
    left: Tensor  # (B, m + 1) spans the left null space of hess: the least residual is ‖g‖ / ‖left‖
    column: Tensor  # (B,) the column being measured; -1 where z is a candidate for the next centre
    move: Tensor  # (B, D) the last Newton step
    halved: Tensor  # (B,) how often it was halved
    reach: float  # ε of the difference quotient over ‖z‖ + ‖g‖: half of the digits go to the difference
    begun: bool = False


@dataclass(frozen=True)
class Newton:
    """Newton-Krylov: solve (I - J) d = g in a Krylov space, J = ∂f/∂z at the centre z, then z⁺ = z + d.

    A product with J is a difference of two values of f, J v ≈ (f(z + ε v) - f(z)) / ε with ε = √eps (‖z‖ + ‖g‖), so a
    product costs one call and f needs no derivative. The inner residual has to fall to `inner` only: the outer
    iteration measures the truth. A step that lets ‖g‖ grow is halved, up to four times.

    Source: D. A. Knoll and D. E. Keyes (2004), J. Comput. Phys.; C. T. Kelley (1995), SIAM.

    Args:
        memory: products with J for one step, at least 1; the basis takes memory + 1 states.
        inner: how far the inner relative residual has to fall, between 0 and 1, no unit.

    Raises:
        ValueError: if `memory` is not an integer of at least 1 or `inner` does not lie between 0 and 1.

    >>> import torch, deqlib
    >>> s = deqlib.solve(lambda z: 1 - 3 * z, torch.ones(1, 1), solver=deqlib.Newton(), rtol=1e-3)
    >>> round(s.z.item(), 3)
    0.25
    """

    memory: int = 10
    inner: float = 0.2

    def __post_init__(self) -> None:
        _check_count("memory", self.memory)
        if not 0 < self.inner < 1:
            raise ValueError(f"inner must lie between 0 and 1, got {self.inner!r}")

    def init(self, z: Tensor, fz: Tensor) -> _Inner:
        """Return a state without a centre."""
        kind, m = precise(z.dtype), self.memory
        basis = torch.zeros(len(z), m + 1, z.shape[1], dtype=kind, device=z.device)
        left = basis.new_zeros(len(z), m + 1)
        # Ones under the diagonal: a column that is not written then gets the weight 0.
        hess = torch.eye(m + 1, m, dtype=kind, device=z.device).roll(1, 0).repeat(len(z), 1, 1)
        size, halved = torch.full_like(left[:, 0], torch.inf), torch.zeros_like(left[:, 0])
        zero, column = torch.zeros_like(basis[:, 0]), torch.full_like(halved, -1, dtype=torch.int64)
        reach = torch.finfo(z.dtype).eps ** 0.5
        return _Inner(zero, zero, size, basis, hess, hess, left, column, zero, halved, reach)

    def step(self, state: _Inner, z: Tensor, fz: Tensor, g: Tensor) -> tuple[_Inner, Tensor]:
        """Return the space grown by this value of f, and the next point to evaluate (B, D)."""
        if not state.begun:  # a start such as 0 may be where f has a kink: the first centre is f(z)
            state.begun = True
            return state, fz
        here, g = z.to(state.g.dtype), g.to(state.g.dtype)
        inside, size = state.column >= 0, norm(g)
        worse = ~inside & (size > state.size) & (state.halved < 4)
        self._recentre(state, ~inside & ~worse, here, g, size)
        done = self._grow(state, inside, g)
        state.move = taken(worse, state.move / 2, taken(done, self._solve(state), state.move))
        state.halved = torch.where(worse, state.halved + 1, torch.where(done, 0, state.halved))
        state.column = torch.where(worse | done, -1, state.column)
        rows = torch.arange(len(z), device=z.device)
        probe = self._reach(state)[:, None] * state.basis[rows, state.column.clamp_min(0)]
        return state, (state.centre + taken(state.column < 0, state.move, probe)).to(z.dtype)

    def _reach(self, state: _Inner) -> Tensor:
        return state.reach * (norm(state.centre) + state.size)

    def _recentre(self, state: _Inner, fresh: Tensor, here: Tensor, g: Tensor, size: Tensor) -> None:
        state.centre, state.g = taken(fresh, here, state.centre), taken(fresh, g, state.g)
        state.size, state.column = torch.where(fresh, size, state.size), torch.where(fresh, 0, state.column)
        state.hess = taken(fresh, state.empty, state.hess)
        first = torch.zeros_like(state.left)
        first[:, 0] = 1
        state.left = taken(fresh, first, state.left)
        state.basis[:, 0] = taken(fresh & (size > 0), g / size[:, None], state.basis[:, 0])

    def _grow(self, state: _Inner, inside: Tensor, g: Tensor) -> Tensor:
        """Add the column that this call measured, for the samples inside a step; say whose space is large enough."""
        m, rows = self.memory, torch.arange(len(g), device=g.device)
        j = state.column.clamp(0, m - 1)
        w = (state.g - g) / self._reach(state)[:, None]  # (I - J) v
        before, h = norm(w), torch.zeros_like(state.left)
        known = torch.arange(m + 1, device=g.device) <= j[:, None]  # rows beyond are left from an older space
        for _ in range(2):  # the second pass removes what rounding left of the first
            part = dot(state.basis, w) * known
            w, h = minus(w, part, state.basis), h + part
        eps = torch.finfo(w.dtype).eps
        ended = norm(w) <= 10 * eps * before  # nothing new is left: the space holds the step
        below = torch.maximum(norm(w), eps * before).clamp_min(torch.finfo(w.dtype).tiny)
        left = -(h * state.left).sum(1) / below
        h[rows, j + 1] = below
        state.hess[rows, :, j] = taken(inside, h, state.hess[rows, :, j])
        state.left[rows, j + 1] = torch.where(inside, left, state.left[rows, j + 1])
        state.basis[rows, j + 1] = taken(inside, w / below[:, None], state.basis[rows, j + 1])
        state.column = torch.where(inside, j + 1, state.column)
        return inside & (ended | (j + 1 == m) | (self.inner * norm(state.left) >= 1))

    def _solve(self, state: _Inner) -> Tensor:
        """Return the step of least inner residual: below its first row the Hessenberg matrix is triangular."""
        rest = state.left * (state.size / norm(state.left).square())[:, None]
        y = torch.linalg.solve_triangular(state.hess[:, 1:], -rest[:, 1:, None], upper=True).squeeze(2)
        return minus(torch.zeros_like(state.g), -y, state.basis[:, :-1])
