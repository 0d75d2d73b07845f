"""Deep equilibrium models in PyTorch: solve z = f(z, x) for every sample of a batch."""

from deqlib.solve import Result, Solution, relative_residual, solve
from deqlib.solvers import Anderson, Picard, Solver

__all__ = ["Anderson", "Picard", "Result", "Solution", "Solver", "relative_residual", "solve"]
