"""A state may be a tensor, a tuple or a dict of tensors; solvers see one matrix (B, D)."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

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
    def of(z0: object, detach: bool = True) -> tuple[Layout, Tensor]:
        """Check a first state and return its layout and matrix, by default without its graph.

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
        return layout, _join([leaf.detach() if detach else leaf for leaf in leaves])

    def flatten(self, fz: object, like: Tensor) -> Tensor:
        """Return what f gave as a matrix (B, D), checked against the layout and the dtype and device of `like`."""
        if not isinstance(fz, self.kind) or (isinstance(fz, dict) and set(fz) != set(self.keys)):
            raise self._unlike(fz)
        leaves = [fz[key] for key in self.keys] if isinstance(fz, dict) else _leaves(fz)
        if len(leaves) != len(self.shapes) or not all(isinstance(leaf, Tensor) for leaf in leaves):
            raise self._unlike(fz)
        for shape, leaf in zip(self._sized(len(like)), leaves, strict=True):
            if leaf.shape != shape:
                raise ValueError(f"f must keep the shape of z: it was given {shape} and returned {tuple(leaf.shape)}")
        return _join([_agree(leaf, like) for leaf in leaves])

    def restore(self, flat: Tensor) -> State:
        """Return the state that lies in this matrix."""
        shapes = self._sized(len(flat))
        if self.kind is Tensor:
            return flat.view(shapes[0])
        parts = torch.split(flat, [math.prod(shape[1:]) for shape in shapes], 1)
        leaves = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
        if self.kind is dict:
            return dict(zip(self.keys, leaves, strict=True))
        return tuple(leaves)

    def flat(self, f: Callable[..., Any], like: Tensor) -> Callable[..., Tensor]:
        """Return f as a map (z, *args) of matrices, under the autocast mode of now.

        f may run in half precision; a solver's own sums may not, so they run outside that mode.
        """
        kind = like.device.type
        dtype, cast = torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind)

        def call(z: Tensor, *args: object) -> Tensor:
            with torch.autocast(kind, dtype=dtype) if cast else nullcontext():
                return self.flatten(f(self.restore(z), *args), z)

        return call

    def _sized(self, batch: int) -> list[tuple[int, ...]]:
        """The leaves' shapes for a batch of this size: samples that are done may have left it."""
        return [(batch, *shape[1:]) for shape in self.shapes]

    def _unlike(self, fz: object) -> TypeError:
        kind = {Tensor: "a tensor", tuple: f"a tuple of {len(self.shapes)} tensors"}
        wanted = kind.get(self.kind, f"a dict of tensors {list(self.keys)}")
        return TypeError(f"f must return {wanted} like its first argument, got {_describe(fz)}")


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
