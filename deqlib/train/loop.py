"""Train a classifier of images: every number that a run depends on is drawn from its seed and its step.

So a run that was killed goes on from its last checkpoint as if nothing had happened, to the last bit on a CPU.
"""

from __future__ import annotations

import contextlib
import copy
import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from deqlib.cells import ConvCell
from deqlib.layer import DEQ
from deqlib.regularize import jacobian_norm
from deqlib.train import checkpoint
from deqlib.train.augment import cutout, flip, shift
from deqlib.train.model import Body, Classifier, Equilibrium, build
from deqlib.train.muon import Muon

__all__ = ["Progress", "Recipe", "Run", "accuracy", "normalise", "predict"]

# The mean and the standard deviation of CIFAR-10's training pixels, of 1.
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
LOOK = 10  # steps between two looks at the loss


@dataclass(frozen=True)
class Recipe:
    """What decides a run, the data aside.

    Attributes:
        body: `Equilibrium`, `Unrolled`, `Explicit` or `Yardstick`.
        size: a key of `SIZES`.
        epochs, batch: passes over the training images, and images a step (over all processes).
        muon, momentum: step length and momentum for convolutions.
        adam, decay: step length and weight decay of AdamW for everything else.
        warmup: the share of the steps over which the step length rises before it falls to 0.
        smoothing: of the labels.
        shift, cutout: pixels, see `augment`.
        ema: the decay of a moving average of the weights that is evaluated in their place; 0 for none.
        alarm: the median training residual above which an equilibrium gets two more calls, up to `most_calls`.
        most_calls: see there.
        jacobian: weight of the penalty ‖∂f/∂z‖_F² / D at an equilibrium, see `jacobian_norm`; 0 for none.
        seed: of the weights, the order and the augmentation.
        autocast: whether convolutions run in bfloat16; the solver's state stays in float32.
        compiled: whether cells are compiled.
    """

    body: Body = field(default_factory=Equilibrium)
    size: str = "XS"
    epochs: int = 8
    batch: int = 125
    muon: float = 0.2
    momentum: float = 0.6
    adam: float = 0.01
    decay: float = 0.0
    warmup: float = 0.1
    smoothing: float = 0.1
    shift: int = 2
    cutout: int = 0
    ema: float = 0.0
    alarm: float = 5e-2
    most_calls: int = 16
    jacobian: float = 0.0
    seed: int = 0
    autocast: bool = False
    compiled: bool = False


@dataclass(frozen=True)
class Progress:
    """What is known after a step: for a progress bar, a log, or a reason to stop."""

    step: int
    steps: int
    loss: float
    residual: float
    images_per_second: float


def normalise(images: Tensor) -> Tensor:
    """Turn uint8 images (N, 3, H, W) into float32 of mean 0 and standard deviation 1 a channel."""
    mean, std = (torch.tensor(v, dtype=torch.float32, device=images.device)[:, None, None] for v in (MEAN, STD))
    return (images.float() / 255 - mean) / std


class Run:
    """One training run: model, optimisers, moving average, and how far it has got.

    Args:
        recipe: what to do.
        x, y: the training images, uint8 (N, 3, 32, 32), and labels (N,), on the device to train on.
        path: where the checkpoint lies; a run found there goes on. None keeps none.
        rank, world: this process among how many; each takes its share of every batch.

    Raises:
        ValueError: a checkpoint of another recipe; a batch that the processes cannot share or larger than the data.
    """

    def __init__(
        self, recipe: Recipe, x: Tensor, y: Tensor, path: Path | None = None, rank: int = 0, world: int = 1
    ) -> None:
        if recipe.batch % world or recipe.batch > len(x):
            raise ValueError(f"{world} processes cannot share batches of {recipe.batch} of {len(x)} images")
        self.recipe, self.x, self.y, self.path, self.rank, self.world = recipe, x, y, path, rank, world
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.model = build(recipe.size, recipe.body, normalise(x[:1000]).cpu()).to(x.device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model) if recipe.ema else self.model  # before a cell is compiled
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimisers: list[torch.optim.Optimizer] = [
            Muon([p for p in trained if p.dim() == 4], recipe.muon, recipe.momentum),
            torch.optim.AdamW(
                [p for p in trained if p.dim() != 4], recipe.adam, betas=(0.9, 0.95), weight_decay=recipe.decay
            ),
        ]
        self.per_epoch = len(x) // recipe.batch
        self.steps, self.step, self.seconds, self._raised = recipe.epochs * self.per_epoch, 0, 0.0, 0
        self.history: list[dict[str, float]] = []
        self._wrapped: nn.Module = self.model
        self._state: tuple[Tensor, Tensor] | None = None
        if recipe.jacobian:
            self.model.body.register_forward_hook(self._keep_state)
        self.compile_seconds = self._compile() if recipe.compiled else 0.0
        if path is not None and path.exists():
            self._restore(checkpoint.load(path, x.device))
        self._plan()

    # ------------------------------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether the last step has been made."""
        return self.step >= self.steps

    def train(
        self, *, watch: Callable[[Progress], None] | None = None, seconds: float = math.inf, save_every: float = 30.0
    ) -> bool:
        """Make the steps that are left; return whether all were made.

        Args:
            watch: called after every tenth step and the last.
            seconds: a time box over the whole run, earlier sessions included; it is left after the step that ends it.
            save_every: seconds between checkpoints.

        Raises:
            FloatingPointError: the loss is not finite; the checkpoint on the disk is from before.
            KeyboardInterrupt: Ctrl-C, once the step is finished and the checkpoint written; a second one at once.
        """
        if self.world > 1:
            self._wrapped = nn.parallel.DistributedDataParallel(self.model)
        before, saved = self.seconds, time.perf_counter()
        begin = saved
        with _asked_to_stop() as asked:
            while not self.done and not self._agreed(self.seconds >= seconds):
                loss = self._one_step()
                self.step += 1
                now = time.perf_counter()
                self.seconds = before + now - begin
                if self._agreed(bool(asked)):
                    self.save()
                    raise KeyboardInterrupt
                if self.step % LOOK and not self.done:
                    continue
                progress = self._look(loss)
                if watch is not None:
                    watch(progress)
                if now - saved > save_every:
                    self.save()
                    saved = now
        self._plan()  # a finished run has the calls of the plan's end, as when it is read again
        self.save()
        return self.done

    def save(self) -> None:
        """Write the checkpoint, if there is a place for one; of several processes the first does."""
        if self.path is None or self.rank:
            return
        state = {
            "recipe": _plain(self.recipe), "step": self.step, "seconds": self.seconds, "history": self.history,
            "raised": self._raised, "model": self.model.state_dict(),
            "average": self.average.state_dict() if self.recipe.ema else None,
            "optimisers": [o.state_dict() for o in self.optimisers],
        }  # fmt: skip
        checkpoint.save(state, self.path)

    # ------------------------------------------------------------------------------------------------------------

    def _compile(self) -> float:
        """Compile the cells, not the loop around them, or leave it where that fails; return the seconds it took."""
        begin = time.perf_counter()
        for cell in [m for m in self.model.modules() if isinstance(m, ConvCell)]:
            assert isinstance(self.model, Classifier)
            with torch.no_grad():
                u = self.model.stem(normalise(self.x[: self.recipe.batch // self.world]))
            z = u.clone().requires_grad_()
            cell.compile()
            try:
                with torch.autocast(u.device.type, torch.bfloat16, enabled=self.recipe.autocast):
                    with torch.no_grad():
                        cell(u, u)
                    torch.autograd.grad(cell(z, u).float().sum(), [z, *cell.parameters()])
            except Exception as error:  # whatever a compiler may raise: none is needed
                cell._compiled_call_impl = None
                reason = str(error).strip().splitlines()[0]
                message = f"cells cannot be compiled here and run as they are: {reason}"
                warnings.warn(message, RuntimeWarning, stacklevel=3)
        return time.perf_counter() - begin

    def _keep_state(self, body: nn.Module, given: tuple[Tensor, ...], z: Tensor) -> None:
        self._state = given[0], z

    @property
    def _calls(self) -> int:
        return self.model.body.max_calls if isinstance(self.model.body, DEQ) else 0

    def _agreed(self, stop: bool) -> bool:
        """Whether to stop; of several processes all do as soon as one wants to, at the next look."""
        return stop if self.world == 1 else self.step % LOOK == 0 and self._heard(stop)

    def _heard(self, mine: bool) -> bool:
        """Whether it is so in any process: what one does all must do."""
        if self.world == 1:
            return mine
        any_of = torch.tensor(float(mine), device=self.x.device)
        torch.distributed.all_reduce(any_of, torch.distributed.ReduceOp.MAX)
        return bool(any_of)

    def _one_step(self) -> Tensor:
        x, y = self._batch()
        self._plan()
        self._wrapped.train()
        rate = _rate(self.step / self.steps, self.recipe.warmup)
        for optimiser, full in zip(self.optimisers, (self.recipe.muon, self.recipe.adam), strict=True):
            optimiser.zero_grad()
            for group in optimiser.param_groups:
                group["lr"] = full * rate
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.recipe.autocast):
            logits = self._wrapped(x)
        loss = functional.cross_entropy(logits.float(), y, label_smoothing=self.recipe.smoothing)
        (loss + self._penalty()).backward()  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            optimiser.step()
        if self.recipe.ema:
            self._follow()
        return loss.detach()

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Draw this step's images: the order from the seed and the epoch, the augmentation from seed and step."""
        recipe, (epoch, within) = self.recipe, divmod(self.step, self.per_epoch)
        order = torch.randperm(len(self.x), generator=_generator(recipe.seed, 1, epoch))
        mirrored = torch.rand(len(self.x), generator=_generator(recipe.seed, 2, 0)) < 0.5
        chosen = order[within * recipe.batch : (within + 1) * recipe.batch]
        # Alternating flips: an image that was mirrored in one epoch is not in the next.
        flipped = mirrored[chosen] ^ bool(epoch % 2)
        index, draw = chosen.to(self.x.device), _generator(recipe.seed, 3, self.step, self.x.device)
        x = flip(normalise(self.x[index]), flipped.to(self.x.device))
        x = cutout(shift(x, recipe.shift, draw), recipe.cutout, draw)
        # Every process makes the whole batch and takes its share: so their number does not change the images.
        share = slice(self.rank, None, self.world)
        return x[share].contiguous(memory_format=torch.channels_last), self.y[index[share]]

    def _look(self, loss: Tensor) -> Progress:
        """Read the loss and the residual, which makes a GPU wait, and note them."""
        value, body = loss.item(), self.model.body
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss is {value} after {self.step} steps: lower muon or adam")
        residual = body.last.residual.median().item() if isinstance(body, DEQ) and body.last else math.nan
        row = {"step": self.step, "loss": value, "residual": residual, "calls": self._calls, "seconds": self.seconds}
        self.history.append(row)
        if self._heard(residual > self.recipe.alarm) and self._calls < self.recipe.most_calls:
            self._raised += min(2, self.recipe.most_calls - self._calls)
        rate = self.step * self.recipe.batch / self.seconds
        return Progress(self.step, self.steps, value, residual, rate)

    def _penalty(self) -> Tensor | float:
        """Return the Jacobian penalty at the equilibria of this step, of the recipe's weight."""
        body = self.model.body
        if not self.recipe.jacobian or not isinstance(body, DEQ):
            return 0.0
        assert self._state is not None
        u, z = self._state
        z = z.detach().float().requires_grad_()
        draw = _generator(self.recipe.seed, 4, self.step * self.world + self.rank, z.device)
        # The compiled cell has no second derivative, the module's own forward has.
        return self.recipe.jacobian * jacobian_norm(body.cell.forward(z, u.float()), z, generator=draw).mean()

    def _plan(self) -> None:
        """Set the calls of an equilibrium for this step: what the recipe plans and the alarm has added."""
        if isinstance(self.recipe.body, Equilibrium):
            planned = self.recipe.body.planned(self.step / self.steps)
            # What was raised early must not lift the plan's end above the most.
            calls = max(planned, min(planned + self._raised, self.recipe.most_calls))
            for model in (self.model, self.average):
                assert isinstance(model.body, DEQ)
                model.body.max_calls = calls

    @torch.no_grad()
    def _follow(self) -> None:
        # A young average would remember the first weights too long.
        decay = min(self.recipe.ema, (1 + self.step) / (10 + self.step))
        for mean, new in zip(self.average.parameters(), self.model.parameters(), strict=True):
            mean.lerp_(new, 1 - decay)
        for kept, now in zip(self.average.buffers(), self.model.buffers(), strict=True):
            kept.copy_(now)  # the yardstick's batch statistics are averages already

    def _restore(self, state: dict[str, Any]) -> None:
        if state["recipe"] != _plain(self.recipe):
            changed = [k for k, v in _plain(self.recipe).items() if state["recipe"].get(k) != v]
            told = ", ".join(changed) or "its options"
            raise ValueError(f"{self.path} belongs to another recipe ({told} differ): delete or rename it")
        self.step, self.seconds, self.history = state["step"], state["seconds"], state["history"]
        self.model.load_state_dict(state["model"])
        self._raised = state["raised"]
        if self.recipe.ema:
            self.average.load_state_dict(state["average"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)


@contextlib.contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """Turn the first Ctrl-C into an entry of a list, for an interrupted step could not be taken up again."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # only there may handlers be set
        yield asked
        return

    def note(number: int, frame: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _generator(seed: int, what: int, number: int, device: torch.device | None = None) -> torch.Generator:
    mixed = (seed * 1_000_003 + what) * 1_000_003 + number
    return torch.Generator(device=device or "cpu").manual_seed(mixed % 2**63)


def _rate(done: float, warmup: float) -> float:
    """Return the share of the full step length: up over the warm-up, then down to 0 in a straight line."""
    return (done / warmup if done < warmup else (1 - done) / (1 - warmup)) or 1e-2


def _plain(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as numbers and strings, for a checkpoint and a JSON line."""
    return {**asdict(replace(recipe, body=Equilibrium())), "body": repr(recipe.body)}


# ----------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def predict(model: nn.Module, x: Tensor, *, batch: int = 250, mirror: bool = True) -> Tensor:
    """Return the logits (N, 10) of uint8 images, in eval mode; with `mirror` the mean over an image and its mirror.

    The model's mode is as it was afterwards.
    """
    training = model.training
    model.eval()
    try:
        out = []
        for part in torch.split(x, batch):
            images = normalise(part).contiguous(memory_format=torch.channels_last)
            out.append((model(images) + model(images.flip(3))) / 2 if mirror else model(images))
        return torch.cat(out)
    finally:
        model.train(training)


def accuracy(logits: Tensor, y: Tensor) -> float:
    """Return the share of rows whose largest logit is at the label."""
    return (logits.argmax(1) == y).double().mean().item()
