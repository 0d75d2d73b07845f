"""Checkpoints that are whole or not there: written beside the old one, flushed to the disk, then renamed over it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

__all__ = ["load", "save"]


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint so that a crash at any moment leaves the old file or the new one, never a torn one.

    Args:
        state: tensors, numbers, strings, and lists and dicts of them.
        path: where; its folder is made if it is missing.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")  # one name, so that a killed process leaves one file at most
    try:
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def load(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint that `save` wrote; it can hold data and no code.

    Args:
        path: the file.
        device: where its tensors go.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the file is not a whole checkpoint.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise FileNotFoundError(f"no checkpoint at {path}") from None
    except Exception as error:
        raise ValueError(f"{path} is not a whole checkpoint ({error}): delete it and start again") from error
    return state
