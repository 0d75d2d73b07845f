"""Test images that differ from the training images in one known way: how well does a model bear it?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["SHIFTS", "shifted"]


def _noise(x: Tensor, gen: torch.Generator) -> Tensor:
    return x + 0.1 * torch.randn(x.shape, generator=gen).to(x.device)


def _blur(x: Tensor, gen: torch.Generator) -> Tensor:
    line = torch.exp(-torch.arange(-2.0, 3.0).square() / 2)
    kernel = (line[:, None] * line / line.sum() ** 2).to(x.device).expand(3, 1, 5, 5)
    return functional.conv2d(functional.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, groups=3)


def _contrast(x: Tensor, gen: torch.Generator) -> Tensor:
    return 0.5 + 0.4 * (x - 0.5)


def _hole(x: Tensor, gen: torch.Generator) -> Tensor:
    top, left = (torch.randint(0, x.shape[2] - 11, (len(x), 1, 1, 1), generator=gen).to(x.device) for _ in "xy")
    rows, columns = (torch.arange(x.shape[2], device=x.device).view(s) for s in ((1, 1, -1, 1), (1, 1, 1, -1)))
    inside = (rows >= top) & (rows < top + 12) & (columns >= left) & (columns < left + 12)
    return torch.where(inside, 0.5, x)


def _larger(x: Tensor, gen: torch.Generator) -> Tensor:
    return functional.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=False)


# name: what is done to images of values 0 to 1
SHIFTS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "noise": _noise, "blur": _blur, "contrast": _contrast, "hole": _hole, "larger": _larger
}  # fmt: skip


def shifted(images: Tensor, name: str, seed: int = 0) -> Tensor:
    """Change images in one way: noise, blur, contrast, a grey hole, or half as large again.

    | name | what is done |
    |---|---|
    | noise | normal noise of standard deviation 0.1 (pixels are 0 to 1) |
    | blur | Gaussian of standard deviation 1 pixel |
    | contrast | 40 % of the contrast around grey |
    | hole | a grey square of 12 × 12 pixels anywhere |
    | larger | 48 × 48 pixels of the same picture, bilinear |

    Args:
        images: uint8 (N, 3, 32, 32).
        name: a key of `SHIFTS`.
        seed: of what is drawn; the images' number and order matter too.

    Returns:
        uint8 images of the same number.

    Raises:
        ValueError: an unknown name.

    >>> shifted(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), "larger").shape
    torch.Size([2, 3, 48, 48])
    """
    if name not in SHIFTS:
        raise ValueError(f"no shift {name!r}; there are {', '.join(SHIFTS)}")
    changed = SHIFTS[name](images.float() / 255, torch.Generator().manual_seed(seed))
    return (255 * changed).round().clamp(0, 255).to(torch.uint8)
