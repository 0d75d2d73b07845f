"""Constraints hold for every value of their parameters, let the gradient through, and say what is wrong."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deqlib.constrain import Monotone, SharedDropout, spectral_bound


def test_the_bound_holds_through_training_and_leaves_small_weights_alone() -> None:
    torch.manual_seed(0)
    small = nn.Linear(5, 7)
    nn.init.normal_(small.weight, std=1e-3)
    before = small.weight.detach().clone()
    assert torch.equal(spectral_bound(small, 0.9).weight, before)
    layer = spectral_bound(nn.Linear(6, 6), 0.5)
    optimiser = torch.optim.SGD(layer.parameters(), lr=5.0)
    seen = []
    for _ in range(20):
        x = torch.randn(8, 6)
        loss = (layer(x) - x).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(torch.linalg.matrix_norm(layer.weight, 2).item())
    assert max(seen) <= 0.5 + 1e-5
    assert max(seen) > 0.49, "the bound was reached, so it was tested"
    assert all(p.grad is not None for p in layer.parameters())


def test_a_convolution_is_bounded_as_a_matrix() -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(4, 4, 3, padding=1)
    nn.init.normal_(conv.weight)
    spectral_bound(conv, 1.0)
    assert torch.linalg.matrix_norm(conv.weight.flatten(1), 2) <= 1 + 1e-5
    assert conv(torch.randn(2, 4, 8, 8)).shape == (2, 4, 8, 8)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("margin", [0.05, 1.0])
def test_monotone_for_any_parameters_and_norms_far_above_one(scale: float, margin: float) -> None:
    torch.manual_seed(0)
    layer = Monotone(12, margin).double()
    with torch.no_grad():
        for p in layer.parameters():
            p.mul_(scale)
    S = torch.eye(12, dtype=torch.float64) - layer.weight
    assert torch.linalg.eigvalsh((S + S.T) / 2).min() >= margin - 1e-9 * scale**2
    if scale == 30:
        assert torch.linalg.matrix_norm(layer.weight, 2) > 100
    layer(torch.randn(3, 12, dtype=torch.float64)).sum().backward()
    assert all(p.grad.norm() > 0 for p in layer.parameters())


def test_shared_dropout_is_one_map_until_renewed() -> None:
    torch.manual_seed(0)
    drop, x = SharedDropout(0.25), torch.ones(400, 50)
    first = drop(x)
    assert torch.equal(drop(x), first)
    assert first.mean().item() == pytest.approx(1, abs=0.02)
    drop.renew()
    assert not torch.equal(drop(x), first)
    drop.eval()
    assert torch.equal(drop(x), x)
    drop.train()
    with pytest.raises(ValueError, match=r"mask has the shape \(400, 50\), z \(2, 50\): call renew"):
        drop(x[:2])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: spectral_bound(nn.Linear(2, 2), 0.0), "limit must be a positive number, got 0.0"),
        (lambda: spectral_bound(nn.Linear(2, 2), 1.0, "kernel"), "Linear has no parameter 'kernel'"),
        (lambda: Monotone(0), "size=0"),
        (lambda: Monotone(3, margin=0.0), "margin=0.0"),
        (lambda: SharedDropout(1.0), r"p must be in \[0, 1\), got 1.0"),
    ],
)
def test_bad_options_are_named(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
