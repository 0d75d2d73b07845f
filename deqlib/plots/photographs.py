"""Figures of chapter 08: photographs, and the stored runs on them, one by one and all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from deqlib.data import stored_runs
from deqlib.plots.draw import COLOURS, MARKS, STYLES, Picture, canvas, styled

__all__ = ["photographs", "stored_run", "stored_scores", "two_budgets"]

Record = Mapping[str, Any]
MODELS = ("equilibrium", "unrolled", "explicit, 1 block", "explicit, 5 blocks", "yardstick")


@styled
def photographs(images: Tensor, labels: Tensor, classes: Sequence[str], rows: int = 2) -> Picture:
    """Draw the first photographs of each class, one column a class.

    Args:
        images: uint8 (N, 3, H, W), at least `rows` of each class.
        labels: (N,) the class of each.
        classes: their names.
        rows: photographs of a class.
    """
    said = f"{rows} photographs of each of {len(classes)} classes: {', '.join(classes)}; 32 × 32 pixels."
    figure, _ = canvas(said, 0, width=9.6, height=1.05 * rows + 0.3)
    grid = figure.subplots(rows, len(classes), squeeze=False)
    for column, name in enumerate(classes):
        for row, index in enumerate((labels == column).nonzero()[:rows, 0].tolist()):
            axis = grid[row][column]
            axis.imshow(images[index].permute(1, 2, 0).numpy(), interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.grid(visible=False)
        grid[0][column].set_title(name, fontsize=8.5, pad=3)
    return figure


@styled
def two_budgets() -> Picture:
    """Draw what more calls at test time do to the equilibrium and to the unrolled network, over the stored seeds."""
    figure, (ax,) = canvas("", width=7.2)
    said = []
    for i, model in enumerate(("equilibrium", "unrolled")):
        lines = 100 * np.array([_by_budget(r) for r in _of(model)])
        calls, mean = np.arange(1, lines.shape[1] + 1), lines.mean(0)
        look: Any = {"color": COLOURS[i], "linestyle": STYLES[i], "marker": MARKS[i], "markevery": 5}
        ax.plot(calls, mean, label=f"network {'AB'[i]}", **look)
        ax.fill_between(calls, lines.min(0), lines.max(0), color=COLOURS[i], alpha=0.15, linewidth=0)
        shape = "stays level" if mean.max() - mean[39] < 3 else "falls"
        said.append(f"network {'AB'[i]} peaks at {mean.max():.0f} % and {shape}: {mean[39]:.0f} % after 40 calls")
    ax.set(xlabel="calls of the cell at test time", ylabel="test accuracy, %", ylim=(55, 80))
    ax.set_title("Two networks of the same cell and as many weights")
    ax.legend()
    figure.alt = f"Test accuracy against calls at test time, mean and range of the seeds. {'; '.join(said)}."
    return figure


def stored_run(model: str = "equilibrium", seed: int = 0) -> Picture:
    """Draw one stored run, its loss, its residual and what more calls buy, before those of all other models.

    Args:
        model: a name of a stored run's model.
        seed: of the stored run.
    """
    return _run(model, seed)


@styled
def _run(model: str, seed: int) -> Picture:
    record = next(r for r in _of(model) if r["seed"] == seed)
    figure, (loss, residual, budget) = canvas("", 3, width=10.4, height=3.4)
    for other in stored_runs():
        _lines(other, loss, residual, budget, color="#CCCCCC", linewidth=0.8)
    _lines(record, loss, residual, budget, color=COLOURS[0], linewidth=2.0)
    loss.set(xlabel="training step", ylabel="training loss, smoothed", title=f"{model}, seed {seed}")
    residual.set(xlabel="training step", ylabel="median residual", title="Is it still solved?", yscale="log")
    residual.axhline(record["recipe"]["alarm"], color="#777777", linestyle=":", linewidth=1, label="alarm")
    residual.legend(fontsize=9)
    budget.set(xlabel="calls at test time", ylabel="test accuracy, %", title="What more calls buy", ylim=(50, 80))
    for axis, there in ((residual, "certificate" in record), (budget, bool(_by_budget(record)))):
        if not there:
            axis.text(0.5, 0.5, "this model has no\ncell to repeat", ha="center", transform=axis.transAxes)
    end, weights = record["history"][-1]["loss"], record["parameters"]
    said = f"{model}, seed {seed}: loss {end:.2f} at the end, {weights:,} weights"
    curve = _by_budget(record)
    more = f"; accuracy {100 * curve[4]:.0f} % after 5 calls, {100 * curve[39]:.0f} % after 40" if curve else ""
    figure.alt = f"Loss, residual and test accuracy of one stored run, the others in grey. {said}{more}."
    return figure


def _lines(record: Record, loss: Axes, residual: Axes, budget: Axes, **look: Any) -> None:
    steps = [row["step"] for row in record["history"]]
    loss.plot(steps, _smooth([row["loss"] for row in record["history"]]), **look)
    left = [row["residual"] for row in record["history"]]
    if None not in left:
        residual.plot(steps, left, **look)
    if curve := _by_budget(record):
        budget.plot(range(1, len(curve) + 1), [100 * a for a in curve], **look)


@styled
def stored_scores() -> Picture:
    """Draw the stored runs side by side: the losses of seed 0, and every model's test accuracy, one mark a seed."""
    figure, (loss, score) = canvas("", 2, width=9.6, height=3.6)
    said = []
    for i, model in enumerate(MODELS):
        records = _of(model)
        rows = records[0]["history"]
        loss.plot([r["step"] for r in rows], _smooth([r["loss"] for r in rows]), color=COLOURS[i],
                  linestyle=STYLES[i], label=model)  # fmt: skip
        found = [100 * r["accuracy"] for r in records]
        score.plot(found, [i] * len(found), MARKS[i], color=COLOURS[i], alpha=0.8)
        said.append(f"{model} {min(found):.1f} to {max(found):.1f} %")
    loss.set(xlabel="training step", ylabel="training loss, smoothed", title="Seed 0")
    loss.legend(fontsize=8.5)
    score.set(xlabel="test accuracy, %", yticks=range(len(MODELS)), yticklabels=MODELS, title="Every seed")
    score.invert_yaxis()
    figure.alt = f"Losses of five models, close together, and test accuracies: {'; '.join(said)}."
    return figure


def _of(model: str) -> list[dict[str, Any]]:
    found = [r for r in stored_runs() if r["model"] == model]
    if not found:
        raise ValueError(f"no stored run of {model!r}; there are {', '.join(MODELS)}")
    return found


def _by_budget(record: Record) -> list[float]:
    found: list[float] = record.get("certificate", {}).get("accuracy") or record.get("by_budget") or []
    return found


def _smooth(values: Sequence[float], over: int = 3) -> np.ndarray[Any, Any]:
    window = np.ones(over) / over
    return np.convolve(values, window, mode="same") / np.convolve(np.ones(len(values)), window, mode="same")
