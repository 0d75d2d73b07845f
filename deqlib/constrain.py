"""Weights and noise that keep an equilibrium well posed: bounded norms, monotone matrices, one mask a solve.

    bounded    ‖W‖₂ ≤ c                       monotone    W = (1 - m) I - AᵀA + B - Bᵀ,  so  sym(I - W) ⪰ m I
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

__all__ = ["Monotone", "SharedDropout", "spectral_bound"]


class _Bounded(nn.Module):
    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, weight: Tensor) -> Tensor:
        norm = torch.linalg.matrix_norm(weight.flatten(1), 2)
        bounded: Tensor = weight * (self.limit / norm.clamp_min(self.limit))
        return bounded


def spectral_bound(module: nn.Module, limit: float, name: str = "weight") -> nn.Module:
    """Keep ‖W‖₂ ≤ limit: the weight is scaled down when its norm is larger, and left alone when it is not.

    For a linear layer followed by a 1-Lipschitz activation, limit < 1 makes z ↦ φ(W z + x) a contraction, which is
    more than needed for a fixed point. A weight of more than two dimensions is taken as the matrix (out, rest); for
    a convolution that matrix's norm is not the norm of the map.

    Args:
        module: holds the parameter; it is changed in place and returned.
        limit: the bound c > 0.
        name: the parameter's name.

    Returns:
        The module; its parameter is computed anew at every forward pass, with a gradient.

    Raises:
        ValueError: limit not positive and finite, or a module without such a parameter.

    Source: T. Miyato, T. Kataoka, M. Koyama and Y. Yoshida (2018), ICLR (there always scaled to norm 1).

    >>> layer = spectral_bound(nn.Linear(4, 4), 0.9)
    >>> bool(torch.linalg.matrix_norm(layer.weight, 2) <= 0.9 + 1e-6)
    True
    """
    if not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"limit must be a positive number, got {limit!r}")
    if not isinstance(getattr(module, name, None), Tensor):
        raise ValueError(f"{type(module).__name__} has no parameter {name!r}")
    parametrize.register_parametrization(module, name, _Bounded(limit))
    return module


class Monotone(nn.Module):
    """A linear layer z ↦ z Wᵀ whose W = (1 - m) I - AᵀA + B - Bᵀ makes relu(W z + x) have exactly one fixed point.

    The symmetric part of I - W is m I + AᵀA ⪰ m I for every A and B, while ‖W‖ may be far above 1. Picard iteration
    may diverge all the same: existence is one question, the solver another.

    Args:
        size: entries of a state.
        margin: m > 0.

    Shapes: (B, size) to (B, size).

    Raises:
        ValueError: size below 1 or margin not positive.

    Source: E. Winston and J. Z. Kolter (2020), NeurIPS.

    >>> layer = Monotone(3, margin=0.5)
    >>> S = torch.eye(3) - layer.weight
    >>> bool(torch.linalg.eigvalsh((S + S.T) / 2).min() >= 0.5 - 1e-6)
    True
    """

    def __init__(self, size: int, margin: float = 0.1) -> None:
        super().__init__()
        if size < 1 or not margin > 0:
            raise ValueError(f"Monotone needs size >= 1 and margin > 0, got size={size!r}, margin={margin!r}")
        self.margin = margin
        # Entries of size 1/√n give AᵀA and B - Bᵀ norms of order 1 at any size.
        self.A = nn.Parameter(torch.randn(size, size) / math.sqrt(size))
        self.B = nn.Parameter(torch.randn(size, size) / math.sqrt(size))

    @property
    def weight(self) -> Tensor:
        """The matrix W (size, size), with a gradient to A and B."""
        eye = torch.eye(len(self.A), dtype=self.A.dtype, device=self.A.device)
        return (1 - self.margin) * eye - self.A.T @ self.A + self.B - self.B.T

    def forward(self, z: Tensor) -> Tensor:
        """Return z Wᵀ."""
        return z @ self.weight.T


class SharedDropout(nn.Module):
    """Dropout whose mask is drawn once and kept, so that a solver iterates one map and not a new one each call.

    Args:
        p: the probability that an entry is dropped, 0 <= p < 1.

    Shapes: any; the mask has the input's shape.

    Raises:
        ValueError: p outside [0, 1).

    Source: the mask of S. Bai, J. Z. Kolter and V. Koltun (2019), NeurIPS, kept over the iterations of a solve.

    >>> drop = SharedDropout(0.5)
    >>> x = torch.ones(2, 8)
    >>> torch.equal(drop(x), drop(x))
    True
    """

    mask: Tensor | None

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p must be in [0, 1), got {p!r}")
        self.p, self.mask = p, None

    def renew(self) -> None:
        """Forget the mask: the next call in training draws a new one. Call it once before each solve."""
        self.mask = None

    def forward(self, z: Tensor) -> Tensor:
        """Apply the kept mask in training; do nothing in evaluation."""
        if not self.training or self.p == 0:
            return z
        if self.mask is None:
            self.mask = torch.empty_like(z, requires_grad=False).bernoulli_(1 - self.p) / (1 - self.p)
        if self.mask.shape != z.shape:
            raise ValueError(f"the mask has the shape {tuple(self.mask.shape)}, z {tuple(z.shape)}: call renew()")
        return z * self.mask
