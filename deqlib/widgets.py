"""Explorers: a few sliders over a function of `deqlib.plots`, one a chapter.

Each keeps its figure in an <img> with alt text, so a screen reader hears what changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from deqlib import plots
from deqlib.data import stored_runs

__all__ = [
    "anderson_explorer",
    "broyden_explorer",
    "cobweb_explorer",
    "explorer",
    "input_explorer",
    "run_explorer",
    "survival_explorer",
    "tolerance_explorer",
    "truncation_explorer",
]


def explorer(draw: Callable[..., plots.Picture], **controls: w.Widget) -> w.VBox:
    """Put controls above a figure that `draw(**values)` redraws when one of them moves.

    Args:
        draw: takes the controls' values by name, returns a Picture.
        controls: ipywidgets, named as draw's arguments.
    """
    image = w.HTML()

    def redraw(*_: Any) -> None:
        image.value = draw(**{name: control.value for name, control in controls.items()}).html()

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    return w.VBox([*controls.values(), image])


def _slider(name: str, value: float, low: float, high: float, step: float) -> w.FloatSlider:
    # Redrawing on release keeps a slow laptop responsive; the arrow keys work too.
    return w.FloatSlider(
        value=value, min=low, max=high, step=step, description=name, continuous_update=False,
        style={"description_width": "6em"}, layout={"width": "28em"},
    )  # fmt: skip


def cobweb_explorer() -> w.VBox:
    """Explore chapter 01: a line's slope and the damping, and whether the iteration settles."""
    return explorer(
        plots.linear_cobweb,
        slope=_slider("slope", -1.5, -3.0, 1.5, 0.1),
        damping=_slider("damping β", 1.0, 0.05, 1.0, 0.05),
    )


def anderson_explorer() -> w.VBox:
    """Explore chapter 02: memory, damping and ridge of Anderson acceleration on the slow map."""
    return explorer(
        plots.anderson_run,
        memory=w.IntSlider(
            value=2, min=1, max=20, description="memory", continuous_update=False,
            style={"description_width": "6em"}, layout={"width": "28em"},
        ),
        damping=_slider("damping β", 1.0, 0.1, 1.5, 0.1),
        log_ridge=_slider("log₁₀ ridge", -14, -16, 0, 1),
    )  # fmt: skip


def broyden_explorer() -> w.VBox:
    """Explore chapter 03: the paths of Picard's and of Broyden's two methods on a map of the plane."""
    return explorer(
        plots.broyden_walk,
        kind=w.ToggleButtons(
            options=["good", "bad", "Picard"], description="method", style={"description_width": "6em"}
        ),
        strength=_slider("strength s", 1.0, 0.5, 4.0, 0.1),
    )


def tolerance_explorer() -> w.VBox:
    """Explore chapter 04: the forward and the backward tolerance, each by itself, and the gradient's error."""
    return explorer(
        plots.tolerances,
        log_forward=_slider("log₁₀ forward", -3, -9, -1, 1),
        log_backward=_slider("log₁₀ backward", -6, -9, -1, 1),
    )


def input_explorer() -> w.VBox:
    """Explore chapter 05: an input of the plane, the way of three starts, and the calls each input takes."""
    return explorer(
        plots.input_walk,
        x1=_slider("input x₁", 0.3, -3.0, 3.0, 0.1),
        x2=_slider("input x₂", 0.2, -3.0, 3.0, 0.1),
        strength=_slider("strength", 0.95, 0.1, 2.0, 0.05),
    )


def truncation_explorer() -> w.VBox:
    """Explore chapter 06: a Jacobian, the number of damped steps k and the damping τ, and what u keeps."""
    return explorer(
        plots.truncation,
        kind=w.Dropdown(options=plots.JACOBIANS, description="Jacobian", style={"description_width": "6em"}),
        steps=w.IntSlider(
            value=1, min=1, max=12, description="steps k", continuous_update=False,
            style={"description_width": "6em"}, layout={"width": "28em"},
        ),
        damping=_slider("damping τ", 1.0, 0.1, 1.0, 0.1),
    )  # fmt: skip


def survival_explorer() -> w.VBox:
    """Explore chapter 07: move the eigenvalues of W and see which methods still solve z = relu(W z + b)."""
    return explorer(
        plots.survival,
        real=_slider("pair: real", 0.2, -4.0, 1.4, 0.1),
        imag=_slider("pair: imaginary", 1.5, 0.0, 5.0, 0.1),
        lone=_slider("real one", 0.5, -4.0, 1.4, 0.1),
    )


def run_explorer() -> w.VBox:
    """Explore chapter 08: one stored training run, a model and a seed, before all the others."""
    runs = stored_runs()
    models, seeds = list(dict.fromkeys(r["model"] for r in runs)), sorted({r["seed"] for r in runs})
    style = {"description_width": "6em"}
    return explorer(
        plots.stored_run,
        model=w.Dropdown(options=models, description="model", style=style),
        seed=w.ToggleButtons(options=seeds, description="seed", style=style),
    )
