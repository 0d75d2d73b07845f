"""Every figure of the course: functions that take numbers and return a matplotlib Figure with its alt text.

`draw` holds what they share; each chapter has a file of its own."""

from deqlib.plots.cobwebs import cobweb, cobweb_grid, cobweb_pair, linear_cobweb, rate_map
from deqlib.plots.draw import COLOURS, Picture, curves, scatter
from deqlib.plots.gradients import echoes, tolerance_map, tolerances
from deqlib.plots.mixing import anderson_grid, anderson_run, closest_point, memory_race, slow_map, weights
from deqlib.plots.secants import (
    broyden_path,
    broyden_walk,
    broyden_walks,
    h_equation,
    kept_direction,
    newton_race,
    newton_residuals,
    secant_line,
)
from deqlib.plots.stability import spectrum, survival, survival_table, warning_signs

__all__ = [
    "COLOURS",
    "Picture",
    "anderson_grid",
    "anderson_run",
    "broyden_path",
    "broyden_walk",
    "broyden_walks",
    "closest_point",
    "cobweb",
    "cobweb_grid",
    "cobweb_pair",
    "curves",
    "echoes",
    "h_equation",
    "kept_direction",
    "linear_cobweb",
    "memory_race",
    "newton_race",
    "newton_residuals",
    "rate_map",
    "scatter",
    "secant_line",
    "slow_map",
    "spectrum",
    "survival",
    "survival_table",
    "tolerance_map",
    "tolerances",
    "warning_signs",
    "weights",
]
