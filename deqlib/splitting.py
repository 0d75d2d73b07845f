"""Peaceman-Rachford splitting for z = relu(W z + b): a map that contracts wherever I - W is strongly monotone.

u⁺ = R (2 relu(u) - u) + c ,   z = relu(u) ,   R = 2 V - I ,   c = 2 α V b ,   V = (I + α (I - W))⁻¹
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["PeacemanRachford"]


class PeacemanRachford(nn.Module):
    """The map of the auxiliary variable u whose fixed point gives z = relu(u), the solution of z = relu(W z + b).

    It alternates the reflected resolvents of the two halves of the problem, relu and the linear map. With
    sym(I - W) ⪰ m I, m > 0, it contracts for every step α > 0; with α = 1 / ‖I - W‖ by at least the factor
    √(1 - m / ‖I - W‖), where forward-backward splitting with its best safe step has √(1 - m² / ‖I - W‖²).

    `prepare` inverts one matrix, which stands for all samples and calls; a call costs one product with R, as much as
    one with W. At the default step that matrix has a condition number of at most 2, so inverting it loses nothing.
    Hand `prepare`'s results on as arguments and the gradient reaches W and b through them:

        pr = PeacemanRachford();  deq = DEQ(pr);  z = pr.read(deq(*pr.prepare(W, b)))

    Args:
        step: α > 0, or None for 1 / ‖I - W‖.

    Shapes: u and c (B, n), R (n, n) to (B, n). Do not use `compact=True`: it would take R for a batch where B = n.

    Raises:
        ValueError: a step that is not positive.

    Source: D. W. Peaceman and H. H. Rachford (1955), J. SIAM; P.-L. Lions and B. Mercier (1979), SIAM J. Numer.
    Anal.; for equilibrium models: E. Winston and J. Z. Kolter (2020), NeurIPS.

    >>> from deqlib import solve
    >>> W, b = torch.tensor([[0.0, -9.0], [9.0, 0.0]]), torch.ones(1, 2)
    >>> pr = PeacemanRachford()
    >>> z = pr.read(solve(pr, torch.zeros(1, 2), *pr.prepare(W, b), rtol=1e-6).z)
    >>> bool((z - torch.relu(z @ W.T + b)).norm() < 1e-5)
    True
    """

    def __init__(self, step: float | None = None) -> None:
        super().__init__()
        if step is not None and not step > 0:
            raise ValueError(f"step must be positive, or None to compute it, got {step!r}")
        self.step = step

    def prepare(self, W: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Return (c, R) for these W (n, n) and b (B, n), with a graph to both: the arguments of every call."""
        eye = torch.eye(len(W), dtype=W.dtype, device=W.device)
        # Not differentiated: z does not depend on the step, so neither does its gradient.
        step = self.step if self.step is not None else 1 / torch.linalg.matrix_norm((eye - W).detach(), 2)
        V = torch.linalg.inv(eye + step * (eye - W))
        return 2 * step * b @ V.T, 2 * V - eye

    def forward(self, u: Tensor, c: Tensor, R: Tensor) -> Tensor:
        """Return the next u."""
        return (2 * torch.relu(u) - u) @ R.T + c

    def read(self, u: Tensor) -> Tensor:
        """Return z (B, n) for a fixed point u."""
        return torch.relu(u)
