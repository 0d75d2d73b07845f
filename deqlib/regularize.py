"""Penalties that keep an equilibrium easy to solve: the size of the Jacobian J = ∂f/∂z at the fixed point.

    ‖J‖_F² = E ‖ε J‖²    for ε with independent entries of mean 0 and variance 1
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["jacobian_norm"]


def jacobian_norm(fz: Tensor, z: Tensor, *, probes: int = 1, generator: torch.Generator | None = None) -> Tensor:
    """Estimate ‖∂f/∂z‖_F² / D of every sample without forming the Jacobian, differentiably.

    With ε of standard normal entries, ε J costs one vector-Jacobian product and E ‖ε J‖² = ‖J‖_F². Dividing by the
    D entries of a sample makes the penalty comparable between sizes of state.

    Args:
        fz: (B, ...) the map's value at z, computed with a graph.
        z: (B, ...) the point, requiring a gradient, of which fz is a function.
        probes: how many ε are averaged; one is usual in training, since its noise averages out over steps.
        generator: draws ε; torch's global generator if None.

    Returns:
        (B,) estimates with a graph, so that a penalty's gradient reaches the parameters of f.

    Raises:
        ValueError: probes below 1, shapes that differ, or a z without a gradient.

    Source: M. F. Hutchinson (1989), Comm. Statist. Simulation Comput.; as a penalty on equilibrium models:
    S. Bai, V. Koltun and J. Z. Kolter (2021), ICML.

    >>> z = torch.zeros(2, 3, requires_grad=True)
    >>> estimate = jacobian_norm(0.5 * z, z, probes=2000, generator=torch.Generator().manual_seed(0))
    >>> bool((estimate - 0.25).abs().max() < 0.02)
    True
    """
    if probes < 1:
        raise ValueError(f"probes must be at least 1, got {probes}")
    if fz.shape != z.shape:
        raise ValueError(f"fz must have the shape of z, {tuple(z.shape)}, got {tuple(fz.shape)}")
    if not z.requires_grad:
        raise ValueError("z must require a gradient before f is called: z = z.detach().requires_grad_()")
    total = torch.zeros(len(z), dtype=z.dtype, device=z.device)
    for _ in range(probes):
        epsilon = torch.randn(z.shape, dtype=z.dtype, device=z.device, generator=generator)
        (row,) = torch.autograd.grad(fz, z, epsilon, create_graph=True)
        total = total + row.flatten(1).square().sum(1)
    return total / (probes * z[0].numel())
