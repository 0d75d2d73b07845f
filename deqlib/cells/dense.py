"""A dense cell, z⁺ = tanh(W z + U x + b)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["DenseCell"]


class DenseCell(nn.Module):
    """The smallest equilibrium cell: z⁺ = tanh(W z + U x + b), the input injected at every step.

    W starts with entries N(0, gain² / size), so its spectral radius is about `gain` and its norm about twice that;
    with the flattening of tanh the first solve converges. Nothing keeps it so in training: see
    `deqlib.constrain.spectral_bound`.

    Args:
        size: entries of a state.
        inputs: entries of an input; `size` if None.
        gain: of W at the start, at least 0.

    Shapes: z (B, size), x (B, inputs) to (B, size).

    Raises:
        ValueError: sizes below 1 or a negative gain.

    Source: S. Bai, J. Z. Kolter and V. Koltun (2019), NeurIPS, for input injection.

    >>> cell = DenseCell(4, 3)
    >>> cell(torch.zeros(2, 4), torch.ones(2, 3)).shape
    torch.Size([2, 4])
    """

    def __init__(self, size: int, inputs: int | None = None, gain: float = 0.4) -> None:
        super().__init__()
        inputs = size if inputs is None else inputs
        if size < 1 or inputs < 1 or not gain >= 0:
            raise ValueError(f"DenseCell needs sizes >= 1 and gain >= 0, got {size!r}, {inputs!r}, {gain!r}")
        self.W, self.U = nn.Linear(size, size, bias=False), nn.Linear(inputs, size)
        nn.init.normal_(self.W.weight, std=gain / math.sqrt(size))

    def forward(self, z: Tensor, x: Tensor) -> Tensor:
        """Return the next state."""
        return torch.tanh(self.W(z) + self.U(x))
