"""Properties of `fixed_point` and `DEQ` as parts of a program: memory, errors, modes, copies, autocast, training."""

from __future__ import annotations

import copy
import gc
import io
import re
import warnings
import weakref

import pytest
import torch
from torch import Tensor, nn

from deqlib import (
    DEQ,
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
    Solver,
    Unroll,
    fixed_point,
    relative_residual,
)  # fmt: skip
from deqlib.course import check


def name(value: object) -> str:
    """Name a case without the address that the repr of a function holds: pytest-xdist compares names."""
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", str(value))


SOLVERS = [Picard(), Anderson(), Broyden(memory=6), Newton(memory=4)]
ADJOINTS = [Implicit(), Implicit(Anderson()), Implicit(Broyden()), Neumann(2), Phantom(3, 0.5), Reuse()]


class Cell(nn.Module):
    def __init__(self, size: int = 8, seed: int = 0, norm: float = 0.8, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        W, _ = check.random_map(seed, size, norm, 1)
        self.lin = nn.Linear(size, size, dtype=dtype)
        self.lin.weight.data = W.to(dtype)

    def forward(self, z: Tensor, x: Tensor) -> Tensor:
        return torch.tanh(self.lin(z) + x)


def inputs(batch: int = 4, size: int = 8) -> Tensor:
    return check.random_map(1, size, 1.0, batch)[1]


def step(deq: DEQ, x: Tensor) -> list[Tensor]:
    deq.zero_grad()
    (deq(x) ** 2).sum().backward()
    return [p.grad.clone() for p in deq.parameters()]


# --------------------------------------------------------------------------------------------------------------
# fixed_point


class Saved:
    """Bytes of distinct storage that autograd saves between forward and backward."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.hooks = torch.autograd.graph.saved_tensors_hooks(self.pack, lambda t: t)

    def pack(self, t: Tensor) -> Tensor:
        self.seen[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    def __enter__(self) -> Saved:
        self.hooks.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.hooks.__exit__(None, None, None)


def saved_bytes(solver: Solver, adjoint: object, max_calls: int, cell: Cell | None = None) -> int:
    cell, x = cell or Cell(64), inputs(16, 64)
    with Saved() as saved, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeqWarning)
        z = fixed_point(cell, torch.zeros_like(x), x, params=cell.parameters(), solver=solver, adjoint=adjoint,
                        rtol=0, max_calls=max_calls)  # fmt: skip
    assert z.requires_grad
    return sum(saved.seen.values())


@pytest.mark.parametrize("adjoint", ADJOINTS, ids=name)
@pytest.mark.parametrize("solver", SOLVERS, ids=name)
def test_memory_does_not_grow_with_calls(solver: Solver, adjoint: object) -> None:
    if isinstance(adjoint, Reuse):
        solver = Broyden(memory=6)
    few, many = (saved_bytes(solver, adjoint, n) for n in (10, 200))
    assert 0 < few == many


def test_memory_of_unrolling_grows_and_checkpointing_slows_that() -> None:
    class Deep(Cell):
        def forward(self, z: Tensor, x: Tensor) -> Tensor:
            return torch.tanh(torch.sin(torch.exp(torch.cos(super().forward(z, x)))))

    plain = [saved_bytes(Picard(), Unroll(n), 1, Deep(64)) for n in (10, 40)]
    kept = [saved_bytes(Picard(), Unroll(n, checkpoint=True), 1, Deep(64)) for n in (10, 40)]
    assert plain[1] > 2.5 * plain[0]
    assert kept[1] - kept[0] < 0.4 * (plain[1] - plain[0])


@pytest.mark.parametrize("adjoint", [*ADJOINTS, Unroll(40)], ids=name)
def test_a_step_costs_the_calls_it_says_and_one_more(adjoint: object) -> None:
    cell, x = Cell(), inputs()
    counted = []
    cell.register_forward_hook(lambda *_: counted.append(1))
    deq = DEQ(cell, solver=Broyden(), adjoint=adjoint, rtol=1e-7)
    z = deq(x.requires_grad_())
    forward = len(counted)
    assert forward == int(deq.last.calls.max()) + (not isinstance(adjoint, Unroll))
    z.sum().backward()
    assert len(counted) == forward, "the backward pass uses the graph that is there"


def test_no_grad_costs_no_extra_call_and_keeps_nothing() -> None:
    cell, x = Cell(), inputs()
    counted = check.CountedCalls(cell)
    with torch.no_grad():
        z = fixed_point(counted, torch.zeros_like(x), x, params=cell.parameters(), rtol=1e-8)
    with_grad = check.CountedCalls(cell)
    fixed_point(with_grad, torch.zeros_like(x), x, params=cell.parameters(), rtol=1e-8)
    assert not z.requires_grad
    assert with_grad.calls == counted.calls + 1


@pytest.mark.parametrize("adjoint", [Implicit(), Neumann(0), Phantom(2), Implicit(Anderson())], ids=name)
def test_a_captured_tensor_that_was_not_declared_is_refused(adjoint: object) -> None:
    cell, x = Cell(), inputs()
    z0, scale = torch.zeros_like(x), torch.ones(3, 5, requires_grad=True)
    w = torch.ones(8, requires_grad=True, dtype=x.dtype)
    says = r"f reads a tensor of shape \(8,\) that needs a gradient and was not declared.*args.*params"
    for f in (lambda z, x: cell(z, x) * w, lambda z, x: cell(z, x * torch.exp(w)), lambda z, x: 0 * z + w):
        with pytest.raises(ValueError, match=says):
            fixed_point(f, z0, x, params=cell.parameters(), adjoint=adjoint)
    with pytest.raises(ValueError, match=says):  # handed over, and read from outside all the same
        fixed_point(lambda z, v: cell(z, x) * w, z0, w, params=cell.parameters(), adjoint=adjoint)
    with pytest.raises(ValueError, match=r"shape \(8, 8\)|shape \(8,\)"):  # nothing declared at all
        fixed_point(cell, z0, x, adjoint=adjoint)
    ok = fixed_point(lambda z, x: cell(z, x) * w * scale.detach().mean(), z0, x, params=[w, *cell.parameters()])
    assert torch.autograd.grad(ok.sum(), w)[0].abs().sum() > 0
    with torch.no_grad():
        fixed_point(lambda z, x: cell(z, x) * w, z0, x)


def test_arguments_that_are_no_tensors_and_integer_tensors_pass_through() -> None:
    x, index = inputs().requires_grad_(), torch.tensor([1, 0, 3, 2])
    f = lambda z, name, x, i, options: {"tanh": torch.tanh}[name](0.5 * z + x[i] * options["c"])  # noqa: E731
    z = fixed_point(f, torch.zeros_like(x), "tanh", x, index, {"c": 2.0}, rtol=1e-10)
    (g,) = torch.autograd.grad(z.sum(), x)
    slope = 1 - z.detach() ** 2
    assert torch.allclose(g[index], 2 * slope / (1 - 0.5 * slope), rtol=1e-3)


def test_z0_gets_no_gradient_and_is_not_changed() -> None:
    cell, x = Cell(), inputs()
    z0 = torch.zeros_like(x).requires_grad_()
    before = z0.detach().clone()
    z = fixed_point(cell, z0, x, params=cell.parameters())
    assert torch.autograd.grad(z.sum(), z0, allow_unused=True)[0] is None
    assert torch.equal(z0, before)


def test_a_map_that_needs_no_gradient_gives_a_plain_z() -> None:
    x = inputs()
    assert not fixed_point(lambda z, x: 0.5 * z + x, torch.zeros_like(x), x).requires_grad


def test_backward_twice_and_a_loss_that_is_kept() -> None:
    cell, x = Cell(), inputs().requires_grad_()
    z = fixed_point(cell, torch.zeros_like(x), x, params=cell.parameters(), rtol=1e-10)
    first, second = (torch.autograd.grad(z.sum(), x, retain_graph=True)[0] for _ in range(2))
    assert torch.allclose(first, second, rtol=1e-12)
    torch.autograd.grad(z.sum(), x)
    with pytest.raises(RuntimeError, match="second time"):
        torch.autograd.grad(z.sum(), x)


def test_weights_changed_in_place_before_the_backward_pass_are_noticed() -> None:
    cell, x = Cell(), inputs()
    z = fixed_point(cell, torch.zeros_like(x), x, params=cell.parameters())
    with torch.no_grad():
        cell.lin.weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_a_forward_that_does_not_converge_warns_with_its_message() -> None:
    x = inputs()
    with pytest.warns(DeqWarning, match="forward solve did not converge: 4 of 4 samples ran out of calls"):
        fixed_point(lambda z, x: -3 * z + x, torch.zeros_like(x), x, solver=Picard(), max_calls=10)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"adjoint": "ift"}, TypeError, "adjoint must be an object such as Implicit"),
        ({"adjoint": Implicit}, TypeError, "adjoint must be an object such as Implicit"),
        ({"params": [1.0]}, TypeError, "params must be tensors, got float"),
        ({"adjoint": Reuse()}, TypeError, "takes over the factors of Broyden"),
        ({"tol": 1e-3}, TypeError, "unexpected keyword argument 'tol'"),
        ({"solver": "broyden"}, TypeError, "an object such as Picard"),
        ({"max_calls": 0}, ValueError, "max_calls"),
    ],
)
def test_bad_options_get_one_clear_message(options: dict[str, object], error: type[Exception], says: str) -> None:
    x = inputs()
    with pytest.raises(error, match=says):
        fixed_point(lambda z, x: 0.5 * z + x, torch.zeros_like(x), x, **options)


# --------------------------------------------------------------------------------------------------------------
# DEQ


def test_last_tells_how_forward_and_backward_went() -> None:
    deq, x = DEQ(Cell(), adjoint=Implicit(rtol=1e-9), rtol=1e-8), inputs()
    assert deq.last is None
    z = deq(x)
    assert deq.last.converged
    assert deq.last.seconds > 0
    assert deq.last.backward is None
    assert torch.equal(deq.last.z, z.detach())
    assert torch.equal(deq.last.residual, relative_residual(z, deq.cell(z, x)).detach())
    z.sum().backward()
    back = deq.last.backward
    leaf = z.detach().requires_grad_()
    pulled = torch.autograd.grad(deq.cell(leaf, x), leaf, back.u)[0]
    true = (pulled + 1 - back.u).norm(dim=1) / torch.ones_like(z).norm(dim=1)
    assert torch.allclose(true, back.residual, rtol=1e-4, atol=1e-14)
    assert (back.residual <= 1e-9).all()
    assert (back.calls > 0).all()
    assert (back.result == Result.CONVERGED).all()


def test_the_residual_of_an_approximate_adjoint_is_told_too() -> None:
    x = inputs()
    worst = []
    for terms in (0, 2, 8):
        deq = DEQ(Cell(), adjoint=Neumann(terms))
        deq(x).sum().backward()
        worst.append(deq.last.backward.residual.max().item())
    assert worst[0] > 3 * worst[1] > 9 * worst[2] > 0


def test_train_and_eval_are_the_same_but_for_the_eval_solver() -> None:
    x = inputs()
    deq = DEQ(Cell(), rtol=1e-6)
    train, evaluated = deq.train()(x), deq.eval()(x)
    assert torch.equal(train, evaluated)
    assert [torch.equal(a, b) for a, b in zip(step(deq.train(), x), step(deq.eval(), x), strict=True)] == [True, True]
    other = DEQ(Cell(), rtol=1e-6, solver=Broyden(), adjoint=Reuse(), eval_solver=Picard())
    other.train()(x)
    quick = other.last.calls
    with torch.no_grad():
        other.eval()(x)
    assert (other.last.calls > quick).all()


def test_start_by_init_by_the_first_argument_or_warm() -> None:
    x = inputs()
    cold = DEQ(Cell(), rtol=1e-9)
    z = cold(x).detach()
    cold(1.01 * x, z0=z)
    warm = cold.last.calls
    cold(1.01 * x)
    assert (warm < cold.last.calls).all()
    made = DEQ(cold.cell, rtol=1e-9, init=lambda x: torch.tanh(x))
    assert torch.allclose(made(x), z, rtol=1e-6)
    assert (made.last.calls <= cold.last.calls + 1).all()
    with pytest.raises(TypeError, match="the first argument must be a tensor"):
        cold("x")
    with pytest.raises(TypeError, match=r"cell must be a torch.+Module, got function"):
        DEQ(lambda z, x: z)
    with pytest.raises(TypeError, match="takes over the factors of Broyden"):
        DEQ(Cell(), adjoint=Reuse())


def test_copies_and_saved_weights_give_the_same(tmp_path: object) -> None:
    x = inputs()
    deq = DEQ(Cell())
    expected = step(deq, x)
    twin = copy.deepcopy(deq)
    assert all(torch.equal(a, b) for a, b in zip(step(twin, x), expected, strict=True))
    assert twin.cell.lin.weight is not deq.cell.lin.weight
    fresh = DEQ(Cell(seed=5))
    assert set(deq.state_dict()) == {"cell.lin.weight", "cell.lin.bias"}
    fresh.load_state_dict(deq.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(step(fresh, x), expected, strict=True))
    file = io.BytesIO()
    torch.save(deq, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x), deq(x))


def test_functional_call_sees_the_weights_it_is_given() -> None:
    deq, x = DEQ(Cell(), rtol=1e-10), inputs()
    weights = {name: (0.5 * p).detach().requires_grad_() for name, p in deq.named_parameters()}
    z = torch.func.functional_call(deq, weights, (x,))
    assert torch.allclose(z, torch.tanh(0.5 * deq.cell.lin(z) + x), rtol=1e-8)
    z.sum().backward()
    assert all(p.grad is not None for p in weights.values())
    assert all(p.grad is None for p in deq.parameters())


@pytest.mark.parametrize("solver", SOLVERS, ids=name)
def test_autocast_keeps_the_state_in_float32_and_the_gradient_of_the_weights(solver: Solver) -> None:
    """Weights that autocast casts during the solve have no graph; they must not come back in the graph call."""
    cell, x = Cell(norm=0.5, dtype=torch.float32), inputs().float()
    exact = step(DEQ(cell, rtol=1e-6), x)
    cell.zero_grad()
    deq, seen = DEQ(cell, solver=solver, rtol=1e-2, adjoint=Implicit(rtol=1e-2)), []
    hook = cell.register_forward_hook(lambda module, args, out: seen.append((args[0].dtype, out.dtype)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z = deq(x)
        loss = (z**2).sum()
    hook.remove()
    loss.backward()
    assert z.dtype == torch.float32
    assert {dtype for dtype, _ in seen} == {torch.float32}
    for p, g in zip(deq.parameters(), exact, strict=True):
        assert p.grad.dtype == torch.float32
        assert (p.grad - g).norm() <= 0.05 * g.norm()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert deq(x.bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("adjoint", [*ADJOINTS, Implicit(rtol=0, max_calls=3, on_failure="ignore")], ids=name)
def test_training_leaks_nothing(adjoint: object) -> None:
    torch.manual_seed(0)
    deq, x = DEQ(Cell(norm=0.5), solver=Broyden(memory=4), adjoint=adjoint), inputs()
    optimiser = torch.optim.SGD(deq.parameters(), lr=1e-3)
    losses, counts = [], []
    gc.collect()
    gc.disable()  # what only the collector frees is a cycle, and would hold memory until it runs
    try:
        for i in range(200):
            optimiser.zero_grad()
            loss = (deq(x) ** 2).mean()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
            if i in (20, 199):
                counts.append(sum(issubclass(type(o), Tensor) for o in gc.get_objects()) - len(losses))
    finally:
        gc.enable()
    assert counts[0] == counts[1]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("adjoint", [Implicit(), Neumann(1)], ids=name)
def test_a_loss_that_is_kept_after_backward_holds_no_activations(adjoint: object) -> None:
    class Box:
        def __init__(self, t: Tensor) -> None:
            self.t = t.detach()  # a saved output would hold its own node
            saved.append(weakref.ref(self))

    saved: list[weakref.ref[Box]] = []
    deq, x = DEQ(Cell(64), adjoint=adjoint), inputs(16, 64)
    with torch.autograd.graph.saved_tensors_hooks(Box, lambda box: box.t):
        loss = deq(x).sum()
    assert any(ref() for ref in saved)
    loss.backward()
    assert not any(ref() for ref in saved)


@pytest.mark.filterwarnings("ignore::deqlib.DeqWarning")
def test_gradients_descend() -> None:
    """A DEQ learns: the whole chain, forward and backward, lowers a loss by much more than a linear read-out can."""
    torch.manual_seed(0)
    x = torch.randn(64, 8)
    target = torch.sin(3 * x[:, :1]) * x[:, 1:2]
    model = nn.Sequential(nn.Linear(8, 8), DEQ(Cell(norm=0.5, dtype=torch.float32)), nn.Linear(8, 1))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    first = None
    for _ in range(150):
        loss = ((model(x) - target) ** 2).mean()
        first = first or loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.35 * first
