"""An image classifier whose body is an equilibrium, and its twins, made of the same parts.

    u = stem(x)        z = f(z, u)        logits = head(z)

The twins differ in the body alone: the same cell unrolled, the cell once, or several cells one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from deqlib.adjoint import Adjoint, Neumann
from deqlib.cells import ConvCell
from deqlib.layer import DEQ
from deqlib.solvers import Picard, Solver

__all__ = ["SIZES", "Body", "Classifier", "Equilibrium", "Explicit", "Head", "Size", "Stem", "Unrolled", "whitening"]


@dataclass(frozen=True)
class Size:
    """How wide a classifier is.

    Attributes:
        stem: channels of the stem's first convolution.
        channels: of the state.
    """

    stem: int
    channels: int


SIZES = {"XS": Size(32, 64), "S": Size(64, 128), "M": Size(64, 256), "L": Size(128, 512)}


@dataclass(frozen=True)
class Equilibrium:
    """The body is the cell's fixed point.

    Args:
        calls: of the cell in a training forward pass; none looks whether it has converged.
        adjoint: how the gradient is found; `Neumann(5)` if None, five products with Jᵀ.
        solver: `Picard()` if None.
    """

    calls: int = 8
    adjoint: Adjoint | None = None
    solver: Solver | None = None

    def body(self, channels: int) -> nn.Module:
        """Return a module u ↦ z."""
        adjoint = Neumann(5) if self.adjoint is None else self.adjoint
        solver = Picard() if self.solver is None else self.solver
        return DEQ(ConvCell(channels), solver=solver, adjoint=adjoint, max_calls=self.calls, check_every=None)


@dataclass(frozen=True)
class Unrolled:
    """The body is the same cell, applied `steps` times from 0 and differentiated through every step."""

    steps: int = 8

    def body(self, channels: int) -> nn.Module:
        """Return a module u ↦ z."""
        return _Tied(ConvCell(channels), self.steps)


@dataclass(frozen=True)
class Explicit:
    """The body is `blocks` cells of their own, one after the other, the first from u; one has equal parameters."""

    blocks: int = 1

    def body(self, channels: int) -> nn.Module:
        """Return a module u ↦ z."""
        return _Stack([ConvCell(channels) for _ in range(self.blocks)])


Body = Equilibrium | Unrolled | Explicit


class _Tied(nn.Module):
    def __init__(self, cell: nn.Module, steps: int) -> None:
        super().__init__()
        self.cell, self.steps = cell, steps

    def forward(self, u: Tensor) -> Tensor:
        z = torch.zeros_like(u)
        for _ in range(self.steps):
            z = self.cell(z, u)
        return z


class _Stack(nn.Module):
    def __init__(self, cells: list[ConvCell]) -> None:
        super().__init__()
        self.cells = nn.ModuleList(cells)

    def forward(self, u: Tensor) -> Tensor:
        z = u
        for cell in self.cells:
            z = cell(z, u)
        return z


def whitening(images: Tensor, eps: float = 5e-4) -> Tensor:
    """Compute filters that make the 2 × 2 patches of images uncorrelated, of variance 1, and their negatives.

    With the patches' covariance Σ = V diag(λ) Vᵀ the filters are the rows of diag(λ + eps)^(-1/2) Vᵀ.

    Args:
        images: (N, 3, H, W), the normalised training images or a part of them.
        eps: keeps directions of hardly any variance from being blown up, in the unit of λ.

    Returns:
        (24, 3, 2, 2).

    Source: the first layer of K. Jordan (2024), arXiv 2404.00498.

    >>> whitening(torch.randn(8, 3, 8, 8)).shape
    torch.Size([24, 3, 2, 2])
    """
    patches = images.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12).float()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values + eps).sqrt()).T.reshape(12, 3, 2, 2)
    return torch.cat([filters, -filters])


class Stem(nn.Module):
    """From an image to the injected input u: frozen whitening, two convolutions, two poolings.

    Args:
        size: the widths.

    Shapes: (B, 3, H, W) to (B, size.channels, H / 4, W / 4).
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, 24, 2, bias=False)
        self.whiten.weight.requires_grad_(False)
        self.conv1 = nn.Conv2d(24, size.stem, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(size.stem, size.channels, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.GroupNorm(8, size.stem), nn.GroupNorm(8, size.channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return u."""
        x = functional.gelu(self.whiten(functional.pad(x, (0, 1, 0, 1), mode="replicate")))
        x = functional.gelu(self.norm1(functional.max_pool2d(self.conv1(x), 2)))
        u: Tensor = self.norm2(functional.max_pool2d(self.conv2(x), 2))
        return u


class Head(nn.Module):
    """From a state to logits: group norm, mean plus half of the maximum over the pixels, a linear map.

    Args:
        channels: of the state.
        classes: how many logits.

    Shapes: (B, channels, H, W) to (B, classes).
    """

    def __init__(self, channels: int, classes: int = 10) -> None:
        super().__init__()
        self.norm, self.linear = nn.GroupNorm(8, channels), nn.Linear(channels, classes)

    def forward(self, z: Tensor) -> Tensor:
        """Return the logits."""
        z = self.norm(z)
        logits: Tensor = self.linear(z.mean((2, 3)) + 0.5 * z.amax((2, 3)))
        return logits


class Classifier(nn.Module):
    """Stem, body and head; `body` is what tells the equilibrium from its twins.

    Args:
        size: the widths.
        body: `Equilibrium`, `Unrolled` or `Explicit`.
        images: (N, 3, H, W) normalised training images that the whitening is computed from.

    Shapes: (B, 3, H, W) to (B, 10).

    >>> model = Classifier(SIZES["XS"], Equilibrium(calls=4), torch.randn(8, 3, 32, 32))
    >>> model(torch.zeros(2, 3, 32, 32)).shape, sum(p.numel() for p in model.parameters() if p.requires_grad)
    (torch.Size([2, 10]), 100298)
    """

    def __init__(self, size: Size, body: Body, images: Tensor) -> None:
        super().__init__()
        self.stem, self.body, self.head = Stem(size), body.body(size.channels), Head(size.channels)
        self.stem.whiten.weight.copy_(whitening(images)) if not self.stem.whiten.weight.requires_grad else None

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.head(self.body(self.stem(x)))
        return logits
