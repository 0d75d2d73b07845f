"""Deep equilibrium models in PyTorch: solve z = f(z, x) for every sample of a batch, and differentiate it."""

from deqlib.adjoint import Adjoint, Implicit, Neumann, Phantom, Reuse, Unroll
from deqlib.constrain import Monotone, SharedDropout, spectral_bound
from deqlib.diagnose import (
    Comparison,
    check_gradient,
    compare,
    is_batch_coupled,
    saved_bytes,
    spectral_norm,
    spectral_radius,
)
from deqlib.layer import DEQ, DeqWarning, fixed_point
from deqlib.linear import LinearSolution, gmres, neumann
from deqlib.regularize import jacobian_norm
from deqlib.solve import Result, Solution, relative_residual, solve
from deqlib.solvers import Anderson, Broyden, Newton, Picard, Solver
from deqlib.splitting import PeacemanRachford

__all__ = [
    "DEQ", "Adjoint", "Anderson", "Broyden", "Comparison", "DeqWarning", "Implicit", "LinearSolution", "Monotone",
    "Neumann", "Newton", "PeacemanRachford", "Phantom", "Picard", "Result", "Reuse", "SharedDropout", "Solution",
    "Solver", "Unroll", "check_gradient", "compare", "fixed_point", "gmres", "is_batch_coupled", "jacobian_norm",
    "neumann", "relative_residual", "saved_bytes", "solve", "spectral_bound", "spectral_norm", "spectral_radius",
]  # fmt: skip
