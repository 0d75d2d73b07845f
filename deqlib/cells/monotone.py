"""A monotone cell: relu(W z + U x + b) has exactly one fixed point, and a small enough step reaches it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deqlib.constrain import Monotone

__all__ = ["MonotoneCell"]


class MonotoneCell(nn.Module):
    """Forward-backward splitting for a monotone W: z⁺ = relu(z - α ((I - W) z - U x - b)).

    Its fixed points are those of z = relu(W z + U x + b), for every α > 0. With sym(I - W) ⪰ m I and
    α < 2 m / ‖I - W‖² the map is a contraction; α = 1 is the plain iteration, which may diverge.

    Args:
        size: entries of a state.
        inputs: entries of an input; `size` if None.
        margin: m of `deqlib.constrain.Monotone`.
        step: α > 0, or None for m / ‖I - W‖², computed at each call and safe for every W.

    Shapes: z (B, size), x (B, inputs) to (B, size).

    Raises:
        ValueError: sizes below 1, margin or step not positive.

    Source: E. Winston and J. Z. Kolter (2020), NeurIPS.

    >>> cell = MonotoneCell(4)
    >>> cell(torch.zeros(2, 4), torch.ones(2, 4)).shape
    torch.Size([2, 4])
    """

    def __init__(self, size: int, inputs: int | None = None, margin: float = 0.5, step: float | None = None) -> None:
        super().__init__()
        if step is not None and not step > 0:
            raise ValueError(f"step must be positive, or None to compute it, got {step!r}")
        self.W, self.U, self.step = Monotone(size, margin), nn.Linear(size if inputs is None else inputs, size), step

    def forward(self, z: Tensor, x: Tensor) -> Tensor:
        """Return the next state."""
        weight = self.W.weight
        step: Tensor | float | None = self.step
        if step is None:
            # Not differentiated: the equilibrium does not depend on the step, so neither does its gradient.
            eye = torch.eye(len(weight), dtype=weight.dtype, device=weight.device)
            step = self.W.margin / torch.linalg.matrix_norm((eye - weight).detach(), 2).square()
        return torch.relu(z - step * (z - z @ weight.T - self.U(x)))
