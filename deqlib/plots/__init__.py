"""Every figure of the course: functions that take numbers and return a matplotlib Figure with its alt text.

`draw` holds what they share; each chapter has a file of its own."""

from deqlib.plots.cheap import JACOBIANS, bias_and_cost, three_endings, truncation, truncation_map, tugs
from deqlib.plots.cobwebs import cobweb, cobweb_grid, cobweb_pair, linear_cobweb, rate_map
from deqlib.plots.depth import input_still, input_walk, two_depths, two_roads
from deqlib.plots.draw import COLOURS, Picture, curves, scatter
from deqlib.plots.gradients import echoes, tolerance_map, tolerances
from deqlib.plots.grading import OUTCOMES, exercise_outcomes
from deqlib.plots.mixing import anderson_grid, anderson_run, closest_point, memory_race, slow_map, weights
from deqlib.plots.photographs import photographs, stored_run, stored_scores, two_budgets
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
from deqlib.plots.training import budget_curves, settled_images, training_run

__all__ = [
    "COLOURS",
    "JACOBIANS",
    "OUTCOMES",
    "Picture",
    "anderson_grid",
    "anderson_run",
    "bias_and_cost",
    "broyden_path",
    "broyden_walk",
    "broyden_walks",
    "budget_curves",
    "closest_point",
    "cobweb",
    "cobweb_grid",
    "cobweb_pair",
    "curves",
    "echoes",
    "exercise_outcomes",
    "h_equation",
    "input_still",
    "input_walk",
    "kept_direction",
    "linear_cobweb",
    "memory_race",
    "newton_race",
    "newton_residuals",
    "photographs",
    "rate_map",
    "scatter",
    "secant_line",
    "settled_images",
    "slow_map",
    "spectrum",
    "stored_run",
    "stored_scores",
    "survival",
    "survival_table",
    "three_endings",
    "tolerance_map",
    "tolerances",
    "training_run",
    "truncation",
    "truncation_map",
    "tugs",
    "two_budgets",
    "two_depths",
    "two_roads",
    "warning_signs",
    "weights",
]
