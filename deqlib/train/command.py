"""The command `deq train`: data, device, a progress bar, and a table at the end."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deqlib.data import cifar10
from deqlib.train import loop
from deqlib.train.profiles import MODELS, PROFILES, Watch, run_profile

__all__ = ["table", "train"]


def train(
    name: str, data: Path | None, out: Path, seeds: int, models: list[str] | None, epochs: int | None, threads: int,
    device: str | None, console: Console,
) -> None:  # fmt: skip
    """Run a profile and print its table; see `deq train --help`.

    Raises:
        ValueError: an unknown profile or model; a full profile without data; and what reading the data raises.
        KeyboardInterrupt: Ctrl-C, after a checkpoint.
    """
    if name not in PROFILES:
        raise ValueError(f"no profile {name!r}; there are {', '.join(PROFILES)}")
    profile = PROFILES[name]
    if profile.full and data is None:
        raise ValueError(f"{name} trains on all 60,000 images: give their path with --data, or call "
                         "deqlib.data.download_cifar10() once")  # fmt: skip
    if epochs is not None:
        profile = replace(profile, recipe=replace(profile.recipe, epochs=epochs))
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if place == "cpu":
        torch.set_num_threads(threads)
    images = cifar10(data)
    with _processes(place) as (rank, world, own), _bar(console, shown=rank == 0) as bar:
        records = run_profile(
            name, profile, images, out, seeds=range(seeds), models=models or list(MODELS), device=own,
            watch=_watch(bar, console), rank=rank, world=world,
        )  # fmt: skip
    if records:
        console.print(table(records))


@contextlib.contextmanager
def _processes(device: str) -> Iterator[tuple[int, int, str]]:
    """Join the processes that torchrun started; return the rank, their number and this one's device."""
    if "RANK" not in os.environ:
        yield 0, 1, device
        return
    own = f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" else device
    torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield torch.distributed.get_rank(), torch.distributed.get_world_size(), own
    finally:
        torch.distributed.destroy_process_group()


def _bar(console: Console, *, shown: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, TextColumn("{task.fields[told]}"), console=console, disable=not shown)


def _watch(bar: Progress, console: Console) -> Watch:
    task = bar.add_task("", told="", total=None)
    heard: dict[str, Any] = {}

    def begin(model: str, seed: int, steps: int) -> None:
        heard["model"] = model
        bar.reset(task, total=steps, description=f"{model}, seed {seed}", told="")

    def step(p: loop.Progress) -> None:
        residual = "" if p.residual != p.residual else f"  residual {p.residual:.0e}"
        bar.update(task, completed=p.step, told=f"loss {p.loss:.2f}{residual}  {p.images_per_second:,.0f} images/s")

    def end(record: dict[str, Any]) -> None:
        ended = "" if record["finished"] else ", out of time"
        console.print(f"{record['model']}, seed {record['seed']}: {record['accuracy']:.2%} in "
                      f"{record['train_seconds']:.0f} s{ended}")  # fmt: skip

    return Watch(begin, step, end)


def table(records: list[dict[str, Any]]) -> Table:
    """Return one row a model: mean and spread over its seeds."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[record["model"]].append(record)
    pixels = ", ".join(sorted({r["pixels"] for r in records}))
    shown = Table(title=f"CIFAR-10, pixels: {pixels}", title_justify="left")
    for column in ("model", "parameters", "seeds", "accuracy %", "seconds", "residual at K", "accuracy at 40 %"):
        shown.add_column(column, justify="left" if column == "model" else "right")
    for model, rows in groups.items():
        certificates = [r["certificate"] for r in rows if "certificate" in r]
        far = [c["accuracy"][39] for c in certificates] or [r["by_budget"][39] for r in rows if "by_budget" in r]
        shown.add_row(
            model, f"{rows[0]['parameters']:,}", str(len(rows)), _spread([100 * r["accuracy"] for r in rows]),
            _spread([r["train_seconds"] for r in rows]),
            f"{max(c['residual'][0] for c in certificates):.0e}" if certificates else "",
            _spread([100 * a for a in far]) if far else "",
        )  # fmt: skip
    return shown


def _spread(values: list[float]) -> str:
    mean = f"{statistics.mean(values):.1f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.1f}"
