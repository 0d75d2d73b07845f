"""Augmentation on the device: flips, shifts and cut-outs of whole batches, from a generator of one's own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["cutout", "flip", "shift"]


def flip(x: Tensor, which: Tensor) -> Tensor:
    """Mirror those images of (B, C, H, W) for which `which` (B,) is true, left to right."""
    return torch.where(which[:, None, None, None], x.flip(3), x)


def shift(x: Tensor, most: int, generator: torch.Generator | None = None) -> Tensor:
    """Move every image by up to `most` pixels each way, drawn per image; the border is mirrored.

    Args:
        x: (B, C, H, W).
        most: pixels, at least 0.
        generator: draws the shifts; it lives on x's device.

    Returns:
        (B, C, H, W).
    """
    if most == 0:
        return x
    batch, _, height, width = x.shape
    padded = functional.pad(x, (most,) * 4, mode="reflect")
    dy, dx = torch.randint(0, 2 * most + 1, (2, batch), generator=generator, device=x.device)
    rows = dy[:, None] + torch.arange(height, device=x.device)
    columns = dx[:, None] + torch.arange(width, device=x.device)
    index = torch.arange(batch, device=x.device)[:, None, None]
    # Advanced indices around a slice come first: (B, H, W, C).
    moved: Tensor = padded[index, :, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2).contiguous()


def cutout(x: Tensor, size: int, generator: torch.Generator | None = None) -> Tensor:
    """Set a square of `size` pixels, drawn per image, to 0.

    Args:
        x: (B, C, H, W).
        size: pixels, at least 0 and at most the image's smaller side.
        generator: draws the places; it lives on x's device.

    Returns:
        (B, C, H, W).
    """
    if size == 0:
        return x
    batch, _, height, width = x.shape
    top = torch.randint(0, height - size + 1, (batch, 1), generator=generator, device=x.device)
    left = torch.randint(0, width - size + 1, (batch, 1), generator=generator, device=x.device)
    rows, columns = torch.arange(height, device=x.device), torch.arange(width, device=x.device)
    down, across = (rows >= top) & (rows < top + size), (columns >= left) & (columns < left + size)
    return x.masked_fill((down[:, :, None] & across[:, None])[:, None], 0)
