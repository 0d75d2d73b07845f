"""A state may be a tensor, a tuple or a dict of tensors; solvers see one matrix (B, D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

__all__ = ["Layout", "State"]

State: TypeAlias = Tensor | tuple[Tensor, ...] | dict[str, Tensor]


@dataclass(frozen=True)
class Layout:
    """How the leaves of a state lie side by side in a matrix (B, D).

    Attributes:
        kind: Tensor, tuple or dict.
        keys: names of the leaves of a dict, else ().
        shapes: shape of each leaf, batch dimension first.

    >>> import torch
    >>> layout, flat = Layout.of({"a": torch.zeros(2, 3), "b": torch.ones(2, 4, 5)})
    >>> flat.shape, layout.restore(flat)["b"].shape
    (torch.Size([2, 23]), torch.Size([2, 4, 5]))
    """

    kind: type
    keys: tuple[str, ...]
    shapes: tuple[torch.Size, ...]

    @staticmethod
    def of(z0: object) -> tuple[Layout, Tensor]:
        """Check a first state and return its layout and matrix.

        Raises:
            TypeError: not a floating-point tensor, or a tuple or dict of them of one dtype.
            ValueError: no batch dimension, no sample, or leaves of different batch sizes.
        """
        leaves = _leaves(z0)
        wrong = [leaf for leaf in leaves if not isinstance(leaf, Tensor) or not leaf.is_floating_point()]
        if wrong or not leaves or len({(leaf.dtype, leaf.device) for leaf in leaves}) > 1:
            got = [f"a tensor of {t.dtype}" if isinstance(t, Tensor) else type(t).__name__ for t in leaves]
            raise TypeError(
                "z0 must be a floating-point tensor of shape (B, ...), or a tuple or dict of such tensors of one "
                f"dtype and device, got {', '.join(got) or 'an empty ' + type(z0).__name__}"
            )
        shapes = [tuple(leaf.shape) for leaf in leaves]
        if any(leaf.dim() == 0 or leaf.numel() == 0 or len(leaf) != len(leaves[0]) for leaf in leaves):
            shown = shapes[0] if isinstance(z0, Tensor) else shapes
            raise ValueError(f"z0 must have shape (B, ...) with one B, at least one sample and entry, got {shown}")
        kind = Tensor if isinstance(z0, Tensor) else tuple if isinstance(z0, tuple) else dict
        layout = Layout(kind, tuple(z0) if isinstance(z0, dict) else (), tuple(leaf.shape for leaf in leaves))
        return layout, _join([leaf.detach() for leaf in leaves])

    def flatten(self, fz: object, like: Tensor) -> Tensor:
        """Return what f gave as a matrix (B, D), checked against the layout and the dtype and device of `like`."""
        kind = {Tensor: "a tensor", tuple: f"a tuple of {len(self.shapes)}", dict: f"a dict of {list(self.keys)}"}
        alike = isinstance(fz, self.kind) and len(leaves := _leaves(fz)) == len(self.shapes)
        if isinstance(fz, dict) and set(fz) == set(self.keys):
            leaves = [fz[key] for key in self.keys]
        if not alike or (isinstance(fz, dict) and set(fz) != set(self.keys)):
            raise TypeError(f"f must return {kind[self.kind]} like its first argument, got {_describe(fz)}")
        for shape, leaf in zip(self.shapes, leaves, strict=True):
            if not isinstance(leaf, Tensor):
                raise TypeError(f"f must return {kind[self.kind]} with tensors, got {_describe(fz)}")
            if leaf.shape != shape:
                was, now = tuple(shape), tuple(leaf.shape)
                raise ValueError(f"f must keep the shape of z: it was given {was} and returned {now}")
        return _join([_agree(leaf, like) for leaf in leaves])

    def restore(self, flat: Tensor) -> State:
        """Return the state that lies in this matrix."""
        sizes = [shape[1:].numel() for shape in self.shapes]
        leaves = [part.view(shape) for part, shape in zip(torch.split(flat, sizes, 1), self.shapes, strict=True)]
        if self.kind is dict:
            return dict(zip(self.keys, leaves, strict=True))
        return tuple(leaves) if self.kind is tuple else leaves[0]


def _leaves(state: object) -> list[Tensor]:
    return list(state.values()) if isinstance(state, dict) else list(state) if isinstance(state, tuple) else [state]  # type: ignore[list-item]


def _join(leaves: list[Tensor]) -> Tensor:
    flat = [leaf.reshape(len(leaf), -1) for leaf in leaves]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)


def _describe(fz: object) -> str:
    inside = f" of {[type(leaf).__name__ for leaf in _leaves(fz)]}" if isinstance(fz, (tuple, dict)) else ""
    return type(fz).__name__ + (f" of {list(fz)}" if isinstance(fz, dict) else inside)


def _agree(leaf: Tensor, like: Tensor) -> Tensor:
    if leaf.dtype != like.dtype and leaf.is_floating_point() and torch.is_autocast_enabled(leaf.device.type):
        return leaf.to(like.dtype)  # the state keeps its precision, whatever autocast makes of f's output
    for what in ("dtype", "device"):
        was, now = getattr(like, what), getattr(leaf, what)
        if was != now:
            raise ValueError(f"f must keep the {what} of z: it was given {was} and returned {now}")
    return leaf
