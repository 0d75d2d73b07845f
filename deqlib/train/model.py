"""An image classifier whose body is an equilibrium, and its twins, made of the same parts.

    u = stem(x)        z = f(z, u)        logits = head(z)

The twins differ in the body alone: the same cell unrolled, the cell once, or several cells one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from deqlib.adjoint import Adjoint, Neumann
from deqlib.cells import ConvCell
from deqlib.layer import DEQ
from deqlib.solvers import Picard, Solver

__all__ = [
    "SIZES", "Airbench", "Body", "Classifier", "Equilibrium", "Explicit", "Head", "Size", "Stem", "Unrolled",
    "WeakStem", "Yardstick", "build", "whitening",
]  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How wide a classifier is.

    Attributes:
        stem: channels of the stem's first convolution; 0 for the `WeakStem`.
        channels: of the state.
        yardstick: channels of the three groups of the `Airbench` network that has about as many weights.
    """

    stem: int
    channels: int
    yardstick: tuple[int, int, int]


SIZES = {
    "weak": Size(0, 32, (8, 16, 32)),
    "XS": Size(32, 64, (24, 48, 64)),
    "S": Size(64, 128, (48, 112, 112)),
    "M": Size(64, 256, (64, 208, 208)),
    "L": Size(128, 512, (128, 416, 416)),
}


@dataclass(frozen=True)
class Equilibrium:
    """The body is the cell's fixed point.

    Args:
        calls: K, of the cell in a training forward pass; none looks whether it has converged.
        adjoint: how the gradient is found; `Neumann(5)` if None, five products with Jᵀ.
        solver: `Picard()` if None.
        start: calls at the first step, from where they rise evenly to `calls` at the end; `calls` if None.
    """

    calls: int = 8
    adjoint: Adjoint | None = None
    solver: Solver | None = None
    start: int | None = None

    def planned(self, done: float) -> int:
        """Return the calls when the share `done` of the steps is behind.

        >>> [Equilibrium(8, start=5).planned(done) for done in (0.0, 0.3, 0.6, 1.0)]
        [5, 6, 7, 8]
        """
        first = self.calls if self.start is None else self.start
        return min(first + int((self.calls - first + 1) * done), self.calls)

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


@dataclass(frozen=True)
class Yardstick:
    """No equilibrium and no twin: a plain convolutional network of about as many weights, built for speed."""


Body = Equilibrium | Unrolled | Explicit | Yardstick


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


class WeakStem(nn.Module):
    """A stem that sees 4 × 4 pixels and no more, so that what lies farther apart is left to the body.

    Frozen whitening, pooling, and one linear map a pixel.

    Args:
        size: the widths.

    Shapes: (B, 3, H, W) to (B, size.channels, H / 2, W / 2).
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, 24, 2, bias=False)
        self.whiten.weight.requires_grad_(False)
        self.conv, self.norm = nn.Conv2d(24, size.channels, 1, bias=False), nn.GroupNorm(8, size.channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return u."""
        x = functional.gelu(self.whiten(functional.pad(x, (0, 1, 0, 1), mode="replicate")))
        u: Tensor = self.norm(self.conv(functional.max_pool2d(x, 2)))
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

    def __init__(self, size: Size, body: Equilibrium | Unrolled | Explicit, images: Tensor) -> None:
        super().__init__()
        self.stem = Stem(size) if size.stem else WeakStem(size)
        self.body, self.head = body.body(size.channels), Head(size.channels)
        self.stem.whiten.weight.copy_(whitening(images))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.head(self.body(self.stem(x)))
        return logits


class Airbench(nn.Module):
    """The explicit yardstick: whitening, then three groups of two convolutions with batch norm and pooling.

    Three groups of conv, pool, norm, gelu, conv, norm, gelu at 31, 15 and 7 pixels a side; the last group's pooled
    maximum goes to a linear map. It is as fast as networks of this kind get, for an equilibrium to be set beside it.

    Args:
        size: `size.yardstick` has the widths.
        images: (N, 3, H, W) normalised training images that the whitening is computed from.

    Shapes: (B, 3, 32, 32) to (B, 10).

    Source: after K. Jordan (2024), arXiv 2404.00498, without its multi-crop evaluation and its half precision.

    >>> Airbench(SIZES["XS"], torch.randn(8, 3, 32, 32))(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, size: Size, images: Tensor) -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, 24, 2, bias=False)
        self.whiten.weight.requires_grad_(False).copy_(whitening(images))
        widths = (24, *size.yardstick)
        self.body = nn.Sequential(*(_group(a, b) for a, b in pairwise(widths)))
        self.linear = nn.Linear(widths[-1], 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.linear(self.body(functional.gelu(self.whiten(x))).amax((2, 3)))
        return logits


def _group(before: int, after: int) -> nn.Sequential:
    first, second = (nn.Conv2d(c, after, 3, padding=1, bias=False) for c in (before, after))
    norms = [nn.BatchNorm2d(after), nn.BatchNorm2d(after)]
    return nn.Sequential(first, nn.MaxPool2d(2), norms[0], nn.GELU(), second, norms[1], nn.GELU())


def build(size: str, body: Body, images: Tensor) -> Classifier | Airbench:
    """Make the model that a recipe names.

    Args:
        size: a key of `SIZES`.
        body: what tells the models apart.
        images: (N, 3, H, W) normalised training images that the whitening is computed from.

    Raises:
        ValueError: no such size.

    >>> type(build("XS", Yardstick(), torch.randn(8, 3, 32, 32))).__name__
    'Airbench'
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}; there are {', '.join(SIZES)}")
    if isinstance(body, Yardstick):
        return Airbench(SIZES[size], images)
    return Classifier(SIZES[size], body, images)
