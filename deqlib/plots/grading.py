"""The picture of a graded class: what became of each exercise, student by student."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator

from deqlib.plots.draw import COLOURS, Picture, canvas, styled

__all__ = ["OUTCOMES", "exercise_outcomes"]

# In the order in which they are stacked; each with a colour and a hatch that a grey print keeps apart.
OUTCOMES = {
    "passed": (COLOURS[2], ""),
    "wrong": (COLOURS[5], "//"),
    "crashed": (COLOURS[1], "xx"),
    "timed out": (COLOURS[3], ".."),
    "not solved": ("#DDDDDD", ""),
}


@styled
def exercise_outcomes(counts: Mapping[str, Mapping[str, int]], *, title: str = "") -> Picture:
    """Draw one bar an exercise, divided into what became of it, in students.

    Args:
        counts: exercise to outcome (a key of `OUTCOMES`) to a number of students.
        title: of the picture.
    """
    said = [
        f"{name}: " + ", ".join(f"{found[o]} {o}" for o in OUTCOMES if found.get(o)) for name, found in counts.items()
    ]
    height = 1.4 + 0.42 * len(counts)
    figure, (ax,) = canvas(
        f"{title or 'Outcomes'}, students by exercise. {'; '.join(said)}.", width=8.4, height=height
    )
    left = np.zeros(len(counts))
    for outcome, (colour, hatch) in OUTCOMES.items():
        widths = np.array([found.get(outcome, 0) for found in counts.values()], dtype=float)
        bars = ax.barh(list(counts), widths, left=left, color=colour, hatch=hatch, edgecolor="white", label=outcome)
        labels = ax.bar_label(bars, [f"{w:.0f}" if w else "" for w in widths], label_type="center", fontsize=9)
        for label in labels:
            if label.get_text():
                label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
        left += widths
    ax.invert_yaxis()
    ax.set_axisbelow(True)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="students", title=title)
    figure.legend(loc="outside right center", fontsize=9)
    return figure
