"""Is the trained model an equilibrium? What a float32 solve says about it, beyond the training budget.

    residual at K      accuracy for budgets 1, 2, ..., N      two starts      max |λ(J)|      cheap gradients
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from deqlib.adjoint import Adjoint, Implicit, Neumann, Phantom
from deqlib.diagnose import compare, saved_bytes, spectral_radius
from deqlib.layer import DEQ
from deqlib.solve import relative_residual
from deqlib.solvers import Anderson, Picard
from deqlib.train.loop import normalise
from deqlib.train.model import Classifier

__all__ = ["Certificate", "budget_accuracy", "certify"]

CHEAP: dict[str, Adjoint] = {
    "JFB": Neumann(0), "Neumann(1)": Neumann(1), "Neumann(5)": Neumann(5), "Phantom(5, 0.5)": Phantom(5, 0.5)
}  # fmt: skip
SHOWN = 10  # of the fastest and of the slowest images


@dataclass(frozen=True)
class Certificate:
    """What was found about an equilibrium model on some images.

    Attributes:
        budget: K, the calls of the cell in training.
        residual: quantiles 0.5, 0.9 and 1 of the relative residual after K calls.
        decay: median and largest relative residual after each number of calls.
        budgets: the numbers of calls tried.
        accuracy: for each of them.
        agreement: the share of images that get the same label from zeros and from noise, both at the last budget.
        distance: the largest relative distance of the states from these two starts.
        radius: quantiles 0.5 and 1 of the spectral radius at the equilibrium, over a few images.
        cosine: of each cheap gradient of the loss with the exact one, over all weights of the cell.
        settled: (N,) for each image the first number of calls from which on its label does not change.
        fastest, slowest: the images whose labels settle first, the surest of them first, and those that settle last.
        saved: bytes kept for backward, by training budget; an equilibrium's are equal.
    """

    budget: int
    residual: list[float]
    decay: list[list[float]]
    budgets: list[int]
    accuracy: list[float]
    agreement: float
    distance: float
    radius: list[float]
    cosine: dict[str, float]
    settled: list[int]
    fastest: list[int]
    slowest: list[int]
    saved: dict[int, int]

    def record(self) -> dict[str, object]:
        """Return it as plain numbers, without the images one by one."""
        plain = {k: v for k, v in asdict(self).items() if k != "settled"}
        steps = torch.tensor(self.settled, dtype=torch.float64)
        plain["settled"] = [steps.quantile(q).item() for q in (0.1, 0.5, 0.9, 1.0)]
        return plain


def certify(model: Classifier, x: Tensor, y: Tensor, *, most: int = 50, few: int = 16, seed: int = 0) -> Certificate:
    """Examine a trained equilibrium model in float32.

    Args:
        model: its body is a `DEQ`; it is copied.
        x, y: uint8 images (N, 3, 32, 32) and labels (N,), not those it was trained on.
        most: calls of the cell up to which accuracy is followed.
        few: images for the spectral radius and the gradients, which take a while.
        seed: of the noisy start.

    Raises:
        TypeError: the model's body is not a `DEQ`.
    """
    if not isinstance(model.body, DEQ):
        raise TypeError(f"only an equilibrium can be certified; this model's body is {type(model.body).__name__}")
    model = copy.deepcopy(model).float().eval().requires_grad_(True)
    body = model.body
    assert isinstance(body, DEQ)
    budget, cell = body.max_calls, body.cell
    labels, residuals, states, sure = [], [], [], []
    with torch.no_grad():
        for part in torch.split(x, 250):
            u = model.stem(normalise(part))
            seen, left, z, noisy = [], [], torch.zeros_like(u), _noise(u, seed)
            for _ in range(most):
                noisy, before, z = cell(noisy, u), z, cell(z, u)
                left.append(relative_residual(before, z))
                seen.append(model.head(z).argmax(1))
            labels.append(torch.stack(seen))
            residuals.append(torch.stack(left))
            sure.append(model.head(z).softmax(1).amax(1))
            apart = (noisy - z).flatten(1).norm(dim=1) / z.flatten(1).norm(dim=1)
            states.append(torch.stack([(model.head(noisy).argmax(1) == seen[-1]).double(), apart.double()]))
    path, start, settled = torch.cat(labels, 1), torch.cat(states, 1), _settled(torch.cat(labels, 1))
    residual = torch.cat(residuals, 1).double()
    # Fewest calls first, and of as many calls the surest first.
    order = torch.argsort(torch.tensor(settled) - torch.cat(sure).cpu().clamp(0, 0.999)).tolist()
    return Certificate(
        budget,
        [residual[min(budget, most) - 1].quantile(q).item() for q in (0.5, 0.9, 1.0)],
        [[row.quantile(0.5).item(), row.max().item()] for row in residual],
        list(range(1, most + 1)),
        [(row == y).double().mean().item() for row in path],
        start[0].mean().item(),
        start[1].max().item(),
        _radius(model, x[:few]),
        _cosines(model, x[:few], y[:few]),
        settled,
        order[:SHOWN],
        order[: -SHOWN - 1 : -1],
        _saved(model, x[:few], y[:few]),
    )


@torch.no_grad()
def budget_accuracy(model: nn.Module, x: Tensor, y: Tensor, most: int = 50) -> list[float]:
    """Return the accuracy after 1, ..., `most` calls of the cell from zeros, whatever the model was trained with.

    Args:
        model: its body has one cell, called as cell(z, u).
        x, y: uint8 images (N, 3, 32, 32) and labels (N,).
        most: calls.
    """
    model = copy.deepcopy(model).eval()
    assert isinstance(model, Classifier)
    cell = model.body.cell
    assert isinstance(cell, nn.Module)
    right = [0] * most
    for images, labels in zip(torch.split(x, 250), torch.split(y, 250), strict=True):
        u = model.stem(normalise(images))
        z = torch.zeros_like(u)
        for call in range(most):
            z = cell(z, u)
            right[call] += int((model.head(z).argmax(1) == labels).sum())
    return [n / len(y) for n in right]


def _noise(u: Tensor, seed: int) -> Tensor:
    """Return a start of the same size as u: one draw for all images, so that a batch does not matter."""
    draw = torch.randn(u[:1].shape, generator=torch.Generator().manual_seed(seed)).to(u)
    return draw.expand_as(u).relu()


def _settled(path: Tensor) -> list[int]:
    """Return for every image (a column of labels by calls) the first call from which on its label stays."""
    changes = (path[1:] != path[:-1]).int()
    calls = torch.arange(2, len(path) + 1, device=path.device)[:, None]
    return (changes * calls).amax(0).clamp_min(1).tolist() if len(path) > 1 else [1] * path.shape[1]


def _radius(model: Classifier, x: Tensor) -> list[float]:
    body = model.body
    assert isinstance(body, DEQ)
    with torch.no_grad():
        u = model.stem(normalise(x))
        z = torch.zeros_like(u)
        for _ in range(100):
            z = body.cell(z, u)
    radius = spectral_radius(body.cell, z, u, steps=30).double()
    return [radius.quantile(q).item() for q in (0.5, 1.0)]


def _gradient(model: Classifier, x: Tensor, y: Tensor, adjoint: Adjoint) -> list[Tensor]:
    """Return the loss's gradient for the cell's weights at a well-solved equilibrium."""
    deq = model.body
    assert isinstance(deq, DEQ)
    layer = DEQ(deq.cell, solver=Anderson(), adjoint=adjoint, rtol=1e-5, max_calls=200)
    loss = functional.cross_entropy(model.head(layer(model.stem(normalise(x)))), y)
    return list(torch.autograd.grad(loss, list(deq.cell.parameters())))


def _cosines(model: Classifier, x: Tensor, y: Tensor) -> dict[str, float]:
    exact = _gradient(model, x, y, Implicit(rtol=1e-5, max_calls=200, on_failure="ignore"))
    return {name: compare(_gradient(model, x, y, adjoint), exact).cosine for name, adjoint in CHEAP.items()}


def _saved(model: Classifier, x: Tensor, y: Tensor) -> dict[int, int]:
    deq, images = model.body, normalise(x)
    assert isinstance(deq, DEQ)
    saved = {}
    for calls in (8, 32):
        layer: nn.Module = DEQ(deq.cell, solver=Picard(), adjoint=deq.adjoint, max_calls=calls, check_every=None)
        with torch.no_grad():
            u = model.stem(images)
        saved[calls] = saved_bytes(partial(layer, u))
    return saved
