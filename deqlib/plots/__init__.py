"""Every figure of the course: functions that take numbers and return a matplotlib Figure with its alt text.

`draw` holds what they share; each chapter has a file of its own."""

from deqlib.plots.cobwebs import cobweb, cobweb_grid, cobweb_pair, linear_cobweb, rate_map
from deqlib.plots.draw import COLOURS, Picture, curves, scatter
from deqlib.plots.gradients import echoes, tolerance_map, tolerances
from deqlib.plots.mixing import anderson_grid, anderson_run, closest_point, memory_race, slow_map, weights

__all__ = [
    "COLOURS",
    "Picture",
    "anderson_grid",
    "anderson_run",
    "closest_point",
    "cobweb",
    "cobweb_grid",
    "cobweb_pair",
    "curves",
    "echoes",
    "linear_cobweb",
    "memory_race",
    "rate_map",
    "scatter",
    "slow_map",
    "tolerance_map",
    "tolerances",
    "weights",
]
