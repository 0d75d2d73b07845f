"""The data that comes with the package: whole, in order, and refused when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deqlib.data import cifar, cifar10


def test_the_mini_set_is_what_it_says() -> None:
    data = cifar10()
    assert data.x_train.dtype == data.x_test.dtype == torch.uint8
    assert len(data.x_train) == len(data.y_train) == 5000
    assert len(data.x_test) == len(data.y_test) == 1000
    assert data.y_train.unique().tolist() == list(range(len(data.classes)))
    counts = data.y_train.bincount()
    assert (counts.min(), counts.max()) == (469, 527)
    labels = [data.classes.index(name) for name in ("ship", "frog")]
    ships, frogs = (data.x_train[data.y_train == label].float().mean((0, 2, 3)) for label in labels)
    assert ships[2] > ships[0], "ships lie in blue water"
    assert frogs[2] < frogs[0], "frogs do not"


def test_a_damaged_or_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torn = tmp_path / "cifar10_mini.npz"
    torn.write_bytes(cifar.MINI.read_bytes()[:-1])
    monkeypatch.setattr(cifar, "MINI", torn)
    with pytest.raises(ValueError, match=r"cifar10_mini.npz is damaged"):
        cifar10()
    torn.unlink()
    with pytest.raises(FileNotFoundError, match=r"cifar10_mini.npz is missing"):
        cifar10()
