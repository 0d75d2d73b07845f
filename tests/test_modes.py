"""The ways to run a solve: looking seldom or never, letting samples leave, compiled, and from a warm start."""

from __future__ import annotations

import functools
import importlib
import itertools

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import deqlib
from deqlib import (
    DEQ,
    Anderson,
    Broyden,
    Implicit,
    Neumann,
    Newton,
    Picard,
    Result,
    Solution,
    Solver,
    fixed_point,
    gmres,
    solve,
)
from deqlib.cells import ConvCell, DenseCell
from deqlib.course import check

SOLVERS = [
    Picard(),
    Anderson(),
    Anderson(memory=4, restart=False),
    Anderson(memory=5, every=2),
    Broyden(memory=4),
    Newton(memory=3),
]
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=str)


def uneven(batch: int = 6, size: int = 12, dtype: torch.dtype = torch.float64) -> tuple[object, Tensor, Tensor]:
    """A map whose samples need very different numbers of calls; scale and x come as arguments."""
    W, x = check.random_map(3, size, 1.0, batch)
    scale = torch.linspace(0.05, 0.97, batch, dtype=torch.float64)[:, None]
    W, x, scale = W.to(dtype), x.to(dtype), scale.to(dtype)
    return lambda z, x, scale: torch.tanh(scale * (z @ W.T) + x), x, scale


def same(a: Solution, b: Solution, tolerance: float = 1e-12) -> None:
    assert torch.equal(a.calls, b.calls)
    assert torch.equal(a.result, b.result)
    assert torch.allclose(a.z, b.z, rtol=0, atol=tolerance)
    assert torch.allclose(a.residual, b.residual, rtol=1e-3, atol=tolerance)


# --------------------------------------------------------------------------------------------------------------
# Looking seldom


@each_solver
@pytest.mark.parametrize("check_every", [2, 7, 64, None])
def test_looking_seldom_gives_the_same_answers_and_makes_at_most_that_many_calls_more(
    solver: Solver, check_every: int | None
) -> None:
    f, x, scale = uneven()
    often = solve(f, torch.zeros_like(x), x, scale, solver=solver, rtol=1e-9, max_calls=60)
    counted = check.CountedCalls(f)
    seldom = solve(
        counted, torch.zeros_like(x), x, scale, solver=solver, rtol=1e-9, max_calls=60, check_every=check_every
    )
    same(often, seldom)
    most = int(often.calls.max())
    expected = 60 if check_every is None else min(60, -(-most // check_every) * check_every)
    assert counted.calls == expected


class Looks(TorchDispatchMode):
    """Count the operations that would make a GPU wait for a value."""

    names = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "item")

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(
        self, func: object, types: object, args: tuple[object, ...] = (), kwargs: object = None
    ) -> object:
        self.count += func.overloadpacket.__name__ in self.names
        return func(*args, **(kwargs or {}))


def where_looking_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the solves do what they do on a GPU."""
    for module in ("deqlib.solve", "deqlib.solvers"):
        monkeypatch.setattr(importlib.import_module(module), "may_look", lambda z: False)


@each_solver
def test_a_solve_looks_once_every_so_many_calls(solver: Solver, monkeypatch: pytest.MonkeyPatch) -> None:
    where_looking_costs(monkeypatch)
    f, x, scale = uneven()
    looks = {}
    for every in (1, 5, None):
        with Looks() as seen:
            solve(f, torch.zeros_like(x), x, scale, solver=solver, rtol=0, max_calls=20, check_every=every)
        looks[every] = seen.count
    assert looks[None] == 0
    # One more for z0; the last call needs no look.
    assert looks[5] == 1 + 3
    assert looks[1] == 1 + 19


def test_a_step_that_never_looks_makes_no_gpu_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    where_looking_costs(monkeypatch)
    deq = DEQ(DenseCell(8), adjoint=Neumann(3), check_every=None, max_calls=10)
    quiet = DEQ(
        deq.cell,
        adjoint=Implicit(functools.partial(gmres, check_every=5), on_failure="ignore", max_calls=10),
        check_every=None,
        max_calls=10,
    )
    x = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    with Looks() as seen:
        z = deq(x)
    assert seen.count == 0
    with Looks() as seen:
        z.sum().backward()
    assert seen.count == 1, "an approximate adjoint looks whether its result is finite"
    with Looks() as seen:
        quiet(x).sum().backward()
    assert seen.count <= 4


def test_never_looking_warns_of_nothing_and_tells_all() -> None:
    deq = DEQ(DenseCell(8, gain=3.0), solver=Picard(), check_every=None, max_calls=3, adjoint=Neumann(0))
    deq(torch.ones(2, 8))  # pytest turns a DeqWarning into an error
    assert deq.last.result.tolist() == [Result.MAX_CALLS] * 2
    assert deq.last.residual.shape == (2,)


# --------------------------------------------------------------------------------------------------------------
# Samples that leave


@each_solver
@pytest.mark.parametrize("check_every", [1, 4])
def test_samples_that_are_done_leave_and_everyone_gets_the_same_answer(solver: Solver, check_every: int) -> None:
    f, x, scale = uneven(batch=16)
    options = {"solver": solver, "rtol": 1e-9, "max_calls": 80, "trace": True, "check_every": check_every}
    whole = solve(f, torch.zeros_like(x), x, scale, **options)
    seen: list[int] = []

    def watched(z: Tensor, x: Tensor, scale: Tensor) -> Tensor:
        seen.append(len(z))
        assert len(x) == len(scale) == len(z)
        return f(z, x, scale)

    left = solve(watched, torch.zeros_like(x), x, scale, compact=True, **options)
    same(whole, left, 1e-9 if isinstance(solver, Newton) else 1e-11)
    assert left.trace.shape == whole.trace.shape
    assert torch.allclose(left.trace.log(), whole.trace.log(), atol=1e-2)
    assert sum(seen) < 0.8 * 16 * len(seen), "samples stayed"
    assert all(a >= b for a, b in itertools.pairwise(seen))


def test_one_that_diverges_leaves_too_and_is_back_in_its_place() -> None:
    f, x, scale = uneven(batch=4)
    x = x.clone()
    x[2] = torch.nan
    s = solve(f, torch.zeros_like(x), x, scale, rtol=1e-8, compact=True)
    assert s.result.tolist() == [Result.CONVERGED, Result.CONVERGED, Result.DIVERGED, Result.CONVERGED]
    assert s.z.isfinite().all()
    assert s.calls[2] == 1


def test_states_and_arguments_in_tuples_and_dicts_leave_together() -> None:
    f, x, scale = uneven(batch=8)

    def parts(z: dict[str, Tensor], both: tuple[Tensor, dict[str, Tensor]], name: str) -> dict[str, Tensor]:
        out = f(torch.cat([z["a"], z["b"]], 1), both[0], both[1]["scale"])
        return {"a": out[:, :5], "b": out[:, 5:]}

    z0 = {"a": x.new_zeros(8, 5), "b": x.new_zeros(8, 7)}
    s = solve(parts, z0, (x, {"scale": scale}), "a name", rtol=1e-9, compact=True)
    whole = solve(f, torch.zeros_like(x), x, scale, rtol=1e-9)
    assert torch.allclose(torch.cat([s.z["a"], s.z["b"]], 1), whole.z, atol=1e-11)


def test_gradients_are_those_of_the_whole_batch_and_reuse_says_it_cannot() -> None:
    f, x, scale = uneven(batch=8)
    found = []
    for compact in (False, True):
        inputs = [t.clone().requires_grad_() for t in (x, scale)]
        z = fixed_point(f, torch.zeros_like(x), *inputs, rtol=1e-12, adjoint=Implicit(rtol=1e-12), compact=compact)
        found.append(torch.autograd.grad((z**2).sum(), inputs))
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="no solver's state can be kept"):
        fixed_point(
            f, torch.zeros_like(x), x.requires_grad_(), scale, solver=Broyden(), adjoint=deqlib.Reuse(), compact=True
        )


# --------------------------------------------------------------------------------------------------------------
# Compiled


@pytest.fixture(autouse=True)
def fresh_compiler() -> object:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@each_solver
def test_a_solve_that_never_looks_compiles_to_one_graph_with_eager_results(solver: Solver) -> None:
    """fullgraph=True raises at the first break. The backend runs what was captured, so no C++ compiler is needed."""
    cell = DenseCell(8)

    def run(z0: Tensor, x: Tensor) -> tuple[Tensor, ...]:
        s = solve(cell, z0, x, solver=solver, rtol=1e-4, max_calls=9, check_every=None)
        return s.z, s.residual, s.calls, s.result

    x = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    compiled = torch.compile(run, fullgraph=True, backend="aot_eager")
    for a, b in zip(compiled(torch.zeros_like(x), x), run(torch.zeros_like(x), x), strict=True):
        assert a.dtype == b.dtype
        assert torch.allclose(a, b, rtol=0, atol=1e-5 if isinstance(solver, Newton) else 1e-6)


def train(model: nn.Module, steps: int, batch: int = 6) -> list[Tensor]:
    gen, found = torch.Generator().manual_seed(1), []
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        x = torch.randn(batch, 8, generator=gen)
        optimiser.zero_grad()
        loss = (model(x) - x.flip(1)).square().mean()
        loss.backward()
        optimiser.step()
        found.append(loss.detach())
    return found


@pytest.mark.parametrize("what", ["cell", "layer"])
def test_training_compiled_gives_eager_losses_and_does_not_compile_again_over_fifty_steps(what: str) -> None:
    def layer(compiled: bool) -> nn.Module:
        torch.manual_seed(0)
        cell: nn.Module = DenseCell(8)
        if compiled and what == "cell":
            cell = torch.compile(cell, backend="aot_eager")
        deq = DEQ(cell, rtol=1e-5, max_calls=8, check_every=None)
        return torch.compile(deq, backend="aot_eager") if compiled and what == "layer" else deq

    eager = train(layer(False), 53)
    stats = torch._dynamo.utils.counters["stats"]
    stats.clear()
    model = layer(True)
    first = train(model, 3)
    graphs = stats["unique_graphs"]
    assert graphs > 0
    torch.manual_seed(0)
    again = train(model, 50)
    assert stats["unique_graphs"] == graphs, "compiled again"
    assert torch.allclose(torch.stack(first), torch.stack(eager[:3]), rtol=1e-4)
    assert again[-1] < first[0]


# --------------------------------------------------------------------------------------------------------------
# Warm starts and what a tolerance costs


def dense(gen: torch.Generator) -> tuple[object, Tensor]:
    W = torch.randn(256, 256, generator=gen)
    W = (W + W.T) * (0.9 / torch.linalg.matrix_norm(W + W.T, 2))
    return lambda z, x: torch.tanh(z @ W + x), 0.35 * torch.randn(16, 256, generator=gen)


def conv(gen: torch.Generator) -> tuple[object, Tensor]:
    torch.manual_seed(0)
    return ConvCell(48, std=0.01, identity=True), 0.865 * torch.randn(4, 48, 16, 16, generator=gen)


@pytest.mark.parametrize("make", [dense, conv])
@pytest.mark.parametrize("solver", [Anderson(), Broyden()], ids=str)
def test_a_warm_start_saves_at_least_45_percent_after_a_change_of_one_percent(solver: Solver, make: object) -> None:
    gen = torch.Generator().manual_seed(0)
    cell, x = make(gen)
    change = torch.randn(x.shape, generator=gen)
    moved = x + 0.01 * x.norm() / change.norm() * change
    before = solve(cell, torch.zeros_like(x), x, solver=solver)
    cold = solve(cell, torch.zeros_like(x), moved, solver=solver)
    warm = solve(cell, before.z, moved, solver=solver)
    assert cold.converged
    assert warm.converged
    assert warm.calls.sum() <= 0.55 * cold.calls.sum()
