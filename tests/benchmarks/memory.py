"""How many bytes of tensors a computation holds at its worst, beyond those it was given."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

__all__ = ["peak_bytes"]


class _LiveBytes(TorchDispatchMode):
    """Follow every storage that an operation makes until it is freed. Scratch space inside an operation is unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for leaf in tree_iter((args, kwargs)):
            self._see(leaf, size=0)  # not made by an operation seen so far: it was there before
        out = func(*args, **(kwargs or {}))
        for leaf in tree_iter(out):
            self._see(leaf)
        return out

    def _see(self, leaf: object, size: int | None = None) -> None:
        if not isinstance(leaf, torch.Tensor):
            return
        storage = leaf.untyped_storage()
        key, size = storage._cdata, storage.nbytes() if size is None else size
        if key in self._known:
            return
        self._known.add(key)
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.live -= size


def peak_bytes(compute: Callable[[], object]) -> int:
    """Run `compute` and return the most bytes of tensors it held at one time, its result included."""
    with _LiveBytes() as bytes_:
        result = compute()
    del result
    return bytes_.peak
