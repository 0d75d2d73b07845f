"""Deep equilibrium models in PyTorch: solve z = f(z, x) for every sample of a batch, and differentiate it."""

from deqlib.adjoint import Adjoint, Implicit, Neumann, Phantom, Reuse, Unroll
from deqlib.layer import DEQ, DeqWarning, fixed_point
from deqlib.linear import LinearSolution, gmres, neumann
from deqlib.solve import Result, Solution, relative_residual, solve
from deqlib.solvers import Anderson, Broyden, Picard, Solver

__all__ = [
    "DEQ", "Adjoint", "Anderson", "Broyden", "DeqWarning", "Implicit", "LinearSolution", "Neumann", "Phantom",
    "Picard", "Result", "Reuse", "Solution", "Solver", "Unroll", "fixed_point", "gmres", "neumann",
    "relative_residual", "solve",
]  # fmt: skip
