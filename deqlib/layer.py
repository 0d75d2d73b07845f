"""Differentiable fixed points: `fixed_point`, a function, and `DEQ`, a module.

Between forward and backward lies the graph of one call of f at the solution, however many calls the solve took.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function
from torch.utils.checkpoint import checkpoint

from deqlib.adjoint import Adjoint, Implicit, Reuse, Unroll
from deqlib.linear import LinearSolution, MatVec
from deqlib.solve import Result, Solution, relative_residual, solve
from deqlib.solvers import Anderson, Broyden, Solver
from deqlib.tree import Layout

__all__ = ["DEQ", "DeqWarning", "fixed_point"]


class DeqWarning(UserWarning):
    """A forward or a backward solve did not converge."""


def fixed_point(
    f: Callable[..., Any],
    z0: Any,
    *args: object,
    params: Iterable[Tensor] = (),
    solver: Solver | None = None,
    adjoint: Adjoint | Unroll | None = None,
    rtol: float = 1e-4,
    atol: float = 0.0,
    max_calls: int = 50,
    check_every: int | None = 1,
    compact: bool = False,
) -> Any:
    """Find z = f(z, *args) and let gradients through to `args` and `params`, of every order for `Implicit`.

    The gradient is that of the fixed point, so z0 gets none. f is called once more than `solve` calls it, with a
    graph that the backward pass uses; under `torch.no_grad()` it is not.

    Args:
        f: the map, as for `solve`; deterministic, and sample by sample (no batch statistics).
        z0: (B, ...) tensor, or a tuple or dict of them: where to start.
        args: passed on to f; floating-point tensors among them get gradients.
        params: the tensors that f reads without being handed them, such as `module.parameters()`.
        solver: as for `solve`; `Anderson()` if None.
        adjoint: how the gradient is found; `Implicit()` if None.
        rtol: relative tolerance of the forward solve. Its error reaches the gradient: see `Implicit`.
        atol: absolute tolerance, in the unit of z's norm.
        max_calls: budget of the forward solve in calls of f.
        check_every, compact: as for `solve`: when to look whether all are done, and whether samples that are leave.

    Returns:
        z, of the structure, shapes and dtype of z0. A `DeqWarning` says when a solve did not converge.

    Raises:
        ValueError: f reads a tensor that needs a gradient and is neither in `args` nor in `params`.
        TypeError: `Reuse()` without a `Broyden` solver; an adjoint or a parameter of another kind.
        RuntimeError: the gradient of an approximate adjoint is differentiated.

    Source: S. Bai, J. Z. Kolter and V. Koltun (2019), NeurIPS; B. Christianson (1994), Optim. Methods Softw.

    >>> import torch, deqlib
    >>> x = torch.ones(2, 1, requires_grad=True)
    >>> z = deqlib.fixed_point(lambda z, x: 0.5 * z + x, torch.zeros(2, 1), x)
    >>> torch.autograd.grad(z.sum(), x)[0].tolist()
    [[2.0], [2.0]]
    """
    options = {"rtol": rtol, "atol": atol, "max_calls": max_calls, "check_every": check_every, "compact": compact}
    found, _, _ = _equilibrium(f, z0, args, params, solver, adjoint, options)
    return found


class DEQ(nn.Module):
    """A deep equilibrium layer: forward(*args) returns z with z = cell(z, *args).

    It does the same in train and in eval mode, but for `eval_solver`.

    Args:
        cell: the map, a module called as cell(z, *args); its parameters get the gradients.
        solver: as for `solve`; `Anderson()` if None.
        adjoint: how the gradient is found; `Implicit()` if None.
        rtol: relative tolerance of the forward solve, no unit.
        max_calls: budget of the forward solve in calls of the cell.
        init: makes the first z from args; zeros of the shape of the first argument if None.
        eval_solver: solver in eval mode; `solver` if None.
        check_every, compact: as for `solve`: when to look whether all are done, and whether samples that are leave.

    Attributes:
        last: the `Solution` of the last forward pass, its `backward` set by the backward pass; None before the first.

    Raises:
        TypeError: `cell` not a module; `Reuse()` without a `Broyden` solver; and what `fixed_point` raises.

    Source: S. Bai, J. Z. Kolter and V. Koltun (2019), NeurIPS.

    >>> import torch, deqlib
    >>> class Cell(torch.nn.Linear):
    ...     def forward(self, z, x):
    ...         return torch.tanh(super().forward(z) + x)
    >>> deq = deqlib.DEQ(Cell(3, 3))
    >>> deq(torch.zeros(2, 3)).shape, deq.last.converged
    (torch.Size([2, 3]), True)
    """

    def __init__(
        self,
        cell: nn.Module,
        *,
        solver: Solver | None = None,
        adjoint: Adjoint | Unroll | None = None,
        rtol: float = 1e-4,
        max_calls: int = 50,
        init: Callable[..., Any] | None = None,
        eval_solver: Solver | None = None,
        check_every: int | None = 1,
        compact: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(cell, nn.Module):
            raise TypeError(f"cell must be a torch.nn.Module, got {type(cell).__name__}")
        self.cell, self.init = cell, init
        self.solver = Anderson() if solver is None else solver
        self.eval_solver = self.solver if eval_solver is None else eval_solver
        self.adjoint = Implicit() if adjoint is None else adjoint
        self.rtol, self.max_calls, self.check_every, self.compact = rtol, max_calls, check_every, compact
        self._last: Solution | None = None
        self._backward: list[LinearSolution] = []
        _check_adjoint(self.adjoint, self.solver)

    @property
    def last(self) -> Solution | None:
        """The last `Solution`; its `backward` is the `LinearSolution` of its adjoint equation, None before that."""
        return self._last and replace(self._last, backward=self._backward[-1] if self._backward else None)

    def forward(self, *args: Any, z0: Any = None) -> Any:
        """Return the equilibrium z for these arguments, from z0 (a warm start) or from `init`."""
        if z0 is None:
            z0 = self._start(args)
        solver = self.solver if self.training else self.eval_solver
        names = ("rtol", "max_calls", "check_every", "compact")
        options = {name: getattr(self, name) for name in names}
        found, self._last, self._backward = _equilibrium(
            self.cell, z0, args, self.cell.parameters(), solver, self.adjoint, options
        )
        return found

    def _start(self, args: tuple[Any, ...]) -> Any:
        if self.init is not None:
            return self.init(*args)
        if not args or not isinstance(args[0], Tensor):
            raise TypeError("without init or z0 the first argument must be a tensor of the state's shape")
        # Autocast may hand over a bfloat16 input; the solver's state stays in float32.
        cast = torch.is_autocast_enabled(args[0].device.type)
        return torch.zeros_like(args[0], dtype=torch.float32 if cast else None, requires_grad=False)


# --------------------------------------------------------------------------------------------------------------


def _equilibrium(
    f: Callable[..., Any], z0: Any, args: tuple[object, ...], params: Iterable[Tensor], solver: Solver | None,
    adjoint: Adjoint | Unroll | None, options: dict[str, Any],
) -> tuple[Any, Solution, list[LinearSolution]]:  # fmt: skip
    """Solve, attach the gradient, and return z, the solution and the list that backward passes report to."""
    solver = Anderson() if solver is None else solver
    adjoint = Implicit() if adjoint is None else adjoint
    wanted = _wanted(params)
    if isinstance(adjoint, Unroll):
        return _unrolled(f, z0, args, adjoint, options["rtol"])
    if torch.is_grad_enabled():
        _check_adjoint(adjoint, solver)
    reuse = isinstance(adjoint, Reuse) and torch.is_grad_enabled()
    found = solve(f, z0, *args, solver=solver, keep_state=reuse, **options)
    if options["check_every"] is not None and not found.converged:
        warnings.warn(f"the forward solve did not converge: {found.message}", DeqWarning, stacklevel=4)
    reports: list[LinearSolution] = []
    if not torch.is_grad_enabled():
        return found.z, found, reports
    layout, z = Layout.of(found.z)
    torch.clear_autocast_cache()  # some versions of torch keep the weights that the solve cast without a graph
    inputs = [a for a in args if isinstance(a, Tensor) and _is_input(a)]
    inverse = _inverse(solver, found.state) if reuse else None
    found = replace(found, state=None)
    problem = _Problem(_explicit(f, layout, args, z), wanted, adjoint, inverse, reports)
    graph = problem.graph(z, inputs)
    _check_captured(graph, wanted)
    tensors = (*inputs, *wanted)
    if not any(t.requires_grad for t in tensors):
        return found.z, found, reports
    out: Tensor = _attach(problem, z, graph, *tensors)
    return layout.restore(out), found, reports


def _wanted(params: Iterable[Tensor]) -> tuple[Tensor, ...]:
    params = (params,) if isinstance(params, Tensor) else tuple(params)
    for p in params:
        if not isinstance(p, Tensor):
            raise TypeError(f"params must be tensors, got {type(p).__name__}")
    return tuple(p for p in params if p.requires_grad)


def _is_input(a: object) -> bool:
    return isinstance(a, Tensor) and (a.is_floating_point() or a.is_complex())


def _check_adjoint(adjoint: object, solver: object) -> None:
    if isinstance(adjoint, type) or not (isinstance(adjoint, Unroll) or hasattr(adjoint, "solve")):
        raise TypeError(f"adjoint must be an object such as Implicit() or Neumann(3), got {adjoint!r}")
    if isinstance(adjoint, Reuse) and not isinstance(solver, Broyden):
        raise TypeError(f"Reuse() takes over the factors of Broyden(); the forward solver is {solver!r}")


def _inverse(solver: Solver, state: Any) -> MatVec:
    assert isinstance(solver, Broyden)
    broyden = solver
    return lambda v: broyden.transposed(state, v)


def _explicit(f: Callable[..., Any], layout: Layout, args: tuple[object, ...], z: Tensor) -> _Call:
    """Return f as a map of a flat state and its tensor inputs, under the autocast mode of now."""
    flat = layout.flat(f, z)

    def call(z: Tensor, inputs: Sequence[Tensor]) -> Tensor:
        rest = iter(inputs)
        return flat(z, *[next(rest) if _is_input(a) else a for a in args])

    return call


def _unrolled(
    f: Callable[..., Any], z0: Any, args: tuple[object, ...], adjoint: Unroll, rtol: float
) -> tuple[Any, Solution, list[LinearSolution]]:
    layout, like = Layout.of(z0)
    z = z0
    for _ in range(adjoint.steps):
        fz = checkpoint(f, z, *args, use_reentrant=False) if adjoint.checkpoint else f(z, *args)
        z = layout.restore(layout.flatten(fz, like))
    with torch.no_grad():
        residual = relative_residual(layout.flatten(z, like), layout.flatten(f(z, *args), like))
    result = torch.where(residual <= rtol, Result.CONVERGED, Result.MAX_CALLS)
    result = torch.where(residual.isinf(), Result.DIVERGED, result)
    calls = torch.full_like(result, adjoint.steps + 1)
    found = Solution(layout.restore(layout.flatten(z, like).detach()), residual, calls, result)
    if not found.converged:
        warnings.warn(f"the unrolled iteration did not converge: {found.message}", DeqWarning, stacklevel=5)
    return z, found, []


_Call = Callable[[Tensor, Sequence[Tensor]], Tensor]


@dataclass
class _Graph:
    """One call of a map with leaves in the place of its inputs."""

    out: Tensor
    z: Tensor
    inputs: list[Tensor]


@dataclass
class _Problem:
    """A map with everything it depends on spelled out, and how to solve its adjoint equation."""

    call: _Call
    params: tuple[Tensor, ...]
    adjoint: Adjoint
    inverse: MatVec | None = None
    reports: list[LinearSolution] = field(default_factory=list)

    def graph(self, z: Tensor, inputs: Sequence[Tensor]) -> _Graph:
        leaf, leaves = z.detach().requires_grad_(), [_leaf(t) for t in inputs]
        with torch.enable_grad():
            return _Graph(self.call(leaf, leaves), leaf, leaves)

    def solve(self, graph: _Graph, v: Tensor) -> LinearSolution:
        """Solve u = Jᵀ u + v."""
        with torch.autocast(v.device.type, enabled=False):
            return self.adjoint.solve(lambda u: _vjp([graph.out], [graph.z], [u])[0], v, self.inverse)

    def first_order(self, graph: _Graph, v: Tensor) -> list[Tensor | None]:
        """Return the gradients of inputs and params; report the residual that the last product shows for free."""
        found = self.solve(graph, v)
        wrt = [graph.z, *(t for t in graph.inputs if t.requires_grad), *self.params]
        pulled, *grads = _vjp([graph.out], wrt, [found.u])
        self.report(found, pulled, v)
        rest = iter(grads)
        return [next(rest) if t.requires_grad else None for t in (*graph.inputs, *self.params)]

    def differentiable(self, z: Tensor, inputs: Sequence[Tensor], v: Tensor) -> list[Tensor | None]:
        """Return the same gradients as a function of z, inputs, params and v that can be differentiated again.

        u is itself a fixed point, of the affine map u -> Jᵀ u + v. Taken through `_Equilibrium` with v, z and the
        inputs as its own inputs, it keeps the terms ∂²f/∂z∂θ that a hook or a closure over u would lose.
        """
        if not self.adjoint.exact:
            raise RuntimeError(
                f"{self.adjoint!r} gives an approximate gradient, whose derivative would be wrong; "
                "use adjoint=Implicit() where the gradient is differentiated again"
            )

        def affine(u: Tensor, rest: Sequence[Tensor]) -> Tensor:
            v, z, *inputs = rest
            z = z if z.requires_grad else z.detach().requires_grad_()
            return _vjp([self.call(z, inputs)], [z], [u], create_graph=True)[0] + v

        def pull(u: Tensor, z: Tensor, *inputs: Tensor) -> list[Tensor]:
            wrt = [t for t in inputs if t.requires_grad]
            return _vjp([self.call(z, inputs)], [*wrt, *self.params], [u], create_graph=True)

        with torch.no_grad():
            graph = self.graph(z, inputs)
            found = self.solve(graph, v)
            self.report(found, _vjp([graph.out], [graph.z], [found.u])[0], v)
        equation = _Problem(affine, self.params, self.adjoint)
        u = _attach(equation, found.u, None, v, z, *inputs, *self.params)
        rest = iter(_local(pull, self.params, u, z, *inputs, *self.params))
        return [next(rest) if t.requires_grad else None for t in (*inputs, *self.params)]

    def report(self, found: LinearSolution, pulled: Tensor, v: Tensor) -> None:
        """Put the measured residual in the place of the solver's own, and warn where it is not small enough."""
        found = _measured(found, pulled, v, self.adjoint)
        self.reports[:] = [found]
        action = getattr(self.adjoint, "on_failure", "warn")
        failed = found.result != Result.CONVERGED if self.adjoint.exact else found.result == Result.DIVERGED
        if action == "ignore" or not failed.any():  # "ignore" looks at nothing: no GPU waits
            return
        text = (
            f"the adjoint equation was not solved for {int(failed.sum())} of {len(failed)} samples: worst relative "
            f"residual {found.residual.max().item():.1e} after {int(found.calls.max())} products"
        )
        if action == "raise":
            raise RuntimeError(text)
        warnings.warn(text, DeqWarning, stacklevel=2)


def _measured(found: LinearSolution, pulled: Tensor, v: Tensor, adjoint: Adjoint) -> LinearSolution:
    u, eps = found.u, torch.finfo(v.dtype).eps
    precise = torch.promote_types(v.dtype, torch.float32)
    gap, size, long = (torch.linalg.vector_norm(t, dim=1, dtype=precise) for t in (pulled + v - u, v, u))
    residual = torch.where(gap == 0, 0, gap / size)
    residual = torch.where(residual.isfinite(), residual, torch.inf)
    result = found.result
    if adjoint.exact:
        # Each sample has its own Krylov space. Where f mixes samples (batch statistics), those spaces solve another
        # equation, and only the residual measured on the whole batch shows it.
        rounding = 100 * eps * (1 + torch.where(size > 0, long / size, 0))
        allowed = 10 * getattr(adjoint, "rtol", 0.0) + rounding.clamp(max=eps**0.5)
        result = torch.where((result == Result.CONVERGED) & ~(residual <= allowed), Result.MAX_CALLS, result)
    return replace(found, residual=residual, result=result)


def _leaf(t: Tensor) -> Tensor:
    return t.detach().requires_grad_(t.requires_grad)


def _vjp(
    outs: Sequence[Tensor], wrt: Sequence[Tensor], cots: Sequence[Tensor], create_graph: bool = False
) -> list[Tensor]:
    """Return the vector-Jacobian products, zeros where there is no path."""
    pairs = [(out, cot) for out, cot in zip(outs, cots, strict=True) if out.requires_grad]
    if not pairs:
        return [torch.zeros_like(t) for t in wrt]
    outs, cots = [out for out, _ in pairs], [cot for _, cot in pairs]
    grads = torch.autograd.grad(
        outs, list(wrt), cots, retain_graph=True, create_graph=create_graph, allow_unused=True, materialize_grads=True
    )
    return list(grads)


class _Equilibrium(Function):
    """The identity on a solution z, whose backward is that of the equation z solves, to any order."""

    @staticmethod
    def forward(ctx: Any, problem: _Problem, z: Tensor, graph: _Graph | None, *tensors: Tensor) -> Tensor:
        ctx.problem, ctx.graph = problem, graph
        out = z.clone()
        ctx.save_for_backward(out, *tensors)
        return out

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        z, *tensors = ctx.saved_tensors
        problem: _Problem = ctx.problem
        inputs = tensors[: len(tensors) - len(problem.params)]
        # The graph serves one backward pass, so that a loss which is kept does not keep activations alive.
        graph, ctx.graph = ctx.graph, None
        if torch.is_grad_enabled():
            grads = problem.differentiable(z, inputs, v)
        else:
            grads = problem.first_order(graph or problem.graph(z, inputs), v)
        return None, None, None, *grads


class _Local(Function):
    """Evaluate fn(*inputs) as though every input were a leaf, and differentiate that, to any order.

    An input z depends on the params that fn reads too. A plain autograd.grad of fn by params would follow that path
    as well, and count it twice.
    """

    @staticmethod
    def forward(ctx: Any, fn: Callable[..., list[Tensor]], params: tuple[Tensor, ...], *tensors: Tensor) -> Any:
        ctx.fn, ctx.params = fn, params
        ctx.save_for_backward(*tensors)
        with torch.enable_grad():
            outs = fn(*[_leaf(t) for t in tensors[: len(tensors) - len(params)]])
        return tuple(out.detach() for out in outs)

    @staticmethod
    def backward(ctx: Any, *cots: Tensor) -> Any:
        fn, params, tensors = ctx.fn, ctx.params, ctx.saved_tensors
        n = len(tensors) - len(params)

        def vjp(*leaves: Tensor) -> list[Tensor]:
            wrt = [t for t in leaves[:n] if t.requires_grad]
            return _vjp(fn(*leaves[:n]), [*wrt, *params], leaves[n:], create_graph=True)

        rest = iter(_local(vjp, params, *tensors[:n], *cots, *params))
        return None, None, *[next(rest) if t.requires_grad else None for t in tensors]


_attach: Callable[..., Any] = _Equilibrium.apply
_local: Callable[..., Any] = _Local.apply


def _check_captured(graph: _Graph, params: tuple[Tensor, ...]) -> None:
    """Walk the graph of one call and refuse a leaf that needs a gradient and was not declared."""
    known = {id(t) for t in (graph.z, *graph.inputs, *params)}
    stops = {p.grad_fn for p in params if p.grad_fn is not None}
    found = [] if graph.out.grad_fn is not None else [graph.out] * graph.out.requires_grad
    seen, todo = set(stops), [graph.out.grad_fn]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        todo.extend(following for following, _ in node.next_functions)
    unknown = [tuple(t.shape) for t in found if id(t) not in known]
    if unknown:
        raise ValueError(
            f"f reads a tensor of shape {unknown[0]} that needs a gradient and was not declared: hand it to f "
            "through args, or name it in params (params=module.parameters())"
        )
