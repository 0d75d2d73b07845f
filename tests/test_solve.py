"""solve: what it promises, on maps where the naive loop breaks the promise."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import deqlib
from deqlib import Anderson, Broyden, Newton, Picard, Result, relative_residual, solve
from deqlib.course import check

SOLVERS = [
    Picard(), Picard(damping=0.7), Anderson(), Anderson(memory=2), Anderson(memory=12, damping=0.8),
    Anderson(memory=5, restart=False), Broyden(), Broyden(memory=1), Broyden(memory=5), Newton(), Newton(memory=3),
]  # fmt: skip
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=str)


def tanh_map(seed: int, size: int = 20, norm: float = 0.9, batch: int = 4) -> tuple[object, Tensor]:
    W, x = check.random_map(seed, size, norm, batch)
    return lambda z, x=x: torch.tanh(z @ W.T + x), torch.zeros(batch, size, dtype=torch.float64)


@each_solver
@pytest.mark.parametrize("seed", range(5))
def test_finds_a_fixed_point_and_reports_its_residual(solver: deqlib.Solver, seed: int) -> None:
    f, z0 = tanh_map(seed)
    s = solve(f, z0, solver=solver, rtol=1e-10, max_calls=300)
    assert s.converged
    again = relative_residual(s.z, f(s.z))
    assert torch.equal(again, s.residual), "the residual must be that of the returned z"
    assert (again <= 1e-10).all()


@each_solver
@pytest.mark.parametrize("max_calls", [1, 2, 3, 7])
def test_the_budget_is_calls_of_f(solver: deqlib.Solver, max_calls: int) -> None:
    f, z0 = tanh_map(0)
    counted = check.CountedCalls(f)
    s = solve(counted, z0, solver=solver, rtol=1e-14, max_calls=max_calls, trace=True)
    assert counted.calls == max_calls
    assert s.trace is not None
    assert s.trace.shape == (max_calls, len(z0))
    assert (s.calls == max_calls).all()
    assert (s.result == Result.MAX_CALLS).all()
    assert torch.equal(s.trace.amin(0), s.residual), "out of calls: the best iterate"


@each_solver
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_a_sample_does_not_notice_its_neighbours(solver: deqlib.Solver, dtype: torch.dtype, tolerance: float) -> None:
    W, x = check.random_map(7, 16, 1.0, 5)
    scale = torch.tensor([0.01, 0.5, 0.95, 3.0, 0.9], dtype=torch.float64)[:, None]

    def f(rows: list[int]) -> object:
        Wd, xd, sd = W.to(dtype), x[rows].to(dtype), scale[rows].to(dtype)
        # One product a row: a batched one sums in another order, which is the map's doing and not the solver's.
        return lambda z: torch.stack([torch.tanh(sd[i] * (Wd @ z[i]) + xd[i]) for i in range(len(z))])

    rows = [0, 1, 2, 3, 4]
    batch = solve(f(rows), torch.zeros(5, 16, dtype=dtype), solver=solver, rtol=1e-5, max_calls=40)
    for i in rows:
        alone = solve(f([i]), torch.zeros(1, 16, dtype=dtype), solver=solver, rtol=1e-5, max_calls=40)
        gap = (alone.z[0] - batch.z[i]).norm() / alone.z[0].norm()
        # Newton's difference quotients magnify the last bit by 1/√eps.
        allowed = 100 * tolerance if isinstance(solver, Newton) else tolerance
        assert gap <= allowed, f"sample {i} differs by {gap:.1e}"
        assert alone.calls[0] == batch.calls[i]
        assert alone.result[0] == batch.result[i]


@each_solver
@pytest.mark.parametrize("c", [1e-8, 1e8])
def test_the_unit_of_the_state_does_not_matter(solver: deqlib.Solver, c: float) -> None:
    f, z0 = tanh_map(1)
    plain = solve(f, z0, solver=solver, rtol=1e-9, max_calls=200)
    scaled = solve(lambda z: c * f(z / c), c * z0, solver=solver, rtol=1e-9, max_calls=200)
    assert (plain.calls - scaled.calls).abs().max() <= 1
    assert torch.allclose(scaled.z / c, plain.z, rtol=1e-7)


def test_memory_one_is_damped_picard() -> None:
    f, z0 = tanh_map(2)
    a = solve(f, z0, solver=Anderson(memory=1, damping=0.6), rtol=1e-9, max_calls=100)
    b = solve(f, z0, solver=Picard(damping=0.6), rtol=1e-9, max_calls=100)
    assert torch.equal(a.calls, b.calls)
    assert torch.allclose(a.z, b.z, rtol=1e-14)


def test_anderson_has_no_floor_where_an_absolute_ridge_has_one() -> None:
    eigenvalues = torch.linspace(0.2, 0.99, 30, dtype=torch.float64)
    z0 = torch.zeros(1, 30, dtype=torch.float64)
    s = solve(lambda z: eigenvalues * z + 1, z0, solver=Anderson(memory=11), rtol=1e-13, max_calls=150)
    assert s.converged
    single = solve(lambda z: eigenvalues.float() * z + 1, z0.float(), solver=Anderson(), rtol=1e-6, max_calls=150)
    assert single.converged, "torchdeq's ridge of 1e-4 does not get there in 200"


def test_anderson_on_a_linear_map_ends_after_as_many_steps_as_dimensions() -> None:
    A, b = check.random_map(3, 8, norm=3.0)
    s = solve(lambda z: z @ A.T + b, torch.zeros_like(b), solver=Anderson(memory=20), rtol=1e-8, max_calls=12)
    assert s.converged


def test_one_bad_sample_leaves_the_others_alone() -> None:
    f, z0 = tanh_map(4, batch=3)

    def broken(z: Tensor) -> Tensor:
        out = f(z).clone()
        out[1] = torch.nan
        return out

    for solver in SOLVERS:
        good, bad = solve(f, z0, solver=solver, max_calls=99), solve(broken, z0, solver=solver, max_calls=99)
        assert bad.result.tolist() == [Result.CONVERGED, Result.DIVERGED, Result.CONVERGED]
        assert bad.z.isfinite().all(), "a diverged sample returns the best finite state it has"
        assert torch.equal(bad.z[[0, 2]], good.z[[0, 2]])
        assert bad.residual[1] == torch.inf
        assert "1 of 3 samples met a value that is not finite" in bad.message


def test_a_constant_residual_is_singular_and_stays_with_its_sample() -> None:
    def drift(z: Tensor) -> Tensor:  # g = 100 for sample 0 at every call: all differences of g are 0
        return torch.cat([z[:1] + 100, 0.5 * z[1:] + 1])

    for memory in (2, 5, 8):
        s = solve(drift, torch.ones(2, 6), solver=Anderson(memory=memory), rtol=1e-6, max_calls=60)
        assert s.result[1] == Result.CONVERGED
        assert s.z.isfinite().all()
        assert s.residual[0] > 1e-3


def test_broyden_obeys_the_newest_secant_equation_past_its_capacity() -> None:
    f, z0 = tanh_map(8, norm=0.95)
    solver = Broyden(memory=3)
    z, fz = z0, f(z0)
    state, last = solver.init(z, fz), (z, fz)
    for _ in range(12):
        before = (z, fz)
        state, z = solver.step(state, z, fz, fz - z)
        fz = f(z)
        if state.used > 0 and before[0] is not z0:
            s, y = before[0] - last[0], (before[1] - before[0]) - (last[1] - last[0])
            # H y = s, read off the factors: -y + sum u_i (v_i . y)
            hy = -y + torch.einsum("bmd,bm->bd", state.u, torch.einsum("bmd,bd->bm", state.v, y))
            assert ((hy - s).norm(dim=1) <= 1e-9 * s.norm(dim=1)).all()
        last = before


def test_broyden_memory_does_not_grow_and_one_bad_sample_stays_alone() -> None:
    f, z0 = tanh_map(4, batch=3, norm=0.99)
    solver = Broyden(memory=4)
    long = solve(f, z0, solver=solver, rtol=0, max_calls=200, keep_state=True)
    short = solve(f, z0, solver=solver, rtol=0, max_calls=10, keep_state=True)
    assert long.state.u.shape == short.state.u.shape == (3, 4, z0.shape[1])
    drift = lambda z: torch.cat([z[:1] + 100, f(z)[1:]])  # noqa: E731
    s = solve(drift, z0, solver=solver, rtol=1e-10, max_calls=100)
    assert s.result.tolist() == [Result.MAX_CALLS, Result.CONVERGED, Result.CONVERGED]
    assert s.z.isfinite().all()


def test_broyden_keeps_the_factors_of_a_sample_that_is_done() -> None:
    W, x = check.random_map(3, 12, 0.9, 2)
    x[0] /= 100  # done much earlier than its neighbour

    def f(rows: slice) -> object:
        scale = torch.tensor([[0.1], [1.0]], dtype=torch.float64)[rows]
        return lambda z: torch.stack([torch.tanh(scale[i] * (W @ z[i]) + x[rows][i]) for i in range(len(z))])

    options = {"solver": Broyden(memory=5), "rtol": 1e-12, "max_calls": 90, "keep_state": True}
    both = solve(f(slice(0, 2)), torch.zeros_like(x), **options)
    one = solve(f(slice(0, 1)), torch.zeros_like(x[:1]), **options)
    assert both.calls[1] > both.calls[0] + 5
    v = torch.ones_like(x)
    alone, beside = Broyden(5).transposed(one.state, v[:1]), Broyden(5).transposed(both.state, v)[:1]
    assert (alone - beside).abs().max() <= 1e-12


def test_a_state_may_be_a_tuple_or_a_dict() -> None:
    W, x = check.random_map(6, 10, 0.9, 3)
    step = lambda z: torch.tanh(z @ W.T + x)  # noqa: E731
    whole = solve(step, torch.zeros_like(x), rtol=1e-9)

    def pair(z: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        out = step(torch.cat([z[0].flatten(1), z[1]], 1))
        return out[:, :6].reshape(3, 2, 3), out[:, 6:]

    z0 = (x.new_zeros(3, 2, 3), x.new_zeros(3, 4))
    two = solve(pair, z0, rtol=1e-9)
    assert [tuple(part.shape) for part in two.z] == [(3, 2, 3), (3, 4)]
    assert torch.equal(torch.cat([two.z[0].flatten(1), two.z[1]], 1), whole.z)
    assert torch.equal(two.residual, whole.residual)

    def named(z: dict[str, Tensor]) -> dict[str, Tensor]:
        a, b = pair((z["a"], z["b"]))
        return {"b": b, "a": a}  # the order of the keys does not matter

    assert torch.equal(solve(named, {"a": z0[0], "b": z0[1]}, rtol=1e-9).z["b"], two.z[1])


def test_overflow_is_not_convergence() -> None:
    s = solve(lambda z: -3 * z + 1, torch.ones(1, 2), solver=Picard(), rtol=1e-3, max_calls=1000)
    assert s.result.item() == Result.DIVERGED
    assert s.z.isfinite().all()
    tiny = solve(lambda z: -3 * z + 1e-30, torch.full((1, 2), 1e-30), solver=Picard(), rtol=1e-3, max_calls=20)
    assert tiny.result.item() == Result.MAX_CALLS, "squares of 1e-30 vanish in float32; the residual must not"


def test_a_start_at_the_solution_costs_one_call() -> None:
    for z0 in (torch.zeros(2, 3), torch.ones(2, 3)):
        s = solve(lambda z: 1 * z, z0)
        assert s.calls.tolist() == [1, 1]
        assert s.residual.tolist() == [0, 0]


def test_atol_ends_where_the_fixed_point_is_zero() -> None:
    f = lambda z: 0.5 * z  # noqa: E731
    assert not solve(f, torch.ones(1, 4), solver=Picard(), rtol=1e-3, max_calls=40).converged
    s = solve(f, torch.ones(1, 4), solver=Picard(), rtol=0, atol=1e-6, max_calls=40)
    assert s.converged
    assert (f(s.z) - s.z).norm() <= 1e-6


def test_the_rounding_floor_is_not_added_to_atol() -> None:
    # The fixed point is 1e6, where 4 eps of float32 are 0.48: a gap of 1 can be measured, and is what was asked for.
    f = lambda z: 0.9 * z + 1e5  # noqa: E731
    s = solve(f, torch.zeros(1, 1), solver=Picard(), rtol=0, atol=1.0, max_calls=300)
    assert s.converged
    assert (f(s.z) - s.z).abs().item() <= 1.0


def test_extra_arguments_reach_f_and_nothing_is_tracked_or_mutated() -> None:
    W, x = check.random_map(0, 6, 0.5, 2)
    W.requires_grad_()
    z0 = torch.zeros_like(x)
    before, rng = z0.clone(), torch.get_rng_state()
    s = solve(lambda z, x, scale: torch.tanh(z @ W.T + scale * x), z0, x, 2.0)
    assert not s.z.requires_grad
    assert torch.equal(z0, before)
    assert torch.equal(rng, torch.get_rng_state())
    assert torch.allclose(torch.tanh(s.z @ W.T + 2 * x), s.z, rtol=1e-3)


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 4), (1, 1)])
def test_states_of_any_shape(shape: tuple[int, ...]) -> None:
    s = solve(lambda z: 0.5 * z + 1, torch.zeros(shape), rtol=1e-5)
    assert s.z.shape == shape
    assert s.residual.shape == s.calls.shape == s.result.shape == shape[:1]
    assert torch.allclose(s.z, torch.tensor(2.0), rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@each_solver
def test_half_precision_states_stop_at_their_own_floor(solver: deqlib.Solver, dtype: torch.dtype) -> None:
    f, z0 = tanh_map(5, norm=0.5)
    s = solve(lambda z: f(z.double()).to(dtype), z0.to(dtype), solver=solver, rtol=1e-6, max_calls=60)
    assert s.z.dtype == dtype
    assert s.converged, "a tolerance below what the dtype can show is raised to what it can"
    assert s.residual.dtype == torch.float32


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    size=st.integers(1, 64),
    batch=st.integers(1, 4),
    scale=st.floats(-8, 8),
    norm=st.floats(0, 20),
    nan_at=st.none() | st.integers(1, 12),
    solver=st.sampled_from(SOLVERS),
    kind=st.sampled_from(["tanh", "linear", "drift", "rank one"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_no_map_breaks_it(
    seed: int, size: int, batch: int, scale: float, norm: float, nan_at: int | None, solver: deqlib.Solver,
    kind: str, dtype: torch.dtype,
) -> None:  # fmt: skip
    """Any map: no exception, no non-finite return, no residual that is not the returned point's."""
    W, b = (t.to(dtype) for t in check.random_map(seed % 9973, size, norm, batch))
    c = 10.0**scale
    calls = itertools.count(1)
    step = {
        "tanh": lambda z: c * torch.tanh(z / c @ W.T + b),
        "linear": lambda z: z @ W.T + c * b,
        "drift": lambda z: z + c * b,
        "rank one": lambda z: z + c * b * (1 + z.sum(1, keepdim=True).sign()),
    }[kind]

    def f(z: Tensor) -> Tensor:
        out = step(z)
        if next(calls) == nan_at:
            out = out.clone()
            out[0] = torch.nan
        return out

    s = solve(f, torch.zeros(batch, size, dtype=dtype), solver=solver, rtol=1e-5, max_calls=25)
    assert s.z.isfinite().all()
    assert not s.residual.isnan().any()
    true = relative_residual(s.z, step(s.z))
    done = s.result == Result.CONVERGED
    assert (true[done] <= 1e-5).all(), "a wrong CONVERGED"


@pytest.mark.parametrize(
    ("kwargs", "error", "says"),
    [
        ({"z0": torch.tensor(1.0)}, ValueError, r"z0 must have shape \(B, ...\)"),
        ({"z0": torch.zeros(0, 3)}, ValueError, "at least one sample"),
        ({"z0": torch.zeros(2, 3, dtype=torch.long)}, TypeError, "floating-point tensor.*torch.int64"),
        ({"z0": [0.0]}, TypeError, "floating-point tensor.*got list"),
        ({"z0": torch.tensor([[0.0], [torch.nan]])}, ValueError, r"NaN or inf in samples \[1\]"),
        ({"f": 3}, TypeError, "f must be callable, got int"),
        ({"f": lambda z: z[:, :1]}, ValueError, r"keep the shape of z: it was given \(2, 3\) and returned \(2, 1\)"),
        ({"f": lambda z: z.double()}, ValueError, "keep the dtype of z.*torch.float32 and returned torch.float64"),
        ({"f": lambda z: 1.0}, TypeError, "f must return a tensor.*got float"),
        ({"z0": ()}, TypeError, "tuple or dict.*got an empty tuple"),
        ({"z0": (torch.zeros(2, 3), 1.0)}, TypeError, "got a tensor of torch.float32, float"),
        ({"z0": (torch.zeros(2, 3), torch.zeros(2).double())}, TypeError, "of one dtype.*float32.*float64"),
        ({"z0": {"a": torch.zeros(2, 3), "b": torch.zeros(3)}}, ValueError, r"one B.*got \[\(2, 3\), \(3,\)\]"),
        ({"z0": (torch.zeros(2, 3), torch.zeros(2)), "f": lambda z: z[0]}, TypeError, "a tuple of 2.*got Tensor"),
        ({"z0": {"a": torch.zeros(2, 3)}, "f": lambda z: {"b": z["a"]}}, TypeError, r"a dict of.* \['a'\].*\['b'\]"),
        ({"z0": (torch.zeros(2, 3),), "f": lambda z: (1.0,)}, TypeError, "a tuple of 1.*got tuple of .*float"),
        ({"solver": "anderson"}, TypeError, "an object such as Picard.*got 'anderson'"),
        ({"solver": Picard}, TypeError, "an object such as Picard"),
        ({"rtol": -1.0}, ValueError, "rtol=-1.0"),
        ({"atol": float("nan")}, ValueError, "atol=nan"),
        ({"max_calls": 0}, ValueError, "max_calls must be an integer of at least 1.*got 0"),
        ({"max_calls": 2.5}, ValueError, "max_calls.*got 2.5"),
        ({"check_every": 0}, ValueError, "check_every must be an integer of at least 1.*got 0"),
        ({"check_every": 1.5}, ValueError, "check_every.*got 1.5"),
        ({"compact": True, "check_every": None}, ValueError, "compact=True lets samples leave: it needs check_every"),
        ({"compact": True, "keep_state": True}, ValueError, "no solver's state can be kept"),
        ({"tol": 1e-3}, TypeError, "unexpected keyword argument 'tol'"),
    ],
)
def test_bad_input_gets_one_clear_message(kwargs: dict[str, object], error: type[Exception], says: str) -> None:
    call = {"f": lambda z: 0.5 * z, "z0": torch.zeros(2, 3)} | kwargs
    with pytest.raises(error, match=says) as caught:
        solve(call.pop("f"), call.pop("z0"), **call)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Broyden(memory=0), "memory must be an integer of at least 1, got 0"),
        (lambda: Picard(damping=0), "damping must be a positive number.*got 0"),
        (lambda: Picard(damping=float("nan")), "damping"),
        (lambda: Anderson(memory=0), "memory must be an integer of at least 1, got 0"),
        (lambda: Anderson(memory=2.0), "memory"),
        (lambda: Anderson(ridge=-1e-9), "ridge must be at least 0"),
        (lambda: Anderson(damping=-1), "damping"),
        (lambda: Newton(memory=0), "memory must be an integer of at least 1, got 0"),
        (lambda: Newton(inner=1.0), "inner must lie between 0 and 1, got 1.0"),
    ],
)
def test_bad_options_are_refused_when_the_solver_is_made(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()

@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_broyden_leaves_out_an_update_whose_denominator_is_noise(dtype: torch.dtype) -> None:
    """g turns by a right angle but for 1e-8, so sᵀH y is 1e-8 of its factors: that step is g / 2, not 1e8 long."""
    turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=dtype) + 1e-8 * torch.eye(2, dtype=dtype)
    seen: list[Tensor] = []

    def f(z: Tensor) -> Tensor:
        seen.append(z.clone())
        return z + z @ turn.T + 1

    solve(f, torch.zeros(1, 2, dtype=dtype), solver=Broyden(), rtol=1e-12, max_calls=3)
    g = seen[1] @ turn.T + 1
    assert torch.allclose(seen[2], seen[1] + g / 2)
