"""Pictures of training runs, from the records that `deq train` writes: how a run went, and what more calls buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from deqlib.plots.draw import COLOURS, STYLES, Picture, canvas, curves, styled

__all__ = ["budget_curves", "settled_images", "training_run"]

Record = Mapping[str, Any]


@styled
def training_run(records: Sequence[Record]) -> Picture:
    """Draw loss and forward residual against seconds, one line a record.

    Args:
        records: of `deq train`, each with `model`, `seed` and `history`.
    """
    said = "; ".join(f"{r['model']}: loss {r['history'][-1]['loss']:.2f} at the end" for r in records if r["history"])
    figure, (loss, residual) = canvas(f"Training runs: loss, and residual after K calls. {said}.", 2, width=8.6)
    for i, record in enumerate(records):
        rows = record["history"]
        seconds = [row["seconds"] for row in rows]
        look = {"color": COLOURS[i % 7], "linestyle": STYLES[i % 7], "label": record["model"]}
        loss.plot(seconds, _smooth([row["loss"] for row in rows]), **look)
        left = [row["residual"] for row in rows]
        if any(value is not None and value == value for value in left):
            residual.semilogy(seconds, [np.nan if value is None else value for value in left], **look)
    loss.set(xlabel="seconds", ylabel="training loss, smoothed", title="Loss")
    residual.set(xlabel="seconds", ylabel="relative residual after K calls", title="Is it still solved?")
    residual.axhline(5e-2, color="#777777", linewidth=1, linestyle=":", label="alarm")
    loss.legend(fontsize=9)
    residual.legend(fontsize=9)
    return figure


def _smooth(values: Sequence[float], over: int = 5) -> np.ndarray[Any, Any]:
    window = np.ones(min(over, len(values))) / min(over, len(values))
    return np.convolve(values, window, mode="same") / np.convolve(np.ones(len(values)), window, mode="same")


def budget_curves(records: Sequence[Record]) -> Picture:
    """Draw the test accuracy against calls of the cell at test time, for models that can take another number of them.

    Args:
        records: of `deq train`; those without a cell of their own to repeat are left out.
    """
    lines: dict[str, list[float]] = {}
    for record in records:
        found = record.get("certificate", {}).get("accuracy") or record.get("by_budget")
        if found:
            lines[f"{record['model']}, seed {record['seed']}"] = [100 * a for a in found]
    return curves(
        lines,
        xlabel="calls of the cell at test time",
        ylabel="test accuracy, %",
        title="What more calls buy",
        log="",
        alt="Test accuracy against calls at test time.",
    )


@styled
def settled_images(images: Tensor, labels: Tensor, record: Record, classes: Sequence[str]) -> Picture:
    """Draw the test images whose labels settled first in one row, and those whose labels settled last in another.

    Args:
        images: uint8 (N, 3, H, W), the test images that were certified.
        labels: (N,) the true ones.
        record: of `deq train` for an equilibrium.
        classes: their names.
    """
    found, names = record["certificate"], [classes[int(label)] for label in labels]
    rows = {"settled first": found["fastest"], "settled last": found["slowest"]}
    said = "; ".join(f"{row}: {', '.join(names[i] for i in chosen)}" for row, chosen in rows.items())
    alt = f"Test images by the call at which their label settles. {said}."
    figure, _ = canvas(alt, 0, width=9.6, height=2.6)
    grid = figure.subplots(2, len(found["fastest"]))
    for (row, chosen), cells in zip(rows.items(), grid, strict=True):
        for index, axis in zip(chosen, cells, strict=True):
            axis.imshow(images[index].permute(1, 2, 0).numpy(), interpolation="nearest")
            axis.set_title(names[index], fontsize=8, pad=2)
            axis.set(xticks=[], yticks=[])
            axis.grid(visible=False)
        cells[0].set_ylabel(row, fontsize=9)
    return figure
