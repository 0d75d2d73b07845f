"""What every figure is made of: a Figure with alt text, the course's style, and two common kinds of plot.

Colours are Okabe and Ito's, which survive colour blindness; line styles and markers differ too, so a grey print
says the same. Nothing here touches pyplot's global state.
"""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKS = ("o", "s", "^", "D", "v", "P", "X")
_RC: Any = {
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.titlesize": 11,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}

Curves = Mapping[str, Tensor | Sequence[float] | None]
P = ParamSpec("P")


class Picture(Figure):
    """A Figure that carries a sentence for those who cannot see it and shows itself in a notebook.

    Attributes:
        alt: what the picture shows, in words; becomes the image's alt text.
    """

    alt: str = ""

    def png(self) -> bytes:
        """Render to PNG bytes, without the version that would change them from one release to the next."""
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=100, metadata={"Software": None})
        return file.getvalue()

    def html(self) -> str:
        """Return an <img> with the alt text: JupyterLab shows an image/png output without one."""
        data = base64.b64encode(self.png()).decode()
        return f'<img src="data:image/png;base64,{data}" alt="{escape(self.alt)}" style="max-width:100%">'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}


def styled(draw: Callable[P, Picture]) -> Callable[P, Picture]:
    """Give a drawing function the course's style without changing matplotlib's settings for anyone else."""

    @functools.wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with mpl.rc_context(_RC):
            return draw(*args, **kwargs)

    return inner


def canvas(alt: str, columns: int = 1, *, width: float = 6.4, height: float = 3.6) -> tuple[Picture, list[Axes]]:
    """Make an empty Picture with alt text and a row of axes; sizes in inches."""
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)  # type: ignore[union-attr, call-arg]
    FigureCanvasAgg(figure)
    figure.alt = alt
    return figure, [figure.add_subplot(1, columns, i + 1) for i in range(columns)]


def numbers(values: Tensor | Sequence[float] | range) -> np.ndarray[Any, Any]:
    """Return plain numbers that matplotlib takes."""
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values, dtype=float)


# --------------------------------------------------------------------------------------------------------------
# Shapes that serve every chapter


@styled
def curves(
    lines: Curves,
    *,
    x: Mapping[str, Sequence[float] | range | Tensor] | None = None,
    xlabel: str = "calls of f",
    ylabel: str = "relative residual",
    title: str = "",
    log: str = "y",
    level: tuple[float, str] | None = None,
    ylim: tuple[float, float] | None = None,
    alt: str = "",
) -> Picture:
    """Draw one line a name, by default residuals on a logarithmic axis against calls; None is left out.

    Args:
        lines: name to values (K,).
        x: name to abscissae (K,); 1, 2, ... where a name is missing.
        log: which axes are logarithmic: "", "x", "y" or "xy".
        level: a horizontal line and its name, such as (1e-8, "tolerance").
        ylim: limits of the vertical axis.
        alt: what the reader should see, for those who cannot.
    """
    shown = {name: numbers(values) for name, values in lines.items() if values is not None}
    ends = "; ".join(f"{name} ends at {v[-1]:.2g}" for name, v in shown.items() if len(v))
    figure, (ax,) = canvas(f"{alt or title} {ylabel} against {xlabel}: {ends}.".strip())
    for i, (name, values) in enumerate(shown.items()):
        at = numbers(x[name]) if x and name in x else np.arange(1, len(values) + 1)
        drawn = np.where(values > 0, values, np.nan) if "y" in log else values
        ax.plot(at, drawn, color=COLOURS[i % 7], linestyle=STYLES[i % 7], marker=MARKS[i % 7],
                markevery=max(1, len(values) // 8), markersize=4.5, label=name)  # fmt: skip
    if level:
        ax.axhline(level[0], color="#777777", linewidth=1, linestyle=":", label=level[1])
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    if ylim:
        ax.set_ylim(*ylim)
    if len(shown) > 4:  # too many for the inside: they would cover a line
        figure.set_figwidth(8.4)
        figure.legend(loc="outside right center", fontsize=9)
    elif len(shown) > 1 or level:
        ax.legend(fontsize=9)
    return figure


@styled
def scatter(
    groups: Mapping[str, tuple[Sequence[float] | Tensor, Sequence[float] | Tensor] | None],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    diagonal: str = "",
    log: str = "",
    alt: str = "",
) -> Picture:
    """Draw one cloud of points a name, empty ones left out; `diagonal` names the line y = x if it should be drawn."""
    shown = [(name, numbers(g[0]), numbers(g[1])) for name, g in groups.items() if g is not None and len(g[0])]
    figure, (ax,) = canvas(alt or title if shown else f"{title}: no points yet.")
    for i, (name, xs, ys) in enumerate(shown):
        ax.plot(xs, ys, MARKS[i % 7], color=COLOURS[i % 7], markersize=6, label=name, alpha=0.85)
    if diagonal and shown:
        ends = [min(x.min() for _, x, _ in shown), max(x.max() for _, x, _ in shown)]
        ax.plot(ends, ends, color="#777777", linewidth=1.2, linestyle="--", label=diagonal)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    if shown:
        ax.legend(fontsize=9)
    else:
        ax.text(0.5, 0.5, "no points yet", ha="center", transform=ax.transAxes, color="#555555")
    return figure
