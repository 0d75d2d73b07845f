"""Training: a run that is killed goes on as if nothing had happened; twins, augmentation, Muon, the certificate."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

from deqlib.regularize import jacobian_norm
from deqlib.train import (
    SHIFTS,
    SIZES,
    Airbench,
    Classifier,
    Equilibrium,
    Explicit,
    Muon,
    Progress,
    Recipe,
    Run,
    Unrolled,
    Yardstick,
    certify,
    checkpoint,
    load_model,
    normalise,
    predict,
    save_model,
    shifted,
)
from deqlib.train.augment import cutout, flip, shift
from deqlib.train.model import Body, Head, Size, Stem, WeakStem, build, whitening
from deqlib.train.model import _group as group
from deqlib.train.muon import orthogonal

TINY = Recipe(body=Equilibrium(calls=3), epochs=2, batch=8, ema=0.9, cutout=4)


def images(n: int = 48, seed: int = 0) -> tuple[Tensor, Tensor]:
    gen = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 10, (n,), generator=gen)
    x = torch.randint(0, 200, (n, 3, 32, 32), generator=gen) + 5 * y[:, None, None, None]
    return x.to(torch.uint8), y


def weights(run: Run) -> list[Tensor]:
    return [*run.model.state_dict().values(), *run.average.state_dict().values()]


def test_a_run_resumes_to_the_last_bit(tmp_path: Path) -> None:
    whole = Run(TINY, *images())
    assert whole.train()

    class Stop(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.step == 10:
            raise Stop

    path = tmp_path / "run.pt"
    with pytest.raises(Stop):
        Run(TINY, *images(), path).train(watch=stop, save_every=-1)
    torch.rand(7)  # the global generator has no say
    first = Run(TINY, *images(), path)
    first.save()
    again = Run(TINY, *images(), path)
    assert 0 <= again.step < again.steps
    assert again.train()
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(again), strict=True))
    assert Run(TINY, *images(), path).done
    assert [h["loss"] for h in again.history] == [h["loss"] for h in whole.history]


SCRIPT = """
import sys, torch
sys.path.insert(0, {tests!r})
torch.set_num_threads(1)
from pathlib import Path
from test_train import TINY, images
from deqlib.train import Run
from dataclasses import replace
run = Run(replace(TINY, epochs=40), *images(), Path({path!r}))
print("begin", flush=True)
run.train(save_every=-1)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(tmp_path: Path) -> None:
    recipe, path = replace(TINY, epochs=40), tmp_path / "run.pt"
    torch.set_num_threads(1)
    whole = Run(recipe, *images())
    whole.train()
    script = SCRIPT.format(tests=str(Path(__file__).parent), path=str(path))
    for attempt in range(4):
        child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        while not path.exists():
            time.sleep(0.05)
        time.sleep(0.03 + 0.13 * attempt)
        child.send_signal(signal.SIGKILL)
        child.wait()
        checkpoint.load(path)  # never torn
    again = Run(recipe, *images(), path)
    assert again.step > 0
    again.train()
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(again), strict=True))


def test_ctrl_c_finishes_the_step_and_keeps_it(tmp_path: Path) -> None:
    def press(progress: Progress) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    path, before = tmp_path / "run.pt", signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Run(TINY, *images(), path).train(watch=press)
    assert signal.getsignal(signal.SIGINT) is before
    again = Run(TINY, *images(), path)
    assert again.step == 11
    again.train()
    whole = Run(TINY, *images())
    whole.train()
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(again), strict=True))


def test_a_time_box_ends_a_run_that_can_go_on(tmp_path: Path) -> None:
    run = Run(TINY, *images(), tmp_path / "run.pt")
    assert not run.train(seconds=0.0)
    assert run.step == 0
    assert run.train()


def test_a_checkpoint_is_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    run = Run(TINY, *images(), path)
    run.save()
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]
    with pytest.raises(ValueError, match="another recipe \\(epochs differ\\)"):
        Run(replace(TINY, epochs=3), *images(), path)
    with pytest.raises(ValueError, match="another recipe \\(body differ\\)"):
        Run(replace(TINY, body=Unrolled(3)), *images(), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        Run(TINY, *images(), path)
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        checkpoint.load(tmp_path / "other.pt")


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.pt"
    checkpoint.save({"step": 1}, path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save({"step": 2}, path)
    assert checkpoint.load(path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


@pytest.mark.filterwarnings("ignore:the adjoint equation")
def test_a_loss_that_is_not_finite_stops_before_the_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    run = Run(replace(TINY, adam=1e30), *images(), path)
    with pytest.raises(FloatingPointError, match="lower muon or adam"):
        run.train(save_every=-1)
    assert not path.exists()


def test_an_unsolved_cell_gets_more_calls_and_keeps_them(tmp_path: Path) -> None:
    recipe, path = replace(TINY, alarm=0.0, most_calls=6, epochs=4), tmp_path / "run.pt"
    run = Run(recipe, *images(), path)
    run.train()
    assert [row["calls"] for row in run.history] == [3, 5, 6]
    assert Run(recipe, *images(), path).model.body.max_calls == 6
    calm = Run(replace(recipe, alarm=1e9), *images())
    calm.train()
    assert calm.model.body.max_calls == 3


def test_the_calls_rise_as_planned_and_survive_a_restart(tmp_path: Path) -> None:
    recipe, path = replace(TINY, body=Equilibrium(7, start=3), epochs=10, alarm=math.inf), tmp_path / "run.pt"
    run = Run(recipe, *images(), path)
    assert run.model.body.max_calls == 3
    run.train()
    calls = [row["calls"] for row in run.history]
    assert calls == sorted(calls)
    assert calls[-1] == run.average.body.max_calls == Run(recipe, *images(), path).model.body.max_calls == 7
    assert {Equilibrium(7, start=3).planned(step / 100) for step in range(100)} == {3, 4, 5, 6, 7}
    # An alarm in every look lifts the whole plan, never above the most.
    loud = Run(replace(recipe, alarm=0.0, most_calls=8), *images())
    loud.train()
    raised = [row["calls"] for row in loud.history]
    assert max(raised) == loud.model.body.max_calls == 8
    assert raised[1] > calls[1]


def test_the_jacobian_penalty_lowers_the_jacobian() -> None:
    found = {}
    for weight in (0.0, 100.0):
        run = Run(replace(TINY, jacobian=weight, epochs=10, alarm=math.inf), *images())
        run.train()
        body, u = run.model.body, run.model.stem(normalise(images()[0]))
        z = body(u).detach().requires_grad_()
        draw = torch.Generator().manual_seed(0)
        found[weight] = jacobian_norm(body.cell(z, u), z, probes=20, generator=draw).mean()
    assert found[100.0] < 0.7 * found[0.0]


@pytest.mark.slow
def test_without_a_compiler_it_trains_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nonexistent/compiler")
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("/nonexistent/compiler",))
    torch._dynamo.reset()
    with pytest.warns(RuntimeWarning, match="cannot be compiled here"):
        run = Run(replace(TINY, epochs=1, compiled=True), *images())
    run.train()
    plain = Run(replace(TINY, epochs=1), *images())
    plain.train()
    assert all(torch.equal(a, b) for a, b in zip(weights(run), weights(plain), strict=True))


def worker(rank: int, port: int, folder: str) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=2)
    try:
        run = Run(TINY, *images(), Path(folder) / "run.pt", rank=rank, world=2)
        assert run.train()
        torch.save(weights(run), f"{folder}/{rank}.pt")
        boxed = Run(TINY, *images(), rank=rank, world=2)
        assert not boxed.train(seconds=1e-9 if rank else 1e9), "one process out of time stops all"
    finally:
        dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(worker, (port, str(tmp_path)), nprocs=2)
    one = Run(TINY, *images())
    one.train()
    start = weights(Run(TINY, *images()))
    for rank in (0, 1):
        two = torch.load(tmp_path / f"{rank}.pt")
        for a, b, before in zip(two, weights(one), start, strict=True):
            # Muon makes the smallest directions of a gradient as long as the largest, and so rounding visible.
            assert (a - b).norm() <= 2e-2 * (b - before).norm() + 1e-6
    assert Run(TINY, *images(), tmp_path / "run.pt").done
    with pytest.raises(ValueError, match="cannot share"):
        Run(TINY, *images(), world=3)


# ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [Equilibrium(4), Unrolled(4), Explicit(1)], ids=lambda b: type(b).__name__)
def test_twins_have_equal_parameters(body: Equilibrium | Unrolled | Explicit) -> None:
    x, _ = images(16)
    model = Classifier(SIZES["XS"], body, x.float())
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 100_298
    assert predict(model, x).shape == (16, 10)
    assert model.training


def test_the_equilibrium_and_the_unrolled_twin_start_from_the_same_numbers() -> None:
    x, _ = images(16)
    models = []
    for body in (Equilibrium(6), Unrolled(5)):  # the equilibrium's last call measures, and moves nothing
        torch.manual_seed(0)
        models.append(Classifier(SIZES["XS"], body, x.float()))
    a, b = (predict(m, x) for m in models)
    torch.testing.assert_close(a, b)


def test_the_yardstick_trains_and_its_average_knows_the_batch_statistics() -> None:
    x, y = images()
    run = Run(replace(TINY, body=Yardstick(), epochs=1), x, y)
    before = predict(run.average, x)
    run.train()
    assert isinstance(run.average, Airbench)
    moved = [b for name, b in run.average.named_buffers() if name.endswith("running_mean")]
    assert all(b.abs().max() > 0 for b in moved)
    assert not torch.equal(before, predict(run.average, x))
    for size in SIZES.values():  # built without weights, of which L has millions
        with torch.device("meta"):
            counts = [sum(p.numel() for p in m.parameters()) for m in (_classifier(size), _airbench(size))]
        assert 0.85 < counts[1] / counts[0] < 1.15


def _classifier(size: Size) -> nn.Module:
    stem = Stem(size) if size.stem else WeakStem(size)
    return nn.ModuleList([stem, Equilibrium().body(size.channels), Head(size.channels)])


def _airbench(size: Size) -> nn.Module:
    widths = (24, *size.yardstick)
    return nn.ModuleList([group(a, b) for a, b in pairwise(widths)])


@pytest.mark.parametrize(
    "body", [Equilibrium(5), Unrolled(3), Explicit(2), Yardstick()], ids=lambda b: type(b).__name__
)
def test_a_saved_model_is_the_same_model(body: Body, tmp_path: Path) -> None:
    x, _ = images(16)
    model, path = build("XS", body, x.float()), tmp_path / "a.model.pt"
    model(x.float())  # moves batch statistics
    state = torch.get_rng_state()
    save_model(model, "XS", body, path)
    again = load_model(path)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(predict(model, x), predict(again, x))
    assert not again.training


def test_a_pixel_reaches_four_places_of_the_weak_stem_at_most() -> None:
    x = torch.zeros(1, 3, 32, 32)
    model = build("weak", Explicit(1), torch.randn(4, 3, 8, 8))
    assert model.stem(x).shape == (1, 32, 16, 16)
    before_norm = nn.Sequential(model.stem.whiten, nn.GELU(), nn.MaxPool2d(2), model.stem.conv)  # norms see all
    for row in range(8, 12):
        spot = x.clone()
        spot[..., row, 11] = 1.0
        moved = (before_norm(spot) != before_norm(x)).any(1).sum().item()
        assert 1 <= moved <= 4


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    checkpoint.save({"step": 3}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="holds no model of deq train"):
        load_model(tmp_path / "run.pt")
    with pytest.raises(ValueError, match="no size 'XXL'; there are weak, XS"):
        Run(replace(TINY, size="XXL"), *images())


@pytest.mark.parametrize("name", SHIFTS)
def test_shifted_images_differ_and_are_drawn_from_the_seed(name: str) -> None:
    x, _ = images(8)
    changed = shifted(x, name)
    assert changed.dtype == torch.uint8
    assert torch.equal(changed, shifted(x, name))
    side = 48 if name == "larger" else 32
    assert changed.shape == (8, 3, side, side)
    if side == 32:
        assert not torch.equal(changed, x)
    drawn = name in ("noise", "hole")
    assert torch.equal(changed, shifted(x, name, seed=1)) != drawn
    grey = torch.full((8, 3, 32, 32), 128, dtype=torch.uint8)
    assert (shifted(grey, name).float().mean() - 128).abs() < 1
    with pytest.raises(ValueError, match="no shift 'rain'; there are noise"):
        shifted(x, "rain")


def test_whitened_patches_are_uncorrelated() -> None:
    x = torch.randn(50, 3, 12, 12).cumsum(3)
    out = torch.nn.functional.conv2d(x, whitening(x))[:, :12].permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(out @ out.T / out.shape[1], torch.eye(12), atol=0.02, rtol=0)


def test_muon_moves_every_direction_alike() -> None:
    s = torch.linalg.svdvals(orthogonal(torch.randn(3, 20, 60)))
    assert (s > 0.5).all()
    assert (s < 1.4).all()
    s = torch.linalg.svdvals(orthogonal(torch.randn(60, 20)))
    assert s.max() / s.min() < 3
    w = torch.nn.Parameter(torch.randn(8, 4, 3, 3))
    optimiser = Muon([w], lr=0.1)
    w.square().sum().backward()
    optimiser.step()
    assert abs(w.norm().item() - 8**0.5) < 0.5
    with pytest.raises(ValueError, match="at least two dimensions"):
        Muon([torch.nn.Parameter(torch.zeros(3))])


def test_augmentation_moves_pixels_and_makes_none() -> None:
    x = torch.arange(2 * 3 * 6 * 6.0).view(2, 3, 6, 6)
    assert torch.equal(flip(x, torch.tensor([True, False])), torch.stack([x[0].flip(2), x[1]]))
    gen = torch.Generator().manual_seed(0)
    moved = shift(x, 2, gen)
    assert moved.shape == x.shape
    for before, after in zip(x, moved, strict=True):
        assert set(after.flatten().tolist()) <= set(before.flatten().tolist())
    holes = (cutout(torch.ones(50, 3, 6, 6), 2, gen) == 0).sum((2, 3))
    assert (holes == 4).all()
    assert torch.equal(shift(x, 0), x)
    assert torch.equal(cutout(x, 0), x)


def test_the_certificate_measures_the_model() -> None:
    x, y = images(32)
    run = Run(replace(TINY, epochs=1, alarm=math.inf), x, y)  # whose budget stays
    run.train()
    found = certify(run.model, x, y, most=12, few=4)
    assert found.budget == 3
    assert len(found.accuracy) == 12
    assert found.residual == sorted(found.residual)
    run.model.body.max_calls = 13  # the last call measures: its state is that of 12 calls
    logits = predict(run.model, x, mirror=False)
    assert found.accuracy[-1] == (logits.argmax(1) == y).double().mean().item()
    assert all(1 <= s <= 12 for s in found.settled)
    assert [row[0] for row in found.decay] == sorted((row[0] for row in found.decay), reverse=True)
    assert found.decay[2] == [found.residual[0], found.residual[2]]
    steps = torch.tensor(found.settled)
    assert steps[found.fastest].max() <= steps[found.slowest].min()
    assert steps[found.slowest[0]] == steps.max()
    assert steps[found.fastest[0]] == steps.min()
    assert found.saved[8] == found.saved[32]
    assert found.cosine["Neumann(5)"] > found.cosine["JFB"] > 0.5
    assert "settled" in found.record()
    with pytest.raises(TypeError, match="only an equilibrium"):
        certify(Classifier(SIZES["XS"], Explicit(1), x.float()), x, y)
