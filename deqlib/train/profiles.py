"""What `deq train cifar10` runs: an equilibrium and its twins under one recipe, one JSON line for each model."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from deqlib.adjoint import Neumann, Phantom
from deqlib.data import Images
from deqlib.layer import DEQ
from deqlib.train.certify import budget_accuracy, certify
from deqlib.train.loop import Progress, Recipe, Run, accuracy, predict
from deqlib.train.model import Airbench, Body, Classifier, Equilibrium, Explicit, Unrolled, Yardstick
from deqlib.train.saved import save_model
from deqlib.train.shifts import SHIFTS, shifted

__all__ = ["MODELS", "PROFILES", "Profile", "results", "run_profile"]
SOME = 1000  # test images that are changed, see `shifted`


@dataclass(frozen=True)
class Profile:
    """A recipe for a machine, and the time that one model may take.

    Attributes:
        recipe: of every model; its body is put in from `MODELS`.
        full: whether it is meant for all 60,000 images, which need a path.
        seconds: the time box of one model's training.
    """

    recipe: Recipe
    full: bool = False
    seconds: float = math.inf


MODELS: dict[str, Body] = {
    "equilibrium": Equilibrium(10, Neumann(5), start=4),
    "equilibrium, JFB": Equilibrium(10, Neumann(0), start=4),
    "equilibrium, phantom": Equilibrium(10, Phantom(5, 0.5), start=4),
    "unrolled": Unrolled(5),
    "explicit, 1 block": Explicit(1),
    "explicit, 5 blocks": Explicit(5),
    "yardstick": Yardstick(),
}

_GPU = Recipe(batch=1000, autocast=True, smoothing=0.2, ema=0.99, cutout=8, compiled=True)
_MINI = Recipe(batch=50, muon=0.1, adam=0.005, epochs=10)
PROFILES: dict[str, Profile] = {
    "cpu-mini": Profile(_MINI, seconds=1800),
    "cpu-weak": Profile(replace(_MINI, size="weak", epochs=6), seconds=1800),
    "cpu-full": Profile(Recipe(epochs=6), full=True, seconds=900),
    "h200-S": Profile(replace(_GPU, size="S", epochs=10), full=True, seconds=60),
    "h200-M": Profile(replace(_GPU, size="M", epochs=20), full=True, seconds=120),
    "h200-L": Profile(replace(_GPU, size="L", epochs=40), full=True, seconds=300),
}


@dataclass
class Watch:
    """Hears of a profile's progress; every method may be left as it is."""

    begin: Callable[[str, int, int], None] = field(default=lambda model, seed, steps: None)
    step: Callable[[Progress], None] = field(default=lambda progress: None)
    end: Callable[[dict[str, Any]], None] = field(default=lambda record: None)


def run_profile(
    name: str, profile: Profile, data: Images, folder: Path, *, seeds: Iterable[int] = (0,),
    models: Iterable[str] = tuple(MODELS), device: torch.device | str = "cpu", watch: Watch | None = None,
    rank: int = 0, world: int = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """Train every model with every seed, but those whose line is in `folder/results.jsonl` already.

    Args:
        name: the profile's name, for the lines.
        profile: what to do.
        data: the images.
        folder: gets `results.jsonl` and for each run NAME.model.pt, see `load_model`; a checkpoint while it runs.
        seeds, models: which; models are keys of `MODELS`.
        device: where.
        watch: hears of the progress.
        rank, world: this process among how many, all of which call this; the first evaluates and writes.

    Returns:
        The records of these models, those found and those made; in the other processes none.

    Raises:
        ValueError: an unknown model.
        KeyboardInterrupt: Ctrl-C; the run goes on from here the next time.
    """
    models = list(models)
    unknown = [m for m in models if m not in MODELS]
    if unknown:
        raise ValueError(f"no model {unknown[0]!r}; there are {', '.join(MODELS)}")
    watch, file, records = watch or Watch(), folder / "results.jsonl", []
    known = {(r["profile"], r["model"], r["seed"], r["recipe_hash"]): r for r in results(file)}
    for seed in seeds:
        for model in models:
            recipe = replace(profile.recipe, body=MODELS[model], seed=seed)
            key = (name, model, seed, _fingerprint(recipe, data))
            if key not in known:
                record = dict(zip(("profile", "model", "seed", "recipe_hash"), key, strict=True))
                stem = "".join(c if c.isalnum() else "-" for c in f"{name}-{model}-{seed}")
                kept, place = folder / f"{stem}.pt", torch.device(device)
                on = tuple(t.to(place) for t in (data.x_train, data.y_train, data.x_test, data.y_test))
                run = Run(recipe, on[0], on[1], kept, rank, world)
                if rank == 0:
                    watch.begin(model, seed, run.steps)
                finished = run.train(watch=watch.step if rank == 0 else None, seconds=profile.seconds)
                if rank:
                    continue
                record |= _evaluated(run, data.pixels, on[2], on[3]) | {"finished": finished}
                save_model(run.average, recipe.size, recipe.body, folder / f"{stem}.model.pt")
                _append(file, record)
                kept.unlink(missing_ok=True)
                known[key] = record
                watch.end(record)
            if rank == 0:
                records.append(known[key])
    return records


def results(file: Path) -> Iterator[dict[str, Any]]:
    """Read the records of a file of JSON lines; a last line that was cut off is left out."""
    if file.exists():
        for line in file.read_text().splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue


def _fingerprint(recipe: Recipe, data: Images) -> str:
    return hashlib.sha256(f"{recipe!r} {data.pixels} {len(data.x_train)}".encode()).hexdigest()[:12]


def _evaluated(run: Run, pixels: str, x_test: Tensor, y_test: Tensor) -> dict[str, Any]:
    recipe, device, begin = run.recipe, x_test.device, time.perf_counter()
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    score = accuracy(predict(run.average, x_test), y_test)
    record = {
        "pixels": pixels, "accuracy": score, "train_seconds": run.seconds, "compile_seconds": run.compile_seconds,
        "processes": run.world,
        "evaluate_seconds": time.perf_counter() - begin, "history": run.history[:: max(1, len(run.history) // 200)],
        "parameters": sum(p.numel() for p in run.model.parameters() if p.requires_grad),
        "step": _evaluations(run.model.body),
        "recipe": {k: v for k, v in asdict(recipe).items() if k != "body"} | {"body": repr(recipe.body)},
        "torch": torch.__version__, "python": platform.python_version(), "device": _device(device),
        "peak_bytes": peak, "shifted": _shifted(run.average, x_test[:SOME], y_test[:SOME]),
    }  # fmt: skip
    if isinstance(run.average.body, DEQ):
        record["certificate"] = certify(run.average, x_test, y_test).record()
    elif hasattr(run.average.body, "cell"):
        record["by_budget"] = budget_accuracy(run.average, x_test, y_test)
    return record


def _shifted(model: Classifier | Airbench, x: Tensor, y: Tensor) -> dict[str, dict[str, float]]:
    """Return accuracies on changed test images, of an equilibrium also with three times the calls."""
    found: dict[str, dict[str, float]] = {}
    body = model.body
    budgets = {"trained": 1} | ({"three times": 3} if isinstance(body, DEQ) else {})
    calls = body.max_calls if isinstance(body, DEQ) else 0
    for name in ("none", *SHIFTS):
        images = x if name == "none" else shifted(x, name)
        found[name] = {}
        for budget, times in budgets.items():
            if isinstance(body, DEQ):
                body.max_calls = times * calls
            found[name][budget] = accuracy(predict(model, images, mirror=False), y)
    if isinstance(body, DEQ):
        body.max_calls = calls
    return found


def _evaluations(body: nn.Module) -> dict[str, int]:
    """Count the calls of a cell and the products with its Jacobian in one training step."""
    if isinstance(body, DEQ):
        adjoint = body.adjoint
        products = adjoint.terms if isinstance(adjoint, Neumann) else 0
        products = adjoint.steps - 1 if isinstance(adjoint, Phantom) else products
        return {"forward_calls": body.max_calls + 1, "backward_products": products + 1}
    steps = int(getattr(body, "steps", 0)) or len(getattr(body, "cells", []))
    return {"forward_calls": steps, "backward_products": steps}


def _device(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} CPU thread(s)"


def _append(file: Path, record: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(json.dumps(_finite(record), sort_keys=True) + "\n")
        out.flush()
        os.fsync(out.fileno())


def _finite(value: Any) -> Any:
    """JSON has no NaN: what is not finite becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list | tuple) else value
