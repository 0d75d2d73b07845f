"""Muon: momentum made orthogonal, for matrices and convolutions; everything else is left to AdamW.

    M ← μ M + G        W ← W - η O(G + μ M) ,    O(U Σ Vᵀ) ≈ U Vᵀ
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

__all__ = ["Muon", "orthogonal"]


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """Replace the singular values of a matrix by values near 1, with matrix products alone.

    The quintic Newton-Schulz iteration X ← a X + (b A + c A²) X, A = X Xᵀ; its coefficients trade exactness for a
    steep start, so the singular values end between about 0.7 and 1.2.

    Args:
        matrix: (..., m, n).
        steps: iterations.

    Returns:
        (..., m, n).

    Source: K. Jordan and others (2024), Muon: an optimizer for hidden layers in neural networks, web page.

    >>> s = torch.linalg.svdvals(orthogonal(torch.randn(8, 32)))
    >>> bool((s > 0.5).all() and (s < 1.5).all())
    True
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x.mT if tall else x
    return result


class Muon(torch.optim.Optimizer):
    """Momentum with an orthogonal update; a weight of more than two dimensions is taken as the matrix (out, rest).

    After each step a weight is scaled back to the norm √(out) with which its rows have length 1: the norm after it
    removes the scale anyway, and so the step has the same relative size throughout.

    Args:
        params: weights of at least two dimensions.
        lr: η, the length of a step relative to the weight; it may be changed by a scheduler.
        momentum: μ in [0, 1).

    Raises:
        ValueError: a parameter of fewer than two dimensions.
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 0.2, momentum: float = 0.6) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        for group in self.param_groups:
            if any(p.dim() < 2 for p in group["params"]):
                raise ValueError("Muon takes weights of at least two dimensions; give the others to AdamW")

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].mul_(group["momentum"]).add_(p.grad)
                update = p.grad.add(state["momentum"], alpha=group["momentum"])
                p.mul_(len(p) ** 0.5 / p.norm())
                p.add_(orthogonal(update.flatten(1)).view_as(p), alpha=-group["lr"])
