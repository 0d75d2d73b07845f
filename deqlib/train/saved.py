"""Trained models as files: weights, and what is needed to build the module that they belong to."""

from __future__ import annotations

from pathlib import Path

import torch

from deqlib.layer import DEQ
from deqlib.train import checkpoint
from deqlib.train.model import Airbench, Body, Classifier, Equilibrium, Explicit, Unrolled, Yardstick, build

__all__ = ["load_model", "save_model"]


def save_model(model: Classifier | Airbench, size: str, body: Body, path: Path) -> None:
    """Write a trained model; of an equilibrium's options its calls are kept, not its solver and adjoint.

    Args:
        model: what to keep.
        size, body: what it was built from.
        path: where; an older file is replaced, or left whole if anything fails.
    """
    kind, number = type(body).__name__, 0
    if isinstance(model.body, DEQ):
        number = model.body.max_calls
    elif isinstance(body, Unrolled):
        number = body.steps
    elif isinstance(body, Explicit):
        number = body.blocks
    checkpoint.save({"size": size, "kind": kind, "number": number, "weights": model.state_dict()}, path)


def load_model(path: Path | str, device: torch.device | str = "cpu") -> Classifier | Airbench:
    """Read a model that `deq train` wrote, in eval mode.

    An equilibrium comes back with the calls of its training, `Picard` and `Neumann(5)`. The file can hold data and
    no code.

    Args:
        path: a file NAME.model.pt.
        device: where the weights go.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the file is not whole, or holds no model of `deq train`.
    """
    state = checkpoint.load(Path(path), device)
    makers = {"Equilibrium": Equilibrium, "Unrolled": Unrolled, "Explicit": Explicit}
    try:
        kind, number = state["kind"], state["number"]
        body: Body = Yardstick() if kind == "Yardstick" else makers[kind](number)
        with torch.random.fork_rng(devices=[]):
            model = build(state["size"], body, torch.randn(4, 3, 8, 8))
        model.load_state_dict(state["weights"])
    except (KeyError, RuntimeError, TypeError) as error:
        raise ValueError(f"{path} holds no model of deq train: {error}") from None
    return model.to(device).eval()
