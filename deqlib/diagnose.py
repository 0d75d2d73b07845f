"""Look into an equilibrium: how strongly J = ∂f/∂z stretches, whether a gradient is right, what backward keeps.

    spectral radius  max |λ(J)|: the rate of Picard iteration        spectral norm  max ‖J v‖ / ‖v‖ ≥ radius
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import jvp

from deqlib.adjoint import Implicit
from deqlib.layer import DEQ, DeqWarning
from deqlib.tree import Layout

__all__ = [
    "Comparison", "check_gradient", "compare", "is_batch_coupled", "saved_bytes", "spectral_norm", "spectral_radius",
]  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """How one list of gradients agrees with another.

    Attributes:
        relative_error: ‖a - b‖ / ‖b‖ over all entries of all tensors.
        cosine: the cosine of the angle between a and b; kind to errors, since 0.98 may hide an error of 0.2.
        norm_ratio: ‖a‖ / ‖b‖.
    """

    relative_error: float
    cosine: float
    norm_ratio: float


def compare(a: Iterable[Tensor | None], b: Iterable[Tensor | None]) -> Comparison:
    """Compare gradients `a` with a reference `b`, tensor by tensor; None counts as zero.

    Args:
        a, b: as many tensors of the same shapes; None where there is no gradient.

    Raises:
        ValueError: lists of different length or tensors of different shape.

    >>> compare([torch.tensor([3.0, 4.0])], [torch.tensor([3.0, 0.0])]).norm_ratio > 1.6
    True
    """
    first, second = list(a), list(b)
    if len(first) != len(second):
        raise ValueError(f"a and b must hold as many gradients, got {len(first)} and {len(second)}")
    aa = bb = ab = gap = 0.0
    for i, (x, y) in enumerate(zip(first, second, strict=True)):
        if x is not None and y is not None and x.shape != y.shape:
            raise ValueError(f"gradient {i} has the shapes {tuple(x.shape)} and {tuple(y.shape)}")
        some = x if x is not None else y
        if some is None:
            continue
        u = torch.zeros_like(some).double() if x is None else x.detach().double()
        v = torch.zeros_like(some).double() if y is None else y.detach().double()
        aa, bb = aa + u.square().sum().item(), bb + v.square().sum().item()
        ab, gap = ab + (u * v).sum().item(), gap + (u - v).square().sum().item()
    nan = float("nan")
    size = (aa * bb) ** 0.5
    return Comparison((gap / bb) ** 0.5 if bb else nan, ab / size if size else nan, (aa / bb) ** 0.5 if bb else nan)


def check_gradient(deq: DEQ, *args: Any, seed: int = 0) -> Comparison:
    """Compare the gradient that a `DEQ` gives with the exact one, for a random loss ⟨v, z⟩ on these inputs.

    The exact one comes from a copy in float64, solved to 1e-10 forward and backward. A cheap gradient may point
    anywhere where the cell does not contract, and a loose forward tolerance bends an exact one.

    Args:
        deq: the layer; it is copied, and its `last` stays as it was.
        args: what its forward takes.
        seed: of v, standard normal of the shape of z.

    Returns:
        A `Comparison` over all parameters, and over those args that require a gradient.

    Raises:
        RuntimeError: the copy does not reach an equilibrium or does not solve its adjoint equation to that tolerance.

    >>> from deqlib import DEQ, Neumann
    >>> from deqlib.cells import DenseCell
    >>> _ = torch.manual_seed(0)
    >>> deq = DEQ(DenseCell(8, gain=0.9), adjoint=Neumann(0))
    >>> check_gradient(deq, torch.randn(4, 8)).relative_error > 0.1
    True
    """
    options = {"adjoint": Implicit(rtol=1e-10, max_calls=1000, on_failure="raise"), "rtol": 1e-10}
    exact = DEQ(copy.deepcopy(deq.cell).double(), max_calls=2000, init=deq.init, **options)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeqWarning)
        try:
            reference = _gradients(exact.train(deq.training), args, torch.float64, seed)
        except DeqWarning as failed:
            raise RuntimeError(f"no exact gradient to compare with: {failed}") from failed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeqWarning)
        return compare(_gradients(copy.deepcopy(deq), args, None, seed), reference)


def _gradients(deq: DEQ, args: tuple[Any, ...], dtype: torch.dtype | None, seed: int) -> list[Tensor]:
    inputs = [a.detach().to(dtype if a.is_floating_point() else None) if isinstance(a, Tensor) else a for a in args]
    pairs = zip(inputs, args, strict=True)
    wanted = [a.requires_grad_() for a, b in pairs if isinstance(b, Tensor) and b.requires_grad]
    _, z = Layout.of(deq(*inputs), detach=False)
    v = torch.randn(z.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(z)
    wanted += [p for p in deq.parameters() if p.requires_grad]
    return list(torch.autograd.grad((z * v).sum(), wanted, materialize_grads=True))


def saved_bytes(run: Callable[[], Any]) -> int:
    """Count the bytes that autograd keeps for the backward pass of `run()`, each storage once.

    A view shares the storage of what it looks at, so it costs nothing; parameters count if they are kept.

    >>> x = torch.ones(10, requires_grad=True)
    >>> saved_bytes(lambda: (x * x).sum())
    40
    """
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        # Not the tensor itself: a graph that stores its own output is a cycle that nobody frees.
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
    del result  # held until here, so that no storage's address was given out twice
    return sum(kept.values())


def is_batch_coupled(module: nn.Module, *args: Any) -> bool:
    """Say whether what a module returns for one sample changes with the other samples of the batch.

    An equilibrium of such a module belongs to a batch and not to an input. Each sample in turn stays while the others
    are replaced by noise, on copies of the module in the mode it is in, so its statistics and mode stay as they are.
    Random masks are drawn alike in both runs, so dropout is not taken for coupling. Coupling that shows at other
    inputs alone, or is weaker than the square root of rounding, is not seen.

    Args:
        module: returns a tensor (B, ...).
        args: what it takes; floating-point tensors whose first dimension is that of the first, B, hold the samples.

    Raises:
        ValueError: fewer than 2 samples.

    >>> x = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    >>> is_batch_coupled(nn.BatchNorm1d(8), x), is_batch_coupled(nn.LayerNorm(8), x)
    (True, False)
    """
    batch = len(args[0])
    if batch < 2:
        raise ValueError(f"coupling needs at least 2 samples, got {batch}")
    gen = torch.Generator().manual_seed(0)

    def run(inputs: Iterable[Any]) -> Tensor:
        torch.manual_seed(0)
        out: Tensor = copy.deepcopy(module)(*inputs)
        return out

    def others_replaced(a: Any, i: int) -> Any:
        if not (isinstance(a, Tensor) and a.is_floating_point() and a.dim() and len(a) == batch):
            return a
        noise = 3 * torch.randn(a.shape, generator=gen).to(a)
        noise[i] = a[i]
        return noise

    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        alone = run(args)
        for i in range(batch):
            beside = run([others_replaced(a, i) for a in args])
            gap = torch.linalg.vector_norm(beside[i] - alone[i])
            if not gap <= torch.finfo(alone.dtype).eps ** 0.5 * torch.linalg.vector_norm(alone[i]):
                return True
    return False


def spectral_radius(f: Callable[..., Tensor], z: Tensor, *args: object, steps: int = 40, seed: int = 0) -> Tensor:
    """Estimate max |λ(∂f/∂z)| of every sample by `steps` steps of Arnoldi on Jᵀ.

    A power iteration with a Rayleigh quotient is wrong for a non-symmetric Jacobian: a rotation has no real
    eigenvector to settle on. The largest Ritz value of a small Hessenberg matrix handles complex pairs.

    Args:
        f: the map, row by row: sample i of f(z) depends on sample i of z alone.
        z: (B, ...) where to linearise.
        args: passed on to f.
        steps: vector-Jacobian products, at most the entries of a sample.
        seed: of the random start.

    Returns:
        (B,) the largest Ritz value in size, exact when `steps` reaches the number of entries.

    Raises:
        ValueError: steps below 1.

    Source: W. E. Arnoldi (1951), Quart. Appl. Math.

    >>> W = torch.tensor([[0.0, -0.9], [0.9, 0.0]])
    >>> round(spectral_radius(lambda z: z @ W.T, torch.zeros(1, 2)).item(), 4)
    0.9
    """
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        fz = f(at, *args)

    def product(v: Tensor) -> Tensor:
        (u,) = torch.autograd.grad(fz, at, v.view_as(z), retain_graph=True)
        flat: Tensor = u.flatten(1)
        return flat

    radius: Tensor = torch.linalg.eigvals(_arnoldi(product, z, steps, seed)).abs().amax(1)
    return radius


def spectral_norm(f: Callable[..., Tensor], z: Tensor, *args: object, steps: int = 20, seed: int = 0) -> Tensor:
    """Estimate max ‖J v‖ / ‖v‖ of every sample, J = ∂f/∂z, by `steps` steps of Lanczos on JᵀJ.

    Args:
        f, z, args: as for `spectral_radius`.
        steps: products with JᵀJ, each one forward and one reverse product.
        seed: of the random start.

    Returns:
        (B,) an estimate from below, exact when `steps` reaches the number of entries.

    Raises:
        ValueError: steps below 1.

    >>> W = torch.tensor([[0.5, 5.0], [0.0, 0.5]])
    >>> round(spectral_norm(lambda z: z @ W.T, torch.zeros(1, 2)).item(), 3)
    5.05
    """
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        fz = f(at, *args)

    def product(v: Tensor) -> Tensor:
        forward: Tensor = jvp(lambda z: f(z, *args), (z.detach(),), (v.view_as(z),))[1]
        (u,) = torch.autograd.grad(fz, at, forward, retain_graph=True)
        flat: Tensor = u.flatten(1)
        return flat

    H = _arnoldi(product, z, steps, seed)
    norm: Tensor = torch.linalg.eigvalsh((H + H.transpose(1, 2)) / 2).amax(1).clamp_min(0).sqrt()
    return norm


def _arnoldi(product: Callable[[Tensor], Tensor], z: Tensor, steps: int, seed: int) -> Tensor:
    """Return the Hessenberg matrices (B, k, k) of a batch of linear maps on flat states, k ≤ steps."""
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    flat = z.detach().flatten(1)
    steps = min(steps, flat.shape[1])
    gen = torch.Generator(device=z.device).manual_seed(seed)
    # One start for all samples: a sample's estimate must not depend on its place in the batch.
    start = torch.randn(1, flat.shape[1], generator=gen, dtype=flat.dtype, device=z.device).expand_as(flat)
    basis = [start / torch.linalg.vector_norm(start, dim=1, keepdim=True)]
    H = flat.new_zeros(len(flat), steps + 1, steps)
    for j in range(steps):
        V, w = torch.stack(basis, 1), product(basis[-1])
        size = torch.linalg.vector_norm(w, dim=1)
        for _ in range(2):  # the second pass removes what rounding left of the first
            h = torch.einsum("bkd,bd->bk", V, w)
            w = w - torch.einsum("bk,bkd->bd", h, V)
            H[:, : j + 1, j] += h
        left = torch.linalg.vector_norm(w, dim=1)
        # Nothing new left: the space is invariant. A zero vector then adds only zero eigenvalues.
        new = left > 10 * torch.finfo(w.dtype).eps * size
        H[:, j + 1, j] = torch.where(new, left, torch.zeros_like(left))
        basis.append(torch.where(new[:, None], w / torch.where(new, left, torch.ones_like(left))[:, None], 0.0))
    return H[:, :steps]
