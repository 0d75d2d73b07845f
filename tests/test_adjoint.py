"""Gradients through a fixed point, against unrolling, finite differences and the linear algebra they stand for."""

from __future__ import annotations

import functools
import re
import warnings

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from deqlib import (
    Anderson,
    Broyden,
    DeqWarning,
    Implicit,
    Neumann,
    Newton,
    Phantom,
    Picard,
    Result,
    Reuse,
    Unroll,
    fixed_point,
    gmres,
    solve,
)  # fmt: skip
from deqlib.course import check


def name(value: object) -> str:
    """Name a case without the address that the repr of a function holds: pytest-xdist compares names."""
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", str(value))


SOLVERS = [Picard(), Picard(damping=0.8), Anderson(), Broyden(), Broyden(memory=5), Newton()]
EXACT = [
    Implicit(rtol=1e-12, max_calls=200),
    Implicit(functools.partial(gmres, restart=4), rtol=1e-12, max_calls=400),
    Implicit(Anderson(), rtol=1e-12, max_calls=200),
    Implicit(Broyden(), rtol=1e-12, max_calls=200),
    Implicit(Picard(), rtol=1e-12, max_calls=400),
    Implicit(Newton(), rtol=1e-12, max_calls=200),
]
APPROXIMATE = [Neumann(0), Neumann(3), Phantom(2, 0.5), Reuse()]
FORWARD = {"rtol": 1e-13, "max_calls": 400}


class Cell(nn.Module):
    """tanh(W z + z ∘ x / 3 + x + b) in float64: ∂²f/∂z∂x and ∂²f/∂z∂W are not zero."""

    def __init__(self, size: int = 8, norm: float = 0.7) -> None:
        super().__init__()
        W, _ = check.random_map(0, size, norm, 1)
        self.W, self.b = nn.Parameter(W), nn.Parameter(torch.linspace(-1, 1, size, dtype=W.dtype))

    def forward(self, z: Tensor, x: Tensor) -> Tensor:
        return torch.tanh(z @ self.W.T + z * x / 3 + x + self.b)


class Pair(Cell):
    """The same map on a state of two parts."""

    def forward(self, z: tuple[Tensor, Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
        out = super().forward(torch.cat([z[0].flatten(1), z[1]], 1), x)
        return out[:, :6].reshape(-1, 2, 3), out[:, 6:]


class Named(Pair):
    def forward(self, z: dict[str, Tensor], x: Tensor) -> dict[str, Tensor]:
        a, b = super().forward((z["a"], z["b"]), x)
        return {"b": b, "a": a}


def inputs(batch: int = 3, size: int = 8) -> Tensor:
    return check.random_map(1, size, 1.0, batch)[1].requires_grad_()


def gradients(cell: Cell, x: Tensor, **options: object) -> list[Tensor]:
    z = fixed_point(cell, torch.zeros_like(x), x, params=cell.parameters(), **options)
    return list(torch.autograd.grad((z**2).sum() + z[:, 0].sum(), (x, cell.W, cell.b)))


def assert_close(found: list[Tensor], expected: list[Tensor], tolerance: float = 1e-10) -> None:
    for a, b in zip(found, expected, strict=True):
        assert (a - b).norm() <= tolerance * b.norm()


def problem() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """z*, J per sample (B, D, D), a cotangent, and x."""
    cell, x = Cell(), inputs()
    z = solve(cell, torch.zeros_like(x), x, **FORWARD).z
    with torch.no_grad():
        J = torch.stack([jacobian(lambda s, i=i: cell(s[None], x[i : i + 1])[0], z[i]) for i in range(len(z))])
    return z, J, torch.linspace(-1, 2, z.numel(), dtype=z.dtype).view_as(z), x


@pytest.mark.parametrize("adjoint", EXACT, ids=[f"{i}" for i in range(len(EXACT))])
@pytest.mark.parametrize("solver", SOLVERS, ids=name)
def test_exact_adjoints_agree_with_unrolling(solver: object, adjoint: Implicit) -> None:
    cell, x = Cell(), inputs()
    found = gradients(cell, x, solver=solver, adjoint=adjoint, **FORWARD)
    assert_close(found, gradients(cell, x, adjoint=Unroll(120)))


@pytest.mark.parametrize("kind", [Pair, Named])
def test_tuple_and_dict_states_get_the_same_gradients(kind: type[Pair]) -> None:
    cell, x = Cell(), inputs()
    parts = kind()
    z0 = (x.new_zeros(3, 2, 3), x.new_zeros(3, 2))
    start = z0 if kind is Pair else {"a": z0[0], "b": z0[1]}
    expected = gradients(cell, x, adjoint=Unroll(120))
    for options in ({"adjoint": EXACT[0], **FORWARD}, {"adjoint": Unroll(120, checkpoint=True)}):
        z = fixed_point(parts, start, x, params=parts.parameters(), **options)
        a, b = (z if kind is Pair else (z["a"], z["b"]))  # fmt: skip
        assert a.shape == (3, 2, 3)
        whole = torch.cat([a.flatten(1), b], 1)
        found = torch.autograd.grad((whole**2).sum() + whole[:, 0].sum(), (x, parts.W, parts.b))
        assert_close(list(found), expected)


def test_gradcheck_and_gradgradcheck() -> None:
    W, x = check.random_map(0, 3, 0.8, 2)
    b = torch.tensor([0.3, -0.2, 0.1], dtype=W.dtype, requires_grad=True)

    def z(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
        step = lambda z, x, W: torch.tanh(z @ W.T + 0.3 * x * z + x + b)  # noqa: E731
        adjoint = Implicit(rtol=1e-13)
        return fixed_point(step, torch.zeros_like(x), x, W, params=[b], adjoint=adjoint, rtol=1e-14, max_calls=100)

    tensors = (x.requires_grad_(), W.requires_grad_(), b)
    assert torch.autograd.gradcheck(z, tensors)
    assert torch.autograd.gradgradcheck(z, tensors)


def test_derivatives_of_order_two_and_three_agree_with_unrolling() -> None:
    """A closure in a hook loses ∂²f/∂z∂θ in silence: the second derivative would differ by tens of percent."""
    cell, x = Cell(4), inputs(2, 4)
    found = []
    for options in ({"adjoint": Unroll(120)}, {"adjoint": EXACT[0], **FORWARD}, {"adjoint": EXACT[3], **FORWARD}):
        z = fixed_point(cell, torch.zeros_like(x), x, params=cell.parameters(), **options)
        value, tower = (z**2).sum(), []
        for order in (1, 2, 3):
            grads = torch.autograd.grad(value, (x, cell.W, cell.b), create_graph=order < 3)
            value = sum((g**2).sum() for g in grads)
            tower += [g.detach() for g in grads]
        found.append(tower)
    assert_close(found[1], found[0], 1e-9)
    assert_close(found[2], found[0], 1e-9)


def test_a_parameter_that_is_computed_from_another_and_an_input_that_depends_on_a_parameter() -> None:
    """The path from z and x back to the params must not be counted twice, in any order."""
    cell = Cell(4)
    x = inputs(2, 4)

    def towers(adjoint: object) -> list[Tensor]:
        W = cell.W * torch.tanh(cell.b)  # not a leaf
        inner = lambda z, x: torch.tanh(z @ W.T + z * x / 3 + x)  # noqa: E731
        z = fixed_point(inner, torch.zeros_like(x), x @ cell.W, params=[W], adjoint=adjoint, **FORWARD)
        first = torch.autograd.grad((z**2).sum(), (x, cell.W, cell.b), create_graph=True)
        return [*first, *torch.autograd.grad(sum((g**2).sum() for g in first), (x, cell.W, cell.b))]

    assert_close(towers(EXACT[0]), towers(Unroll(150)), 1e-9)


@pytest.mark.parametrize("adjoint", APPROXIMATE, ids=name)
def test_approximate_adjoints_refuse_a_second_derivative(adjoint: object) -> None:
    cell, x = Cell(), inputs()
    options = {"params": cell.parameters(), "solver": Broyden(), "adjoint": adjoint}
    z = fixed_point(cell, torch.zeros_like(x), x, **options, **FORWARD)
    with pytest.raises(RuntimeError, match=r"approximate gradient.*use adjoint=Implicit"):
        torch.autograd.grad(z.sum(), x, create_graph=True)


def test_neumann_zero_is_one_step_of_autograd() -> None:
    cell, x = Cell(), inputs()
    found = gradients(cell, x, adjoint=Neumann(0), **FORWARD)
    z = cell(solve(cell, torch.zeros_like(x), x, **FORWARD).z, x)
    expected = torch.autograd.grad((z**2).sum() + z[:, 0].sum(), (x, cell.W, cell.b))
    assert_close(found, list(expected), 1e-11)
    assert_close(gradients(cell, x, adjoint=Phantom(1), **FORWARD), found, 1e-14)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_neumann_and_phantom_are_unrolled_steps_at_the_solution(steps: int) -> None:
    cell, x = Cell(), inputs()
    star = solve(cell, torch.zeros_like(x), x, **FORWARD).z
    for damping, adjoint in ((1.0, Neumann(steps - 1)), (1.0, Phantom(steps)), (0.4, Phantom(steps, 0.4))):
        z = star
        for _ in range(steps):
            z = torch.lerp(z, cell(z, x), damping)
        expected = torch.autograd.grad((z**2).sum() + z[:, 0].sum(), (x, cell.W, cell.b))
        assert_close(gradients(cell, x, adjoint=adjoint, **FORWARD), list(expected), 1e-9)


def test_u_is_what_the_equation_says() -> None:
    _, J, v, _ = problem()
    matvec = lambda u: torch.einsum("bij,bi->bj", J, u)  # noqa: E731
    eye = torch.eye(J.shape[1], dtype=J.dtype)
    expected = torch.linalg.solve(eye - J.mT, v)
    for adjoint in EXACT:
        assert_close([adjoint.solve(matvec, v, None).u], [expected])
    series = sum(torch.linalg.matrix_power(J.mT, i) @ v.unsqueeze(2) for i in range(4)).squeeze(2)
    assert_close([Neumann(3).solve(matvec, v, None).u], [series])


def test_reuse_is_the_inverse_that_broyden_built_and_costs_no_product() -> None:
    a = torch.tensor([[0.3], [-2.0]], dtype=torch.float64, requires_grad=True)  # in one dimension H is exact
    z = fixed_point(lambda z, a: a * z + 1, torch.zeros_like(a), a, solver=Broyden(), adjoint=Reuse(), rtol=1e-13)
    assert torch.allclose(torch.autograd.grad(z.sum(), a)[0], (1 - a.detach()) ** -2, rtol=1e-9)
    z, J, v, x = problem()
    s = solve(Cell(), torch.zeros_like(x), x, solver=Broyden(24), rtol=1e-14, max_calls=60, keep_state=True)
    u = Reuse().solve(None, v, lambda v: Broyden().transposed(s.state, v)).u  # None: Jᵀ is not called
    exact = torch.linalg.solve(torch.eye(J.shape[1], dtype=J.dtype) - J.mT, v)
    assert (u - exact).norm() < 0.7 * (v - exact).norm(), "nearer than JFB"


def test_reuse_without_broyden_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Reuse\(\) takes over the factors of Broyden.*Anderson"):
        fixed_point(lambda z, x: 0.5 * z + x, torch.zeros(1, 1), torch.ones(1, 1), solver=Anderson(), adjoint=Reuse())


def test_picard_fails_aloud_where_gmres_solves() -> None:
    """The forward was solved by something stronger than Picard: as an adjoint solver Picard diverges there."""
    W, x = check.random_map(2, 12, 1.0, 3)
    W = -4 * W @ W.T  # symmetric, negative: f has one fixed point and does not contract
    x.requires_grad_()
    step = lambda z, x: torch.tanh(z @ W.T + x)  # noqa: E731
    options = {"rtol": 1e-12, "max_calls": 300}
    exact = fixed_point(step, torch.zeros_like(x), x, adjoint=EXACT[0], **options)
    (good,) = torch.autograd.grad(exact.sum(), x)
    z = exact.detach()
    J = (1 - torch.tanh(z @ W.T + x.detach()) ** 2).unsqueeze(2) * W
    u = torch.linalg.solve(torch.eye(12) - J.mT, torch.ones_like(z))
    assert_close([good], [(1 - z**2) * u], 1e-8)
    bad = fixed_point(step, torch.zeros_like(x), x, adjoint=Implicit(Picard()), **options)
    with pytest.warns(DeqWarning, match="adjoint equation was not solved for 3 of 3 samples: worst relative res"):
        torch.autograd.grad(bad.sum(), x)
    bad = fixed_point(step, torch.zeros_like(x), x, adjoint=Implicit(Picard(), on_failure="raise"), **options)
    with pytest.raises(RuntimeError, match="adjoint equation was not solved"):
        torch.autograd.grad(bad.sum(), x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bad = fixed_point(step, torch.zeros_like(x), x, adjoint=Implicit(Picard(), on_failure="ignore"), **options)
        torch.autograd.grad(bad.sum(), x)


def test_a_map_that_mixes_samples_is_noticed() -> None:
    """A Krylov space a sample solves another equation there; the residual on the whole batch says so."""
    W, x = check.random_map(2, 12, 0.9, 3)
    x.requires_grad_()
    z = fixed_point(lambda z, x: torch.tanh((z - 0.7 * z.mean(0)) @ W.T + x), torch.zeros_like(x), x, rtol=1e-9)
    with pytest.warns(DeqWarning, match="adjoint equation was not solved"):
        torch.autograd.grad((z * x.detach()).sum(), x)


@pytest.mark.parametrize("adjoint", [EXACT[0], EXACT[2], Neumann(2), Reuse()], ids=name)
def test_the_gradient_of_a_sample_does_not_depend_on_its_neighbours(adjoint: object) -> None:
    W, x = check.random_map(4, 10, 1.0, 4)
    scale = torch.tensor([0.05, 0.9, 0.6, 1.5], dtype=x.dtype)

    def gradient(rows: list[int]) -> Tensor:
        here = x[rows].clone().requires_grad_()


        def step(z: Tensor, x: Tensor) -> Tensor:
            return torch.stack([torch.tanh(scale[r] * (W @ z[i]) + x[i]) for i, r in enumerate(rows)])

        options = {"solver": Broyden(), "adjoint": adjoint, "rtol": 1e-9, "max_calls": 99}
        z = fixed_point(step, torch.zeros_like(here), here, **options)
        return torch.autograd.grad((z**2).sum(), here)[0]

    batch = gradient([0, 1, 2, 3])
    for i in range(4):
        assert_close([gradient([i])[0]], [batch[i]], 1e-11)


def test_one_bad_sample_leaves_the_gradients_of_the_others() -> None:
    W, x = check.random_map(4, 10, 0.8, 3)

    def gradient(broken: bool) -> Tensor:
        here = x.clone().requires_grad_()
        poison = torch.tensor([1.0, torch.nan if broken else 1.0, 1.0], dtype=x.dtype)[:, None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeqWarning)
            z = fixed_point(lambda z, x: poison * torch.tanh(z @ W.T + x), torch.zeros_like(here), here, rtol=1e-10)
            return torch.autograd.grad(z.sum(), here)[0]

    good, bad = gradient(False), gradient(True)
    assert_close([bad[[0, 2]]], [good[[0, 2]]], 1e-12)


def test_a_singular_adjoint_equation_raises_nothing_and_is_reported() -> None:
    x = torch.tensor([[1.0, 2.0], [1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    slope = torch.tensor([[1.0], [0.5]], dtype=torch.float64)  # f(z) = z + 0 x for sample 0: I - J = 0
    found = []
    for adjoint in (Implicit(), Implicit(Anderson()), Implicit(Broyden())):
        z = fixed_point(lambda z, x: slope * z + (1 - slope) * x, torch.ones_like(x), x, adjoint=adjoint)
        with pytest.warns(DeqWarning, match="1 of 2 samples"):
            found.append(torch.autograd.grad(z.sum(), x)[0])
    for g in found:
        assert g.isfinite().all()
        assert torch.allclose(g[1], torch.ones(2, dtype=g.dtype), rtol=1e-3)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Neumann(-1), "terms must be an integer of at least 0, got -1"),
        (lambda: Neumann(1.5), "terms"),
        (lambda: Phantom(0), "steps must be an integer of at least 1, got 0"),
        (lambda: Phantom(1, 0.0), "damping must lie in"),
        (lambda: Unroll(0), "steps"),
        (lambda: Implicit(rtol=-1), "rtol must be at least 0"),
        (lambda: Implicit(max_calls=0), "max_calls at least 1"),
        (lambda: Implicit(on_failure="shrug"), 'on_failure must be "warn", "raise" or "ignore"'),
        (lambda: Implicit("gmres"), "solver must be gmres or an object"),
        (lambda: Implicit(Anderson), "solver must be gmres or an object"),
    ],
)
def test_bad_options_are_refused_when_the_adjoint_is_made(make: object, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        make()


def test_results_of_an_exact_adjoint_are_codes() -> None:
    _, J, v, _ = problem()
    s = Implicit(max_calls=1, rtol=1e-12).solve(lambda u: torch.einsum("bij,bi->bj", J, u), v, None)
    assert s.result.tolist() == [Result.MAX_CALLS] * 3
